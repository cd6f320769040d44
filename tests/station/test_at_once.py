"""What a person airs at once is held to the rules of the commune; an emergency is not, under the person's name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_rules import PlanRules
from smartradio.domain.priority import Priority
from smartradio.station.at_once import AtOnce
from smartradio.station.commune_rules import rules_of
from smartradio.station.objects import Objects
from smartradio.station.plan_evidence import overrides
from smartradio.station.settings import PlanSettings, VolumeSettings, ZoneSettings
from smartradio.station.store import Store
from tests.station.commune import NODES, airing_of, planned_in, registered, settings, shelved

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = datetime(2026, 11, 23, 15, 0, tzinfo=HANOI)
NIGHT = DAY.replace(hour=22)


class Office:
    def __init__(self, folder: Path, store: Store) -> None:
        commune = settings(folder)
        zones = (
            commune.zones[0].model_copy(update={"plan": PlanSettings(airtime_minutes=1)}),
            commune.zones[1].model_copy(update={"dba_at_0_db": 76.0}),
            commune.zones[2],
        )
        volume = (VolumeSettings(at=time(5), volume_db=0), VolumeSettings(at=time(19), volume_db=-12))
        self.settings = settings(folder, zones=zones, plan=PlanSettings(volume=volume))
        self.rules: PlanRules = rules_of(self.settings)
        self.store = registered(store, self.settings)
        self.recording = shelved(store, Objects(folder / "objects"), "tin", [b"a", b"b"], duration_s=20.0)

    def admitted(self, at: datetime, *zones: str, priority: Priority = Priority.PROGRAMME) -> Airing:
        airing = airing_of(self.recording, at, zones=zones, nodes=zones, priority=priority)
        return AtOnce(self.store, self.rules).admitted(airing, self.recording.duration_s)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = Store.open(tmp_path)
    yield Office(tmp_path, store)
    store.close()


def test_by_day_it_sounds_at_the_lowest_volume_any_of_its_zones_allows(office: Office) -> None:
    assert office.admitted(DAY, "thon-3").gain_db == 0.0
    assert office.admitted(DAY, *NODES[1:]).gain_db == -6.0
    assert office.admitted(DAY.replace(hour=19), *NODES[1:]).gain_db == -12.0


def test_in_quiet_hours_it_is_refused_with_the_zone_and_the_hours(office: Office) -> None:
    with pytest.raises(BadInputError, match=r"zone thon-2 from 21:00 to 05:00: only an emergency"):
        office.admitted(NIGHT, "thon-2")


def test_so_is_what_would_last_into_them(office: Office) -> None:
    with pytest.raises(BadInputError, match="quiet hours"):
        office.admitted(DAY.replace(hour=20, minute=59, second=30), "thon-2")
    begun_late = office.admitted(DAY.replace(hour=20, minute=58), "thon-2")
    assert begun_late.ends_by == begun_late.resume_until == DAY.replace(hour=21)


def test_an_emergency_sounds_at_night_as_the_nodes_are_set(office: Office) -> None:
    airing = office.admitted(NIGHT, *NODES, priority=Priority.EMERGENCY)
    assert (airing.gain_db, airing.ends_by) == (0.0, None)
    told = overrides(airing, airing.starts_at + timedelta(seconds=40), "lan", office.rules)
    assert told == {"quiet_hours_override": "lan", "loudness_override": "lan"}


def test_a_days_airtime_counts_what_stands_in_the_plan_and_no_emergency(office: Office) -> None:
    alert = airing_of(office.recording, DAY.replace(hour=9), zones=("thon-1",), priority=Priority.EMERGENCY)
    planned_in(office.store, alert)
    office.admitted(DAY, "thon-1")
    planned_in(office.store, airing_of(office.recording, DAY.replace(hour=18), zones=("thon-1",)))
    with pytest.raises(BadInputError, match=r"zone thon-1 is used up: 0\.7 of 1 minutes are taken"):
        office.admitted(DAY, "thon-1")
    assert office.admitted(DAY + timedelta(days=1), "thon-1")
    assert office.admitted(DAY, "thon-1", priority=Priority.EMERGENCY)


def test_a_volume_step_that_stands_twice_is_refused() -> None:
    step = VolumeSettings(at=time(19), volume_db=-12)
    with pytest.raises(ValueError, match="two steps of the volume begin at the same time"):
        PlanSettings(volume=(step, step))


def test_a_zone_put_off_or_measured_has_rules_of_its_own(tmp_path: Path) -> None:
    zones = (
        ZoneSettings(name="thon-1", title="Thôn 1", stagger_s=20),
        ZoneSettings(name="thon-2", title="Thôn 2", dba_at_0_db=80),
    )
    rules = rules_of(settings(tmp_path, zones=zones, nodes=()))
    assert (rules.of("thon-1").stagger_s, rules.of("thon-2").stagger_s) == (20.0, 0.0)
    assert (rules.loudness_of("thon-1").guarded, rules.loudness_of("thon-2").guarded) == (False, True)
