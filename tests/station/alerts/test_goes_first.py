"""What is meant ends every exercise, also where it was planned beside the book of alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.alerts.goes_first import BEFORE, GoesFirst
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON, until
from tests.station.test_approvals import HANOI, approved, written

DRILL = flood("tap-1", title="Sơ tán", text="Sơ tán ngay.\nMời bà con lên trường học.", status=AlertStatus.EXERCISE)


def watched(folder: Path, work: Callable[[Desk], Awaitable[None]]) -> None:
    async def done(desk: Desk) -> None:
        await desk.office.calendar.load()
        first = GoesFirst(
            desk.office.store, desk.office.recorder, desk.book, desk.clockwork,
            run=desk.clockwork.run, clock=desk.clock,
        )  # fmt: skip
        watching = asyncio.create_task(first.watch())
        await work(desk)
        desk.office.recorder.close()
        await watching

    at_the_book(folder, done)


def emergency(**changes: object) -> Programme:
    return replace(written(first_at=NOON.astimezone(HANOI), priority=Priority.EMERGENCY), **changes)  # type: ignore[arg-type]


async def ended(desk: Desk, name: str = "tap-1") -> None:
    await until(lambda: desk.kept(name).state is AlertState.CANCELLED)


def test_an_emergency_that_was_approved_for_now_waits_for_no_exercise(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(DRILL, by=THU)
        (sounding,) = desk.planned()
        await approved(desk.office, emergency(), at_once=True)
        await ended(desk)
        assert desk.kept("tap-1").ended_by == "Phạm Văn Bình"
        await until(lambda: desk.office.stops.stopped == [sounding])
        assert sounding not in desk.planned()
        await desk.pass_(3 * HOUR)
        assert len(desk.air.aired) == 1

    watched(tmp_path, work)


def test_one_that_is_planned_for_later_ends_what_sounds_when_its_time_has_come(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        later = NOON + HOUR
        await approved(desk.office, emergency(first_at=later.astimezone(HANOI)))
        await desk.pass_(timedelta(minutes=58))
        await desk.book.send(DRILL, by=THU)
        await desk.pass_(timedelta(minutes=2) - BEFORE - timedelta(seconds=1))
        assert desk.kept("tap-1").is_out
        await desk.pass_(timedelta(seconds=1))
        await ended(desk)

    watched(tmp_path, work)


def test_one_that_was_taken_back_before_its_time_ends_nothing(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await approved(desk.office, emergency(first_at=(NOON + HOUR).astimezone(HANOI)))
        item = desk.office.desk.item("mat-nuoc")
        assert item is not None
        await desk.office.desk.withdraw_item(item.name, by=KHANG, why="nhầm", seen=item.version)
        await desk.pass_(timedelta(minutes=59))
        await desk.book.send(DRILL, by=THU)
        await desk.pass_(timedelta(minutes=10))
        assert desk.kept("tap-1").is_out

    watched(tmp_path, work)


def test_a_bulletin_that_is_no_emergency_ends_no_exercise_nor_does_another_exercise(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(DRILL, by=THU)
        await approved(desk.office, emergency(priority=Priority.ABOVE), at_once=True)
        await desk.book.send(replace(DRILL, id="tap-2", text="Sơ tán ngay.\nMời bà con lên đồi."), by=THU)
        # Whoever looks goes by the order in which things were planned: only the last of them ends anything.
        await desk.pass_(timedelta(seconds=20))
        await approved(desk.office, emergency(name="khan", zones=("thon-1",)), at_once=True)
        for name in ("tap-1", "tap-2"):
            await ended(desk, name)
            assert desk.kept(name).ended_at == NOON + timedelta(seconds=20)

    watched(tmp_path, work)


def test_one_that_is_said_once_more_at_a_node_is_as_good_as_what_it_was(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(DRILL, by=THU)
        (sounding,) = desk.office.store.airings()
        again = replace(sounding, id="lan-nua", starts_at=desk.clock(), zones=("thon-1",), nodes=("thon-1",))
        facts = [replace(e.evidence, airing=again.id) for e in desk.office.store.chain(sounding.id, "")]
        facts = [replace(e, facts={**e.facts, "again_of": sounding.id}) for e in facts]
        assert await desk.office.recorder.plan(again, facts, repeats=sounding.id)
        await desk.pass_(timedelta(seconds=20))
        await approved(desk.office, emergency(), at_once=True)
        await ended(desk)
        assert desk.kept("tap-1").ended_at == NOON + timedelta(seconds=20)

    watched(tmp_path, work)


def test_what_was_planned_when_the_station_fell_ends_exercises_when_it_is_back(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.office.calendar.load()
        await desk.book.send(DRILL, by=THU)
        await approved(desk.office, emergency(), at_once=True)
        assert desk.kept("tap-1").is_out
        first = GoesFirst(
            desk.office.store, desk.office.recorder, desk.book, desk.clockwork,
            run=desk.clockwork.run, clock=desk.clock,
        )  # fmt: skip
        watching = asyncio.create_task(first.watch())
        await ended(desk)
        desk.office.recorder.close()
        await watching

    at_the_book(tmp_path, work)


def test_where_the_station_fell_between_a_real_alert_and_the_exercise_that_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(DRILL, by=THU)
        with monkeypatch.context() as patched:
            patched.setattr(desk.book._in_the_way, "exercises", list)
            await desk.book.send(flood(), by=KHANG)
        assert desk.kept("tap-1").is_out
        first = GoesFirst(
            desk.office.store, desk.office.recorder, desk.book, desk.clockwork,
            run=desk.clockwork.run, clock=desk.clock,
        )  # fmt: skip
        watching = asyncio.create_task(first.watch())
        await ended(desk)
        assert desk.kept("tap-1").ended_by == KHANG.title
        assert desk.kept().is_out
        desk.office.recorder.close()
        await watching

    at_the_book(tmp_path, work)
