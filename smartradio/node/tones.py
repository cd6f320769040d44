"""Test tones that an order asked for: played as soon as nothing else plays, and measured."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.feed import Feed, Piece
from smartradio.node.horn import Horn, OnAir
from smartradio.node.microphone import BEFORE_S
from smartradio.node.parts import NodeParts
from smartradio.node.sound.port import SoundError
from smartradio.node.tone import TONE_S, tone_signal
from smartradio.wire.messages import Action, Order

_logger = logging.getLogger(__name__)

LEAD = timedelta(seconds=0.4)
WITHIN = timedelta(seconds=30)
AGAIN_S = 1.0


@dataclass
class _Tone:
    order: Order
    starts_at: datetime
    why: Reason = Reason.BUSY


class Tones:
    """Tones that wait for the horn; one thread's. `listen(key, from_s)` opens the microphone."""

    def __init__(self, parts: NodeParts, horn: Horn, listen: Callable[[str, float], None]) -> None:
        self._parts = parts
        self._horn = horn
        self._listen = listen
        self._tones: dict[str, _Tone] = {}
        self._again_s = 0.0

    def __bool__(self) -> bool:
        return bool(self._tones)

    def add(self, order: Order, now: datetime) -> None:
        """Take an order for a tone."""
        self._tones[order.order] = _Tone(order, max(now + LEAD, order.not_before))

    def tick(self, now: datetime, now_s: float) -> None:
        """Play what may be played; what found no place in its time is reported."""
        for key, tone in list(self._tones.items()):
            if now > tone.starts_at + WITHIN:
                self._parts.reports.add(Step.SKIPPED, None, reason=tone.why, facts={"order": key})
                del self._tones[key]
            elif self._horn.playing is None and now >= tone.starts_at - LEAD and now_s >= self._again_s:
                self._start(key, tone, now, now_s)

    def _start(self, key: str, tone: _Tone, now: datetime, now_s: float) -> None:
        planned_s = self._parts.clock.monotonic_at(max(tone.starts_at, now))
        if planned_s is None:
            return
        pieces = (Piece(tone_signal, TONE_S),)
        clip = tone.order.action is Action.CLIP
        on_air = OnAir(key, None, Priority(tone.order.priority), pieces, planned_s, clip, order=key)
        try:
            self._parts.player.warm()
            self._listen(key, planned_s - BEFORE_S)
            self._horn.put_on(on_air, Feed(pieces, gain=self._parts.volume.gain))
        except SoundError as error:
            _logger.warning("%s", error)
            tone.why = Reason.SOUND_DEVICE
            self._again_s = now_s + AGAIN_S
            return
        del self._tones[key]
