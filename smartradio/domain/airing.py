"""One bulletin at one time in some zones, and the states it goes through at a node."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.domain.relay import Relay


@dataclass(frozen=True, slots=True)
class Airing:
    """A recording planned for an instant; `expires_at` is the last instant at which it may still start.

    With `relay` the recording is only what is read in the place of a stream that does not come. `gain_db` (0 or less)
    is against the nodes' own setting. Sound is over by `ends_by`, behind a sentence. What was broken off may go on, or
    an emergency begin again, until `resume_until`; without it, it does not. `topic` is for reports alone: with another
    one it is the same airing. Of one that `grows` the recording is only the opening, the rest is being made. It ends at
    once the airings that it `replaces`, though they are as urgent.
    """

    id: str
    bulletin_id: str
    recording_id: str
    starts_at: datetime
    expires_at: datetime
    priority: Priority
    zones: tuple[str, ...]
    nodes: tuple[str, ...]
    programme: str | None = None
    relay: Relay | None = None
    gain_db: float = 0.0
    ends_by: datetime | None = None
    resume_until: datetime | None = None
    topic: str | None = field(default=None, compare=False)
    grows: bool = False
    replaces: tuple[str, ...] = ()


DEFAULT_START_TOLERANCE = timedelta(seconds=60)


class AiringState(StrEnum):
    """Where an airing stands at one node."""

    PLANNED = "planned"
    DELIVERED = "delivered"
    STARTED = "started"
    FINISHED = "finished"
    JUDGED = "judged"
    SETTLED = "settled"
    FAILED = "failed"


_BY_STEP: dict[Step, AiringState] = {
    Step.PLANNED: AiringState.PLANNED,
    Step.DELIVERED: AiringState.DELIVERED,
    Step.STARTED: AiringState.STARTED,
    Step.FINISHED: AiringState.FINISHED,
    Step.HEARD: AiringState.JUDGED,
    Step.CONFIRMED: AiringState.SETTLED,
    Step.DISPUTED: AiringState.SETTLED,
    Step.SKIPPED: AiringState.FAILED,
    Step.REFUSED: AiringState.FAILED,
    Step.INTERRUPTED: AiringState.FAILED,
    Step.UNREACHED: AiringState.FAILED,
}

_NEXT: dict[AiringState, frozenset[AiringState]] = {
    AiringState.PLANNED: frozenset(
        {AiringState.DELIVERED, AiringState.STARTED, AiringState.FAILED, AiringState.JUDGED}
    ),
    AiringState.DELIVERED: frozenset({AiringState.STARTED, AiringState.FAILED, AiringState.JUDGED}),
    AiringState.STARTED: frozenset({AiringState.FINISHED, AiringState.FAILED, AiringState.JUDGED}),
    AiringState.FINISHED: frozenset({AiringState.JUDGED}),
    # A node that was thought lost may still bring its reports and its clip.
    AiringState.FAILED: frozenset(
        {AiringState.DELIVERED, AiringState.STARTED, AiringState.FINISHED, AiringState.JUDGED}
    ),
    AiringState.JUDGED: frozenset({AiringState.JUDGED, AiringState.SETTLED}),
    AiringState.SETTLED: frozenset({AiringState.SETTLED}),
}


def after(state: AiringState, step: Step) -> AiringState:
    """Return the state at a node after a step; a step that cannot move it (a late duplicate) leaves it."""
    target = _BY_STEP.get(step)
    return target if target is not None and target in _NEXT[state] else state
