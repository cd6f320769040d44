"""One warning by several feeds: one alert, which each of them can end for itself; none speaks for another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import CapAlert, MsgType, Point, Severity
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alert import AlertState
from smartradio.station.alerts.cap_intake import Intake, alert_id
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.alerts.places import Places
from smartradio.station.store import Store
from smartradio.station.store.cap_messages import Outcome
from tests.station.alerts.cap_book import NOON, SENDER, CapBook, after, warning

ZONES = (ZonePlace("thon-1", "Thôn 1", points=(Point(20.3, 105.6),)),)
FIRST = warning()
CANCEL = after(FIRST, "huy", MsgType.CANCEL)
THEIR_WORDS = warning(info={"headline": "Không có lũ"})


def feed(name: str, **settings: Any) -> FeedSettings:
    return FeedSettings.model_validate({"name": name, "url": f"https://{name}.example.vn/cap", **settings})


TRUSTED = feed("kttv", automatic=[{"sender": SENDER, "least": "Severe"}])
OTHER = feed("tong-hop")


class Desk:
    """One intake for all feeds."""

    def __init__(self, store: Store) -> None:
        self.book = CapBook()
        self.intake = Intake(store.beside.cap, self.book, lambda: Places(ZONES, ()), clock=lambda: NOON)

    def takes(self, *brought: tuple[FeedSettings, CapAlert]) -> list[Outcome | None]:
        async def run() -> list[Outcome | None]:
            return [await self.intake.take(by, message, write_cap(message)) for by, message in brought]

        return asyncio.run(run())

    def state(self, message: CapAlert) -> AlertState:
        return self.book.held[alert_id(message.key)].state


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    store = Store.open(tmp_path, clock=lambda: NOON)
    yield Desk(store)
    store.close()


def test_one_warning_by_two_feeds_is_put_before_an_officer_once(desk: Desk) -> None:
    assert desk.takes((OTHER, FIRST), (feed("tinh"), FIRST)) == [Outcome.DRAFT, Outcome.DRAFT]
    assert desk.book.acts == ["draft Lũ trên sông Hoàng Long"]


def test_what_one_feed_passes_over_comes_by_the_other_all_the_same(desk: Desk) -> None:
    grave_only = feed("tinh", least=Severity.EXTREME)
    assert desk.takes((grave_only, FIRST), (OTHER, FIRST)) == [Outcome.PASSED, Outcome.DRAFT]


def test_what_goes_out_by_itself_does_so_also_where_another_feed_was_faster(desk: Desk) -> None:
    assert desk.takes((OTHER, FIRST), (TRUSTED, FIRST)) == [Outcome.DRAFT, Outcome.AUTOMATIC]
    assert desk.state(FIRST) is AlertState.OUT


def test_a_cancel_ends_what_went_out_by_itself_also_where_another_feed_brought_it_first(desk: Desk) -> None:
    desk.takes((TRUSTED, FIRST), (OTHER, CANCEL))
    assert desk.state(FIRST) is AlertState.OUT
    desk.takes((TRUSTED, CANCEL))
    assert desk.state(FIRST) is AlertState.CANCELLED


def test_another_feeds_words_under_the_name_of_a_warning_never_go_out_in_its_place(desk: Desk) -> None:
    assert desk.takes((OTHER, THEIR_WORDS), (TRUSTED, FIRST)) == [Outcome.DRAFT, Outcome.AUTOMATIC]
    out = [kept.alert.title for kept in desk.book.held.values() if kept.is_out]
    assert out == ["Lũ trên sông Hoàng Long"]
    assert desk.takes((TRUSTED, CANCEL)) == [Outcome.ENDED_OTHERS]
    assert not any(kept.is_out for kept in desk.book.held.values())


def test_a_feed_cannot_put_another_ones_draft_aside(desk: Desk) -> None:
    desk.takes((feed("tinh"), FIRST), (OTHER, FIRST), (OTHER, CANCEL))
    assert desk.state(FIRST) is AlertState.DRAFT
