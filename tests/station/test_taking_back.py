"""Taking back: silence before all else, whatever else fails, and of all that an item has on the air."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Step
from tests.station.test_approvals import BINH, LAN, Office, approved, at_the_office, written


def _sounds(office: Office, *, late_s: float = 0.0) -> str:
    (airing, *_) = office.store.airings()
    office.clock.pass_s((airing.starts_at - office.clock()).total_seconds() + late_s)
    office.store.record([Evidence(airing.id, "thon-1", Step.STARTED, office.clock(), "node:thon-1")])
    return airing.id


def test_what_sounds_of_an_item_is_stopped_though_nothing_can_be_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(office: Office) -> None:
        await approved(office, written(recurrence="FREQ=DAILY"))
        airing = _sounds(office)

        async def fails(**_: object) -> None:
            raise SmartradioError("the disk is full")

        monkeypatch.setattr(office.calendar, "take_items", fails)
        with pytest.raises(SmartradioError, match="disk"):
            await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Tin sai")
        assert office.stops.stopped[0] == airing
        assert (office.state(), office.planned()) == (ItemState.WITHDRAWN, [])

    at_the_office(tmp_path, work)


def test_the_order_to_stop_goes_out_before_anything_is_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(office: Office) -> None:
        await approved(office)
        airing = _sounds(office)
        takes_items, stopped_before = office.calendar.take_items, []

        async def looks(**values: object) -> object:
            stopped_before.extend(office.stops.stopped)
            return await takes_items(**values)  # type: ignore[arg-type]

        monkeypatch.setattr(office.calendar, "take_items", looks)
        await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Tin sai")
        assert stopped_before == [airing]

    at_the_office(tmp_path, work)


def test_a_death_on_the_way_leaves_no_airing_of_an_item_that_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(Exception):
        pass

    def dies_at_once(*_: object) -> None:
        raise DiedError

    async def work(office: Office) -> None:
        await approved(office, written(recurrence="FREQ=DAILY"))
        _sounds(office)

        async def dies(*_: object, **__: object) -> bool:
            raise DiedError

        # It ended right behind the item's own commit: nothing else is written any more.
        monkeypatch.setattr(office.stops, "stop_airing", dies_at_once)
        monkeypatch.setattr(office.recorder, "withdraw", dies)
        monkeypatch.setattr(office.calendar, "take_items", dies)
        with pytest.raises(DiedError):
            await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Tin sai")
        # What nodes are sent at the next start holds nothing of it: they fall silent.
        assert (office.state(), office.planned()) == (ItemState.WITHDRAWN, [])

    at_the_office(tmp_path, work)


def test_what_began_late_can_be_taken_back_as_long_as_it_may_sound(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        await approved(office, written(text="Mất nước. " * 60))
        (airing,) = office.store.airings()
        recording = office.store.recording(airing.recording_id)
        assert recording is not None
        late_s = (airing.expires_at - airing.starts_at).total_seconds()
        _sounds(office, late_s=late_s + recording.duration_s - 5)
        await office.desk.withdraw_airing(airing.id, by=LAN, why="Tin sai")
        assert office.stops.stopped == [airing.id]

    at_the_office(tmp_path, work)


def test_an_item_takes_along_what_began_late(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        await approved(office, written(text="Mất nước. " * 60))
        (airing,) = office.store.airings()
        recording = office.store.recording(airing.recording_id)
        assert recording is not None
        office.clock.pass_s((airing.expires_at - office.clock()).total_seconds() + recording.duration_s - 5)
        await office.desk.withdraw_item("mat-nuoc", by=LAN, why="Tin sai")
        assert office.stops.stopped == [airing.id]
        assert office.clock() < airing.expires_at + timedelta(seconds=recording.duration_s)

    at_the_office(tmp_path, work)


def test_an_item_taken_back_by_mistake_is_planned_again_once_it_is_approved_anew(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        await approved(office, written(recurrence="FREQ=DAILY"))
        _sounds(office)
        before = office.planned()
        item = await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Nhầm nút")
        item = await office.desk.change(written(recurrence="FREQ=DAILY"), by=LAN, seen=item.version)
        item = await office.desk.submit(item.name, by=LAN, seen=item.version)
        await office.desk.approve(item.name, by=BINH, seen=item.version)
        # All but what sounded when it was stopped.
        assert office.planned() == before[1:]

    at_the_office(tmp_path, work)
