"""Where an airing stands at a node, worked out from the log one entry after the other. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from smartradio.domain.airing import AiringState, after
from smartradio.domain.evidence import Evidence, Step
from smartradio.wire.signing import canonical

MAX_OFFSET_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Standing:
    """The sum of the entries so far; the fields have the names of the columns of `progress`."""

    state: AiringState = AiringState.PLANNED
    delivered_at: datetime | None = None
    started_at: datetime | None = None
    start_offset_ms: float | None = None
    judgement_sha256: str | None = None
    settled: str | None = None
    settled_by: str | None = None
    note: str | None = None


def advance(standing: Standing, evidence: Evidence) -> Standing:
    """Return where it stands after one more entry; what tells nothing new leaves it."""
    moved = replace(standing, state=after(standing.state, evidence.step))
    facts = evidence.facts
    match evidence.step:
        case Step.DELIVERED if standing.delivered_at is None:
            return replace(moved, delivered_at=evidence.at)
        case Step.STARTED if standing.started_at is None:
            return replace(moved, started_at=evidence.at, start_offset_ms=_offset_ms(facts.get("offset_ms")))
        case Step.HEARD | Step.UNREACHED if "judgement_sha256" in facts and takes_judgement(standing):
            fingerprint = str(facts["judgement_sha256"])
            # Who settled an earlier verdict did not speak of this one.
            return replace(moved, judgement_sha256=fingerprint, settled=None, settled_by=None, note=None)
        case Step.CONFIRMED | Step.DISPUTED if standing.judgement_sha256 is not None:
            by, note = facts.get("by"), facts.get("note")
            return replace(
                moved,
                settled=evidence.step.value,
                settled_by=str(by) if by else evidence.source,
                note=str(note) if note else None,
            )
    return moved


def _offset_ms(value: object) -> float | None:
    """Return a start's offset as the node told it; what no start can have is left out."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_OFFSET_MS:
        return None
    return float(value)


def takes_judgement(standing: Standing) -> bool:
    """Say whether a new verdict replaces the figures: not once somebody settled what was heard."""
    return standing.state is not AiringState.SETTLED


def mark_of(standing: Standing) -> str:
    """Return a mark (16 hex digits) of what a person settles: it is another one as soon as verdict or answer are."""
    settles = {
        "judgement": standing.judgement_sha256,
        "settled": standing.settled,
        "by": standing.settled_by,
        "note": standing.note,
    }
    return hashlib.sha256(canonical(settles)).hexdigest()[:16]
