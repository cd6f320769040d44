"""The power goes between any two writes: what was let out is said once, what was ended is silent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON

NEWER = replace(flood("lu-2", title="Tin lũ mới"), supersedes="lu-1")
MOST_WRITES = 40


class PowerCut(BaseException):
    """The end of a process, at a write."""


@contextmanager
def cut_at(desk: Desk, write: int) -> Iterator[list[int]]:
    """Let the power go at a write, counted from 0, and after it nothing be written; yields how many there were."""
    database, count = desk.office.store._database, [0]
    written = database.write

    def counted(work: Callable[[Any], Any]) -> Any:
        count[0] += 1
        if count[0] > write:
            raise PowerCut
        return written(work)

    database.write = counted  # type: ignore[method-assign]
    try:
        yield count
    finally:
        database.write = written  # type: ignore[method-assign]


def through_every_cut(
    folder: Path,
    before: Callable[[Desk], Awaitable[None]],
    cut: Callable[[Desk], Awaitable[object]],
    check: Callable[[Desk], Awaitable[None]],
) -> None:
    """Run `cut` with the power going at its first write, its second, … until it comes through."""
    for write in range(MOST_WRITES):
        through: list[int] = []

        async def work(desk: Desk, write: int = write, through: list[int] = through) -> None:
            await before(desk)
            with cut_at(desk, write) as count:
                try:
                    await cut(desk)
                except PowerCut:
                    pass
                else:
                    through.append(count[0])
            await desk.restart()
            await desk.pass_(HOUR)
            await check(desk)

        at_the_book(folder / str(write), work)
        if through:
            assert write >= 2, "a cut between two writes was never tried"
            return
    pytest.fail(f"more than {MOST_WRITES} writes")


def times_aired(desk: Desk, *names: str) -> list[str]:
    """Return the airings of some alerts that the plan or the log of what was planned holds."""
    return [each.airing for name in names for each in desk.book.airings_of(name) if each.planned]


async def nothing(desk: Desk) -> None:
    """Begin with an empty book."""


async def sent(desk: Desk) -> None:
    await desk.book.send(flood(), by=KHANG)
    await desk.clockwork.settle()


def test_what_was_let_out_is_said_once(tmp_path: Path) -> None:
    async def check(desk: Desk) -> None:
        kept = desk.book.alert("lu-1")
        assert len(desk.planned()) == (0 if kept is None else 1)
        if kept is not None:
            assert times_aired(desk, "lu-1") == desk.planned()
            # From the form that is sent again comes no second one.
            await desk.book.send(flood(), by=KHANG)
            assert len(desk.planned()) == 1

    through_every_cut(tmp_path, nothing, lambda desk: desk.book.send(flood(), by=KHANG), check)


def test_an_update_takes_the_place_whole_or_not_at_all(tmp_path: Path) -> None:
    async def check(desk: Desk) -> None:
        newer = desk.book.alert("lu-2")
        if newer is None:
            assert desk.kept().is_out
            assert desk.planned() == times_aired(desk, "lu-1")
        else:
            assert desk.kept().state is AlertState.UPDATED
            assert desk.planned() == times_aired(desk, "lu-2")
            assert desk.occasions("lu-2") == [Occasion.UPDATE]

    through_every_cut(tmp_path, sent, lambda desk: desk.book.send(NEWER, by=THU), check)


def test_what_was_cancelled_is_silent_and_that_is_said_once(tmp_path: Path) -> None:
    async def check(desk: Desk) -> None:
        stands = desk.planned()
        if desk.kept().is_out:
            assert stands == times_aired(desk, "lu-1")
        else:
            cancellation = [each.airing for each in desk.book.airings_of("lu-1") if each.occasion is Occasion.CANCEL]
            assert stands == cancellation

    cancel = lambda desk: desk.book.cancel("lu-1", by=THU, why="nước rút", aloud=True)  # noqa: E731
    through_every_cut(tmp_path, sent, cancel, check)


def test_a_repetition_is_said_once_and_the_next_one_in_its_time(tmp_path: Path) -> None:
    async def two_hours_later(desk: Desk) -> None:
        await sent(desk)
        desk.clock.now = NOON + 2 * HOUR

    async def check(desk: Desk) -> None:
        # An hour has passed since it came back.
        assert len(times_aired(desk, "lu-1")) == 2
        await desk.pass_(HOUR)
        assert len(times_aired(desk, "lu-1")) == 3

    through_every_cut(tmp_path, two_hours_later, lambda desk: desk.book.repeat("lu-1"), check)
