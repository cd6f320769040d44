"""The broadcaster's desk at a real station: schedule files, items of the console, a week, a search, a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.archive import Key, Kind
from smartradio.station.station import Station
from smartradio.station.week import Slot, monday_of
from tests.station.commune import NO_QUIET_HOURS, run
from tests.station.test_station import TEXT, on_air, quick

pytestmark = pytest.mark.contract

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LAN, BINH = Person("Lê Thị Lan", "lan", "phien-1"), Person("Phạm Văn Bình", "binh", "phien-2")
FILE = """
programmes:
  - name: chao-sang
    title: Chào buổi sáng
    approved_by: Nguyễn Thị Lan
    zones: [thon-1]
    at: "2026-01-05 05:30"
    recurrence: FREQ=DAILY
    text: Xin chào bà con thôn 1.
"""


@asynccontextmanager
async def morning(folder: Path) -> AsyncIterator[Station]:
    """A station that has read its schedule file."""
    schedule = folder / "lich.yaml"
    schedule.write_text(FILE, encoding="utf-8")
    async with on_air(quick(folder / "station", plan=NO_QUIET_HOURS, schedules=(schedule,))) as station:
        await station.load_schedules()
        yield station


def daily(**changes: object) -> Programme:
    first_at = datetime(2026, 1, 5, 17, 0, tzinfo=HANOI)
    made = Programme("thu-gom", "Thu gom rác", TEXT, ("thon-1",), first_at, "FREQ=DAILY")
    return replace(made, **changes)  # type: ignore[arg-type]


def next_week(station: Station) -> list[Slot]:
    desk = station.desks.day
    return [slot for day in desk.week(monday_of(desk.today()) + timedelta(days=7)).days for slot in day.slots]


async def approved(station: Station, programme: Programme) -> None:
    desk = station.approval_desk
    item = await desk.draft(programme, by=LAN)
    item = await desk.submit(item.name, by=LAN, seen=item.version)
    await desk.approve(item.name, by=BINH, seen=item.version)


def test_a_programme_of_a_file_stands_in_the_week_with_its_file(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            slots = next_week(station)
            assert [(slot.programme.name, slot.from_file, slot.state) for slot in slots] == [
                ("chao-sang", True, None)
            ] * 7
            view = station.desks.day.programme("chao-sang")
            assert view is not None
            assert (view.file, view.item.origin) == (tmp_path / "lich.yaml", Origin.FILE)
            assert len(view.times) == 8

    run(work, 60)


def test_a_change_takes_a_programme_out_of_the_plan_until_somebody_approves_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            await approved(station, daily())
            mine = [slot for slot in next_week(station) if slot.programme.name == "thu-gom"]
            assert [slot.state for slot in mine] == [None] * 7
            held = station.approval_desk.item("thu-gom")
            assert held is not None
            later = daily(first_at=datetime(2026, 1, 5, 18, 0, tzinfo=HANOI))
            await station.approval_desk.change(later, by=LAN, seen=held.version)
            mine = [slot for slot in next_week(station) if slot.programme.name == "thu-gom"]
            assert [(slot.state, slot.at.astimezone(HANOI).hour) for slot in mine] == [(ItemState.DRAFT, 18)] * 7

    run(work, 60)


def test_a_trial_finds_what_stands_in_the_way_and_leaves_the_plan_alone(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            wish = daily(first_at=datetime(2026, 1, 5, 5, 30, tzinfo=HANOI))
            tried = station.desks.day.tried(wish)
            assert tried
            assert all(slot.items[0].pieces for slot in tried)
            assert {slot.programme.name for slot in next_week(station)} == {"chao-sang"}
            with pytest.raises(BadInputError):
                station.desks.day.tried(replace(wish, recurrence="FREQ=NEVER"))

    run(work, 60)


def test_what_was_written_is_found_and_copied_into_a_draft_of_its_own(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            await approved(station, daily())
            desk = station.desks.day
            (kept,) = desk.found("thu gom rac", 0, 10).kept
            assert (kept.key, kept.recurring) == (Key(Kind.PROGRAMME, "thu-gom"), True)
            assert kept.next_at is not None
            copy = await desk.copy(kept.key, by=LAN)
            assert (copy.state, copy.programme.recurrence, copy.changed_by) == (ItemState.DRAFT, None, "Lê Thị Lan")
            assert copy.programme.text == TEXT
            assert desk.found("thu gom rac", 0, 10).total == 2
            assert desk.newest(None, 1).kept[0].key.name == copy.name
            assert desk.newest(None, 1).more
            with pytest.raises(BadInputError):
                await desk.copy(Key(Kind.BULLETIN, "khong-co"), by=LAN)

    run(work, 60)


def test_what_came_back_is_shown_to_whoever_handed_it_in(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            items = station.approval_desk
            item = await items.draft(daily(), by=LAN)
            item = await items.submit(item.name, by=LAN, seen=item.version)
            assert station.desks.day.needs().for_approval == 1
            await items.send_back(item.name, by=BINH, note="Sai giờ", seen=item.version)
            assert [back.note for back in station.desks.day.returned_to("lan")] == ["Sai giờ"]
            assert station.desks.day.returned_to("binh") == []
            assert station.desks.day.needs().for_approval == 0

    run(work, 60)


def test_today_holds_what_is_aired_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with morning(tmp_path) as station:
            aired = await station.air_now(title="Mời họp", text=TEXT, by=LAN, zones=["thon-1"])
            desk = station.desks.day
            day = desk.day(aired.starts_at.astimezone(HANOI).date())
            (mine,) = [each for each in day.airings if each.airing == aired.id]
            assert (mine.title, tuple(mine.zones), mine.nodes) == ("Mời họp", ("thon-1",), 1)
            (kept,) = [each for each in desk.newest(None, 30).kept if each.key.kind is Kind.BULLETIN]
            assert kept.title == "Mời họp"

    run(work, 60)
