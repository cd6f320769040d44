"""Many clips at once: a few are in hand, the rest wait in the store, and all get their verdicts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alarm_clock import AlarmClock
from smartradio.station.deadlines import Deadlines
from smartradio.station.judging import Judging
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import NodeJudgement, Store, WaitingClip
from tests.station.commune import NODES, NOON, Clock, airing_of, planned_in, registered, run, settings, shelved, until

CLIPS = 30


class Ears:
    """Stands in for listening: remembers whose clips it was given, and waits until it may go on."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, clip: WaitingClip) -> NodeJudgement:
        with self._lock:
            self.heard.append(clip.sha256)
        assert self.go_on.wait(20)
        return NodeJudgement(VerdictCode.AIRED, clip=clip.sha256, clip_starts_s=0.0)


class Hall:
    """A judging room with thirty clips of ten airings waiting at its door."""

    def __init__(self, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = registered(store, settings(folder))
        objects, recorder, clock = Objects(folder / "objects"), EvidenceRecorder(store), Clock()
        self.judging = Judging(store, objects, recorder, clock=clock, batch=4, crowded_above=CLIPS - 5)
        self.ears = Ears()
        monkeypatch.setattr(self.judging, "_listen", self.ears)
        self.recording = shelved(store, objects, "tin", [b"sound"])
        self.airings = [planned_in(store, airing_of(self.recording, NOON + timedelta(hours=n))) for n in range(10)]
        self.clock = clock
        self.deadlines = Deadlines(
            store, recorder, self.judging, AlarmClock(clock=clock), clock=clock, wait=timedelta(seconds=15)
        )
        for number in range(CLIPS):
            airing, node = self.airings[number // 3].id, NODES[number % 3]
            store.put_clip(airing, node, f"{number:064x}", 10, {"starts_s": 0.0})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def hall(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Hall:
    return Hall(tmp_path, store, monkeypatch)


def test_of_a_long_queue_few_are_in_hand_and_all_are_judged_once(hall: Hall) -> None:
    async def work() -> None:
        hall.judging.start()
        try:
            await until(lambda: len(hall.ears.heard) == 2)
            assert len(hall.judging._waiting) == 4
            assert await hall.judging.crowded()
            hall.ears.go_on.set()
            await until(lambda: hall.store.count_waiting_clips() == 0 and not hall.judging._waiting)
        finally:
            await hall.judging.stop()
        assert sorted(hall.ears.heard) == [f"{number:064x}" for number in range(CLIPS)]
        assert not await hall.judging.crowded()

    run(work)


def test_a_clip_that_waits_in_the_store_is_not_taken_for_missing(hall: Hall) -> None:
    last = hall.airings[-1].id

    async def work() -> None:
        hall.store.record([Evidence(last, NODES[2], Step.MEASURED, NOON, f"node:{NODES[2]}", None, {"clip": {}})])
        hall.judging.start()
        try:
            await until(lambda: len(hall.ears.heard) == 2)
            assert not hall.judging.waits_for(last, NODES[2])
            await hall.deadlines._check(last, NODES[2])
            view = hall.store.airing_view(last)
            assert view is not None
            assert view.nodes[2].verdict is None
        finally:
            hall.ears.go_on.set()
            await hall.judging.stop()

    run(work)


def test_an_alert_s_clip_goes_before_all_that_wait(hall: Hall) -> None:
    """Whether an alert was heard decides whether it is sent again: it does not wait behind a morning's sample."""
    alert = planned_in(hall.store, airing_of(hall.recording, NOON, priority=Priority.EMERGENCY))

    async def work() -> None:
        hall.judging.start()
        try:
            await until(lambda: len(hall.ears.heard) == 2)
            hall.clock.pass_s(60)
            hall.store.put_clip(alert.id, NODES[0], "f" * 64, 10, {"starts_s": 0.0})
            hall.judging.clip_stored(alert.id, NODES[0], "f" * 64)
            hall.ears.go_on.set()
            await until(lambda: hall.store.count_waiting_clips() == 0 and not hall.judging._waiting)
        finally:
            await hall.judging.stop()
        assert hall.ears.heard.index("f" * 64) in (2, 3)
        assert len(hall.ears.heard) == CLIPS + 1

    run(work)


def test_clips_are_counted_by_airing_and_the_latest_that_is_kept_is_found(hall: Hall) -> None:
    airing = hall.airings[0].id
    assert hall.store.airings_heard(NODES[0], 100) == 10
    assert hall.store.airings_heard(NODES[0], 3) == 3
    hall.clock.pass_s(60)
    hall.store.put_clip(airing, NODES[0], "f" * 64, 10, {"starts_s": 0.0})
    assert hall.store.airings_heard(NODES[0], 100) == 10
    assert hall.store.clip_of(airing, NODES[0]) in {"f" * 64, f"{0:064x}"}
    for sha256 in ("f" * 64, f"{0:064x}"):
        hall.store.forget_clip(airing, NODES[0], sha256)
    assert hall.store.clip_of(airing, NODES[0]) is None
    assert hall.store.clip_of(airing, "thon-9") is None
