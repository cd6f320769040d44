"""The fallback ladder: the programme, in its place a standing notice, in its place silence.

Only in the place of an airing of the plan whose audio is not here at its instant, never of an emergency: an alarm
that is not played must not be covered up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from smartradio.domain.evidence import Reason
from smartradio.domain.priority import Priority
from smartradio.node.feed import Feed, Piece
from smartradio.node.horn import Horn, OnAir
from smartradio.node.lineup import Lineup
from smartradio.node.parts import NodeParts
from smartradio.node.sound.port import SoundError
from smartradio.node.stretch import sounding_of
from smartradio.wire.messages import PlannedAiring, SegmentRef

_logger = logging.getLogger(__name__)

Rung = Literal["programme", "standing", "silence"]
EVERY: Final = timedelta(minutes=30)
"""The notice is not heard more often than this, whatever is missing."""
_HEARD_AT: Final = "standing_at"
_READY_WITHIN_S = 2.0


class Ladder:
    """Which rung this node stands on, and the notice in the place of what is missing; one thread's.

    `piece` makes a segment playable.
    """

    def __init__(self, parts: NodeParts, lineup: Lineup, horn: Horn, piece: Callable[[SegmentRef], Piece]) -> None:
        self._parts = parts
        self._lineup = lineup
        self._horn = horn
        self._piece = piece
        self._tried: dict[str, Rung] = {}
        self.rung: Rung = "programme"

    def is_missing(self, airing: PlannedAiring, now: datetime, now_s: float) -> None:
        """Do what is to be done at the instant of an airing whose audio is not here: once."""
        # A relay has a text of its own in its place, and what has not come of it yet is no fault.
        never = Priority(airing.priority) is Priority.EMERGENCY or airing.live is not None
        if never or now < airing.starts_at or airing.airing in self._tried or self._horn.playing is not None:
            return
        self.rung = self._tried[airing.airing] = "standing" if self._stand_in(airing, now, now_s) else "silence"
        _logger.warning("the audio of airing %s is not here at its instant: %s", airing.airing, self.rung)

    def plays(self) -> None:
        """Learn that an airing of the plan begins."""
        self.rung = "programme"

    def told_missing(self, airing: PlannedAiring, why: Reason | None) -> tuple[Reason | None, dict[str, Any]]:
        """Return reason and facts with which a missing airing is skipped, and forget it."""
        rung = self._tried.pop(airing.airing, None)
        if rung is None or self._lineup.audio_here(airing):
            return why, {}
        facts: dict[str, Any] = {"rung": rung}
        if rung == "silence" or self._lineup.standing is None:
            return why, facts
        return Reason.FALLBACK, facts | {"cause": str(why), "recording": self._lineup.standing.recording}

    def forget(self, key: str) -> None:
        """Forget an airing that is no longer to come."""
        self._tried.pop(key, None)

    def _stand_in(self, airing: PlannedAiring, now: datetime, now_s: float) -> bool:
        notice = self._lineup.standing
        if notice is None or any(segment.sha256 not in self._parts.cache for segment in notice.segments):
            return False
        lasts = timedelta(seconds=sounding_of(notice.segments).duration_s)
        if (airing.ends_by is not None and now + lasts > airing.ends_by) or not self._is_time(now):
            return False
        pieces = tuple(self._piece(segment) for segment in notice.segments)
        feed = Feed(pieces, gain=self._parts.volume.with_gain(airing.gain_db))
        put_on = False
        try:
            if feed.wait_ready(_READY_WITHIN_S):
                # Written down first: a node that restarts every minute must not repeat it every minute.
                self._parts.journal.put({_HEARD_AT: now.isoformat()})
                key = f"standing-{airing.airing}"
                self._horn.put_on(OnAir(key, None, Priority.FALLBACK, pieces, now_s, clip=False), feed)
                put_on = True
        except SoundError as error:
            _logger.warning("the standing notice cannot be played: %s", error)
        finally:
            if not put_on:
                feed.close()
        return put_on

    def _is_time(self, now: datetime) -> bool:
        heard_at = self._parts.journal.get(_HEARD_AT)
        # A notice of the future was noted under a clock that has been put right since.
        return heard_at is None or not timedelta(0) <= now - datetime.fromisoformat(heard_at) < EVERY
