"""The airings of one node, from plan to measured: waits for the instant, plays, listens, writes it all down."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.desk import Desk
from smartradio.node.feed import Feed, Piece
from smartradio.node.horn import Horn, OnAir
from smartradio.node.journal import Progress
from smartradio.node.microphone import BEFORE_S
from smartradio.node.schedule import Do, by_need, decide, next_instant
from smartradio.node.sound.port import OUTPUT_RATE, SoundError
from smartradio.wire.messages import Action, Order, PlannedAiring, SegmentRef

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

# A due airing that cannot start is looked at this often; while something plays, its state too.
BUSY_STEP_S = 0.05
SOUND_AGAIN_S = 1.0
READY_WITHIN_S = 2.0
TONE_S = 2.0
TONE_LEAD = timedelta(seconds=0.4)
TONE_WITHIN = timedelta(seconds=30)


@dataclass
class _Tone:
    """A test tone that an order asked for."""

    order: Order
    starts_at: datetime


class Broadcast:
    """All airings of this node; one thread's. `decode` turns an Opus object into samples at OUTPUT_RATE."""

    def __init__(self, desk: Desk, decode: Callable[[bytes], Signal]) -> None:
        self._desk = desk
        self._decode = decode
        self._hindrances: dict[str, Reason] = {}
        self._delivered: set[str] = set()
        self._sound_again_s = 0.0
        self._horn = Horn(desk, broke=self._again_if_emergency)
        self._tones: dict[str, _Tone] = {}
        self.pending: dict[str, PlannedAiring] = {}

    # -- what is to be played

    def recover(self) -> None:
        """After a restart: report what was cut off, and take up what has not begun."""
        journal, reports = self._desk.journal, self._desk.reports
        for entry in journal.unfinished():
            airing = PlannedAiring.model_validate_json(entry.body)
            facts = {"played_s": round(entry.played_s, 2), "at_least": True}
            make = reports.make(Step.INTERRUPTED, entry.airing, reason=Reason.NODE_RESTARTED, facts=facts)
            journal.end(entry.airing, Progress.INTERRUPTED, make, entry.played_s)
            self._again_if_emergency(airing)
        for entry in journal.pending():
            self.pending[entry.airing] = PlannedAiring.model_validate_json(entry.body)

    def _again_if_emergency(self, airing: PlannedAiring) -> None:
        """An interrupted emergency plays again from its beginning, if it may still start then."""
        if Priority(airing.priority) is Priority.EMERGENCY and self._desk.journal.begin_again(airing.airing):
            self.pending[airing.airing] = airing

    def learn(self, airing: PlannedAiring) -> None:
        """Take an airing of a verified plan or order; what has begun or ended here is left as it is."""
        self._desk.journal.know(airing.airing, airing.model_dump_json(), airing.expires_at.isoformat())
        entry = self._desk.journal.entry(airing.airing)
        if entry is not None and entry.progress is Progress.KNOWN:
            self.pending[airing.airing] = airing

    def withdraw(self, keep: set[str], now: datetime | None) -> None:
        """Drop airings that are yet to come and no longer stand in the plan; what is due is stopped by order."""
        for key, airing in list(self.pending.items()):
            if key not in keep and now is not None and airing.starts_at > now:
                self._skip(airing, Reason.WITHDRAWN)

    def stop(self, key: str | None, now: datetime) -> None:
        """Stop one airing, or (None) what plays and what is due."""
        for airing in list(self.pending.values()):
            due = airing.starts_at <= now if key is None else airing.airing == key
            if due:
                self._skip(airing, Reason.STOPPED)
        playing = self._horn.playing
        if playing is not None and key in (None, playing.key):
            self._horn.stop()

    def tone(self, order: Order, now: datetime) -> None:
        """Play a test tone as soon as nothing else plays, and measure it; CLIP sends the recording too."""
        self._tones[order.order] = _Tone(order, max(now + TONE_LEAD, order.not_before))

    def needed(self) -> dict[str, int]:
        """Return the objects of all that is to come (SHA-256 → bytes), the most urgent first."""
        objects: dict[str, int] = {}
        for airing in sorted(self.pending.values(), key=lambda each: (each.starts_at, -each.priority)):
            for segment in airing.segments:
                objects.setdefault(segment.sha256, segment.size_bytes)
        return objects

    def look_delivered(self) -> None:
        """Report airings whose audio has become complete, once each."""
        for airing in self.pending.values():
            if airing.airing not in self._delivered and self._audio_here(airing):
                self._delivered.add(airing.airing)
                self._hindrances.pop(airing.airing, None)
                facts = {"bytes": sum(segment.size_bytes for segment in airing.segments)}
                make = self._desk.reports.make(Step.DELIVERED, airing.airing, facts=facts)
                self._desk.journal.delivered(airing.airing, make)

    def airings_with(self, sha256: str) -> list[str]:
        """Return the airings to come that need an object."""
        return [
            key for key, airing in self.pending.items() if any(segment.sha256 == sha256 for segment in airing.segments)
        ]

    def hinder(self, airing: str, reason: Reason) -> None:
        """Note why an airing may not start."""
        self._hindrances[airing] = reason

    def _audio_here(self, airing: PlannedAiring) -> bool:
        return all(segment.sha256 in self._desk.cache for segment in airing.segments)

    # -- time

    def tick(self, now_s: float) -> float:
        """Do what is due; return the monotonic time by which to come back."""
        self._horn.tick(now_s)
        now = self._desk.clock.now()
        if now is None:
            return now_s + 1.0
        wake_s = [now_s + 1.0]
        wake_s += [self._advance(airing, now, now_s) for airing in sorted(self.pending.values(), key=by_need)]
        wake_s.append(self._advance_tones(now, now_s))
        if self._horn.busy or self._horn.measuring:
            wake_s.append(now_s + BUSY_STEP_S)
        else:
            self._rest(now)
        return min(wake_s)

    def _rest(self, now: datetime) -> None:
        soon = now + timedelta(seconds=10)
        if not self._tones and all(airing.starts_at > soon for airing in self.pending.values()):
            self._desk.player.cool()

    def _advance(self, airing: PlannedAiring, now: datetime, now_s: float) -> float:
        if airing.airing in self._horn:
            # An interrupted emergency begins again once its first attempt has been listened to.
            return now_s + BUSY_STEP_S
        playing = self._horn.playing
        decision = decide(
            airing,
            now,
            audio_here=self._audio_here(airing),
            playing=playing.priority if playing is not None else None,
            hindrance=self._hindrances.get(airing.airing),
        )
        if decision.do is Do.SKIP:
            self._skip(airing, decision.reason)
            return now_s
        # Missing audio speaks for itself; what it is missing for (a full disk) stands here already.
        if decision.reason not in (None, Reason.AUDIO_MISSING):
            self._hindrances[airing.airing] = decision.reason
        try:
            if decision.do in (Do.WARM, Do.LISTEN, Do.ARM) and now_s >= self._sound_again_s:
                self._prepare(airing, decision.do)
        except SoundError as error:
            if self._hindrances.get(airing.airing) is not Reason.SOUND_DEVICE:
                _logger.warning("%s; trying again", error)
            self._hindrances[airing.airing] = Reason.SOUND_DEVICE
            self._sound_again_s = now_s + SOUND_AGAIN_S
        following = next_instant(airing, now)
        due = airing.starts_at - timedelta(seconds=BEFORE_S) <= now
        if following is None or due:
            return now_s + BUSY_STEP_S
        return now_s + (following - now).total_seconds()

    def _prepare(self, airing: PlannedAiring, do: Do) -> None:
        planned_s = self._desk.clock.monotonic_at(airing.starts_at)
        if planned_s is None:
            return
        self._desk.player.warm()
        if do is Do.WARM:
            return
        # A microphone that is missing must not keep the horn silent: play, and report nothing heard.
        self._listen(airing.airing, planned_s - BEFORE_S)
        if do is Do.ARM:
            self._arm(airing, planned_s)

    def _listen(self, key: str, from_s: float) -> None:
        microphone = self._desk.microphone
        if microphone.listening_for(key):
            return
        try:
            microphone.open(key, from_s)
        except SoundError as error:
            _logger.warning("%s", error)

    def _arm(self, airing: PlannedAiring, planned_s: float) -> None:
        pieces = tuple(self._piece(segment) for segment in airing.segments)
        feed = Feed(pieces, gain=self._desk.volume.gain)
        if not feed.wait_ready(READY_WITHIN_S):
            feed.close()
            _logger.warning("airing %s cannot be decoded: %s", airing.airing, feed.failure or "too slow")
            self._hindrances[airing.airing] = Reason.ALTERED_RECORDING if feed.failure else Reason.BUSY
            return
        # Written down before the first sample: whatever happens from here on, it never starts twice.
        if not self._desk.journal.begin(airing.airing):
            feed.close()
            self.pending.pop(airing.airing, None)
            return
        self.pending.pop(airing.airing, None)
        self._hindrances.pop(airing.airing, None)
        self._horn.put_on(OnAir(airing.airing, airing, Priority(airing.priority), pieces, planned_s, airing.clip), feed)

    def _piece(self, segment: SegmentRef) -> Piece:
        return Piece(partial(self._load, segment.sha256), segment.duration_s, segment.pause_after_s)

    def _load(self, sha256: str) -> Signal:
        data = self._desk.cache.load(sha256)
        if data is None:
            raise OSError(f"recording {sha256[:12]} is not whole on the disk any more")
        return self._decode(data)

    # -- test tones

    def _advance_tones(self, now: datetime, now_s: float) -> float:
        for key, tone in list(self._tones.items()):
            if now > tone.starts_at + TONE_WITHIN:
                del self._tones[key]
                self._desk.reports.add(
                    Step.SKIPPED, None, reason=self._hindrances.pop(key, Reason.BUSY), facts={"order": key}
                )
            elif self._horn.playing is None and now >= tone.starts_at - TONE_LEAD and now_s >= self._sound_again_s:
                self._start_tone(key, tone, now, now_s)
        return now_s + (BUSY_STEP_S if self._tones else 1.0)

    def _start_tone(self, key: str, tone: _Tone, now: datetime, now_s: float) -> None:
        planned_s = self._desk.clock.monotonic_at(max(tone.starts_at, now))
        if planned_s is None:
            return
        pieces = (Piece(_tone, TONE_S),)
        try:
            self._listen(key, planned_s - BEFORE_S)
            self._horn.put_on(
                OnAir(
                    key,
                    None,
                    Priority(tone.order.priority),
                    pieces,
                    planned_s,
                    clip=tone.order.action is Action.CLIP,
                    order=key,
                ),
                Feed(pieces, gain=self._desk.volume.gain),
            )
        except SoundError as error:
            _logger.warning("%s", error)
            self._hindrances[key] = Reason.SOUND_DEVICE
            self._sound_again_s = now_s + SOUND_AGAIN_S
            return
        del self._tones[key]

    def _skip(self, airing: PlannedAiring, reason: Reason | None) -> None:
        del self.pending[airing.airing]
        self._hindrances.pop(airing.airing, None)
        if self._desk.microphone.listening_for(airing.airing):
            self._desk.microphone.cut(airing.airing, 0.0)
        facts = {"planned_at": airing.starts_at.isoformat(), "expires_at": airing.expires_at.isoformat()}
        make = self._desk.reports.make(Step.SKIPPED, airing.airing, reason=reason, facts=facts)
        self._desk.journal.end(airing.airing, Progress.SKIPPED, make)

    @property
    def playing_airing(self) -> str | None:
        """The airing that plays, for the heartbeat."""
        playing = self._horn.playing
        return playing.airing.airing if playing is not None and playing.airing is not None else None

    @property
    def measuring(self) -> bool:
        """Whether figures are being worked out."""
        return self._horn.measuring

    def close(self) -> None:
        """End the sound; what was playing is reported as interrupted at the next start."""
        self._horn.close()


def _tone() -> Signal:
    time_s = np.arange(int(TONE_S * OUTPUT_RATE)) / OUTPUT_RATE
    # Rising from 400 to 3,000 Hz: it has one place in time, so that a neighbour's is told from the own.
    phase = 2 * np.pi * (400 * time_s + 0.5 * (2_600 / TONE_S) * time_s**2)
    edge = np.minimum(np.minimum(time_s, TONE_S - time_s) / 0.05, 1.0)
    return (0.25 * edge * np.sin(phase)).astype(np.float32)
