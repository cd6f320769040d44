from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.listening.recognisers.port import RecogniserError, Transcript
from smartradio.station.alarm_clock import AlarmClock
from smartradio.station.clip_days import delete_old_clips
from smartradio.station.clip_intake import Announced
from smartradio.station.deadlines import Deadlines
from smartradio.station.judging import Judging, reference_of
from smartradio.station.objects import Objects
from smartradio.station.reader import Reader
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import Store, StoreError
from tests.station.commune import (
    NOON,
    Clock,
    airing_of,
    planned_in,
    registered,
    run,
    settings,
    shelved,
    until,
)

RATE = 16_000
GOOD = {"coverage": 0.97, "coverage_by_segment": [1.0, 0.95], "level_db": -20.0, "snr_db": 15.0, "tilt_db": -2.0}


@pytest.fixture(scope="module")
def spoken() -> list[bytes]:
    """Two sentences as a real voice reads them."""
    reader = Reader()
    lines = [["mời bà con ra nhà văn hóa thôn", "cuộc họp bắt đầu lúc bảy giờ tối nay"]]
    try:
        rendered = reader(lines, "vi", Priority.PROGRAMME)
        return [segment.opus for segment in rendered.segments if segment.kind == "sentence"]
    finally:
        reader.close()


class Unsteady:
    """A recogniser whose child dies so many times before it answers."""

    name, languages = "unsteady", frozenset({"vi"})

    def __init__(self, deaths: int, voice: str = "vi") -> None:
        self.deaths = deaths
        self.voice = voice

    def calibrated_for(self, voice: str) -> bool:
        return voice == self.voice

    def recognise(self, clip: NDArray[np.float32], *, grammar: Sequence[str] | None = None) -> Transcript:
        assert grammar is None
        if self.deaths > 0:
            self.deaths -= 1
            raise RecogniserError("the child died")
        return Transcript("mời bà con", ())


class Court:
    """A judging room with its deadlines on a real store, one airing of three nodes."""

    def __init__(self, folder: Path, store: Store, spoken: list[bytes], recogniser: Any = None) -> None:
        self.store, self.objects = registered(store, settings(folder)), Objects(folder / "objects")
        self.clock = Clock()
        self.recorder = EvidenceRecorder(store)
        self.judging = Judging(store, self.objects, self.recorder, clock=self.clock, recogniser=recogniser)
        self.alarms = AlarmClock(clock=self.clock)
        length_s = [decode_opus(each, RATE).size / RATE for each in spoken]
        self.recording: Recording = shelved(store, self.objects, "tin", spoken, length_s[0])
        self.airing = planned_in(store, airing_of(self.recording, NOON))
        self.deadlines = self.with_down(None)

    def with_down(self, down: Any) -> Deadlines:
        self.deadlines = Deadlines(
            self.store,
            self.recorder,
            self.judging,
            self.alarms,
            clock=self.clock,
            wait=timedelta(seconds=15),
            down=down,
        )
        return self.deadlines

    def heard_clip(self, sound: NDArray[np.float32] | None = None) -> bytes:
        reference = reference_of(self.recording, self.objects, RATE)
        noise = np.random.default_rng(3).normal(0, 0.001, reference.size)
        heard = 0.3 * reference if sound is None else sound
        return encode_opus((heard + noise).astype(np.float32), RATE)

    def silence(self) -> NDArray[np.float32]:
        return np.zeros_like(reference_of(self.recording, self.objects, RATE))

    def put_clip(self, node: str, data: bytes) -> str:
        sha256 = self.objects.put(data)
        self.store.put_clip(self.airing.id, node, sha256, len(data), {"starts_s": 0.0})
        return sha256

    def verdict(self, node: str = "thon-1") -> str | None:
        return self.at(node).verdict

    def at(self, node: str = "thon-1") -> Any:
        view = self.store.airing_view(self.airing.id)
        assert view is not None
        return next(each for each in view.nodes if each.node == node)

    def said(self, node: str, step: Step, reason: str | None = None, **facts: Any) -> Evidence:
        evidence = Evidence(self.airing.id, node, step, self.clock(), f"node:{node}", reason, facts)
        self.store.record([evidence])
        return evidence

    def steps(self, node: str) -> list[tuple[Step, str | None]]:
        return [
            (entry.evidence.step, str(entry.evidence.reason) if entry.evidence.reason else None)
            for entry in self.store.chain(self.airing.id, node)
            if entry.evidence.node == node
        ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def court(tmp_path: Path, store: Store, spoken: list[bytes]) -> Court:
    return Court(tmp_path, store, spoken)


@asynccontextmanager
async def sitting(court: Court) -> Any:
    court.judging.start()
    court.alarms.start()
    try:
        yield
    finally:
        await court.deadlines.stop()
        await court.alarms.stop()
        await court.judging.stop()


def test_a_clip_of_the_recording_is_judged_aired_with_its_figures(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            court.judging.clip_stored(court.airing.id, "thon-1", court.put_clip("thon-1", court.heard_clip()))
            await until(court.verdict)
        heard = court.at()
        assert heard.verdict == "aired"
        assert heard.coverage > 0.9
        assert heard.transcript is None
        assert "no_recogniser" in heard.reasons
        assert len(heard.presence) >= 10
        assert heard.clip is not None
        assert court.store.clips_to_judge() == []
        (entry,) = [e.evidence for e in court.store.chain(court.airing.id) if e.evidence.step is Step.HEARD]
        assert entry.source == "station"

    run(work)


def test_a_clip_that_waited_through_a_fall_is_judged_at_the_next_start(court: Court) -> None:
    async def work() -> None:
        court.put_clip("thon-1", court.heard_clip(court.silence()))
        court.put_clip("thon-2", court.heard_clip())
        async with sitting(court):
            await until(lambda: court.verdict() and court.verdict("thon-2"))
        assert court.verdict() == "silent"
        assert court.verdict("thon-2") == "aired"

    run(work)


def test_a_clip_that_is_no_sound_is_set_aside_and_the_next_is_judged(court: Court) -> None:
    async def work() -> None:
        court.put_clip("thon-1", b"this is no sound")
        court.put_clip("thon-2", court.heard_clip())
        async with sitting(court):
            await until(lambda: court.verdict("thon-2") and court.verdict())
        assert court.verdict() == "unclear"
        assert court.at().reasons == ("clip_unusable",)
        assert court.store.clips_to_judge() == []
        assert not court.judging.waits_for(court.airing.id, "thon-1")

    run(work)


def test_a_clip_that_lasts_far_longer_than_its_airing_is_set_aside(court: Court) -> None:
    async def work() -> None:
        court.put_clip("thon-1", encode_opus(np.zeros(RATE * 180, dtype=np.float32), bitrate=6_000))
        async with sitting(court):
            await until(court.verdict)
        assert (court.verdict(), court.at().reasons) == ("unclear", ("clip_unusable",))

    run(work)


def test_what_nobody_foresaw_in_a_clip_ends_neither_the_judging_nor_the_clips_after_it(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = court.judging._listen

    def no_memory_for_the_first(clip: Any) -> Any:
        if clip.node == "thon-1":
            raise MemoryError("unable to allocate 1.3 GiB")
        return listen(clip)

    async def work() -> None:
        monkeypatch.setattr(court.judging, "_listen", no_memory_for_the_first)
        for node in ("thon-1", "thon-2"):
            court.put_clip(node, court.heard_clip())
        async with sitting(court):
            await until(lambda: court.verdict() and court.verdict("thon-2"))
            assert court.at().reasons == ("clip_unusable",)
            assert court.verdict("thon-2") == "aired"
            court.judging.clip_stored(court.airing.id, "thon-3", court.put_clip("thon-3", court.heard_clip()))
            await until(lambda: court.verdict("thon-3"))
        assert court.store.clips_to_judge() == []

    run(work)


def test_a_clip_that_took_the_station_down_twice_is_set_aside_and_its_neighbour_is_judged(court: Court) -> None:
    async def work() -> None:
        fatal, beside = court.put_clip("thon-1", court.heard_clip()), court.put_clip("thon-2", court.heard_clip())
        for _ in range(2):  # begun, and the process was gone
            court.store.begin_judging(court.airing.id, "thon-1", fatal)
        court.store.begin_judging(court.airing.id, "thon-2", beside)
        async with sitting(court):
            await until(lambda: court.verdict() and court.verdict("thon-2"))
        assert court.at().reasons == ("clip_unusable",)
        assert court.verdict("thon-2") == "aired"
        assert court.store.clips_to_judge() == []

    run(work)


def test_a_station_that_is_stopped_while_it_judges_does_not_blame_the_clip(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(clip: Any) -> Any:
        begun.set()
        go_on.wait(10)
        raise AssertionError(clip)

    async def work() -> None:
        monkeypatch.setattr(court.judging, "_listen", slow)
        court.put_clip("thon-1", court.heard_clip())
        async with sitting(court):
            await until(begun.is_set)
            assert court.store.clips_to_judge()[0].attempts == 1
        assert court.store.clips_to_judge()[0].attempts == 0
        go_on.set()

    run(work)


@pytest.mark.parametrize(("deaths", "transcript"), [(0, "mời bà con"), (1, "mời bà con"), (2, None)])
def test_a_recogniser_that_dies_once_is_asked_again(
    tmp_path: Path, store: Store, spoken: list[bytes], deaths: int, transcript: str | None
) -> None:
    async def work() -> None:
        court = Court(tmp_path, store, spoken, Unsteady(deaths))
        court.put_clip("thon-1", court.heard_clip())
        async with sitting(court):
            await until(court.verdict)
        assert court.at().transcript == transcript
        assert ("recogniser_failed" in court.at().reasons) == (deaths == 2)

    run(work)


@pytest.mark.parametrize(("known", "reason"), [("vi", False), ("vi+f3", True)])
def test_a_recogniser_is_asked_about_the_voices_that_read_the_recording(
    tmp_path: Path, store: Store, spoken: list[bytes], known: str, reason: bool
) -> None:
    async def work() -> None:
        court = Court(tmp_path, store, spoken, Unsteady(0, known))
        assert court.recording.voice == "vi"
        court.put_clip("thon-1", court.heard_clip())
        async with sitting(court):
            await until(court.verdict)
        assert ("unknown_voice" in court.at().reasons) == reason

    run(work)


@pytest.mark.parametrize("figures", [GOOD, GOOD | {"coverage": 0.0}, {"coverage": 10**400}, {}])
def test_without_a_clip_nothing_a_node_says_of_itself_makes_a_verdict(court: Court, figures: dict[str, Any]) -> None:
    async def work() -> None:
        async with sitting(court):
            told = Evidence(court.airing.id, "thon-1", Step.MEASURED, court.clock(), "node:thon-1", None, figures)
            court.store.record([told])
            await court.deadlines.reported(told, None)
        assert court.verdict() == "unclear"
        assert court.at().reasons == ("no_clip",)
        assert court.at().coverage is None
        assert court.at().clip is None

    run(work)


def test_one_node_s_trouble_does_not_keep_the_others_from_their_verdicts(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = court.store.judge

    def refuses_the_first(evidence: Evidence, judgement: Any) -> None:
        if evidence.node == "thon-1":
            raise OverflowError("integer division result too large for a float")
        judge(evidence, judgement)

    async def work() -> None:
        async with sitting(court):
            court.clock.pass_s(60)
            monkeypatch.setattr(court.store, "judge", refuses_the_first)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-2") and court.verdict("thon-3"))
            assert court.verdict("thon-1") is None
            assert f"deadline:{court.airing.id}:thon-1" in court.alarms.names()

    run(work)


def test_a_node_that_said_nothing_is_unreached_at_the_deadline_and_not_before(court: Court) -> None:
    async def work() -> None:
        court.said("thon-2", Step.DELIVERED)
        court.said("thon-3", Step.MEASURED, **GOOD)
        async with sitting(court):
            court.deadlines.watch(court.airing, court.recording)
            await asyncio.sleep(0.2)
            assert court.verdict() is None
            court.clock.pass_s(court.recording.duration_s + 16)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: all(court.verdict(node) for node in court.airing.nodes))
        assert court.at("thon-1").reasons == court.at("thon-2").reasons == ("no_report",)
        assert court.at("thon-3").reasons == ("no_clip",)
        assert court.store.unsettled(court.clock()) == []

    run(work)


def test_reports_after_the_deadline_are_judged_after_all(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict() == "unreached")
            await court.deadlines.reported(court.said("thon-1", Step.MEASURED, **GOOD), None)
            assert court.verdict() == "unclear"
            sha256 = court.put_clip("thon-1", court.heard_clip(court.silence()))
            await court.deadlines.clip_stored(court.airing.id, "thon-1", sha256)
            await until(lambda: court.verdict() == "silent")

    run(work)


@pytest.mark.parametrize("reason", ["too_late", "clock_untrusted", "audio_missing"])
def test_what_a_node_skipped_is_unreached_at_once_for_its_reason(court: Court, reason: str) -> None:
    async def work() -> None:
        async with sitting(court):
            await court.deadlines.reported(court.said("thon-1", Step.SKIPPED, reason), None)
        assert court.verdict() == "unreached"
        assert court.at().reasons == (reason,)

    run(work)


def test_a_refusal_is_no_end_yet_and_names_the_reason_when_nothing_follows(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            for node in ("thon-1", "thon-2"):
                await court.deadlines.reported(court.said(node, Step.REFUSED, "altered_recording"), None)
            assert court.verdict() is None
            await court.deadlines.reported(court.said("thon-2", Step.MEASURED, **GOOD), None)
            assert court.verdict("thon-2") == "unclear"
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(court.verdict)
        assert court.at().reasons == ("altered_recording",)

    run(work)


def test_an_interruption_before_the_start_is_an_end_and_one_after_it_waits_for_what_was_heard(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            await court.deadlines.reported(court.said("thon-1", Step.INTERRUPTED, "preempted"), None)
            court.said("thon-2", Step.STARTED)
            await court.deadlines.reported(court.said("thon-2", Step.INTERRUPTED, "preempted"), None)
            assert court.at("thon-1").reasons == ("preempted",)
            assert court.verdict("thon-2") is None

    run(work)


def test_a_node_that_started_late_but_in_its_time_is_waited_for(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            court.clock.pass_s(50)
            court.said("thon-1", Step.STARTED)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-2"))
            await asyncio.sleep(0.1)
            assert court.verdict("thon-1") is None
            assert f"deadline:{court.airing.id}:thon-1" in court.alarms.names()

    run(work)


def test_a_node_that_told_its_end_is_given_the_time_to_work_out_its_figures(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            court.said("thon-1", Step.STARTED)
            court.said("thon-1", Step.FINISHED)
            court.clock.pass_s(court.recording.duration_s + 16)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-2"))
            await until(lambda: f"deadline:{court.airing.id}:thon-1" in court.alarms.names())
            assert court.verdict("thon-1") is None
            court.clock.pass_s(court.recording.duration_s)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-1"))

    run(work)


def test_a_node_with_something_else_on_its_horn_is_waited_for_as_long_as_the_airing_may_begin(court: Court) -> None:
    other = planned_in(court.store, airing_of(court.recording, NOON - timedelta(seconds=20)))
    court.store.record([Evidence(other.id, "thon-1", Step.STARTED, other.starts_at, "node:thon-1")])

    async def work() -> None:
        async with sitting(court):
            court.clock.pass_s(40)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-2"))
            await until(lambda: f"deadline:{court.airing.id}:thon-1" in court.alarms.names())
            assert court.verdict("thon-1") is None
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-1"))
            assert court.at("thon-1").reasons == ("no_report",)

    run(work)


def test_a_clip_that_was_announced_is_waited_for_and_then_given_up(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            announced = Announced("a" * 64, 1000, -2.0)
            await court.deadlines.reported(court.said("thon-1", Step.MEASURED, **GOOD), announced)
            await asyncio.sleep(0.1)
            assert court.verdict() is None
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(court.verdict)
        assert court.at().reasons[0] == "no_clip"

    run(work)


def test_a_clip_told_of_shortly_before_the_airing_s_deadline_has_its_time(court: Court) -> None:
    async def work() -> None:
        court.said("thon-3", Step.DELIVERED)
        async with sitting(court):
            court.clock.pass_s(60)
            announced = Announced("a" * 64, 1000, -2.0)
            await court.deadlines.reported(court.said("thon-1", Step.MEASURED, **GOOD), announced)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-3"))
            assert court.verdict("thon-1") is None
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: court.verdict("thon-1"))
        assert court.at("thon-1").reasons == ("no_clip",)

    run(work)


def test_a_clip_that_was_refused_is_not_waited_for(court: Court) -> None:
    async def work() -> None:
        async with sitting(court):
            announced = Announced("a" * 64, 1000, -2.0)
            await court.deadlines.reported(court.said("thon-1", Step.MEASURED, **GOOD), announced)
            assert court.verdict() is None
            await court.deadlines.clip_refused(court.airing.id, "thon-1")
        assert (court.verdict(), court.at().reasons) == ("unclear", ("no_clip",))

    run(work)


def test_what_was_withdrawn_wants_no_verdict(court: Court) -> None:
    async def work() -> None:
        gone = Evidence(court.airing.id, "", Step.SKIPPED, court.clock(), "station", "withdrawn")
        assert court.store.withdraw_airing(court.airing.id, [gone])
        async with sitting(court):
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await asyncio.sleep(0.3)
        assert court.verdict() is None

    run(work)


def test_only_what_was_never_published_is_laid_to_the_station_s_absence(court: Court) -> None:
    async def work() -> None:
        published = Evidence(court.airing.id, "thon-2", Step.PLANNED, court.clock(), "station")
        court.store.record([published])
        court.with_down((NOON - timedelta(minutes=5), NOON + timedelta(minutes=5)))
        async with sitting(court):
            court.clock.pass_s(600)
            court.deadlines.watch(court.airing, court.recording)
            await until(lambda: all(court.verdict(node) for node in court.airing.nodes))
        assert court.at("thon-1").reasons == ("station_was_down",)
        assert (Step.SKIPPED, "station_was_down") in court.steps("thon-1")
        assert court.at("thon-2").reasons == ("no_report",)

    run(work)


def test_a_store_that_refuses_leaves_the_deadline_standing(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    async def work() -> None:
        async with sitting(court):
            court.clock.pass_s(60)
            with monkeypatch.context() as patch:
                patch.setattr(court.store, "judge", full)
                court.deadlines.watch(court.airing, court.recording)
                again = {f"deadline:{court.airing.id}:{node}" for node in court.airing.nodes}
                await until(lambda: again <= court.alarms.names())
            court.clock.pass_s(60)
            court.deadlines.watch(court.airing, court.recording)
            await until(court.verdict)

    run(work)


def test_clips_go_after_their_days_unless_what_was_heard_is_disputed(court: Court) -> None:
    async def work() -> None:
        kept = {}
        async with sitting(court):
            for node in ("thon-1", "thon-2"):
                kept[node] = court.put_clip(node, court.heard_clip(court.silence() + len(kept) * 0.01))
                court.judging.clip_stored(court.airing.id, node, kept[node])
            await until(lambda: court.verdict("thon-1") and court.verdict("thon-2"))
        kept["thon-3"] = court.put_clip("thon-3", b"waits for its verdict")
        disputed = Evidence(court.airing.id, "thon-2", Step.DISPUTED, NOON, "operator:lan", None, {"by": "lan"})
        court.store.settle(disputed)
        for days, gone in ((29, 0), (31, 1), (32, 0)):
            now = NOON + timedelta(days=days)
            assert delete_old_clips(court.store, court.objects, now=now, days=30) == gone
        assert court.objects.get(kept["thon-1"]) is None
        assert court.objects.get(kept["thon-2"]) is not None
        assert court.objects.get(kept["thon-3"]) is not None
        # What was heard stays on record, and the clip cannot come again as another airing's.
        assert court.verdict("thon-1") == "silent"
        assert court.store.is_replay("another airing", kept["thon-1"])
        assert court.store.verify().ok

    run(work)
