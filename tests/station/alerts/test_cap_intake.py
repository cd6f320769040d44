"""Messages of feeds: drafts for an officer; on air by themselves only what a setting names; over when they are over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import (
    Area,
    CapAlert,
    Certainty,
    MsgType,
    Point,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alert import AlertState, Origin
from smartradio.domain.approval import Person
from smartradio.station.alerts.cap_intake import Intake, alert_id
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.alerts.places import Places
from smartradio.station.store import Store
from smartradio.station.store.cap_messages import Outcome
from tests.station.alerts.cap_book import FAR_AWAY, NOON, SENDER, CapBook, after, warning

ZONES = (ZonePlace("thon-1", "Thôn 1", points=(Point(20.3, 105.6),)), ZonePlace("thon-2", "Thôn 2"))
BY_HAND: dict[str, Any] = {"name": "kttv", "title": "Đài tỉnh", "url": "https://kttv.example.vn/cap.atom"}
BY_ITSELF = {**BY_HAND, "automatic": [{"sender": SENDER, "least": "Severe"}]}
THEIR_NAME = "Đài tỉnh (kttv)"


class Desk:
    """An intake with its book; `takes` hands it messages one after another."""

    def __init__(self, store: Store, **feed: Any) -> None:
        self.store, self.book, self.now = store, CapBook(), NOON
        self.feed = FeedSettings.model_validate(feed or BY_HAND)
        self.intake = Intake(store.beside.cap, self.book, lambda: Places(ZONES, ("Ninh Bình",)), clock=lambda: self.now)

    def takes(self, *messages: CapAlert) -> list[Outcome | None]:
        async def run() -> list[Outcome | None]:
            return [await self.intake.take(self.feed, each, write_cap(each)) for each in messages]

        return asyncio.run(run())

    def sent_by_hand(self, message: CapAlert) -> None:
        asyncio.run(self.book.send(alert_id(message.key), by=Person("Đỗ Khang", "khang")))

    def state(self, message: CapAlert) -> AlertState | None:
        kept = self.book.held.get(alert_id(message.key))
        return None if kept is None else kept.state


class AskedIn(list[ZonePlace]):
    """Zones that remember in which threads they were looked through."""

    def __init__(self) -> None:
        super().__init__(ZONES)
        self.threads: set[int] = set()

    def __iter__(self) -> Iterator[ZonePlace]:
        self.threads.add(threading.get_ident())
        return super().__iter__()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path, clock=lambda: NOON)
    yield store
    store.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


@pytest.fixture
def automatic(store: Store) -> Desk:
    return Desk(store, **BY_ITSELF)


def test_no_order_waits_while_a_long_message_is_held_against_the_zones(store: Store) -> None:
    desk, zones = Desk(store), AskedIn()
    desk.intake = Intake(store.beside.cap, desk.book, lambda: Places(zones, ()), clock=lambda: NOON)
    assert desk.takes(warning()) == [Outcome.DRAFT]
    assert zones.threads
    assert threading.get_ident() not in zones.threads


FIRST = warning()


def test_a_warning_becomes_a_draft_with_its_issuer_and_the_zones_it_reaches(desk: Desk) -> None:
    assert desk.takes(FIRST) == [Outcome.DRAFT]
    (kept,) = desk.book.held.values()
    assert (kept.state, kept.drafted_by, kept.alert.zones) == (AlertState.DRAFT, "feed:kttv", ("thon-1",))
    assert (kept.alert.issuer, kept.alert.origin) == ("Đài Khí tượng Thủy văn tỉnh", Origin.CAP)
    assert kept.alert.source == str(FIRST.key)


def test_the_same_message_is_taken_once_also_after_a_restart(desk: Desk, store: Store) -> None:
    assert desk.takes(FIRST, FIRST) == [Outcome.DRAFT, None]
    assert Desk(store).takes(FIRST) == [None]
    assert desk.book.acts == ["draft Lũ trên sông Hoàng Long"]


def test_other_words_under_the_same_name_are_not_taken(desk: Desk) -> None:
    other = warning(info={"headline": "Không có lũ"})
    assert desk.takes(FIRST, other) == [Outcome.DRAFT, None]
    assert [kept.alert.title for kept in desk.book.held.values()] == ["Lũ trên sông Hoàng Long"]


def test_what_a_crash_cut_short_is_taken_up_when_the_message_comes_again(desk: Desk, store: Store) -> None:
    store.beside.cap.take(str(FIRST.key), "kttv", write_cap(FIRST), [])
    assert desk.takes(FIRST) == [Outcome.DRAFT]


def test_what_a_crash_cut_short_is_taken_up_also_where_it_is_written_another_way_now(desk: Desk, store: Store) -> None:
    store.beside.cap.take(str(FIRST.key), "kttv", write_cap(FIRST), [])
    assert desk.takes(warning(info={"headline": "Không có lũ"})) == [Outcome.DRAFT]
    assert [kept.alert.title for kept in desk.book.held.values()] == ["Lũ trên sông Hoàng Long"]


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (warning(area=FAR_AWAY), Outcome.ELSEWHERE),
        (warning(status=Status.TEST), Outcome.PASSED),
        (warning(status=Status.SYSTEM), Outcome.PASSED),
        (warning(status=Status.DRAFT, note="x"), Outcome.PASSED),
        (after(FIRST, "ack", MsgType.ACK), Outcome.PASSED),
        (warning(infos=()), Outcome.REFUSED),
        (warning(minutes=60), Outcome.REFUSED),
        (warning(info={"expires": NOON - timedelta(minutes=1)}), Outcome.OVER),
    ],
    ids=["elsewhere", "test", "system", "draft", "ack", "no info", "from the future", "over"],
)
def test_what_is_no_warning_for_here_is_on_record_and_wakes_nobody(
    desk: Desk, message: CapAlert, outcome: Outcome
) -> None:
    assert desk.takes(message) == [outcome]
    assert desk.book.acts == []


def test_only_the_senders_and_severities_that_are_wanted_are_put_before_an_officer(store: Store) -> None:
    desk = Desk(store, **BY_HAND, senders=[SENDER], least="Extreme")
    assert desk.takes(FIRST, warning("khac", sender="other@example.vn")) == [Outcome.PASSED, Outcome.PASSED]
    assert desk.takes(warning("lon", info={"severity": Severity.EXTREME})) == [Outcome.DRAFT]


def test_that_something_calms_down_is_put_before_an_officer_even_below_what_is_wanted(store: Store) -> None:
    desk = Desk(store, **BY_ITSELF, least="Severe")
    milder = after(FIRST, "lu-2", MsgType.UPDATE, info={"severity": Severity.MINOR})
    assert desk.takes(FIRST, milder) == [Outcome.AUTOMATIC, Outcome.DRAFT]
    assert desk.book.held[alert_id(milder.key)].alert.supersedes == alert_id(FIRST.key)


@pytest.mark.parametrize(
    "message", [warning(sender="yen-hoa"), warning(source="yen-hoa,lu-1,2026")], ids=["own", "copied"]
)
def test_what_the_station_told_itself_is_no_news_when_it_comes_back(store: Store, message: CapAlert) -> None:
    desk = Desk(store)
    desk.intake = Intake(store.beside.cap, desk.book, lambda: Places(ZONES, ()), clock=lambda: NOON, own="yen-hoa")
    assert desk.takes(message) == [Outcome.PASSED]


def test_a_warning_is_said_again_as_often_as_the_commune_has_set(store: Store) -> None:
    desk, often = Desk(store), timedelta(hours=2)
    desk.intake = Intake(store.beside.cap, desk.book, lambda: Places(ZONES, ()), clock=lambda: NOON, repeat_every=often)
    desk.takes(FIRST)
    assert desk.book.held[alert_id(FIRST.key)].alert.repeat_every == often


class TestBySetting:
    def test_what_a_setting_names_goes_out_under_its_name(self, automatic: Desk) -> None:
        assert automatic.takes(FIRST) == [Outcome.AUTOMATIC]
        assert automatic.book.acts[-1] == f"send Lũ trên sông Hoàng Long by {THEIR_NAME}"

    @pytest.mark.parametrize(
        "message",
        [
            warning(sender="other@example.vn"),
            warning(info={"severity": Severity.MODERATE}),
            warning(info={"severity": Severity.UNKNOWN}),
            warning(status=Status.EXERCISE, note="Diễn tập"),
            warning(scope=Scope.RESTRICTED, restriction="x"),
            warning(info={"language": "en-US"}),
            warning(info={"urgency": Urgency.PAST}),
            warning(info={"certainty": Certainty.UNLIKELY}),
            warning(info={"responses": (ResponseType.ALL_CLEAR,)}),
            warning(info={"effective": NOON + timedelta(hours=2)}),
            warning(minutes=-24 * 60, info={"expires": None}),
            warning(info={"headline": "DIỄN TẬP: Lũ trên sông Hoàng Long"}),
            warning(note="This is a test."),
            warning(info={"areas": (Area("Thôn 1, xã Gia Viễn"),)}),
            warning(info={"areas": (Area("tỉnh Ninh Bình, trừ xã Yên Hòa"),)}),
        ],
        ids=[
            "sender",
            "severity",
            "unknown severity",
            "exercise",
            "restricted",
            "English",
            "what is over",
            "what is unlikely",
            "an all clear",
            "what is to be told later",
            "of yesterday, without an end",
            "an exercise by its words",
            "a test by its note",
            "a hamlet's name, perhaps of another commune",
            "all but somebody",
        ],
    )
    def test_nothing_else_does(self, automatic: Desk, message: CapAlert) -> None:
        assert automatic.takes(message) == [Outcome.DRAFT]
        assert automatic.state(message) is AlertState.DRAFT

    def test_a_warning_that_comes_under_ever_new_names_sounds_once(self, automatic: Desk) -> None:
        again = [warning(f"lu-{number}", minutes=number) for number in range(3)]
        assert automatic.takes(*again) == [Outcome.AUTOMATIC, Outcome.DRAFT, Outcome.DRAFT]

    def test_a_feed_that_warns_without_end_comes_to_a_person(self, automatic: Desk) -> None:
        many = [warning(f"lu-{number}", info={"headline": f"Lũ, tin số {number}"}) for number in range(8)]
        assert automatic.takes(*many) == [Outcome.AUTOMATIC] * 6 + [Outcome.DRAFT] * 2

    def test_what_cannot_be_read_out_with_certainty_waits_for_an_officer(self, automatic: Desk) -> None:
        automatic.book.unreadable = True
        assert automatic.takes(FIRST) == [Outcome.DRAFT]

    def test_a_cancel_of_what_went_out_by_itself_cancels_it(self, automatic: Desk) -> None:
        automatic.takes(FIRST, after(FIRST, "huy", MsgType.CANCEL))
        assert automatic.state(FIRST) is AlertState.CANCELLED
        assert automatic.book.acts[-1] == f"cancel Lũ trên sông Hoàng Long by {THEIR_NAME}"

    def test_an_update_takes_the_place_of_what_went_out(self, automatic: Desk) -> None:
        newer = after(FIRST, "lu-2", MsgType.UPDATE)
        automatic.takes(FIRST, newer)
        assert (automatic.state(FIRST), automatic.state(newer)) == (AlertState.UPDATED, AlertState.OUT)

    def test_an_update_that_draws_its_area_away_from_here_ends_it(self, automatic: Desk) -> None:
        automatic.takes(FIRST, after(FIRST, "lu-2", MsgType.UPDATE, area=FAR_AWAY))
        assert automatic.state(FIRST) is AlertState.CANCELLED

    def test_a_warning_whose_update_waits_for_an_officer_goes_on_standing(self, automatic: Desk) -> None:
        milder = after(FIRST, "lu-2", MsgType.UPDATE, info={"severity": Severity.MINOR})
        automatic.takes(FIRST, milder)
        assert (automatic.state(FIRST), automatic.state(milder)) == (AlertState.OUT, AlertState.DRAFT)
        assert automatic.book.held[alert_id(milder.key)].alert.supersedes == alert_id(FIRST.key)

    def test_a_cancel_that_came_before_its_warning_keeps_it_off_the_air(self, automatic: Desk) -> None:
        cancel = after(FIRST, "huy", MsgType.CANCEL)
        assert automatic.takes(cancel, FIRST) == [Outcome.ENDED_OTHERS, Outcome.OVER]
        assert automatic.book.acts == []

    def test_a_cancel_of_another_sender_ends_nothing(self, automatic: Desk) -> None:
        automatic.takes(FIRST, after(FIRST, "huy", MsgType.CANCEL, sender="other@example.vn"))
        assert automatic.state(FIRST) is AlertState.OUT

    def test_a_cancelled_exercise_ends_no_real_warning(self, automatic: Desk) -> None:
        automatic.takes(FIRST, after(FIRST, "huy", MsgType.CANCEL, status=Status.EXERCISE, note="x"))
        assert automatic.state(FIRST) is AlertState.OUT


def test_a_draft_that_its_issuer_updates_gives_way_and_one_that_is_cancelled_is_put_aside(desk: Desk) -> None:
    newer = after(FIRST, "lu-2", MsgType.UPDATE)
    desk.takes(FIRST, newer)
    assert (desk.state(FIRST), desk.state(newer)) == (AlertState.DISCARDED, AlertState.DRAFT)
    desk.takes(after(newer, "huy", MsgType.CANCEL, minutes=20))
    assert desk.state(newer) is AlertState.DISCARDED


def test_what_a_person_sent_is_ended_by_a_person(desk: Desk) -> None:
    desk.takes(FIRST)
    desk.sent_by_hand(FIRST)
    desk.takes(after(FIRST, "huy", MsgType.CANCEL))
    assert desk.state(FIRST) is AlertState.OUT
    assert desk.intake.cancelled_above == {alert_id(FIRST.key)}


def test_a_cancel_of_something_unknown_is_on_record_and_ends_nothing(desk: Desk) -> None:
    assert desk.takes(after(FIRST, "huy", MsgType.CANCEL)) == [Outcome.ENDED_OTHERS]
    assert desk.book.acts == []


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_of_two_updates_that_cross_the_later_stands_in_any_order_of_arrival(
    automatic: Desk, order: tuple[int, ...]
) -> None:
    one = after(FIRST, "lu-2", MsgType.UPDATE, info={"headline": "Lũ lên báo động 2"})
    other = after(FIRST, "lu-3", MsgType.UPDATE, minutes=12, info={"headline": "Lũ lên báo động 3"})
    messages = (FIRST, one, other)
    automatic.takes(*(messages[number] for number in order))
    assert automatic.state(other) is AlertState.OUT
    assert automatic.state(FIRST) is not AlertState.OUT


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"url": "http://kttv.example.vn/cap.atom"}, "plain http"),
        ({"url": "http://10.0.0.7/c", "local_network": True, "automatic": BY_ITSELF["automatic"]}, "by https"),
        ({"automatic": [{"sender": SENDER}]}, "least"),
        ({"automatic": [{"sender": SENDER, "least": "Unknown"}]}, "Extreme, Severe"),
        ({"automatic": [{"sender": SENDER, "least": "Severe"}], "senders": ["other"]}, "not among its senders"),
    ],
    ids=str,
)
def test_a_feed_that_cannot_be_meant_is_refused(changes: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        FeedSettings.model_validate(BY_HAND | changes)
