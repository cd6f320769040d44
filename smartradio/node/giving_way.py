"""Silence first: what an order ends falls silent before anything is written down of it.

A disk may take long for a write. A node whose power goes between silence and writing has never heard of the order:
it takes up what it was playing, or what the plan says by then, as it would have with the order a moment later.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

from smartradio.domain.evidence import Reason
from smartradio.node.horn import Horn
from smartradio.node.journal import Progress
from smartradio.node.parts import NodeParts
from smartradio.wire.messages import Action, Order, PlannedAiring

_logger = logging.getLogger(__name__)

HUSHED_FOR_S: Final = 2.0
"""What does not begin within this was not written down or not decoded: what was hushed for it sounds on."""
_REMEMBERED: Final = 50


class GivingWay:
    """Hushes what plays for what is about to begin; one thread's.

    `may_begin` says whether an airing would be put on the horn now.
    """

    def __init__(
        self, parts: NodeParts, horn: Horn, may_begin: Callable[[PlannedAiring, datetime, float], bool]
    ) -> None:
        self._parts = parts
        self._horn = horn
        self._may_begin = may_begin
        self._hushed_by: deque[str] = deque(maxlen=_REMEMBERED)
        self._hushed: tuple[str, float] | None = None

    def take(self, order: Order, now: datetime, now_s: float) -> None:
        """Let fall silent what a verified order stops, or what gives way to what it brings and can be heard now."""
        playing = self._horn.playing
        if playing is None:
            return
        if order.action is Action.STOP and order.not_before <= now and order.stop_airing in (None, playing.key):
            self._horn.stop()
        elif order.airing is not None and self._begins(order, order.airing, now, now_s):
            # Once an order: while it cannot be written down it comes again and again.
            self._hushed_by.append(order.order)
            self._hushed = (playing.key, now_s + HUSHED_FOR_S)
            self._parts.player.hush()

    def tick(self, now_s: float) -> None:
        """Let sound on what was hushed for something that has not begun."""
        if self._hushed is None:
            return
        key, until_s = self._hushed
        playing = self._horn.playing
        if playing is None or playing.key != key:
            self._hushed = None
        elif now_s >= until_s:
            self._hushed = None
            _logger.warning("airing %s sounds on: what it was to give way to has not begun", key)
            if playing.relay is None:
                self._parts.player.sound_on()
            else:
                # It is joined again where it is by then.
                self._horn.stop(Reason.PREEMPTED)

    def _begins(self, order: Order, airing: PlannedAiring, now: datetime, now_s: float) -> bool:
        if order.order in self._hushed_by or self._parts.journal.order_seen(order.order):
            return False
        entry = self._parts.journal.entry(airing.airing)
        known = entry is None or entry.progress is Progress.KNOWN
        return known and self._may_begin(airing, now, now_s)
