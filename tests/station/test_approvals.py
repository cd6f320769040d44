"""Items on their way from draft to the plan: a real store and log, a studio that makes sounds of words."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.approval import ItemState, Person
from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme
from smartradio.station.admission import Admission
from smartradio.station.approval_desk import ApprovalDesk
from smartradio.station.approvals import Approvals
from smartradio.station.calendar import Calendar
from smartradio.station.items import ChangedMeanwhileError, item_chain
from smartradio.station.objects import Objects
from smartradio.station.reader import Line
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.studio import Studio
from smartradio.station.withdrawal import Withdrawals
from tests.station.commune import NOON, Clock, registered, run, settings

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LAN, BINH = Person("Lê Thị Lan", "lan", "phien-1"), Person("Phạm Văn Bình", "binh", "phien-2")
IN_AN_HOUR = (NOON + timedelta(hours=1)).astimezone(HANOI)


@dataclass(frozen=True)
class _Spoken:
    spoken: str
    kind: SegmentKind = SegmentKind.SENTENCE
    duration_s: float = 2.0
    pause_after_s: float = 0.3
    voice: str = "vi"

    @property
    def opus(self) -> bytes:
        return f"OPUS {self.spoken}".encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.opus).hexdigest()


@dataclass(frozen=True)
class _Rendered:
    segments: Sequence[_Spoken]
    voice: str = "vi"
    loudness_lufs: float = -16.0
    true_peak_dbtp: float = -1.0


class Humming:
    """A reader whose sounds are the words themselves."""

    rate_wpm = None

    def wanted(self, voice: str | None) -> str:
        return voice or "vi"

    def __call__(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
        siren: str = "",
        lines_before_siren: int = 0,
    ) -> _Rendered:
        sentences = [sentence for line in lines if isinstance(line, tuple) for sentence in line]
        return _Rendered([_Spoken(sentence) for sentence in sentences], voice or "vi")

    def opening(self, lines: Sequence[Line], voice: str | None, priority: Priority, **manner: Any) -> Sequence[_Spoken]:
        return self(lines, voice, priority, **manner).segments[:1]


class StoppedAirings:
    """The part of the dispatcher that a withdrawal needs."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def stop_airing(self, airing: Airing) -> None:
        self.stopped.append(airing.id)


class Office:
    """A station's desk for items without its broker."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.clock = Clock()
        self.settings: StationSettings = settings(folder, **changes)
        self.store = registered(Store.open(folder, clock=self.clock), self.settings)
        self.objects = Objects(folder / "objects")
        self.recorder = EvidenceRecorder(self.store)
        self.stops = StoppedAirings()
        self.refreshed = 0
        studio = Studio(self.store, self.objects, Humming(), voice=None, clock=self.clock)
        self.admission = Admission(self.settings, self.store, self.objects, self.recorder, studio, clock=self.clock)
        self.calendar = Calendar(self.settings, self.store, self.recorder, studio, self.admission, clock=self.clock)
        approvals = Approvals(
            self.settings, self.store, self.objects, self.recorder, studio,
            clock=self.clock, check_zones=self.calendar.check_zones, changed=self._changed, days=self.calendar.days,
        )  # fmt: skip
        withdrawals = Withdrawals(
            self.store, self.recorder, self.stops, approvals, clock=self.clock, refresh=self._refresh  # type: ignore[arg-type]
        )  # fmt: skip
        self.desk = ApprovalDesk(self.store, approvals, withdrawals)

    async def _changed(self, since: datetime) -> None:
        await self.calendar.take_items(since=since)

    async def _refresh(self) -> None:
        self.refreshed += 1

    def state(self, name: str = "mat-nuoc") -> ItemState:
        item = self.desk.item(name)
        assert item is not None
        return item.state

    def planned(self) -> list[tuple[str | None, datetime]]:
        return [(airing.programme, airing.starts_at) for airing in self.store.airings()]

    def steps(self, name: str = "mat-nuoc") -> list[Step]:
        return [entry.evidence.step for entry in self.store.chain(item_chain(name))]

    def sql(self, statement: str, *values: object) -> None:
        self.store._database.write(lambda c: c.exec_driver_sql(statement, tuple(values)))


def written(**changes: Any) -> Programme:
    values: dict[str, Any] = {
        "name": "mat-nuoc",
        "title": "Báo mất nước",
        "text": "Mất nước từ tám giờ.",
        "zones": ("thon-1", "thon-2"),
        "first_at": IN_AN_HOUR,
    }
    return Programme(**(values | changes))


def at_the_office(folder: Path, work: Callable[[Office], Any], *, load: bool = True, **changes: Any) -> None:
    async def done() -> None:
        office = Office(folder, **changes)
        with closing(office.store):
            if load:
                await office.calendar.load()
            await work(office)
            assert office.store.verify().ok

    run(done)


async def approved(office: Office, programme: Programme | None = None, *, at_once: bool = False) -> str:
    item = await office.desk.draft(programme or written(), by=LAN, at_once=at_once)
    item = await office.desk.submit(item.name, by=LAN, seen=item.version)
    await office.desk.approve(item.name, by=BINH, seen=item.version)
    return item.name


class TestFromDraftToPlan:
    def test_an_item_is_planned_once_it_was_approved_and_not_before(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            assert (office.state(), office.planned()) == (ItemState.DRAFT, [])
            item = await office.desk.submit("mat-nuoc", by=LAN, seen=item.version)
            await office.calendar.replan()
            assert (office.state(), office.planned()) == (ItemState.SUBMITTED, [])
            await office.desk.approve("mat-nuoc", by=BINH, seen=item.version)
            assert (office.state(), office.planned()) == (ItemState.SCHEDULED, [("mat-nuoc", IN_AN_HOUR)])
            assert office.steps() == [Step.CHANGED, Step.RENDERED, Step.SUBMITTED, Step.APPROVED]
            (airing,) = office.store.airings()
            started = Evidence(airing.id, "thon-1", Step.STARTED, IN_AN_HOUR, "node:thon-1")
            office.store.record([started])
            assert office.state() is ItemState.AIRED

        at_the_office(tmp_path, work)

    def test_the_log_says_who_approved_what_in_which_session(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            (airing,) = office.store.airings()
            item = office.store.items.item("mat-nuoc")
            assert item is not None
            decision = office.store.items.last_decision("mat-nuoc")
            assert decision is not None
            facts = decision.evidence.facts
            assert (facts["by"], facts["account"], facts["session"]) == ("Phạm Văn Bình", "binh", "phien-2")
            assert facts["bound_sha256"] == item.bound_sha256
            trace = office.desk.trace(airing.id)
            assert trace is not None
            assert trace.person == BINH
            assert (trace.at, trace.bound_sha256) == (NOON, item.bound_sha256)
            assert trace.source == "operator:Phạm Văn Bình"

        at_the_office(tmp_path, work)

    def test_what_is_to_go_out_at_once_starts_a_lead_after_its_approval(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(first_at=NOON.astimezone(HANOI)), by=LAN, at_once=True)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            office.clock.pass_s(7_200)
            await office.desk.approve(item.name, by=BINH, seen=item.version)
            lead = timedelta(seconds=office.settings.lead_s)
            assert office.planned() == [("mat-nuoc", office.clock() + lead)]

        at_the_office(tmp_path, work)

    def test_an_emergency_for_now_finds_a_node_whose_line_comes_back_late(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            flood = written(first_at=NOON.astimezone(HANOI), priority=Priority.EMERGENCY)
            item = await office.desk.draft(flood, by=LAN, at_once=True)
            assert item.programme.start_tolerance == timedelta(minutes=30)
            plain = await office.desk.draft(written(name="hop", first_at=NOON.astimezone(HANOI)), by=LAN, at_once=True)
            assert plain.programme.start_tolerance == timedelta(seconds=60)

        at_the_office(tmp_path, work)

    def test_a_returned_item_has_its_note_and_can_be_handed_in_again(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            with pytest.raises(BadInputError, match="note"):
                await office.desk.send_back(item.name, by=BINH, note=" ", seen=item.version)
            item = await office.desk.send_back(item.name, by=BINH, note="Ghi rõ  mấy giờ", seen=item.version)
            assert (item.state, item.note) == (ItemState.RETURNED, "Ghi rõ mấy giờ")
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            assert (item.state, item.note) == (ItemState.SUBMITTED, None)

        at_the_office(tmp_path, work)

    def test_an_approver_is_told_what_was_handed_in_before(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            assert office.desk.earlier(item) is None
            assert office.desk.waiting() == [item]
            item = await office.desk.send_back(item.name, by=BINH, note="Ghi rõ mấy giờ", seen=item.version)
            assert office.desk.waiting() == []
            later = IN_AN_HOUR + timedelta(hours=1)
            anew = written(text="Mất nước từ chín giờ.", zones=("thon-1",), first_at=later)
            item = await office.desk.change(anew, by=LAN, seen=item.version)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            before = office.desk.earlier(item)
            assert before is not None
            assert (before.text, before.by) == ("Mất nước từ tám giờ.", "Lê Thị Lan")
            assert (before.zones, before.first_at) == (("thon-1", "thon-2"), IN_AN_HOUR)
            recording = office.desk.recording(item.recording_id or "")
            assert recording is not None
            assert recording.segments

        at_the_office(tmp_path, work)

    def test_what_was_changed_lately_is_what_people_wrote_here(self, tmp_path: Path) -> None:
        schedule = tmp_path / "lich.yaml"
        schedule.write_text(SCHEDULE, encoding="utf-8")

        async def work(office: Office) -> None:
            for number in range(3):
                await office.desk.draft(written(name=f"tin-{number}"), by=LAN)
                office.clock.pass_s(1)
            assert "san-xuat" in [item.name for item in office.desk.items()]
            assert [item.name for item in office.desk.lately(2)] == ["tin-2", "tin-1"]

        at_the_office(tmp_path, work, schedules=(schedule,))

    def test_a_change_makes_it_a_draft_and_takes_it_out_of_the_plan(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            item = office.desk.item("mat-nuoc")
            assert item is not None
            await office.desk.change(written(text="Mất nước từ chín giờ."), by=LAN, seen=item.version)
            assert (office.state(), office.planned()) == (ItemState.DRAFT, [])

        at_the_office(tmp_path, work)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"zones": ("thon-9",)}, "thon-9"),
            ({"recurrence": "FREQ=HOURS"}, "FREQ"),
            ({"name": "Mất nước"}, "a-z"),
        ],
    )
    def test_what_can_never_be_aired_is_told_when_it_is_written(
        self, tmp_path: Path, changes: dict[str, Any], said: str
    ) -> None:
        async def work(office: Office) -> None:
            with pytest.raises(BadInputError, match=said):
                await office.desk.draft(written(**changes), by=LAN)
            assert office.desk.items() == []

        at_the_office(tmp_path, work)

    def test_what_is_past_is_neither_handed_in_nor_approved(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            office.clock.pass_s(3_700)
            with pytest.raises(BadInputError, match="its time has passed"):
                await office.desk.approve(item.name, by=BINH, seen=item.version)
            assert office.state() is ItemState.SUBMITTED

        at_the_office(tmp_path, work)

    def test_a_name_stands_once_among_files_and_items(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await office.desk.draft(written(), by=LAN)
            with pytest.raises(BadInputError, match="another programme has this name"):
                await office.desk.draft(written(), by=BINH)

        at_the_office(tmp_path, work)


class TestTwoEditors:
    def test_the_second_is_told_who_changed_it_when(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            await office.desk.change(written(text="Mất nước từ chín giờ."), by=BINH, seen=item.version)
            with pytest.raises(ChangedMeanwhileError, match=r"Phạm Văn Bình changed it at 12:00:00 on 22/11/2026"):
                await office.desk.change(written(text="Mất nước từ mười giờ."), by=LAN, seen=item.version)
            kept = office.desk.item("mat-nuoc")
            assert kept is not None
            assert kept.programme.text == "Mất nước từ chín giờ."

        at_the_office(tmp_path, work)

    def test_of_two_at_the_same_moment_one_is_taken(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            outcomes = await asyncio.gather(
                *(
                    office.desk.change(written(text=f"Mất nước từ {hour} giờ."), by=by, seen=item.version)
                    for hour, by in (("chín", LAN), ("mười", BINH))
                ),
                return_exceptions=True,
            )
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ChangedMeanwhileError", "Item"]

        at_the_office(tmp_path, work)

    def test_nobody_approves_what_was_changed_under_their_eyes(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            seen = await office.desk.submit(item.name, by=LAN, seen=item.version)
            changed = await office.desk.change(written(text="Chuyện khác."), by=LAN, seen=seen.version)
            await office.desk.submit(item.name, by=LAN, seen=changed.version)
            with pytest.raises(ChangedMeanwhileError):
                await office.desk.approve(item.name, by=BINH, seen=seen.version)

        at_the_office(tmp_path, work)


SCHEDULE = """programmes:
  - name: san-xuat
    title: Lịch sản xuất
    approved_by: Nguyễn Thị Hoa
    zones: [thon-1]
    at: "2026-11-22 14:00"
    text: Bà con bón thúc cho lúa.
"""


def schedule(folder: Path, text: str = SCHEDULE) -> tuple[Path, ...]:
    path = folder / "lich.yaml"
    path.write_text(text, encoding="utf-8")
    return (path,)


class TestFourEyes:
    def test_who_handed_it_in_cannot_approve_it(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            with pytest.raises(BadInputError, match="somebody else must approve it"):
                await office.desk.approve(item.name, by=LAN, seen=item.version)
            await office.desk.approve(item.name, by=BINH, seen=item.version)
            assert office.state() is ItemState.SCHEDULED

        at_the_office(tmp_path, work, four_eyes=True)

    def test_a_name_in_a_schedule_file_hands_it_in_and_somebody_else_approves(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            assert (office.state("san-xuat"), office.planned()) == (ItemState.SUBMITTED, [])
            item = office.desk.item("san-xuat")
            assert item is not None
            with pytest.raises(BadInputError, match="Nguyễn Thị Hoa handed it in"):
                await office.desk.approve("san-xuat", by=Person("Nguyễn Thị Hoa", "hoa"), seen=item.version)
            await office.desk.approve("san-xuat", by=BINH, seen=item.version)
            assert [name for name, _ in office.planned()] == ["san-xuat"]
            (airing,) = office.store.airings()
            trace = office.desk.trace(airing.id)
            assert trace is not None
            assert trace.person == BINH
            # The same file read again takes nothing back, another text does.
            await office.calendar.load()
            assert office.state("san-xuat") is ItemState.SCHEDULED
            schedule(tmp_path, SCHEDULE.replace("bón thúc", "phun thuốc"))
            await office.calendar.load()
            assert (office.state("san-xuat"), office.planned()) == (ItemState.SUBMITTED, [])

        at_the_office(tmp_path, work, four_eyes=True, schedules=schedule(tmp_path))


class TestScheduleFiles:
    def test_the_name_in_the_file_is_the_approval_and_the_log_has_the_files_hash(self, tmp_path: Path) -> None:
        files = schedule(tmp_path)

        async def work(office: Office) -> None:
            (airing,) = office.store.airings()
            trace = office.desk.trace(airing.id)
            assert trace is not None
            assert trace.person == Person("Nguyễn Thị Hoa")
            assert trace.source == "schedule"
            assert trace.file_sha256 == hashlib.sha256(files[0].read_bytes()).hexdigest()
            before = len(office.steps("san-xuat"))
            await office.calendar.load()
            assert len(office.steps("san-xuat")) == before

        at_the_office(tmp_path, work, schedules=files)

    def test_reading_files_again_leaves_the_consoles_items_alone(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            await office.calendar.load()
            assert {name for name, _ in office.planned()} == {"san-xuat", "mat-nuoc"}

        at_the_office(tmp_path, work, schedules=schedule(tmp_path))

    def test_a_file_may_not_use_the_name_of_an_item(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office, written(name="tin-moi"))
            schedule(tmp_path, SCHEDULE.replace("san-xuat", "tin-moi"))
            with pytest.raises(BadInputError, match=r"lich\.yaml: programme 'tin-moi' was written at the console"):
                await office.calendar.load()
            item = office.store.items.item("tin-moi")
            assert item is not None
            assert item.origin is Origin.CONSOLE

        at_the_office(tmp_path, work, schedules=schedule(tmp_path))

    def test_an_item_withdrawn_stays_so_while_the_file_says_the_same(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await office.desk.withdraw_item("san-xuat", by=BINH, why="Trùng lịch")
            await office.calendar.load()
            assert (office.state("san-xuat"), office.planned()) == (ItemState.WITHDRAWN, [])

        at_the_office(tmp_path, work, schedules=schedule(tmp_path))


class TestProgrammesBroughtIntoTheStore:
    @pytest.mark.parametrize(
        ("four_eyes", "by", "state"),
        [
            (False, "Nguyễn Thị Hoa", ItemState.SCHEDULED),
            (True, "Nguyễn Thị Hoa", ItemState.SUBMITTED),
            (False, None, ItemState.DRAFT),
        ],
    )
    def test_the_name_in_it_counts_as_that_of_a_file(
        self, tmp_path: Path, four_eyes: bool, by: str | None, state: ItemState
    ) -> None:
        async def work(office: Office) -> None:
            office.store.put_programme(written(approved_by=by), None, Origin.CONSOLE)
            await office.calendar.load()
            assert office.state() is state
            assert bool(office.planned()) == (state is ItemState.SCHEDULED)
            entry = office.store.items.last_decision("mat-nuoc")
            assert entry is not None
            assert entry.evidence.source == "import"

        at_the_office(tmp_path, work, four_eyes=four_eyes)

    def test_one_that_cannot_be_read_keeps_no_other_off_the_air(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            silent = written(name="khong-loi", text="…", approved_by="Hoa")
            for programme in (silent, written(approved_by="Hoa")):
                office.store.put_programme(programme, None, Origin.CONSOLE)
            await office.calendar.load()
            assert [name for name, _ in office.planned()] == ["mat-nuoc"]

        at_the_office(tmp_path, work)


def test_somebody_hands_in_at_the_console_what_a_file_names_nobody_for(tmp_path: Path) -> None:
    files = schedule(tmp_path, SCHEDULE.replace("    approved_by: Nguyễn Thị Hoa\n", ""))

    async def work(office: Office) -> None:
        item = office.desk.item("san-xuat")
        assert item is not None
        assert item.state is ItemState.DRAFT
        with pytest.raises(BadInputError, match="stands in a schedule file"):
            await office.desk.change(written(name="san-xuat"), by=LAN, seen=item.version)
        item = await office.desk.submit("san-xuat", by=LAN, seen=item.version)
        await office.desk.approve("san-xuat", by=BINH, seen=item.version)
        assert [name for name, _ in office.planned()] == ["san-xuat"]
        await office.calendar.load()
        assert office.state("san-xuat") is ItemState.SCHEDULED

    at_the_office(tmp_path, work, schedules=files)


ALTERED = {
    "its words": "UPDATE programmes SET text = 'Chuyện khác.'",
    "its zones": """UPDATE programmes SET zones = '["thon-3"]'""",
    "its priority": "UPDATE programmes SET priority = 100",
    "its time": "UPDATE programmes SET first_at = '2026-11-22T07:00:00.000000Z'",
    "its recording": "UPDATE recordings SET segments = json_set(segments, '$[0].sha256', segments->>'$[1].sha256')",
    "its text": "UPDATE bulletins SET spoken = '[]'",
    "its approval": "UPDATE items SET bound_sha256 = 'f'",
}


class TestWhatIsNotAsApproved:
    @pytest.mark.parametrize("what", list(ALTERED))
    def test_an_altered_row_is_not_planned_and_the_console_is_told(self, tmp_path: Path, what: str) -> None:
        async def work(office: Office) -> None:
            await approved(office, written(text="Mất nước từ tám giờ. Bà con trữ nước."))
            office.sql(ALTERED[what])
            await office.calendar.load()
            assert (office.state(), office.planned()) == (ItemState.RETURNED, [])
            told = [e.evidence for e in office.store.chain("") if e.evidence.step is Step.REFUSED]
            assert [entry.reason for entry in told] == [Reason.NOT_AS_APPROVED]
            assert "mat-nuoc" in told[0].facts["line"]

        at_the_office(tmp_path, work)

    def test_a_state_that_no_entry_of_the_log_bears_out_airs_nothing(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN)
            await office.desk.submit(item.name, by=LAN, seen=item.version)
            office.sql("UPDATE items SET state = 'approved'")
            await office.calendar.load()
            assert (office.state(), office.planned()) == (ItemState.RETURNED, [])

        at_the_office(tmp_path, work)

    def test_an_altered_sound_is_found_when_the_station_starts(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            (airing,) = office.store.airings()
            recording = office.store.recording(airing.recording_id)
            assert recording is not None
            office.objects.path(recording.segments[0].sha256).write_bytes(b"OPUS other")
            await office.admission.hold_against_the_log()
            assert office.planned() == []
            (refused,) = [e.evidence for e in office.store.chain("") if e.evidence.step is Step.REFUSED]
            assert "sound" in refused.facts["line"]

        at_the_office(tmp_path, work)

    @pytest.mark.parametrize(
        "altered",
        [
            "UPDATE airings SET starts_at = '2026-11-22T06:30:00.000000Z'",
            "UPDATE airings SET priority = 100",
            """UPDATE airings SET nodes = '["thon-3"]'""",
            """UPDATE airings SET relay = '{"url": "https://la.example/1", "minutes": 5}'""",
        ],
    )
    def test_an_altered_airing_is_found_when_the_station_starts(self, tmp_path: Path, altered: str) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            office.sql(altered)
            await office.admission.hold_against_the_log()
            assert office.planned() == []

        at_the_office(tmp_path, work)

    def test_an_airing_put_in_by_hand_is_found_when_the_station_starts(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            (airing,) = office.store.airings()
            smuggled = replace(airing, id="ff" * 16, starts_at=airing.starts_at + timedelta(minutes=5))
            assert office.store.plan_airing(smuggled, [])
            await office.admission.hold_against_the_log()
            assert [each.id for each in office.store.airings()] == [airing.id]

        at_the_office(tmp_path, work)

    def test_what_is_as_it_was_approved_stays_in_the_plan(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            before = office.planned()
            await office.admission.hold_against_the_log()
            await office.calendar.load()
            assert office.planned() == before != []

        at_the_office(tmp_path, work)


class TestWithdrawal:
    def test_an_airing_taken_back_is_stopped_and_not_planned_again(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office, written(recurrence="FREQ=DAILY"))
            first, second, *_ = office.store.airings()
            await office.desk.withdraw_airing(first.id, by=LAN, why="Đã có nước")
            assert (office.stops.stopped, office.refreshed) == ([first.id], 1)
            await office.calendar.replan()
            await office.calendar.load()
            assert office.planned()[0] == ("mat-nuoc", second.starts_at)
            said = office.store.chain(first.id)[-1].evidence
            assert (said.step, said.reason, said.facts["note"]) == (Step.SKIPPED, Reason.WITHDRAWN, "Đã có nước")
            assert (said.facts["account"], said.source) == ("lan", "operator:Lê Thị Lan")

        at_the_office(tmp_path, work)

    def test_an_item_taken_back_takes_all_its_airings_along(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office, written(recurrence="FREQ=DAILY"))
            assert len(office.planned()) == 7
            await office.desk.withdraw_item("mat-nuoc", by=BINH, why="Đã có nước")
            assert (office.state(), office.planned()) == (ItemState.WITHDRAWN, [])

        at_the_office(tmp_path, work)

    @pytest.mark.parametrize(("why", "said"), [(" ", "say why"), ("Nhầm", "no such airing")])
    def test_a_withdrawal_needs_a_reason_and_an_airing(self, tmp_path: Path, why: str, said: str) -> None:
        async def work(office: Office) -> None:
            with pytest.raises(BadInputError, match=said):
                await office.desk.withdraw_airing("0" * 32, by=LAN, why=why)

        at_the_office(tmp_path, work)

    def test_what_is_over_or_was_taken_back_is_told(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            (airing,) = office.store.airings()
            await office.desk.withdraw_airing(airing.id, by=LAN, why="Nhầm")
            with pytest.raises(BadInputError, match="withdrawn before"):
                await office.desk.withdraw_airing(airing.id, by=LAN, why="Nhầm")
            office.clock.pass_s(7_200)
            with pytest.raises(BadInputError, match="it is over"):
                await office.desk.withdraw_airing(airing.id, by=LAN, why="Nhầm")

        at_the_office(tmp_path, work)


def test_a_schedule_that_cannot_be_read_keeps_no_approved_item_off_the_air(tmp_path: Path) -> None:
    files = schedule(tmp_path)

    async def before() -> None:
        office = Office(tmp_path, schedules=files)
        with closing(office.store):
            await office.calendar.load()

    async def then() -> None:
        schedule(tmp_path, "programmes:\n  - name: [\n")
        office = Office(tmp_path, schedules=files)
        with closing(office.store):
            with pytest.raises(BadInputError):
                await office.calendar.load()
            await approved(office)
            # What was planned of the files before still stands.
            assert {name for name, _ in office.planned()} == {"san-xuat", "mat-nuoc"}

    run(before)
    run(then)


def test_an_approval_survives_the_stations_end(tmp_path: Path) -> None:
    async def first() -> None:
        office = Office(tmp_path)
        with closing(office.store):
            office.calendar.take_items = nothing  # type: ignore[method-assign]
            await approved(office)
            # It ended between the approval and the plan.
            assert office.planned() == []

    async def nothing(*, since: datetime) -> tuple[Airing, ...]:
        return ()

    async def then() -> None:
        office = Office(tmp_path)
        with closing(office.store):
            await office.calendar.load()
            assert office.planned() == [("mat-nuoc", IN_AN_HOUR)]

    run(first)
    run(then)
