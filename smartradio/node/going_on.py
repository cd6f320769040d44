"""What was stopped goes on as soon as nothing plays and nothing more urgent is about to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from smartradio.domain.evidence import Reason
from smartradio.domain.priority import Priority, preempts
from smartradio.node.horn import Horn
from smartradio.node.lineup import Lineup
from smartradio.node.microphone import BEFORE_S
from smartradio.node.parts import NodeParts
from smartradio.node.resuming import Rest, Resumptions
from smartradio.node.stretch import Stretch, stretch_of
from smartradio.wire.messages import PlannedAiring

BUSY_STEP_S: Final = 0.05
"""A due airing that cannot start is looked at this often; while something plays, its state too."""
RESUME_LEAD_S: Final = 1.0
"""What goes on leaves a breath behind what had stopped it, in which the microphone hears the place without it."""

Begin = Callable[[str], bool]


class OntoHorn(Protocol):
    """Who puts airings on the horn; see `smartradio.node.broadcast.Broadcast`."""

    def again_s(self, key: str) -> float:
        """Return from when on an airing may be put on the horn."""

    def tried(self, key: str, now_s: float, work: Callable[[], None]) -> None:
        """Do something that needs the sound device; without it, it is tried again."""

    def arm(self, airing: PlannedAiring, stretch: Stretch, planned_s: float, now_s: float, begin: Begin) -> bool:
        """Put a stretch of an airing on the horn; False if it is to be tried again."""

    def join(self, airing: PlannedAiring, now_s: float, begin: Begin) -> None:
        """Put a relay on the horn where it is by then."""


class GoingOn:
    """Lets what was stopped go on, a sentence or a relay at a time; one thread's."""

    def __init__(
        self, parts: NodeParts, lineup: Lineup, horn: Horn, resumptions: Resumptions, onto_horn: OntoHorn
    ) -> None:
        self._parts = parts
        self._lineup = lineup
        self._horn = horn
        self._resumptions = resumptions
        self._onto_horn = onto_horn

    def tick(self, rest: Rest, now: datetime, now_s: float) -> float:
        """Let it go on if it may; return the monotonic time by which to come back."""
        airing = rest.airing
        last = airing.resume_until if airing.live is None else airing.expires_at
        if last is None or now > last:
            self._resumptions.give_up(rest, Reason.TOO_LATE)
            return now_s
        taken = self._horn.playing is not None or airing.airing in self._horn
        if taken or now_s < self._onto_horn.again_s(airing.airing) or self._gives_way(rest, now):
            return now_s + BUSY_STEP_S
        if airing.live is not None:
            self._onto_horn.tried(airing.airing, now_s, partial(self._rejoin, rest, now_s))
            return now_s + BUSY_STEP_S
        stretch = stretch_of(airing, now + timedelta(seconds=RESUME_LEAD_S), rest.sentence)
        if stretch is None:
            self._resumptions.give_up(rest, Reason.SLOT_FULL)
            return now_s
        if not airing.grows or stretch.played[0].sha256 in self._parts.cache:
            self._onto_horn.tried(airing.airing, now_s, partial(self._resume, rest, stretch, now_s))
        return now_s + BUSY_STEP_S

    def _resume(self, rest: Rest, stretch: Stretch, now_s: float) -> None:
        self._parts.player.warm()
        at_s = now_s + RESUME_LEAD_S
        if self._onto_horn.arm(rest.airing, stretch, at_s, now_s, self._parts.journal.go_on):
            self._resumptions.begun(rest)

    def _rejoin(self, rest: Rest, now_s: float) -> None:
        self._parts.player.warm()
        self._onto_horn.join(rest.airing, now_s, self._parts.journal.go_on)
        self._resumptions.begun(rest)

    def _gives_way(self, rest: Rest, now: datetime) -> bool:
        """Say whether something more urgent is to begin before a sentence of it could be heard."""
        soon = now + timedelta(seconds=RESUME_LEAD_S + BEFORE_S)
        mine = Priority(rest.airing.priority)
        return any(
            each.starts_at <= soon and preempts(Priority(each.priority), mine) and self._lineup.may_begin(each)
            for each in self._lineup.due(now, vouched=False)
        )
