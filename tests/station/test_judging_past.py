"""What judging knows of a node's past: its own horn, its earlier clips, and what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import structlog
from numpy.typing import NDArray

from smartradio.audio.babble import babble
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.judging import Judging, reference_of
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.views import NodeAiring
from tests.station.commune import NOON, Clock, airing_of, planned_in, registered, run, settings, shelved, until

RATE = 16_000
NODE = "thon-1"
GOOD = NodeJudgement(VerdictCode.AIRED, level_db=-27.0, snr_db=20.0, delay_ms=5.0, gain_db=-10.0, tilt_db=0.0)


class Days:
    """One node, one recording of two seconds, an airing a day."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store = registered(store, settings(folder))
        self.objects = Objects(folder / "objects")
        self.judging = Judging(store, self.objects, EvidenceRecorder(store), clock=Clock())
        sound = encode_opus(babble(2.0, 3), RATE)
        self.recording = shelved(store, self.objects, "tin", [sound], 2.0)
        self.reference = reference_of(self.recording, self.objects, RATE)
        self.day = 0

    def airing(self) -> Airing:
        self.day += 1
        return planned_in(self.store, airing_of(self.recording, NOON + timedelta(days=self.day)))

    def was(self, judgement: NodeJudgement) -> None:
        airing = self.airing()
        self.store.judge(Evidence(airing.id, NODE, Step.HEARD, airing.starts_at, "station"), judgement)

    def clip(self, gain_db: float = -10.0, weather: int = 1) -> NDArray[np.float32]:
        own = np.pad(self.reference, (2 * RATE + 80, 3 * RATE)) * 10.0 ** (gain_db / 20.0)
        noise = np.random.default_rng(weather).normal(0.0, 0.003, own.size)
        return (own + noise).astype(np.float32)

    async def judged(self, clip: NDArray[np.float32]) -> NodeAiring:
        airing = self.airing()
        data = encode_opus(clip, RATE)
        sha256 = self.objects.put(data)
        self.store.put_clip(airing.id, NODE, sha256, len(data), {"starts_s": -2.0})
        self.judging.clip_stored(airing.id, NODE, sha256)
        await until(lambda: self.at(airing).verdict)
        return self.at(airing)

    def at(self, airing: Airing) -> NodeAiring:
        view = self.store.airing_view(airing.id)
        assert view is not None
        return view.nodes[0]


@pytest.fixture
def days(tmp_path: Path) -> Iterator[Days]:
    store = Store.open(tmp_path)
    yield Days(tmp_path, store)
    store.close()


def test_a_verdict_keeps_the_figures_of_every_witness_and_the_bulletin_s_sentences(days: Days) -> None:
    async def work() -> None:
        days.judging.start()
        heard = await days.judged(days.clip())
        await days.judging.stop()
        assert heard.verdict == "aired"
        assert heard.delay_ms == pytest.approx(5.0, abs=1.5)
        assert heard.gain_db == pytest.approx(-10.0, abs=1.5)
        assert heard.tilt_db is not None
        assert heard.background_db is not None
        assert heard.level_db is not None
        assert heard.level_db > heard.background_db
        assert heard.intelligibility is not None
        assert heard.far_delay_ms is None
        assert [sentence.text for sentence in heard.sentences] == ["xin chào"]
        assert heard.sentences[0].state == "unproven"

    run(work)


def test_what_is_far_below_the_node_s_own_level_counts_as_its_horn_only_while_nobody_knows_that_level(
    days: Days,
) -> None:
    async def work() -> None:
        days.judging.start()
        assert (await days.judged(days.clip(-24.0))).verdict == "aired"
        for _ in range(5):
            days.was(GOOD)
        faint = await days.judged(days.clip(-24.0, weather=2))
        await days.judging.stop()
        assert faint.verdict == "silent"
        assert "below_usual" in faint.reasons

    run(work)


def test_yesterday_s_clip_is_not_taken_for_today_s_though_it_is_another_file(days: Days) -> None:
    async def work() -> None:
        days.judging.start()
        yesterday = days.clip(weather=7)
        assert (await days.judged(yesterday)).verdict == "aired"
        again = decode_opus(encode_opus(yesterday * np.float32(0.9), RATE), RATE)
        replayed = await days.judged(again)
        fresh = await days.judged(days.clip(weather=8))
        await days.judging.stop()
        assert (replayed.verdict, replayed.reasons[0]) == ("unclear", "replayed")
        assert fresh.verdict == "aired"

    run(work)


def test_an_earlier_clip_that_is_no_sound_keeps_nobody_from_a_verdict(days: Days) -> None:
    async def work() -> None:
        broken = days.airing()
        sha256 = days.objects.put(b"no sound at all")
        days.store.put_clip(broken.id, NODE, sha256, 15, {"starts_s": -2.0})
        days.store.set_clip_aside(broken.id, NODE, sha256, "no sound")
        days.judging.start()
        assert (await days.judged(days.clip())).verdict == "aired"
        await days.judging.stop()

    run(work)


def test_a_horn_that_begins_to_fail_is_logged_once(days: Days) -> None:
    async def work() -> list[tuple[object, ...]]:
        for day in range(19):
            days.was(GOOD if day < 17 else replace(GOOD, gain_db=-5.5))
        days.was(GOOD)
        with structlog.testing.capture_logs() as logs:
            days.judging.start()
            for weather in range(2):
                for _ in range(2):
                    days.was(replace(GOOD, gain_db=-17.0))
                await days.judged(days.clip(-17.0, weather))
            await days.judging.stop()
        return [(log["node"], log["trend"], log["unit"]) for log in logs if log["event"] == "node_not_as_usual"]

    found: list[tuple[object, ...]] = []

    async def told() -> None:
        found.extend(await work())

    run(told)
    assert found == [(NODE, "weaker", "dB")]
