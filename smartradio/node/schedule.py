"""What to do with a planned airing at this moment: a pure table over time, audio and what else plays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from smartradio.domain.evidence import Reason
from smartradio.domain.priority import Priority, preempts
from smartradio.node.microphone import BEFORE_S
from smartradio.node.player import WARM_BEFORE_S
from smartradio.wire.messages import PlannedAiring

WARM_BEFORE = timedelta(seconds=WARM_BEFORE_S + 0.4)
LISTEN_BEFORE = timedelta(seconds=BEFORE_S)
# From here on it counts as started: what is decoded, written down and handed to the player needs this long.
ARM_BEFORE = timedelta(seconds=0.6)


class Do(StrEnum):
    """The next thing to do with an airing."""

    WAIT = "wait"
    WARM = "warm"
    LISTEN = "listen"
    ARM = "arm"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do; `reason` says why it is skipped or what it waits for."""

    do: Do
    reason: Reason | None = None


def decide(
    airing: PlannedAiring,
    now: datetime,
    *,
    audio_here: bool,
    playing: Priority | None,
    hindrance: Reason | None = None,
    last_start: datetime | None = None,
) -> Decision:
    """Return what to do with an airing that has not begun; it may begin until `last_start`, or until it expires.

    `playing` is the priority of what plays or stands ready; `hindrance` is what has kept a due airing from
    starting so far, and becomes the reason if its time runs out.
    """
    if now > (last_start or airing.expires_at):
        if hindrance is None and not audio_here:
            hindrance = Reason.AUDIO_MISSING
        return Decision(Do.SKIP, hindrance or Reason.TOO_LATE)
    for before, do in ((WARM_BEFORE, Do.WAIT), (LISTEN_BEFORE, Do.WARM)):
        if now < airing.starts_at - before:
            return Decision(do)
    early = now < airing.starts_at - ARM_BEFORE
    hindered = None
    if not audio_here:
        hindered = Reason.AUDIO_MISSING
    elif playing is not None and not preempts(Priority(airing.priority), playing):
        hindered = Reason.BUSY
    if hindered is not None:
        # The microphone opens only for what can be played (rule 11).
        return Decision(Do.WARM) if early else Decision(Do.WAIT, hindered)
    return Decision(Do.LISTEN if early else Do.ARM)


def next_instant(airing: PlannedAiring, now: datetime) -> datetime | None:
    """Return the next instant at which `decide` may say something else for time's sake alone."""
    instants = (
        airing.starts_at - WARM_BEFORE,
        airing.starts_at - LISTEN_BEFORE,
        airing.starts_at - ARM_BEFORE,
        airing.expires_at + timedelta(milliseconds=1),
    )
    return min((instant for instant in instants if instant > now), default=None)


def by_need(airing: PlannedAiring) -> tuple[int, datetime, int, str]:
    """Sort key: the most urgent first, then the earliest, then the one whose turn it is."""
    return (-airing.priority, airing.starts_at, airing.rank, airing.airing)
