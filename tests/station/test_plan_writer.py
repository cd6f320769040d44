"""What the store holds of the plan: what sounds with its terms, what does not with its reason, each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.plan_items import Decision, NoteCode
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.commune_rules import rules_of
from smartradio.station.objects import Objects
from smartradio.station.plan_writer import PlanWriter, Programmes
from smartradio.station.planner import ReadyProgramme
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.scripts import Script
from smartradio.station.settings import PlanSettings, VolumeSettings, ZoneSettings
from smartradio.station.store import Store
from smartradio.station.store.planned import PlanChange
from smartradio.station.studio import Produced
from tests.domain.plain_days import PlainDays
from tests.station.commune import NODES, NOON, Clock, recording_of, registered, run, settings

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
EVENING = datetime(2026, 11, 22, 20, 0, tzinfo=HANOI)
NIGHT_RULES = PlanSettings(volume=(VolumeSettings(at=time(5), volume_db=0), VolumeSettings(at=time(19), volume_db=-12)))


class Office:
    """A writer of plans on a real store; `programme` has its text made audible, `write` plans them all."""

    def __init__(self, folder: Path, store: Store, **changes: Any) -> None:
        self.settings = settings(folder, **({"plan": NIGHT_RULES, "horizon_days": 2} | changes))
        self.clock, self.store = Clock(), registered(store, self.settings)
        self._objects = Objects(folder / "objects")
        self._recorder = EvidenceRecorder(store)
        self._ready: dict[str, tuple[ReadyProgramme, Produced]] = {}
        self.writer = self.writer_anew()

    def writer_anew(self, down: tuple[datetime, datetime] | None = None) -> PlanWriter:
        rules = rules_of(self.settings)
        return PlanWriter(self.settings, self.store, self._recorder, rules=rules, clock=self.clock, down=down)

    def programme(self, name: str, at: datetime, *, sentences: int = 3, **fields: Any) -> Programme:
        values = {"approved_by": "Nguyễn Thị Lan", "recurrence": "FREQ=DAILY"} | fields
        programme = Programme(name, name, "Chào.", values.pop("zones", NODES), at, **values)
        bulletin = Bulletin(name, name, "Chào.", programme.priority)
        self.store.put_bulletin(bulletin, [])
        recording = recording_of(self._objects, name, [f"{name}{n}".encode() for n in range(sentences)], 10.0)
        self.store.put_recording(recording, {}, NOON)
        produced = Produced(Script(bulletin, (), ()), recording, {"voice": "vi"}, NOON)
        self._ready[name] = (ReadyProgramme(programme, name, recording), produced)
        return programme

    def write(self, since: datetime | None = None) -> None:
        async def work() -> None:
            await self.writer.write(Programmes(dict(self._ready), PlainDays()), since=since or self.clock())

        run(work)

    def withdraw(self, airing: Airing, by: str) -> None:
        said = Evidence(airing.id, "", Step.SKIPPED, self.clock(), f"operator:{by}", Reason.WITHDRAWN)
        assert self.store.withdraw_airing(airing.id, [said], by=by)

    def standing(self, name: str) -> list[Airing]:
        return [airing for airing in self.store.airings() if airing.programme == name]

    def kept_off(self, name: str) -> list[tuple[Airing, Evidence]]:
        """What is on record as not aired, oldest first."""
        views = reversed(self.store.board(1_000))
        found = [
            (view.airing, entry.evidence)
            for view in views
            if view.airing.programme == name
            for entry in self.store.chain(view.airing.id)
        ]
        return [(airing, said) for airing, said in found if said.step is Step.SKIPPED]

    def planned_facts(self, airing: Airing, step: Step = Step.PLANNED) -> dict[str, Any]:
        entries = [entry.evidence for entry in self.store.chain(airing.id) if entry.evidence.step is step]
        return dict(entries[0].facts)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = Store.open(tmp_path)
    yield Office(tmp_path, store)
    store.close()


def test_what_quiet_hours_keep_off_the_air_is_on_record_once_its_instant_is_past(office: Office) -> None:
    office.programme("dem", EVENING.replace(hour=22))
    office.write()
    assert office.standing("dem") == []
    assert office.kept_off("dem") == []
    office.clock.now = EVENING.replace(hour=23)
    office.write()
    office.write()
    ((airing, said),) = office.kept_off("dem")
    assert (said.reason, said.node, airing.nodes) == (Reason.QUIET_HOURS, "", NODES)
    assert said.facts["planned_at"] == airing.starts_at.isoformat()
    assert said.facts["reasons"][0]["code"] == "quiet_hours"
    assert [entry.evidence.step for entry in office.store.chain(airing.id)] == [
        Step.RENDERED,
        Step.APPROVED,
        Step.SKIPPED,
    ]
    assert office.store.unsettled(office.clock.now + timedelta(days=1)) == []
    assert office.store.verify().ok


def test_every_instant_of_three_days_ends_in_an_airing_or_a_reason_in_each_zone(office: Office) -> None:
    office.settings = settings(office.settings.folder, plan=PlanSettings(airtime_minutes=1.0), horizon_days=2)
    office.writer = office.writer_anew()
    names = [f"tin-{hour}" for hour in (6, 8, 12, 17, 22)]
    for name in names:
        office.programme(name, EVENING.replace(day=1, hour=int(name[4:])), zones=NODES[: 1 + int(name[4:]) % 3])
    office.programme("khong-ai-duyet", EVENING.replace(day=1, hour=7), approved_by=None)
    for _ in range(12):
        office.write()
        office.clock.pass_s(6 * 3_600)
    told = [
        (airing.programme, airing.starts_at, zone)
        for name in names
        for airing in office.standing(name)
        for zone in airing.zones
    ]
    reasons = []
    for name in (*names, "khong-ai-duyet"):
        for airing, said in office.kept_off(name):
            told += [(name, airing.starts_at, zone) for zone in airing.zones]
            reasons.append(str(said.reason))
    assert len(told) == len(set(told))
    assert set(reasons) == {"quiet_hours", "airtime", "not_approved"}
    past = {entry for entry in told if NOON <= entry[1] < NOON + timedelta(days=2)}
    expected = sum(1 + int(name[4:]) % 3 for name in names) + 3
    assert len(past) == 2 * expected


def test_a_station_that_was_off_tells_what_was_kept_off_meanwhile_and_nothing_twice(office: Office) -> None:
    office.programme("dem", EVENING.replace(hour=22))
    office.programme("khuya", EVENING.replace(hour=23))
    office.write()
    office.clock.now = EVENING.replace(hour=22, minute=30)
    office.write()
    off_at = EVENING.replace(hour=22, minute=40)
    office.clock.now = EVENING.replace(hour=23, minute=50)
    office.writer = office.writer_anew(down=(off_at, office.clock.now))
    office.write()
    assert len(office.kept_off("dem")) == len(office.kept_off("khuya")) == 1


def test_a_programme_tells_nothing_of_the_days_before_it_was_read(office: Office) -> None:
    office.programme("dem", EVENING.replace(day=1, hour=3))
    office.write()
    assert office.kept_off("dem") == []


def test_an_evening_airing_is_told_its_gain_and_its_end_and_the_log_has_both(office: Office) -> None:
    office.programme("toi", EVENING.replace(hour=20, minute=50))
    office.write()
    airing = office.standing("toi")[0]
    quiet_from = EVENING.replace(hour=21)
    assert (airing.gain_db, airing.ends_by, airing.resume_until) == (-12.0, quiet_from, quiet_from)
    assert office.planned_facts(airing)["gain_db"] == -12.0
    assert office.planned_facts(airing)["ends_by"] == airing.ends_by.isoformat()  # type: ignore[union-attr]
    view = office.store.airing_view(airing.id)
    assert view is not None
    assert view.airing == airing


def test_what_the_plan_cuts_is_on_record_with_the_last_sentence_heard(office: Office) -> None:
    office.programme("dai", EVENING.replace(hour=17), sentences=20, slot=timedelta(minutes=1))
    office.write()
    facts = office.planned_facts(office.standing("dai")[0])
    assert facts["decision"] == Decision.CUT
    assert facts["reasons"][0] | {"at": ""} == {"code": "cut_slot", "at": "", "sentence": 5, "of": 20}


def test_an_emergency_sounds_at_night_under_the_name_of_who_approved_it(office: Office) -> None:
    office.programme("lu", EVENING.replace(hour=23), priority=Priority.EMERGENCY)
    office.write()
    airing = office.standing("lu")[0]
    assert (airing.gain_db, airing.ends_by) == (0.0, None)
    approved = office.planned_facts(airing, Step.APPROVED)
    assert approved["quiet_hours_override"] == approved["loudness_override"] == "Nguyễn Thị Lan"


def test_an_emergency_by_day_overrides_nothing(office: Office) -> None:
    office.programme("lu", EVENING.replace(hour=15), priority=Priority.EMERGENCY)
    office.write()
    approved = office.planned_facts(office.standing("lu")[0], Step.APPROVED)
    assert approved.keys() & {"quiet_hours_override", "loudness_override"} == set()


def test_what_a_person_took_back_is_not_planned_again_until_it_is_made_anew(office: Office) -> None:
    office.programme("tin", EVENING.replace(hour=15), recurrence=None)
    office.write()
    (airing,) = office.standing("tin")
    office.withdraw(airing, by="lan")
    office.write()
    assert office.standing("tin") == []
    office.programme("tin-moi", EVENING.replace(hour=15), recurrence=None)
    anew, produced = office._ready.pop("tin-moi")
    office._ready["tin"] = replace(anew, programme=replace(anew.programme, name="tin")), produced
    office.write()
    assert [airing.recording_id for airing in office.standing("tin")] == [anew.recording.id]
    office.clock.now = EVENING
    office.write()
    # The one taken back says so itself; no rule kept it off the air.
    assert [said.reason for _, said in office.kept_off("tin")] == [Reason.WITHDRAWN]


def test_the_same_words_read_otherwise_stay_taken_back(office: Office) -> None:
    office.programme("tin", EVENING.replace(hour=15), recurrence=None)
    office.write()
    (airing,) = office.standing("tin")
    office.withdraw(airing, by="lan")
    # The commune's lexicon has changed: the same writing is another bulletin and another recording.
    office.programme("tin-khac", EVENING.replace(hour=15), recurrence=None)
    anew, produced = office._ready.pop("tin-khac")
    bulletin = Bulletin("doc-khac", "tin", "Chào.", Priority.PROGRAMME)
    office.store.put_bulletin(bulletin, [])
    named = replace(anew, bulletin_id=bulletin.id, programme=replace(anew.programme, name="tin"))
    office._ready["tin"] = named, produced
    office.write()
    assert anew.recording.id != airing.recording_id
    assert office.standing("tin") == []


def merged(office: Office) -> None:
    """Thôn 2 goes into thôn 1, with its node."""
    zones = [
        ZoneSettings(name="thon-1", title="Thôn 1", former=("thon-2",)),
        ZoneSettings(name="thon-3", title="Thôn 3"),
    ]
    nodes = tuple(
        node.model_copy(update={"zone": "thon-1"}) if node.zone == "thon-2" else node for node in office.settings.nodes
    )
    office.settings = office.settings.model_copy(update={"zones": tuple(zones), "nodes": nodes})


def test_what_was_taken_back_in_a_zone_stays_so_when_the_zone_is_merged(office: Office) -> None:
    office.programme("tin", EVENING.replace(hour=15), recurrence=None, zones=("thon-2",))
    office.write()
    office.withdraw(office.standing("tin")[0], by="lan")
    merged(office)
    office.programme("tin", EVENING.replace(hour=15), recurrence=None, zones=("thon-1",))
    office.writer = office.writer_anew()
    office.write()
    assert office.standing("tin") == []


def test_what_nodes_aired_while_a_merger_was_made_is_not_aired_again(office: Office) -> None:
    at = EVENING.replace(hour=15)
    slot: dict[str, Any] = {"recurrence": None, "slot": timedelta(hours=1)}
    office.programme("tin", at, zones=("thon-2", "thon-3"), **slot)
    office.write()
    before = office.standing("tin")
    # The station was off from before the session until within it; nodes have aired it alone.
    merged(office)
    office.clock.now = at + timedelta(minutes=10)
    office.programme("tin", at, zones=("thon-1", "thon-3"), **slot)
    office.writer = office.writer_anew(down=(at - timedelta(minutes=5), office.clock.now))
    office.write()
    assert office.standing("tin") == before


@pytest.mark.parametrize("change", ["another lexicon", "a merger"])
def test_what_was_kept_off_the_air_is_told_once_whatever_changes_while_the_station_is_off(
    office: Office, change: str
) -> None:
    at = EVENING.replace(hour=22)
    office.programme("dem", at, zones=("thon-2",))
    office.clock.now = EVENING
    office.write()
    office.clock.now = at + timedelta(minutes=30)
    office.write()
    went_off = office.clock.now
    office.clock.pass_s(300)
    if change == "a merger":
        merged(office)
        office.programme("dem", at, zones=("thon-1",))
    else:
        office.programme("dem-khac", at, zones=("thon-2",))
        anew, produced = office._ready.pop("dem-khac")
        office._ready["dem"] = replace(anew, programme=replace(anew.programme, name="dem")), produced
    office.writer = office.writer_anew(down=(went_off, office.clock.now))
    office.write()
    assert len(office.kept_off("dem")) == 1


def test_every_reason_for_not_sounding_is_one_the_log_knows() -> None:
    kept_off = set(NoteCode) - {
        NoteCode.IN_TURN,
        NoteCode.STAGGERED,
        NoteCode.DELAYED,
        NoteCode.PREEMPTED,
        NoteCode.RESUMED,
        NoteCode.CUT_SLOT,
        NoteCode.CUT_QUIET,
        # These end something that has begun.
        NoteCode.LITTLE_LEFT,
        NoteCode.ENDED,
    }
    assert {Reason(code.value).value for code in kept_off} == {code.value for code in kept_off}


def test_a_change_of_the_plan_is_written_all_or_nothing(office: Office) -> None:
    office.programme("tin", EVENING.replace(hour=15), recurrence=None)
    office.write()
    (standing,) = office.standing("tin")
    gone = [Evidence(standing.id, "", Step.SKIPPED, NOON, "station", Reason.WITHDRAWN)]
    unknown = replace(standing, id="x", recording_id="0" * 64)
    entries = office.store.verify().entries
    with pytest.raises(BadInputError, match="is not in the store"):
        office.store.change_plan(PlanChange([(unknown, gone)], [(standing.id, gone)]))
    assert office.standing("tin") == [standing]
    assert office.store.verify().entries == entries
    assert office.store.change_plan(PlanChange([(standing, gone)], [(standing.id, gone)])) == {standing.id}
    assert office.standing("tin") == []
