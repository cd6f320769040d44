"""The verdict of an airing of which a rule let only a part be played: judged by that part, and told as a part.

What a rule left out is neither heard nor missing. A node's word that it was so counts only beside its report of the
cut or of what it gave way to, and never makes more of an airing than `partly_aired`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import JudgedSentence, VerdictCode, WordState
from smartradio.listening.known_words import unproven_sentences
from smartradio.station.store import NodeJudgement
from smartradio.station.views import NodeAiring

CUT_BY_PLAN: Final = "cut_by_plan"
"""The plan let it sound up to a sentence; what comes after was left out by rule."""
BROKEN_OFF: Final = "broken_off"
"""It gave way to something more urgent; what was stopped then does not count as missing."""

STOPPED_EARLY: Final = "stopped_early"
"""Its end was not heard; as `smartradio.listening.verdict` calls it, which brings numpy."""


@dataclass(frozen=True, slots=True)
class Part:
    """Segments `begin` to before `end` of a recording, and why no more of it.

    `begun` says that not even its one sentence was heard to its end, so that nothing can be said of that either.
    """

    begin: int
    end: int
    reasons: tuple[str, ...]
    begun: bool = False

    def of(self, recording: Recording) -> Recording:
        """Return what was to be heard."""
        return replace(recording, segments=recording.segments[self.begin : self.end])

    def offset_s(self, recording: Recording) -> float:
        """Return where in the recording the part begins."""
        return recording.spans()[self.begin][0]


def part_of(recording: Recording, node: str, chain: Sequence[Evidence], clip: str | None = None) -> Part | None:
    """Return the part that a node's figures are about: those that name a clip (SHA-256, hex), else the latest.

    None if they are about the whole recording, or if nothing in the chain says why they should not be.
    """
    told = [entry for entry in chain if entry.source == f"node:{node}"]
    figures = [entry.facts for entry in told if entry.step is Step.MEASURED and _names(entry.facts, clip)]
    reasons = tuple(dict.fromkeys(rule for entry in told if (rule := _rule_of(entry)) is not None))
    played = figures[-1].get("played") if figures else None
    if not reasons or not isinstance(played, Mapping):
        return None
    begin, end, of = (_number(played.get(name)) for name in ("begin", "end", "of"))
    if of != len(recording.segments) or not 0 <= begin < end <= of or (begin, end) == (0, of):
        return None
    return Part(begin, end, reasons, begun=played.get("begun") is True)


def by_rule(entry: Evidence) -> bool:
    """Say whether a node's report tells of an end that a rule asked for, and no fault."""
    return _rule_of(entry) is not None


def told_as_part(
    found: NodeJudgement, recording: Recording, part: Part, before: NodeAiring | None = None
) -> NodeJudgement:
    """Return the judgement of a part as that of its airing; `before` is how the airing stood with an earlier part.

    `coverage` stays that of what was to be heard; `presence` is told of a part that begins with the recording only.
    """
    earlier = before if before is not None and BROKEN_OFF in before.reasons else None
    verdicts = {found.verdict.value} | ({earlier.verdict} if earlier is not None else set())
    some = verdicts & {VerdictCode.AIRED.value, VerdictCode.PARTLY_AIRED.value}
    starts_s = found.clip_starts_s
    return replace(
        found,
        verdict=VerdictCode.PARTLY_AIRED if some else found.verdict,
        reasons=tuple(dict.fromkeys((*part.reasons, *found.reasons))),
        presence=found.presence if part.begin == 0 else (),
        clip_starts_s=starts_s + part.offset_s(recording) if starts_s is not None else None,
        sentences=_sentences(() if part.begun else found.sentences, recording, part, earlier),
    )


def told_as_opening(found: NodeJudgement) -> NodeJudgement:
    """Return the judgement of an airing of which no more than its opening was ever made: never that of all of it."""
    if found.verdict is not VerdictCode.AIRED:
        return found
    reasons = dict.fromkeys((*found.reasons, STOPPED_EARLY))
    return replace(found, verdict=VerdictCode.PARTLY_AIRED, reasons=tuple(reasons))


def _sentences(
    heard: tuple[JudgedSentence, ...], recording: Recording, part: Part, earlier: NodeAiring | None
) -> tuple[JudgedSentence, ...]:
    lines = [segment.spoken for segment in recording.segments if segment.spoken]
    first = sum(bool(segment.spoken) for segment in recording.segments[: part.begin])
    whole = list(unproven_sentences(lines))
    if earlier is not None and len(earlier.sentences) == len(whole):
        pairs = zip(earlier.sentences, whole, strict=True)
        whole = [known if known.state is not WordState.UNPROVEN else new for known, new in pairs]
    whole[first : first + len(heard)] = heard
    return tuple(whole)


def _names(facts: Mapping[str, Any], clip: str | None) -> bool:
    named = [facts.get(name) for name in ("clip", "kept_clip")]
    return clip is None or any(isinstance(each, Mapping) and each.get("sha256") == clip for each in named)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _rule_of(entry: Evidence) -> str | None:
    if entry.step is Step.FINISHED and entry.reason == Reason.CUT:
        return CUT_BY_PLAN
    if entry.step in (Step.FINISHED, Step.INTERRUPTED) and entry.reason in (Reason.PREEMPTED, Reason.REPLACED):
        return BROKEN_OFF
    return None
