"""The evidence chain and the reading, laid out for the eye: nothing is worked out, only put in its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from smartradio.domain.evidence import CHAIN, Step
from smartradio.domain.languages import language_name
from smartradio.station.views import AiringView, LoggedEvidence

_NO_CHANGE = frozenset({"as-written"})
"""Rules that leave a stretch as it was written; nothing to show."""

_BREAKS = frozenset({Step.REFUSED, Step.SKIPPED, Step.INTERRUPTED, Step.UNREACHED, Step.DISPUTED})


class Mark(StrEnum):
    """How a step of the chain stands."""

    DONE = "done"
    OPEN = "open"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Stop:
    """A step of the chain at one node: its entry if it stands in the log; a break where the chain ended."""

    step: Step
    mark: Mark
    entry: LoggedEvidence | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """One node's way along the chain, and every refusal and break on it in the order they were logged."""

    node: str
    title: str
    stops: tuple[Stop, ...]
    breaks: tuple[LoggedEvidence, ...]


def lanes(view: AiringView) -> list[Lane]:
    """Return a lane for every node. A step counts as done only if its own entry is in the log."""
    return [_lane(node.node, node.title, view.chain) for node in view.nodes]


def ended(all_lanes: Iterable[Lane]) -> dict[str, LoggedEvidence]:
    """Return the newest break of every node that has one."""
    return {lane.node: lane.breaks[-1] for lane in all_lanes if lane.breaks}


def replays(chain: Iterable[LoggedEvidence]) -> dict[str, list[LoggedEvidence]]:
    """Return by node who had the recording aired there once more."""
    found: dict[str, list[LoggedEvidence]] = {}
    for entry in chain:
        if entry.evidence.step is Step.REPLAY_ASKED:
            found.setdefault(entry.evidence.node, []).append(entry)
    return found


def judged_later(chain: Iterable[LoggedEvidence]) -> dict[str, str]:
    """Return by node the verdict of a recording that came after somebody settled another one; theirs still stands."""
    last: dict[str, object] = {}
    settled: dict[str, object] = {}
    later: dict[str, str] = {}
    for entry in chain:
        node, verdict = entry.evidence.node, entry.evidence.facts.get("verdict")
        if entry.evidence.step in (Step.CONFIRMED, Step.DISPUTED):
            settled[node] = settled.get(node, last.get(node))
        elif entry.evidence.step in (Step.HEARD, Step.UNREACHED):
            last[node] = verdict
            if node in settled:
                later[node] = str(verdict)
    return {node: verdict for node, verdict in later.items() if verdict != settled[node]}


def again_of(chain: Iterable[LoggedEvidence]) -> str | None:
    """Return the airing that this one repeats, None for one that stands for itself."""
    for entry in chain:
        if entry.evidence.step is Step.APPROVED and "again_of" in entry.evidence.facts:
            return str(entry.evidence.facts["again_of"])
    return None


def _lane(node: str, title: str, chain: Sequence[LoggedEvidence]) -> Lane:
    own = [entry for entry in chain if entry.evidence.node in ("", node)]
    held = {step: _last(own, step) for step in CHAIN}
    confirmed, disputed = held[Step.CONFIRMED], _last(own, Step.DISPUTED)
    if confirmed and disputed and disputed.number > confirmed.number:
        held[Step.CONFIRMED] = None
    breaks = tuple(entry for entry in own if entry.evidence.step in _BREAKS)
    broken_at = _where_broken(held, breaks)
    stops = []
    for number, step in enumerate(CHAIN):
        entry = held[step]
        if entry is not None:
            stops.append(Stop(step, Mark.DONE, entry))
        elif number == broken_at:
            stops.append(Stop(step, Mark.BROKEN, breaks[-1]))
        else:
            stops.append(Stop(step, Mark.OPEN))
    return Lane(node, title, tuple(stops), breaks)


def _last(entries: Iterable[LoggedEvidence], step: Step) -> LoggedEvidence | None:
    found = None
    for entry in entries:
        if entry.evidence.step is step:
            found = entry
    return found


def _where_broken(held: Mapping[Step, LoggedEvidence | None], breaks: Sequence[LoggedEvidence]) -> int | None:
    """The break stands at the first step of the node's own that was not reached, after the last that was."""
    if not breaks:
        return None
    reached = [number for number, step in enumerate(CHAIN) if held[step] is not None]
    if breaks[-1].evidence.step is Step.DISPUTED:
        return CHAIN.index(Step.CONFIRMED)
    before_verdict = [n for n in reached if n < CHAIN.index(Step.HEARD)]
    first_open = max(before_verdict, default=-1) + 1
    return max(first_open, CHAIN.index(Step.DELIVERED))


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stretch of a written line: plain, or read by a rule, or open."""

    text: str
    rule: str | None = None
    spoken: str | None = None
    open_item: bool = False


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A written line beside what is spoken for it; where a sound was brought in, `sound` names its language."""

    number: int
    written: tuple[Fragment, ...]
    spoken: str
    rules: tuple[Fragment, ...]
    open_items: tuple[Mapping[str, Any], ...]
    sound: str = ""

    @property
    def open_count(self) -> int:
        """How many places of it are not read with certainty."""
        return len(self.open_items)


def read_lines(spoken: Sequence[Mapping[str, Any]]) -> list[ReadLine]:
    """Lay written and spoken side by side; pieces that overlap or lie outside their line are left plain."""
    lines = []
    for number, line in enumerate(spoken, start=1):
        written = str(line.get("written", ""))
        items = tuple(line.get("open_items", ()))
        fragments = _fragments(written, line.get("pieces", ()), items)
        rules = tuple(f for f in fragments if f.rule is not None and f.spoken is not None)
        sound = language_name(str(line.get("language", ""))) if line.get("sound") else ""
        lines.append(ReadLine(number, fragments, str(line.get("spoken", "")), rules, items, sound))
    return lines


def _fragments(
    written: str, pieces: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]]
) -> tuple[Fragment, ...]:
    open_spans = [(int(item["start"]), int(item["end"])) for item in items]
    spans = [
        (int(p["start"]), int(p["end"]), str(p["rule"]), str(p.get("spoken", "")))
        for p in pieces
        if p.get("rule") and p["rule"] not in _NO_CHANGE
    ]
    # What needs a person must not be hidden: an open item without a rule's piece gets a place of its own.
    spans += [(s, e, "", "") for s, e in open_spans if not any(s < q and p < e for p, q, _, _ in spans)]
    fragments: list[Fragment] = []
    at = 0
    for start, end, rule, spoken in sorted(spans):
        if start < at or end <= start or end > len(written):
            continue
        if start > at:
            fragments.append(Fragment(written[at:start]))
        is_open = any(s < end and start < e for s, e in open_spans)
        fragments.append(Fragment(written[start:end], rule or None, spoken or None, is_open))
        at = end
    if at < len(written):
        fragments.append(Fragment(written[at:]))
    return tuple(fragments)
