"""Taking back: silence before all else, whatever else fails, and of all that an item has on the air."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.from_above import ItemClass, ItemFromAbove
from smartradio.domain.from_above import ItemState as FromAbove
from smartradio.domain.verdict import VerdictCode
from smartradio.station.replay import Replays
from smartradio.station.store import NodeJudgement
from tests.station.commune import NOON
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


async def _aired_once_more(office: Office) -> tuple[Airing, Airing]:
    """Return an airing that is over, and what a node airs once more of it right now."""
    await approved(office)
    first = office.store.airing(_sounds(office))
    assert first is not None
    office.clock.pass_s(3_600)
    heard = Evidence(first.id, "thon-1", Step.HEARD, office.clock(), "station")
    office.store.judge(heard, NodeJudgement(VerdictCode.SILENT))
    again = await _replays(office).at_node(first.id, "thon-1", by=LAN)
    office.clock.pass_s(office.settings.lead_s)
    return first, again


def _replays(office: Office) -> Replays:
    return Replays(office.settings, office.store, office.objects, office.recorder, clock=office.clock)


class TestAiredOnceMoreAtANode:
    def test_it_is_stopped_with_its_item(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            _, again = await _aired_once_more(office)
            await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Tin sai")
            assert office.stops.stopped == [again.id]

        at_the_office(tmp_path, work)

    def test_it_is_stopped_with_its_airing(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            first, again = await _aired_once_more(office)
            await office.desk.withdraw_airing(first.id, by=BINH, why="Tin sai")
            assert office.stops.stopped == [again.id]

        at_the_office(tmp_path, work)

    def test_it_is_stopped_though_it_was_planned_while_its_airing_was_taken_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            first = _sounds(office)
            heard = Evidence(first, "thon-1", Step.HEARD, office.clock(), "station")
            office.store.judge(heard, NodeJudgement(VerdictCode.SILENT))
            withdraw, again = office.recorder.withdraw, []

            async def meanwhile(airing: str, evidence: Evidence, *, by: str | None = None) -> bool:
                if not again:
                    again.append(await _replays(office).at_node(first, "thon-1", by=LAN))
                return await withdraw(airing, evidence, by=by)

            monkeypatch.setattr(office.recorder, "withdraw", meanwhile)
            await office.desk.withdraw_airing(first, by=BINH, why="Tin sai")
            assert office.stops.stopped == [first, again[0].id]
            assert office.planned() == []

        at_the_office(tmp_path, work)

    @pytest.mark.parametrize("how", ["taken back", "changed"])
    def test_what_nobody_answers_for_any_more_is_not(self, tmp_path: Path, how: str) -> None:
        async def work(office: Office) -> None:
            first, _ = await _aired_once_more(office)
            office.clock.pass_s(3_600)
            item = office.desk.item("mat-nuoc")
            assert item is not None
            if how == "changed":
                await office.desk.change(written(text="Mất nước từ chín giờ."), by=LAN, seen=item.version)
            else:
                await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Tin sai")
            with pytest.raises(BadInputError, match="nobody answers for it"):
                await _replays(office).at_node(first.id, "thon-1", by=LAN)

        at_the_office(tmp_path, work)

    def test_what_its_issuer_took_back_is_not(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            first, _ = await _aired_once_more(office)
            office.clock.pass_s(300)
            expires_at = office.clock() + timedelta(hours=1)
            lu = ItemFromAbove("kttv", "lu-1", "f" * 64, ItemClass.EMERGENCY, "Tin lũ", NOON, expires_at, "Lũ về.")
            office.store.source.take(lu)
            office.store.source.settle(lu.key, FromAbove.AIRED, handed_to=first.id)
            assert _replays(office)._check(first.id, "thon-1", office.clock())[0] == first
            office.store.source.settle(lu.key, FromAbove.CANCELLED)
            with pytest.raises(BadInputError, match="its issuer took it back"):
                await _replays(office).at_node(first.id, "thon-1", by=LAN)

        at_the_office(tmp_path, work)
