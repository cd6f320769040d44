"""What everybody may know of the alerts, and each as a message that another station's feed reads back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import CapAlert, Category, MsgType, Point, Severity, Status
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alert import Alert, AlertState, AlertStatus, Origin, RiskLevel
from smartradio.station.alerts.cap_intake import Intake
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.places import Places
from smartradio.station.alerts.public_alerts import CANCEL_SUFFIX, PublicAlerts
from smartradio.station.alerts.template_files import load_templates
from smartradio.station.store import Store
from smartradio.station.store.cap_messages import KeptMessage, Outcome
from tests.station.alerts.cap_book import NOON, CapBook, warning

ZONES = (
    ZonePlace("thon-1", "Thôn 1", points=(Point(20.3, 105.6),)),
    ZonePlace("thon-2", "Thôn 2", points=(Point(20.4, 105.6),)),
)
ABOVE = warning()


class Book:
    """Alerts as they stand in the book."""

    def __init__(self, *held: KeptAlert) -> None:
        self.held = {kept.id: kept for kept in held}

    def current(self) -> Sequence[KeptAlert]:
        return [kept for kept in self.held.values() if kept.is_out]

    def lately(self, most: int) -> Sequence[KeptAlert]:
        return list(self.held.values())[:most]

    def alert(self, name: str) -> KeptAlert | None:
        return self.held.get(name)


def out(name: str = "lu-1", minutes: float = 0, **changes: Any) -> KeptAlert:
    at = NOON - timedelta(hours=1) + timedelta(minutes=minutes)
    alert = Alert(name, "Lũ", "Lũ lên.", ("thon-1",), issued_at=at, expires_at=at + timedelta(hours=6))
    return KeptAlert(replace(alert, **changes), AlertState.OUT, 1, "chị Thu", at, sent_at=at)


def cancelled(kept: KeptAlert) -> KeptAlert:
    return replace(kept, state=AlertState.CANCELLED, ended_at=NOON, why="nước rút")


def everybody(*held: KeptAlert, messages: Sequence[KeptMessage] = (), hours: float = 0) -> PublicAlerts:
    return PublicAlerts(
        Book(*held),
        sender="dai@yen-hoa.example.vn",
        title="Đài xã Yên Hòa",
        zones=lambda: ZONES,
        messages=lambda keys: [each for each in messages if each.key in keys],
        templates=lambda: load_templates(None),
        clock=lambda: NOON + timedelta(hours=hours),
        days=30,
    )


def message(desk: PublicAlerts, name: str = "lu-1") -> CapAlert:
    body = desk.cap(name)
    assert body is not None
    read = read_cap(body)
    assert not refusals(check(read, now=NOON + timedelta(minutes=1)))
    return read


def test_real_alerts_come_before_exercises_and_tests_are_nobodys_business() -> None:
    drill, test = out("tap", 30, status=AlertStatus.EXERCISE), out("thu", status=AlertStatus.TEST)
    desk = everybody(drill, out("cu"), test, out("moi", 10))
    assert [kept.id for kept in desk.current()] == ["moi", "cu", "tap"]
    assert desk.cap("thu") is None


def test_an_alert_is_a_valid_message_with_its_issuer_zones_and_level() -> None:
    got = message(everybody(out(issuer="Đài tỉnh", risk_level=RiskLevel.ORANGE)))
    (info,) = got.infos
    assert (got.identifier, got.sender, got.msg_type, got.status) == (
        "lu-1",
        "dai@yen-hoa.example.vn",
        MsgType.ALERT,
        Status.ACTUAL,
    )
    assert (info.sender_name, info.headline, info.description) == ("Đài tỉnh", "Lũ", "Lũ lên.")
    assert [area.description for area in info.areas] == ["Thôn 1"]
    assert [(each.name, each.value) for each in info.parameters] == [("levelOfDisasterRisk", "3")]


def test_who_issued_it_is_the_station_where_nobody_else_is_named() -> None:
    assert message(everybody(out())).infos[0].sender_name == "Đài xã Yên Hòa"


def test_how_grave_it_is_stands_there_only_where_somebody_said_so() -> None:
    assert message(everybody(out())).infos[0].severity is Severity.UNKNOWN
    by_template = message(everybody(out(origin=Origin.TEMPLATE, template="lu-bao-dong-2"))).infos[0]
    assert (by_template.severity, by_template.categories) == (Severity.SEVERE, (Category.MET,))
    key = str(ABOVE.key)
    told = out(origin=Origin.CAP, source=key)
    kept = KeptMessage(key, "kttv", "", write_cap(ABOVE), (), NOON, Outcome.DRAFT, alert=told.id)
    others = replace(kept, feed="tong-hop", document=write_cap(warning(info={"event": "Bão"})), alert=None)
    from_above = message(everybody(told, messages=[others, kept])).infos[0]
    assert (from_above.severity, from_above.event) == (Severity.SEVERE, "Lũ")


def test_an_exercise_is_one_there_too() -> None:
    got = message(everybody(out(status=AlertStatus.EXERCISE)))
    assert got.status is Status.EXERCISE
    (info,) = got.infos
    assert (info.headline, info.description) == ("Diễn tập: Lũ", "DIỄN TẬP. Lũ lên.")


def test_whoever_reads_only_the_words_of_a_cancellation_does_not_take_it_for_the_alert() -> None:
    desk = everybody(cancelled(out()))
    (info,) = message(desk, "lu-1" + CANCEL_SUFFIX).infos
    assert (info.headline, info.description) == ("Hủy: Lũ", "Hủy: Lũ")


def test_an_update_and_a_cancellation_name_what_they_end() -> None:
    old, new = out(), out("lu-2", 20, supersedes="lu-1")
    desk = everybody(replace(old, state=AlertState.UPDATED), cancelled(new))
    update, cancel = message(desk, "lu-2"), message(desk, "lu-2" + CANCEL_SUFFIX)
    assert (update.msg_type, update.references) == (MsgType.UPDATE, (message(desk).key,))
    assert (cancel.msg_type, cancel.references) == (MsgType.CANCEL, (update.key,))
    assert [kept.id for kept in desk.cancelled()] == ["lu-2"]


def test_what_is_unknown_not_out_or_long_ago_is_not_there() -> None:
    draft = replace(out("nhap"), state=AlertState.DRAFT, sent_at=None)
    desk = everybody(draft, out())
    assert [desk.cap(name) for name in ("nhap", "khac", "lu-1" + CANCEL_SUFFIX)] == [None, None, None]
    later = everybody(out(), cancelled(out("huy")), hours=24 * 31)
    assert (later.cap("lu-1"), later.cancelled()) == (None, [])


def test_another_station_follows_it_from_alert_to_cancellation(tmp_path: Path) -> None:
    store, book = Store.open(tmp_path, clock=lambda: NOON), CapBook()
    intake = Intake(store.beside.cap, book, lambda: Places(ZONES, ()), clock=lambda: NOON + timedelta(minutes=1))
    feed = FeedSettings(name="yen-hoa", url="https://yen-hoa.example.vn/cong-khai/canh-bao.atom")
    desk = everybody(cancelled(out()))

    async def follow() -> list[Outcome | None]:
        bodies = [desk.cap("lu-1"), desk.cap("lu-1" + CANCEL_SUFFIX)]
        return [await intake.take(feed, read_cap(body), body) for body in bodies if body is not None]

    assert asyncio.run(follow()) == [Outcome.DRAFT, Outcome.ENDED_OTHERS]
    assert [kept.state for kept in book.held.values()] == [AlertState.DISCARDED]
    store.close()
