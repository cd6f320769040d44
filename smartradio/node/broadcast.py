"""The airings of one node, from plan to measured: waits for the instant, plays, listens, writes it all down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.feed import Feed, Piece
from smartradio.node.gate import Mark
from smartradio.node.horn import Horn, OnAir
from smartradio.node.journal import JournalEntry, Progress
from smartradio.node.microphone import BEFORE_S
from smartradio.node.parts import NodeParts
from smartradio.node.schedule import Do, by_need, decide, next_instant
from smartradio.node.sound.port import SoundError
from smartradio.node.tone import TONE_S, tone_signal
from smartradio.wire.messages import Action, Order, Plan, PlannedAiring, SegmentRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)

# A due airing that cannot start is looked at this often; while something plays, its state too.
BUSY_STEP_S = 0.05
SOUND_AGAIN_S = 1.0
READY_WITHIN_S = 2.0
# What came due while the node was off waits so long for the plan of today: it may have been withdrawn.
PLAN_WITHIN_S = 10.0
LEAST_LEFT = timedelta(seconds=3)
TONE_LEAD = timedelta(seconds=0.4)
TONE_WITHIN = timedelta(seconds=30)


@dataclass
class _Tone:
    """A test tone that an order asked for."""

    order: Order
    starts_at: datetime


class Broadcast:
    """All airings of this node; one thread's. `decode` turns an Opus object into samples at OUTPUT_RATE."""

    def __init__(self, parts: NodeParts, decode: Callable[[bytes], Signal]) -> None:
        self._parts = parts
        self._decode = decode
        self._hindrances: dict[str, Reason] = {}
        self._delivered: set[str] = set()
        self._sound_again_s = 0.0
        self._decode_again_s: dict[str, float] = {}
        self._back_at: datetime | None = None
        self._plan_by_s: float | None = None
        self._listening: set[str] = set()
        self._marks: dict[str, Mark] = {}
        self._horn = Horn(parts, broke=self._again_if_emergency)
        self._tones: dict[str, _Tone] = {}
        self.pending: dict[str, PlannedAiring] = {}

    # -- what is to be played

    def recover(self) -> None:
        """After a restart: report what was cut off, and take up what has not begun."""
        journal, reports = self._parts.journal, self._parts.reports
        for entry in journal.unfinished():
            airing = PlannedAiring.model_validate_json(entry.body)
            facts = {"played_s": round(entry.played_s, 2), "at_least": True}
            make = reports.make(Step.INTERRUPTED, entry.airing, reason=Reason.NODE_RESTARTED, facts=facts)
            journal.end(entry.airing, Progress.INTERRUPTED, make, entry.played_s)
            self._again_if_emergency(airing)
        for entry in journal.pending():
            self._take_up(entry)

    def _again_if_emergency(self, airing: PlannedAiring) -> None:
        """An interrupted emergency plays again from its beginning, if it may still start then."""
        if Priority(airing.priority) is Priority.EMERGENCY and self._parts.journal.begin_again(airing.airing):
            self._look_at(airing.airing)

    def told_plan(self) -> None:
        """The station itself has said what its plan is now."""
        self._plan_by_s = 0.0

    def follow(self, plan: Plan, facts: Mapping[str, str]) -> None:
        """Put a verified plan in force: learn what stands in it, drop what does not and has not begun.

        All of it and `facts` are one transaction, so that no crash leaves a plan half in force. An airing
        that an order newer than this plan brought stays: the plan was on its way when the order rang.
        """
        mark = (plan.epoch, plan.counter)
        named = _named_in(plan)
        new = [airing for airing in plan.airings if self.pending.get(airing.airing) != airing]
        gone = [
            (airing, self._why_gone(airing, plan))
            for key, airing in self.pending.items()
            if key not in named and self._marks[key] < mark
        ]
        if not (facts or new or gone):
            return
        with self._parts.journal.together():
            self._parts.journal.put(facts)
            for airing in new:
                self._know(airing, mark)
            self._write_skipped(gone)
        for airing, _ in gone:
            self._drop(airing.airing)
        for airing in new:
            self._look_at(airing.airing)

    def _why_gone(self, airing: PlannedAiring, plan: Plan) -> Reason:
        moment = self._parts.clock.now() or plan.issued_at
        hindrance = self._hindrances.get(airing.airing)
        decision = decide(airing, moment, audio_here=self._audio_here(airing), playing=None, hindrance=hindrance)
        # A plan names nothing that is over; what it leaves out before that was withdrawn.
        return decision.reason if decision.do is Do.SKIP and decision.reason is not None else Reason.WITHDRAWN

    def play(self, order: Order) -> None:
        """Learn the airing of a verified order; what has begun or ended here is left as it is."""
        airing = order.airing
        if airing is None:
            return
        with self._parts.journal.together():
            if self._see(order):
                self._know(airing, (order.epoch, order.counter))
        self._look_at(airing.airing)

    def stop(self, order: Order, now: datetime) -> None:
        """Stop one airing, or (the order names none) what plays and what is due."""
        key = order.stop_airing
        due = [
            (airing, Reason.STOPPED)
            for airing in self.pending.values()
            if (airing.starts_at <= now if key is None else airing.airing == key)
        ]
        with self._parts.journal.together():
            if not self._see(order):
                return
            self._write_skipped(due)
        for airing, _ in due:
            self._drop(airing.airing)
        playing = self._horn.playing
        if playing is not None and key in (None, playing.key):
            self._horn.stop()

    def send_clip(self, order: Order, airing: str) -> None:
        """Send the kept recording of an airing, and report that it was asked for; one that is gone too.

        It was heard in its own time: the microphone stays closed and no tone is played.
        """
        with self._parts.journal.together():
            if not self._see(order):
                return
            found = self._parts.clips.release(airing)
            reason = None if found else Reason.CLIP_GONE
            facts = {"order": order.order, "clips": list(found)}
            self._parts.reports.add(Step.CLIP_ASKED, airing, reason=reason, facts=facts)
        self._parts.clips.look_again()

    def tone(self, order: Order, now: datetime) -> None:
        """Play a test tone as soon as nothing else plays, and measure it; CLIP sends the recording too."""
        if self._see(order):
            self._tones[order.order] = _Tone(order, max(now + TONE_LEAD, order.not_before))

    def _see(self, order: Order) -> bool:
        return self._parts.journal.see_order(order.order, order.expires_at.isoformat())

    def _know(self, airing: PlannedAiring, mark: Mark) -> None:
        self._parts.journal.know(airing.airing, airing.model_dump_json(), airing.expires_at.isoformat(), mark)

    def _look_at(self, key: str) -> None:
        entry = self._parts.journal.entry(key)
        if entry is not None and entry.progress is Progress.KNOWN:
            self._take_up(entry)

    def _take_up(self, entry: JournalEntry) -> None:
        self.pending[entry.airing] = PlannedAiring.model_validate_json(entry.body)
        self._marks[entry.airing] = entry.mark
        if entry.delivered:
            self._delivered.add(entry.airing)

    def needed(self) -> dict[str, int]:
        """Return the objects of all that is to come (SHA-256 → bytes), the most urgent first."""
        objects: dict[str, int] = {}
        for airing in sorted(self.pending.values(), key=lambda each: (each.starts_at, -each.priority)):
            for segment in airing.segments:
                objects.setdefault(segment.sha256, segment.size_bytes)
        return objects

    def look_delivered(self) -> None:
        """Report airings whose audio has become complete, once each."""
        whole = [
            airing
            for airing in self.pending.values()
            if airing.airing not in self._delivered and self._audio_here(airing)
        ]
        if not whole:
            return
        with self._parts.journal.together():
            for airing in whole:
                facts = {"bytes": sum(segment.size_bytes for segment in airing.segments)}
                make = self._parts.reports.make(Step.DELIVERED, airing.airing, facts=facts)
                self._parts.journal.delivered(airing.airing, make)
        for airing in whole:
            self._delivered.add(airing.airing)
            self._hindrances.pop(airing.airing, None)

    def airings_with(self, sha256: str) -> list[str]:
        """Return the airings to come that need an object."""
        return [
            key for key, airing in self.pending.items() if any(segment.sha256 == sha256 for segment in airing.segments)
        ]

    def hinder(self, airing: str, reason: Reason) -> None:
        """Note why an airing may not start."""
        self._hindrances[airing] = reason

    def _audio_here(self, airing: PlannedAiring) -> bool:
        return all(segment.sha256 in self._parts.cache for segment in airing.segments)

    # -- time

    def tick(self, now_s: float) -> float:
        """Do what is due; return the monotonic time by which to come back."""
        self._listening.clear()
        try:
            return self._do_due(now_s)
        finally:
            # Whatever came in between: no window stays open for what neither plays nor is about to (rule 11).
            self._parts.microphone.keep_only(self._listening | self._horn.keys)
            self._parts.clock.hold(on=self._horn.busy or self._parts.microphone.is_open)

    def _do_due(self, now_s: float) -> float:
        self._horn.tick(now_s)
        now = self._parts.clock.now()
        if now is None:
            return now_s + 1.0
        if self._plan_by_s is None:
            self._plan_by_s = now_s + PLAN_WITHIN_S
        if self._back_at is None:
            self._back_at = now
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
            self._parts.player.cool()

    def _advance(self, airing: PlannedAiring, now: datetime, now_s: float) -> float:
        if airing.airing in self._horn:
            # An interrupted emergency begins again once its first attempt has been listened to.
            return now_s + BUSY_STEP_S
        if self._waits_for_plan(airing, now, now_s):
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
        again_s = max(self._sound_again_s, self._decode_again_s.get(airing.airing, 0.0))
        try:
            if decision.do in (Do.WARM, Do.LISTEN, Do.ARM) and now_s >= again_s:
                self._prepare(airing, decision.do, now_s)
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

    def _waits_for_plan(self, airing: PlannedAiring, now: datetime, now_s: float) -> bool:
        if self._plan_by_s is None or now_s >= self._plan_by_s or self._back_at is None:
            return False
        return airing.starts_at <= self._back_at and now < airing.expires_at - LEAST_LEFT

    def _prepare(self, airing: PlannedAiring, do: Do, now_s: float) -> None:
        planned_s = self._parts.clock.monotonic_at(airing.starts_at)
        if planned_s is None:
            return
        self._parts.player.warm()
        if do is Do.LISTEN:
            self._listen(airing.airing, planned_s - BEFORE_S)
        elif do is Do.ARM:
            self._arm(airing, planned_s, now_s)

    def _listen(self, key: str, from_s: float) -> None:
        # A microphone that is missing must not keep the horn silent: play, and report nothing heard.
        self._listening.add(key)
        microphone = self._parts.microphone
        if microphone.listening_for(key):
            return
        try:
            microphone.open(key, from_s)
        except SoundError as error:
            _logger.warning("%s", error)

    def _arm(self, airing: PlannedAiring, planned_s: float, now_s: float) -> None:
        pieces = tuple(self._piece(segment) for segment in airing.segments)
        feed = Feed(pieces, gain=self._parts.volume.gain)
        put_on = False
        try:
            if not feed.wait_ready(READY_WITHIN_S):
                _logger.warning("airing %s cannot be decoded: %s", airing.airing, feed.failure or "too slow")
                self._hindrances[airing.airing] = Reason.ALTERED_RECORDING if feed.failure else Reason.BUSY
                self._decode_again_s[airing.airing] = now_s + SOUND_AGAIN_S
                return
            # Written down before the first sample: whatever happens from here on, it never starts twice.
            put_on = self._parts.journal.begin(airing.airing)
        finally:
            if not put_on:
                feed.close()
        self._drop(airing.airing)
        if put_on:
            self._listen(airing.airing, max(planned_s, now_s) - BEFORE_S)
            on_air = OnAir(airing.airing, airing, Priority(airing.priority), pieces, planned_s, airing.clip)
            self._horn.put_on(on_air, feed)

    def _piece(self, segment: SegmentRef) -> Piece:
        return Piece(partial(self._load, segment.sha256), segment.duration_s, segment.pause_after_s, segment.kind)

    def _load(self, sha256: str) -> Signal:
        data = self._parts.cache.load(sha256)
        if data is None:
            raise OSError(f"recording {sha256[:12]} is not whole on the disk any more")
        return self._decode(data)

    # -- test tones

    def _advance_tones(self, now: datetime, now_s: float) -> float:
        for key, tone in list(self._tones.items()):
            if now > tone.starts_at + TONE_WITHIN:
                reason = self._hindrances.get(key, Reason.BUSY)
                self._parts.reports.add(Step.SKIPPED, None, reason=reason, facts={"order": key})
                self._hindrances.pop(key, None)
                del self._tones[key]
            elif self._horn.playing is None and now >= tone.starts_at - TONE_LEAD and now_s >= self._sound_again_s:
                self._start_tone(key, tone, now, now_s)
        return now_s + (BUSY_STEP_S if self._tones else 1.0)

    def _start_tone(self, key: str, tone: _Tone, now: datetime, now_s: float) -> None:
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
            self._hindrances[key] = Reason.SOUND_DEVICE
            self._sound_again_s = now_s + SOUND_AGAIN_S
            return
        del self._tones[key]

    def _skip(self, airing: PlannedAiring, reason: Reason | None) -> None:
        self._write_skipped([(airing, reason)])
        self._drop(airing.airing)

    def _write_skipped(self, airings: Iterable[tuple[PlannedAiring, Reason | None]]) -> None:
        for airing, reason in airings:
            facts = {"planned_at": airing.starts_at.isoformat(), "expires_at": airing.expires_at.isoformat()}
            make = self._parts.reports.make(Step.SKIPPED, airing.airing, reason=reason, facts=facts)
            self._parts.journal.end(airing.airing, Progress.SKIPPED, make)

    def _drop(self, key: str) -> None:
        """Forget an airing that waits no longer, once the journal has taken it."""
        self.pending.pop(key, None)
        self._marks.pop(key, None)
        self._hindrances.pop(key, None)
        self._decode_again_s.pop(key, None)
        self._delivered.discard(key)

    @property
    def playing_airing(self) -> str | None:
        """The airing that plays, for the heartbeat."""
        playing = self._horn.playing
        return playing.airing.airing if playing is not None and playing.airing is not None else None

    def close(self) -> None:
        """End the sound; what was playing is reported as interrupted at the next start."""
        self._horn.close()


def _named_in(plan: Plan) -> set[str]:
    named = {airing.airing for airing in plan.airings}
    return named | {order.airing.airing for order in plan.orders if order.airing is not None}
