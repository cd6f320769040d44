"""The verdict of an airing that a rule cut, or that had to give way: what was left out is neither heard nor missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import VerdictCode, WordState
from smartradio.listening.known_words import unproven_sentences
from smartradio.listening.verdict import VerdictReason
from smartradio.station.judging import Judging, reference_of
from smartradio.station.objects import Objects
from smartradio.station.part_played import BROKEN_OFF, CUT_BY_PLAN, Part, part_of, told_as_part
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.views import NodeAiring
from tests.node.fakes import voice
from tests.station.commune import NOON, Clock, airing_of, planned_in, registered, run, settings, shelved, until

NODE = "thon-1"
RATE = 16_000


def said(step: Step, reason: Reason | None = None, *, node: str = NODE, **facts: Any) -> Evidence:
    return Evidence("a", node, step, NOON, f"node:{node}", reason, facts)


def played(begin: int, end: int, of: int = 4, **more: Any) -> Evidence:
    return said(Step.MEASURED, played={"begin": begin, "end": end, "of": of}, **more)


CUT = said(Step.FINISHED, Reason.CUT)
STOPPED = said(Step.INTERRUPTED, Reason.PREEMPTED)


def test_of_an_alert_whose_rest_was_never_made_the_opening_is_a_part_however_well_it_was_heard(tmp_path: Path) -> None:
    sounds = [encode_opus(voice(1.5, seed), RATE) for seed in (1, 2)]

    async def work() -> None:
        with closing(Store.open(tmp_path)) as store:
            registered(store, settings(tmp_path))
            objects = Objects(tmp_path / "objects")
            opening = shelved(store, objects, "lũ", sounds, 1.5)
            airing = planned_in(store, replace(airing_of(opening, NOON), grows=True))
            clip = encode_opus(reference_of(opening, objects, RATE), RATE)
            store.put_clip(airing.id, NODE, objects.put(clip), len(clip), {"starts_s": 0.0})
            judging = Judging(store, objects, EvidenceRecorder(store), clock=Clock())
            judging.start()

            def heard() -> NodeAiring:
                view = store.airing_view(airing.id)
                assert view is not None
                return next(each for each in view.nodes if each.node == NODE)

            await until(lambda: heard().verdict)
            await judging.stop()
            assert heard().verdict == "partly_aired"
            assert VerdictReason.STOPPED_EARLY in heard().reasons

    run(work)


@pytest.fixture
def recording() -> Recording:
    """A chime and three sentences of two words each."""
    chime = Segment("0" * 64, 10, 2.0, 0.5, SegmentKind.CHIME)
    lines = [Segment(str(n) * 64, 10, 3.0, 0.5, SegmentKind.SENTENCE, f"câu {n}") for n in (1, 2, 3)]
    return Recording("r", "b", "vi", (chime, *lines))


def judged(verdict: VerdictCode, lines: list[str], state: WordState = WordState.HEARD, **more: Any) -> NodeJudgement:
    sentences = tuple(type(each)(each.text, state, each.words) for each in unproven_sentences(lines))
    return NodeJudgement(verdict=verdict, sentences=sentences, presence=(1.0, 1.0), clip_starts_s=-2.0, **more)


def states(judgement: NodeJudgement) -> list[str]:
    return [sentence.state.value for sentence in judgement.sentences]


def test_a_part_is_believed_only_beside_the_report_of_the_rule(recording: Recording) -> None:
    assert part_of(recording, NODE, [played(0, 2)]) is None
    assert part_of(recording, NODE, [CUT, played(0, 2)]) == Part(0, 2, (CUT_BY_PLAN,))
    assert part_of(recording, NODE, [STOPPED, played(0, 2)]) == Part(0, 2, (BROKEN_OFF,))


@pytest.mark.parametrize(
    "facts",
    [
        {"begin": 0, "end": 2, "of": 5},
        {"begin": 2, "end": 2, "of": 4},
        {"begin": -1, "end": 2, "of": 4},
        {"begin": 0, "end": 4, "of": 4},
        {"begin": True, "end": 2, "of": 4},
        {"begin": "0", "end": 2, "of": 4},
        "all of it",
        None,
    ],
)
def test_a_part_that_no_recording_has_is_no_part(recording: Recording, facts: Any) -> None:
    assert part_of(recording, NODE, [CUT, said(Step.MEASURED, played=facts)]) is None


def test_what_another_node_says_is_not_this_node_s_part(recording: Recording) -> None:
    other = said(Step.FINISHED, Reason.CUT, node="thon-2")
    assert part_of(recording, NODE, [other, played(0, 2)]) is None


def test_a_clip_is_judged_by_the_part_that_was_told_with_it(recording: Recording) -> None:
    first = played(0, 2, kept_clip={"sha256": "1" * 64})
    second = played(2, 4, clip={"sha256": "2" * 64})
    chain = [STOPPED, first, second]
    assert part_of(recording, NODE, chain, "1" * 64) == Part(0, 2, (BROKEN_OFF,))
    assert part_of(recording, NODE, chain, "2" * 64) == Part(2, 4, (BROKEN_OFF,))


def test_what_the_plan_left_out_is_neither_heard_nor_missing(recording: Recording) -> None:
    told = told_as_part(judged(VerdictCode.AIRED, ["câu 1"]), recording, Part(0, 2, (CUT_BY_PLAN,)))
    assert told.verdict is VerdictCode.PARTLY_AIRED
    assert told.reasons == (CUT_BY_PLAN,)
    assert states(told) == ["heard", "unproven", "unproven"]
    assert told.presence == (1.0, 1.0)


def test_a_silent_part_stays_silent(recording: Recording) -> None:
    found = judged(VerdictCode.SILENT, ["câu 1"], WordState.MISSING, reasons=("own_horn_silent",))
    told = told_as_part(found, recording, Part(0, 2, (CUT_BY_PLAN,)))
    assert (told.verdict, told.reasons) == (VerdictCode.SILENT, (CUT_BY_PLAN, "own_horn_silent"))


def test_of_a_sentence_that_was_broken_off_nothing_is_said(recording: Recording) -> None:
    found = judged(VerdictCode.PARTLY_AIRED, ["câu 1"], WordState.MISSING)
    told = told_as_part(found, recording, Part(0, 2, (BROKEN_OFF,), begun=True))
    assert states(told) == ["unproven", "unproven", "unproven"]


def test_what_went_on_is_told_together_with_what_was_heard_before(recording: Recording) -> None:
    part = Part(0, 2, (BROKEN_OFF,))
    first = told_as_part(judged(VerdictCode.AIRED, ["câu 1"]), recording, part)
    before = NodeAiring(
        NODE, NODE, state=None, verdict=first.verdict.value, reasons=first.reasons, sentences=first.sentences
    )  # type: ignore[arg-type]
    second = judged(VerdictCode.SILENT, ["câu 2", "câu 3"], WordState.MISSING)
    told = told_as_part(second, recording, Part(2, 4, (BROKEN_OFF,)), before)
    assert told.verdict is VerdictCode.PARTLY_AIRED
    assert states(told) == ["heard", "missing", "missing"]
    # Its clip lies where it belongs in the recording, whose third segment begins after 6 s.
    assert told.clip_starts_s == pytest.approx(-2.0 + 6.0)
    assert told.presence == ()


@pytest.fixture
def court(tmp_path: Path) -> Iterator[tuple[Judging, Store, Objects, Recording, Any]]:
    """A judging room with an airing of two sentences."""
    clock = Clock()
    store = Store.open(tmp_path)
    registered(store, settings(tmp_path))
    objects = Objects(tmp_path / "objects")
    sounds = [encode_opus(voice(4.0, seed)) for seed in (1, 2)]
    recording = shelved(store, objects, "tin", sounds, decode_opus(sounds[0], RATE).size / RATE)
    airing = planned_in(store, airing_of(recording, NOON))
    yield Judging(store, objects, EvidenceRecorder(store), clock=clock), store, objects, recording, airing
    store.close()


@pytest.mark.parametrize("cut", [True, False])
def test_a_clip_of_the_first_sentence_alone_has_no_gap_where_the_plan_ended_it(court: Any, *, cut: bool) -> None:
    judging, store, objects, recording, airing = court
    first = Part(0, 1, ()).of(recording)
    heard = 0.3 * reference_of(first, objects, RATE)
    noise = np.random.default_rng(3).normal(0, 0.001, heard.size + 6 * RATE)
    noise[: heard.size] += heard
    clip = encode_opus(noise.astype(np.float32), RATE)
    sha256 = objects.put(clip)

    def told(step: Step, reason: Reason | None = None, **facts: Any) -> Evidence:
        return Evidence(airing.id, NODE, step, NOON, f"node:{NODE}", reason, facts)

    part = {"begin": 0, "end": 1, "of": 2}
    figures = told(Step.MEASURED, played=part, clip={"sha256": sha256, "size_bytes": len(clip), "starts_s": 0.0})
    store.record([told(Step.STARTED), told(Step.FINISHED, Reason.CUT if cut else None), figures])
    store.put_clip(airing.id, NODE, sha256, len(clip), {"starts_s": 0.0})

    async def judge() -> None:
        (waiting,) = store.clips_to_judge()
        await judging._judge(waiting)

    run(judge)
    found = next(each for each in store.airing_view(airing.id).nodes if each.node == NODE)
    assert found.verdict == "partly_aired"
    assert (CUT_BY_PLAN in found.reasons) is cut
    # Without the rule's report the second sentence is missing, whatever part the node speaks of.
    assert ("stopped_early" in found.reasons) is not cut
