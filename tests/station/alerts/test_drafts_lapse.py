"""A draft that nobody sends waits for a day, not for ever: then the station puts it aside, and says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from smartradio.domain.alert import AlertState
from smartradio.station.alerts.even_clock import SETTLED_AFTER
from tests.station.alerts.book_office import HOUR, KHANG, Desk, at_the_book, flood

ENDLESS = flood(expires_at=None)
DAY = timedelta(days=1)


def test_one_without_an_end_is_discarded_by_the_station_after_a_day_and_rings_nobody_any_more(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.draft(ENDLESS, by="feed:kttv")
        await desk.pass_(DAY - timedelta(minutes=1))
        assert desk.kept().state is AlertState.DRAFT
        assert list(desk.alarms.open) == ["lu-1"]
        await desk.pass_(timedelta(minutes=2))
        kept = desk.kept()
        assert (kept.state, kept.ended_by) == (AlertState.DISCARDED, "station")
        assert desk.acts()[-1] == ("discard", "station")
        assert kept.why == "nobody sent it in time"
        assert desk.alarms.open == {}

    at_the_book(tmp_path, work)


def test_how_long_is_the_communes_to_set_and_outlives_a_restart(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.draft(ENDLESS, by="feed:kttv")
        await desk.restart(after=5 * HOUR)
        assert desk.kept().state is AlertState.DRAFT
        await desk.pass_(HOUR)
        assert desk.kept().state is AlertState.DISCARDED

    at_the_book(tmp_path, work, draft_hours=6)


def test_one_with_an_end_waits_until_then_and_what_was_sent_is_no_draft(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.draft(flood("lu-2", expires_at=desk.clock() + 40 * HOUR), by="feed:kttv")
        await desk.book.draft(ENDLESS, by="feed:kttv")
        await desk.book.send("lu-1", by=KHANG)
        await desk.pass_(30 * HOUR)
        assert desk.kept("lu-2").state is AlertState.DRAFT
        assert desk.kept().state is AlertState.EXPIRED

    at_the_book(tmp_path, work)


def test_a_clock_that_jumped_puts_no_draft_aside(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.settled_after = SETTLED_AFTER
        await desk.restart()
        await desk.pass_(SETTLED_AFTER)
        await desk.book.draft(ENDLESS, by="feed:kttv")
        desk.set_clock(3 * DAY)
        await desk.clockwork.round()
        assert desk.kept().state is AlertState.DRAFT

    at_the_book(tmp_path, work)
