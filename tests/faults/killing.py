"""One kill -9 of a commune in the field: who dies when, and what must hold after it is started again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.views import AiringView
from tests.faults.field import NODES, Field, reached, settled, steps

VICTIMS = ("station", "broker", "thon-1")
INSTANTS = (Step.PLANNED, Step.DELIVERED, Step.STARTED, Step.FINISHED)
_DOWN_S = 1.0
# How long a kill waits behind the step it waits for: between two messages, two commits, two sentences.
_LONGEST_AFTER_S = 2.5
# What a node does for its start before the instant: a kill in between may count as one in the airing.
_STARTING_S = 1.0


@dataclass(frozen=True)
class Kill:
    """Who is killed, so many seconds after a step of thon-1 stood in the log."""

    victim: str
    instant: Step
    after_s: float = 0.0


AT_EACH_STEP = tuple(Kill(victim, instant) for victim in VICTIMS for instant in INSTANTS)


def drawn(count: int, seed: int) -> tuple[Kill, ...]:
    """Return so many kills, every victim at every step among the first twelve, at moments drawn from the seed."""
    random = Random(seed)
    more = [Kill(random.choice(VICTIMS), random.choice(INSTANTS)) for _ in range(max(0, count - len(AT_EACH_STEP)))]
    chosen = [*AT_EACH_STEP, *more][:count]
    return tuple(Kill(each.victim, each.instant, random.uniform(0.0, _LONGEST_AFTER_S)) for each in chosen)


def survives(field: Field, kill: Kill) -> None:
    """Let the commune air its bulletin, kill, start again; raises AssertionError for anything lost or done twice."""
    field.start_station()
    for node in NODES:
        field.start_node(node)
    field.wait(f"{kill.instant} at thon-1", reached(kill.instant, "thon-1"), 40)
    time.sleep(kill.after_s)
    killed_at = datetime.now(UTC)
    field.kill(kill.victim)
    time.sleep(_DOWN_S)
    field.start(kill.victim)

    # By the clock, not by the step: on a slow machine a step may be seen only when the airing has begun.
    in_time = killed_at < field.starts_at - timedelta(seconds=_STARTING_S)
    whole = [node for node in NODES if node != kill.victim or in_time]

    def proven(view: AiringView) -> bool:
        # A verdict is not the last word before the recording that was asked for has come.
        return settled(view) and all(n.verdict == VerdictCode.AIRED for n in view.nodes if n.node in whole)

    view = field.wait("a verdict for every node, aired for whoever was not killed while it played", proven, 70)

    field.verified()
    for node in NODES:
        taken = steps(view, node)
        assert taken.count(Step.STARTED) <= 1, (node, taken)
    assert Step.APPROVED in [entry.evidence.step for entry in view.chain]
    if kill.victim in NODES:
        _killed_node_tells(field, kill, in_time)


def _killed_node_tells(field: Field, kill: Kill, in_time: bool) -> None:
    """A node killed while it plays says so; killed before or after, nothing is missing."""
    seen = field.look()
    assert seen is not None
    killed = next(node for node in seen[1].nodes if node.node == kill.victim)
    taken = steps(seen[1], kill.victim)
    interrupted = Step.INTERRUPTED in taken
    assert interrupted != (Step.FINISHED in taken), (taken, field.logs())
    if interrupted:
        assert "node_restarted" in killed.reasons
    elif Step.MEASURED in taken:
        # What was recorded and not yet measured may die with the node; what was measured may not.
        assert killed.verdict == VerdictCode.AIRED, (killed, field.logs())
    if in_time:
        assert not interrupted, (taken, field.logs())
        assert Step.MEASURED in taken, (taken, field.logs())
    elif kill.after_s == 0.0 and kill.instant in (Step.STARTED, Step.FINISHED):
        assert interrupted == (kill.instant is Step.STARTED), (taken, field.logs())
