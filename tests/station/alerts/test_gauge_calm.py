"""Water that falls again takes its draft with it: an officer is not rung for what is no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from smartradio.domain.alert import Alert, AlertState, Origin
from smartradio.station.alerts.gauges import CALM_AGAIN
from smartradio.station.store import Store
from tests.station.alerts.book_office import KHANG, Desk, at_the_book, flood
from tests.station.alerts.test_gauges import Post

HIGH, LOW = (3.0, 3.6, 3.62), 3.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


def states(made: Post) -> list[AlertState]:
    return [kept.state for kept in made.book.held.values()]


def test_after_half_an_hour_under_every_limit_the_draft_is_put_aside(store: Store) -> None:
    async def story() -> None:
        made = Post(store)
        await made.reads(*HIGH, *[LOW] * 7)
        assert states(made) == [AlertState.DRAFT]
        await made.reads(LOW, LOW)
        assert states(made) == [AlertState.DISCARDED]
        # The next flood is another draft.
        await made.reads(3.6, 3.62)
        assert states(made) == [AlertState.DISCARDED, AlertState.DRAFT]

    asyncio.run(story())


def test_one_low_reading_between_high_ones_puts_nothing_aside(store: Store) -> None:
    async def story() -> None:
        made = Post(store)
        await made.reads(*HIGH, LOW, *[3.6] * 12, LOW, LOW, LOW, 3.7, 3.7, *[LOW] * 6)
        assert AlertState.DISCARDED not in states(made)

    asyncio.run(story())


def test_what_was_sent_or_came_from_elsewhere_is_left_as_it_is(store: Store) -> None:
    async def story() -> None:
        made = Post(store)
        await made.reads(*HIGH)
        (sent,) = made.book.held
        made.book.held[sent] = replace(made.book.held[sent], state=AlertState.OUT)
        typed = replace(made.book.held[sent].alert, id="tay", origin=Origin.TEMPLATE)
        await made.book.draft(typed, by="Đỗ Văn Khang")
        await made.reads(*[LOW] * 10)
        assert states(made) == [AlertState.OUT, AlertState.DRAFT]

    asyncio.run(story())


def test_the_book_puts_aside_no_draft_that_somebody_has_handed_in_or_sent(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        drafts: list[Alert] = [flood("nuoc-1"), flood("nuoc-2"), flood("nuoc-3")]
        for draft in drafts:
            await desk.book.draft(draft, by="gauge:ben-de")
        await desk.book.hand_in("nuoc-2", by=KHANG)
        await desk.book.send("nuoc-3", by=KHANG)
        for draft in drafts:
            await desk.book.put_aside(draft.id, why=CALM_AGAIN)
        assert [desk.kept(draft.id).state for draft in drafts] == [
            AlertState.DISCARDED, AlertState.DRAFT, AlertState.OUT,
        ]  # fmt: skip
        assert desk.acts("nuoc-1")[-1] == ("discard", "station")
        assert await desk.book.put_aside("nuoc-1", why=CALM_AGAIN) is None

    at_the_book(tmp_path, work)
