from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smartradio.station.deadlines import Deadlines
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.judging import Judging
from smartradio.station.node_plans import Published
from smartradio.station.objects import Objects
from smartradio.station.plan_keeper import PlanKeeper
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import Store
from tests.station.commune import (
    NOON,
    STATION_KEY,
    Clock,
    FakeLink,
    airing_of,
    planned_in,
    registered,
    run,
    settings,
    shelved,
)

WAIT = timedelta(seconds=15)


class Alarms:
    """Alarms that are only written down."""

    def __init__(self) -> None:
        self.at: dict[str, datetime] = {}

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        assert call
        self.at[name] = at


class Office:
    """A keeper of the plan on a real store, its dispatcher never started."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.clock, self.alarms = Clock(), Alarms()
        self.store = registered(store, settings(folder))
        objects = Objects(folder / "objects")
        self.recording = shelved(store, objects, "tin", [b"sound"], duration_s=20.0)
        recorder = EvidenceRecorder(store)
        judging = Judging(store, objects, recorder, clock=self.clock)
        deadlines = Deadlines(store, recorder, judging, self.alarms, clock=self.clock, wait=WAIT)
        dispatcher = Dispatcher(
            settings(folder),
            STATION_KEY,
            FakeLink(),
            objects,
            store.next_counter,
            clock=self.clock,
            on_published=self.published,
        )
        self.keeper = PlanKeeper(
            store, recorder, dispatcher, deadlines, self.alarms, clock=self.clock, doorbell=timedelta(seconds=60)
        )

    async def published(self, published: Sequence[Published]) -> None:
        await self.keeper.published(published)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = Store.open(tmp_path)
    yield Office(tmp_path, store)
    store.close()


def test_an_airing_that_was_committed_after_its_start_has_a_deadline_too(office: Office) -> None:
    async def work() -> None:
        await office.keeper.take_up(office.clock() + WAIT)
        airing = planned_in(office.store, airing_of(office.recording, NOON))
        office.clock.pass_s(2)
        await office.keeper.refresh()
        assert office.alarms.at[f"deadline:{airing.id}"] == NOON + timedelta(seconds=20) + WAIT

    run(work)


def test_what_was_on_its_way_at_the_last_end_keeps_the_time_its_nodes_were_given(office: Office) -> None:
    async def work() -> None:
        airing = planned_in(office.store, airing_of(office.recording, NOON))
        office.clock.pass_s(30)
        answers_by = office.clock() + timedelta(minutes=5)
        await office.keeper.take_up(answers_by)
        assert office.alarms.at[f"deadline:{airing.id}"] == answers_by

    run(work)
