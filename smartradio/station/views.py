"""What pages and reports show: plain values read from the store, with nothing left to work out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.evidence import Evidence
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import JudgedSentence, VerdictCode


@dataclass(frozen=True, slots=True)
class LoggedEvidence:
    """An entry of the hash-chained log: its number, when it was committed, its hash (SHA-256, hex)."""

    number: int
    committed_at: datetime
    evidence: Evidence
    hash: str


@dataclass(frozen=True, slots=True)
class NodeAiring:
    """One airing at one node. Figures are None where nothing was measured; they are never made up.

    `verdict` is a `VerdictCode` value or None before judgement. `transcript` is None where no recogniser of the
    language is installed. `coverage_by_segment` has the segments that tell something: all but chimes.
    `presence` is coverage by 100 ms of the recording. `clip` is the SHA-256 of the microphone recording (Ogg
    Opus) in the object store; `clip_starts_s` is its start relative to the planned instant. `sentences`,
    `intelligibility` and the figures that are not named here are as in NodeJudgement; a board of many airings
    leaves the sentences out. `settled` is "confirmed", "disputed" or None. `mark` is another one as soon as verdict
    or settlement are.
    """

    node: str
    title: str
    state: AiringState
    delivered_at: datetime | None = None
    started_at: datetime | None = None
    start_offset_ms: float | None = None
    coverage: float | None = None
    coverage_by_segment: tuple[float, ...] = ()
    level_db: float | None = None
    snr_db: float | None = None
    transcript: str | None = None
    recogniser: str | None = None
    verdict: str | None = None
    reasons: tuple[str, ...] = ()
    presence: tuple[float, ...] = ()
    clip: str | None = None
    clip_starts_s: float | None = None
    delay_ms: float | None = None
    tilt_db: float | None = None
    background_db: float | None = None
    gain_db: float | None = None
    far_delay_ms: float | None = None
    intelligibility: float | None = None
    sentences: tuple[JudgedSentence, ...] = ()
    settled: str | None = None
    settled_by: str | None = None
    note: str | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where an airing stands at one node, without figures: to choose of many nodes those to be looked at."""

    node: str
    title: str
    state: AiringState
    verdict: str | None = None
    settled: str | None = None


@dataclass(frozen=True, slots=True)
class AiringView:
    """An airing with its text, recording, nodes and evidence chain.

    `spoken` is one mapping per written line: `written`, `spoken`, `pieces` (start, end, written, spoken, rule)
    and `open_items` (start, end, written, problem, suggestion).
    """

    airing: Airing
    bulletin: Bulletin
    recording: Recording
    spoken: tuple[Mapping[str, Any], ...]
    nodes: tuple[NodeAiring, ...]
    chain: tuple[LoggedEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as the station last knew it; `last_seen` is None if it never spoke."""

    name: str
    zone: str
    title: str
    online: bool
    last_seen: datetime | None
    version: str | None = None
    clock_trusted: bool | None = None
    clock_offset_ms: float | None = None
    playing: str | None = None
    problems: tuple[str, ...] = field(default_factory=tuple)
    health: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitingVerdict:
    """A verdict that no person has settled: which airing and node, and what its place in the row rests on."""

    airing: str
    node: str
    title: str
    node_title: str
    starts_at: datetime
    priority: Priority
    verdict: str
    coverage: float | None = None
    has_clip: bool = False


WORST_FIRST: Final = (
    VerdictCode.SILENT,
    VerdictCode.UNREACHED,
    VerdictCode.OTHER,
    VerdictCode.UNINTELLIGIBLE,
    VerdictCode.PARTLY_AIRED,
    VerdictCode.UNCLEAR,
    VerdictCode.AIRED,
)


def worst_first(waiting: Iterable[WaitingVerdict]) -> list[WaitingVerdict]:
    """Return verdicts in the order a person should look at them.

    Emergencies that were not heard come first, then by verdict, the least covered before the better covered, the
    newest before the older.
    """

    def place(item: WaitingVerdict) -> tuple[object, ...]:
        urgent = item.priority >= Priority.EMERGENCY and item.verdict != VerdictCode.AIRED
        covered = 0.0 if item.coverage is None else round(item.coverage, 2)
        rank = WORST_FIRST.index(VerdictCode(item.verdict))
        return not urgent, rank, covered, -item.starts_at.timestamp(), item.airing, item.node

    return sorted(waiting, key=place)
