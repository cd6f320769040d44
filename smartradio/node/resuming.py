"""What something more urgent has stopped and is to go on: at the sentence in which it stopped, by rule 5.

Kept in memory only. A node that was off meanwhile does not go on with half a programme; its journal says interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.preemption import Sequel, sequel
from smartradio.domain.priority import Priority
from smartradio.node.lineup import named_in
from smartradio.node.parts import NodeParts
from smartradio.node.schedule import by_need
from smartradio.node.stretch import Stretch, sounding_of
from smartradio.wire.messages import Plan, PlannedAiring


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an airing that was stopped: from `sentence` (from 0) of `of`."""

    airing: PlannedAiring
    sentence: int
    of: int


class Resumptions:
    """Airings that wait to go on; one thread's."""

    def __init__(self, parts: NodeParts) -> None:
        self._parts = parts
        self._rests: dict[str, Rest] = {}

    def rest_of(self, airing: PlannedAiring, stretch: Stretch, sentence: int) -> Rest | None:
        """Return what is to go on of an airing that stopped in a sentence; None if nothing is."""
        now = self._parts.clock.now()
        valid = now is not None and airing.resume_until is not None and now <= airing.resume_until
        what = sequel(Priority(airing.priority), left=stretch.left(sentence), valid=valid)
        return Rest(airing, sentence, stretch.sounding.sentences) if what is Sequel.RESUME else None

    def rejoining(self, airing: PlannedAiring) -> Rest | None:
        """Return that a relay is joined again where it is by then, None if there is nothing left of it to join."""
        now = self._parts.clock.now()
        return Rest(airing, 0, 1) if now is not None and now <= airing.expires_at else None

    def wait(self, rest: Rest) -> None:
        """Let it wait for the horn, once the journal has its interruption."""
        self._rests[rest.airing.airing] = rest

    def in_order(self) -> list[Rest]:
        """Return what waits, what goes first before the others."""
        return sorted(self._rests.values(), key=lambda rest: by_need(rest.airing))

    def waiting(self, key: str) -> PlannedAiring | None:
        """Return an airing that waits to go on, None for any other."""
        rest = self._rests.get(key)
        return rest.airing if rest is not None else None

    def grow(self, airing: PlannedAiring) -> None:
        """Learn what an airing that waits to go on has become."""
        rest = self._rests[airing.airing]
        self._rests[airing.airing] = Rest(airing, rest.sentence, sounding_of(airing.segments).sentences)

    def begun(self, rest: Rest) -> None:
        """Learn that it goes on."""
        del self._rests[rest.airing.airing]

    def give_up(self, rest: Rest, reason: Reason) -> None:
        """Put on record that it does not go on, and forget it."""
        facts = {"sentence": rest.sentence + 1, "of": rest.of}
        self._parts.reports.add(Step.SKIPPED, rest.airing.airing, reason=reason, facts=facts)
        self._rests.pop(rest.airing.airing, None)

    def stop(self, key: str | None) -> None:
        """Give up one airing, or all of them, because an order says so."""
        for rest in self.in_order():
            if key in (None, rest.airing.airing):
                self.give_up(rest, Reason.STOPPED)

    def replaced(self, keys: Collection[str]) -> None:
        """Give up airings whose place another one has taken."""
        for rest in self.in_order():
            if rest.airing.airing in keys:
                self.give_up(rest, Reason.REPLACED)

    def follow(self, plan: Plan, mark_of: Callable[[str], tuple[int, int]]) -> None:
        """Give up what a new plan has withdrawn."""
        for rest in self.in_order():
            if withdraws(plan, rest.airing, mark_of(rest.airing.airing)):
                self.give_up(rest, Reason.WITHDRAWN)


def withdraws(plan: Plan, airing: PlannedAiring, mark: tuple[int, int]) -> bool:
    """Say whether a plan takes back an airing that has begun; `mark` is that of the plan or order that brought it.

    A plan names what may still start, still sound or still go on. What it leaves out after that is merely over.
    """
    if airing.airing in named_in(plan) or mark >= (plan.epoch, plan.counter):
        return False
    ends_at = airing.starts_at + timedelta(seconds=sounding_of(airing.segments).duration_s)
    return plan.issued_at < max(airing.expires_at, ends_at, airing.resume_until or ends_at)
