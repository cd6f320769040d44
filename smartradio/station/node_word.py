"""A verdict from what a node measured and signed, without its recording: routine airings that are beyond doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smartradio.domain.airing import Airing
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import AtNode, facts_of
from smartradio.listening.known_words import unproven_sentences
from smartradio.listening.node_figures import at_node, doubts, match_of
from smartradio.listening.usual import usual_of
from smartradio.listening.verdict import decide
from smartradio.station.store import NodeJudgement

if TYPE_CHECKING:
    from smartradio.station.store import Store


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
    against = doubts(found, usual)
    told = at_node(against)
    if found is None or told is not AtNode.GOOD:
        return NodeWord(against, None)
    facts = replace(facts_of(found, usual=usual), clip=False, clip_due=False, at_node=told)
    row = decide(facts)
    if row.verdict is not VerdictCode.AIRED:
        return NodeWord(tuple(str(reason) for reason in row.reasons), None)
    recording = store.recording(airing.recording_id)
    lines = [segment.spoken for segment in recording.segments if segment.spoken] if recording is not None else []
    return NodeWord(
        (),
        NodeJudgement(
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
        ),
    )
