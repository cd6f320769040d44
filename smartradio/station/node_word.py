"""A verdict from what a node measured and signed, without its recording: routine airings that are beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smartradio.audio.match import FRAME_S, Match
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import AtNode, facts_of
from smartradio.listening.known_words import unproven_sentences
from smartradio.listening.node_figures import at_node, doubts, match_of
from smartradio.listening.usual import usual_of
from smartradio.listening.verdict import decide
from smartradio.station.part_played import by_rule, part_of, told_as_part
from smartradio.station.relay.sounded import sounded_recording
from smartradio.station.store import NodeJudgement

if TYPE_CHECKING:
    from smartradio.station.store import Store
    from smartradio.station.views import NodeAiring

OTHER_RECORDING = "other_recording"
"""The figures are of a recording that is longer, shorter or of other sentences than the one that was planned."""
NOT_PLAYED_WHOLE = "not_played_whole"
"""The node itself says that it did not play the recording to its end."""
# Segments of a second or two are decoded to whole frames of 20 ms, and measured in frames of 100 ms.
_LENGTH_WITHIN_S = 0.5
_LENGTH_WITHIN = 0.02


@dataclass(frozen=True, slots=True)
class NodeWord:
    """What is open about a node's figures, and the verdict by the decision table if nothing is."""

    doubts: tuple[str, ...]
    judgement: NodeJudgement | None


def read_figures(store: Store, airing: Airing, node: str, figures: Mapping[str, Any]) -> NodeWord:
    """Hold a node's figures against its own past. Blocking.

    The verdict is the decision table's for an airing whose clip is not due; no sentence is proven by it.
    """
    found = match_of(figures)
    usual = usual_of(store.past_airings(node))
    recording = sounded_recording(store, airing, node)
    chain = [entry.evidence for entry in store.chain(airing.id, node)]
    part = part_of(recording, node, chain) if recording is not None else None
    due = part.of(recording) if recording is not None and part is not None else recording
    against = (*doubts(found, usual), *_against_plan(found, due, node, chain, by_rule_too=part is None))
    told = at_node(against)
    if found is None or told is not AtNode.GOOD:
        return NodeWord(against, None)
    facts = replace(facts_of(found, usual=usual), clip=False, clip_due=False, at_node=told)
    row = decide(facts)
    if row.verdict is not VerdictCode.AIRED:
        return NodeWord(tuple(str(reason) for reason in row.reasons), None)
    lines = [segment.spoken for segment in due.segments if segment.spoken] if due is not None else []
    judgement = NodeJudgement(
        verdict=row.verdict,
        reasons=tuple(str(reason) for reason in row.reasons),
        coverage=found.coverage,
        coverage_by_segment=found.coverage_by_segment,
        level_db=found.level_db,
        snr_db=found.snr_db,
        presence=tuple(float(there) for there in found.frames),
        delay_ms=None if found.delay_s is None else 1_000.0 * found.delay_s,
        tilt_db=found.tilt_db,
        background_db=found.background_db,
        gain_db=found.gain_db,
        far_delay_ms=None if found.far_delay_s is None else 1_000.0 * found.far_delay_s,
        sentences=unproven_sentences(lines),
    )
    if recording is not None and part is not None:
        judgement = told_as_part(judgement, recording, part, _so_far(store, airing.id, node))
    return NodeWord((), judgement)


def _so_far(store: Store, airing: str, node: str) -> NodeAiring | None:
    view = store.airing_view(airing, with_chain=False, of=(node,))
    return next((each for each in view.nodes if each.node == node), None) if view is not None else None


def _against_plan(
    found: Match | None, recording: Recording | None, node: str, chain: Sequence[Evidence], *, by_rule_too: bool
) -> Iterator[str]:
    """Tell where good figures do not go together with what was planned, or with the node's other reports.

    `recording` is what was to be heard. An end that a rule asked for speaks against them with `by_rule_too`.
    """
    if found is not None and recording is not None:
        off_s = abs(len(found.frames) * FRAME_S - recording.duration_s)
        fits = off_s <= max(_LENGTH_WITHIN_S, _LENGTH_WITHIN * recording.duration_s)
        if not fits or len(found.coverage_by_segment) != len(recording.told_spans()):
            yield OTHER_RECORDING
    ended = [entry for entry in chain if entry.source == f"node:{node}" and _not_whole(entry)]
    if any(by_rule_too or not by_rule(entry) for entry in ended):
        yield NOT_PLAYED_WHOLE


def _not_whole(entry: Evidence) -> bool:
    ended = entry.step in (Step.INTERRUPTED, Step.SKIPPED)
    return ended or (entry.step is Step.FINISHED and entry.facts.get("whole") is False)
