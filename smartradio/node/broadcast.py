"""The airings of one node, from plan to measured: waits for the instant, plays, listens, writes it all down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.evacuation import Evacuation
from smartradio.node.feed import Feed
from smartradio.node.giving_way import GivingWay
from smartradio.node.going_on import BUSY_STEP_S, GoingOn
from smartradio.node.growing import Growing
from smartradio.node.horn import Horn, OnAir
from smartradio.node.ladder import Ladder
from smartradio.node.lineup import Lineup
from smartradio.node.microphone import BEFORE_S
from smartradio.node.parts import NodeParts
from smartradio.node.playable import Playable
from smartradio.node.relays import Relays
from smartradio.node.resuming import Resumptions, withdraws
from smartradio.node.schedule import Decision, Do, decide, next_instant
from smartradio.node.sound.port import SoundError
from smartradio.node.stretch import Stretch, stretch_of
from smartradio.node.tones import Tones
from smartradio.wire.messages import Order, Plan, PlannedAiring, SegmentRef, StandingNotice

if TYPE_CHECKING:
    from smartradio.node.playable import Decode

_logger = logging.getLogger(__name__)

SOUND_AGAIN_S = 1.0
READY_WITHIN_S = 2.0
# What came due while the node was off waits so long for the plan of today: it may have been withdrawn.
PLAN_WITHIN_S = 10.0
LEAST_LEFT = timedelta(seconds=3)
# What is joined late has its sound, the player and the microphone ready by then.
JOIN_LEAD_S = 0.3


class Broadcast:
    """All airings of this node; one thread's. `decode` turns an Opus object into samples at OUTPUT_RATE."""

    def __init__(self, parts: NodeParts, decode: Decode) -> None:
        self._parts = parts
        self._piece = Playable(parts.cache, decode)
        self._sound_again_s = 0.0
        self._decode_again_s: dict[str, float] = {}
        self._back_at: datetime | None = None
        self._plan_by_s: float | None = None
        self._listening: set[str] = set()
        self.lineup = Lineup(parts)
        self.relays = Relays(parts.cache.__contains__, self._piece)
        self.lineup.growing = self.relays.needed
        self.lineup.in_use = self._in_use
        self._resumptions = Resumptions(parts)
        self._horn = Horn(parts, self._resumptions, broke=self.lineup.begin_again)
        self._ladder = Ladder(parts, self.lineup, self._horn, self._piece)
        self._tones = Tones(parts, self._horn, self._listen)
        self._going_on = GoingOn(parts, self.lineup, self._horn, self._resumptions, self)
        self._growing = Growing(parts, self._horn, self._resumptions, self._piece)
        self.giving_way = GivingWay(parts, self._horn, self._may_arm)
        self.evacuation = Evacuation(parts, self._horn, decode)

    # -- what the station says

    @property
    def pending(self) -> dict[str, PlannedAiring]:
        """The airings that have not begun."""
        return self.lineup.pending

    def recover(self) -> None:
        """After a restart: report what was cut off, and take up what has not begun."""
        self.lineup.recover(self.lineup.begin_again)
        for airing in self.lineup.begun_before():
            self._end_replaced(airing)

    def told_plan(self) -> None:
        """The station itself has said what its plan is now."""
        self._plan_by_s = 0.0

    def follow(self, plan: Plan, facts: Mapping[str, str]) -> None:
        """Put a verified plan in force: what it withdraws is dropped, and falls silent if it plays."""
        self.lineup.follow(plan, facts)
        for airing in plan.airings:
            self._growing.take(airing, (plan.epoch, plan.counter))
        self._resumptions.follow(plan, self._mark_of)
        playing = self._horn.playing
        on_air = playing.airing if playing is not None else None
        if on_air is not None and withdraws(plan, on_air, self._mark_of(on_air.airing)):
            self._horn.stop(Reason.WITHDRAWN)

    def _in_use(self) -> list[PlannedAiring]:
        """Return what plays and what waits to go on: their recordings must stay."""
        playing = self._horn.playing
        waiting = [rest.airing for rest in self._resumptions.in_order()]
        return waiting if playing is None or playing.airing is None else [playing.airing, *waiting]

    def _mark_of(self, key: str) -> tuple[int, int]:
        entry = self._parts.journal.entry(key)
        return entry.mark if entry is not None else (0, -1)

    def stand_by(self, notice: StandingNotice | None) -> None:
        """Learn the notice that sounds in the place of a programme that is not here."""
        self.lineup.standing = notice

    def keep(self, segments: Sequence[SegmentRef]) -> None:
        """Learn what stays on this node for alerts to come; what was spoilt on the disk meanwhile is fetched again."""
        kept = frozenset(segment.sha256 for segment in segments)
        for sha256 in filter(self._parts.cache.__contains__, kept - self._parts.cache.kept):
            self._parts.cache.load(sha256)
        self.lineup.kept, self._parts.cache.kept = tuple(segments), kept

    def play(self, order: Order) -> None:
        """Learn the airing of a verified order; what has begun or ended here is left as it is."""
        airing = order.airing
        if airing is None:
            return
        with self._parts.journal.together():
            if self.lineup.see(order):
                self.lineup.know(airing, (order.epoch, order.counter))
        self.lineup.look_at(airing.airing)
        self._growing.take(airing, (order.epoch, order.counter))

    def stop(self, order: Order, now: datetime) -> None:
        """Stop one airing, or (the order names none) what plays, what is due and what waits to go on."""
        key = order.stop_airing
        due = [
            (airing, Reason.STOPPED)
            for airing in self.pending.values()
            if (airing.starts_at <= now if key is None else airing.airing == key)
        ]
        with self._parts.journal.together():
            if not self.lineup.see(order):
                return
            self.lineup.write_skipped(due)
            if key is not None:
                # It may have overtaken the plan that brings what it stops.
                self._parts.journal.never([key], order.expires_at.isoformat())
        for airing, _ in due:
            self._drop(airing.airing)
        self._resumptions.stop(key)
        playing = self._horn.playing
        if playing is not None and key in (None, playing.key):
            self._horn.stop()

    def send_clip(self, order: Order, airing: str) -> None:
        """Send the kept recording of an airing, and report that it was asked for; one that is gone too.

        It was heard in its own time: the microphone stays closed and no tone is played.
        """
        with self._parts.journal.together():
            if not self.lineup.see(order):
                return
            found = self._parts.clips.release(airing)
            reason = None if found else Reason.CLIP_GONE
            facts = {"order": order.order, "clips": list(found)}
            self._parts.reports.add(Step.CLIP_ASKED, airing, reason=reason, facts=facts)
        self._parts.clips.look_again()

    def tone(self, order: Order, now: datetime) -> None:
        """Play a test tone as soon as nothing else plays, and measure it; CLIP sends the recording too."""
        if self.lineup.see(order):
            self._tones.add(order, now)

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
        self.giving_way.tick(now_s)
        # First what needs no disk: the words that have come are heard though nothing can be written down.
        self._growing.look()
        self._horn.tick(now_s)
        self._growing.tick()
        self.relays.look()
        self.relays.keep_only(
            {*self.pending, *self._horn.keys, *(rest.airing.airing for rest in self._resumptions.in_order())}
        )
        now = self._parts.clock.now()
        if now is None:
            return now_s + 1.0
        if self._plan_by_s is None:
            self._plan_by_s = now_s + PLAN_WITHIN_S
        self._back_at = self._back_at or now
        due = self.lineup.due(now, vouched=self._parts.clock.vouched)
        wake_s = [now_s + 1.0, *(self._going_on.tick(rest, now, now_s) for rest in self._resumptions.in_order())]
        wake_s += [self._advance(airing, now, now_s) for airing in due if airing.airing in self.pending]
        if self._tones:
            self._tones.tick(now, now_s)
            wake_s.append(now_s + BUSY_STEP_S)
        if self._horn.busy or self._horn.measuring:
            wake_s.append(now_s + BUSY_STEP_S)
        else:
            self._rest(now)
        return min(wake_s)

    def _rest(self, now: datetime) -> None:
        soon = now + timedelta(seconds=10)
        if not self._tones and all(each.starts_at > soon for each in self.lineup.due(now, vouched=False)):
            self._parts.player.cool()

    def _advance(self, airing: PlannedAiring, now: datetime, now_s: float) -> float:
        if airing.airing in self._horn:
            # An interrupted emergency begins again once its first attempt has been listened to.
            return now_s + BUSY_STEP_S
        if self._waits_for_plan(airing, now, now_s):
            return now_s + BUSY_STEP_S
        decision = self._decide(airing, now)
        if decision.do is Do.SKIP:
            self._skip(airing, decision.reason)
            return now_s
        # Missing audio speaks for itself; what it is missing for (a full disk) stands here already.
        if decision.reason not in (None, Reason.AUDIO_MISSING):
            self.lineup.hinder(airing.airing, decision.reason)
        if decision.reason is Reason.BUSY:
            self.lineup.stands_behind(airing)
        if decision.reason is Reason.AUDIO_MISSING and airing.live is not None:
            self.lineup.hinder(airing.airing, Reason.RELAY_UNREACHABLE)
        elif decision.reason is Reason.AUDIO_MISSING:
            self._ladder.is_missing(airing, now, now_s)
        if decision.do in (Do.WARM, Do.LISTEN, Do.ARM) and now_s >= self.again_s(airing.airing):
            self.tried(airing.airing, now_s, partial(self._prepare, airing, decision.do, now, now_s))
        following = next_instant(airing, now)
        due = airing.starts_at - timedelta(seconds=BEFORE_S) <= now
        if following is None or due:
            return now_s + BUSY_STEP_S
        return now_s + (following - now).total_seconds()

    def _may_arm(self, airing: PlannedAiring, now: datetime, now_s: float) -> bool:
        if now_s < self.again_s(airing.airing) or self._waits_for_plan(airing, now, now_s):
            return False
        stretch = stretch_of(airing, max(airing.starts_at, now)) if airing.live is None else None
        if stretch is None or self._decide(airing, now).do is not Do.ARM:
            return False
        # Read from the disk: what was spoilt there is fetched again before it takes another one's place.
        return self._parts.cache.load(stretch.played[0].sha256) is not None

    def _decide(self, airing: PlannedAiring, now: datetime) -> Decision:
        playing = self._horn.playing
        in_the_way = playing is not None and playing.key not in airing.replaces
        return decide(
            airing,
            now,
            audio_here=self.relays.may_start(airing, now, recording_here=self.lineup.may_begin(airing)),
            playing=playing.priority if playing is not None and in_the_way else None,
            hindrance=self.lineup.hindrances.get(airing.airing),
            last_start=self.lineup.last_start(airing),
        )

    def again_s(self, key: str) -> float:
        """Return from when on an airing may be put on the horn, after what went wrong."""
        return max(self._sound_again_s, self._decode_again_s.get(key, 0.0))

    def tried(self, key: str, now_s: float, work: Callable[[], None]) -> None:
        """Do something that needs the sound device; without it, it is tried again."""
        try:
            work()
        except SoundError as error:
            if self.lineup.hindrances.get(key) is not Reason.SOUND_DEVICE:
                _logger.warning("%s; trying again", error)
            self.lineup.hinder(key, Reason.SOUND_DEVICE)
            self._sound_again_s = now_s + SOUND_AGAIN_S

    def _waits_for_plan(self, airing: PlannedAiring, now: datetime, now_s: float) -> bool:
        if self._plan_by_s is None or now_s >= self._plan_by_s or self._back_at is None:
            return False
        return airing.starts_at <= self._back_at and now < self.lineup.last_start(airing) - LEAST_LEFT

    def _prepare(self, airing: PlannedAiring, do: Do, now: datetime, now_s: float) -> None:
        planned_s = self._parts.clock.monotonic_at(airing.starts_at)
        if planned_s is None:
            return
        self._parts.player.warm()
        if do is Do.LISTEN:
            self._listen(airing.airing, planned_s - BEFORE_S)
        elif do is Do.ARM and airing.live is not None:
            self.join(airing, now_s, self._parts.journal.begin)
        elif do is Do.ARM:
            stretch = stretch_of(airing, max(airing.starts_at, now))
            if stretch is None:
                # It would have to be over before its first sentence is.
                self._skip(airing, Reason.SLOT_FULL)
                return
            self.arm(airing, stretch, planned_s, now_s, self._parts.journal.begin)

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

    def arm(
        self, airing: PlannedAiring, stretch: Stretch, planned_s: float, now_s: float, begin: Callable[[str], bool]
    ) -> bool:
        """Put a stretch of an airing on the horn; False if it is to be tried again.

        `begin` writes down that it sounds, and may forbid it.
        """
        key = airing.airing
        pieces = tuple(self._piece(segment) for segment in stretch.played)
        growth = self._growing.begin(airing, stretch) if self._comes_later(airing, stretch) else None
        gain = self._parts.volume.with_gain(airing.gain_db)
        feed = Feed(pieces, gain=gain) if growth is None else growth.feed
        put_on = False
        try:
            if not feed.wait_ready(READY_WITHIN_S):
                _logger.warning("airing %s cannot be decoded: %s", key, feed.failure or "too slow")
                self.lineup.hinder(key, Reason.ALTERED_RECORDING if feed.failure else Reason.BUSY)
                self._decode_again_s[key] = now_s + SOUND_AGAIN_S
                return False
            # Written down before the first sample: whatever happens from here on, it never starts twice.
            put_on = begin(key)
        finally:
            if not put_on:
                feed.close()
        self._drop(key)
        if put_on:
            self._ladder.plays()
            self._listen(key, max(planned_s, now_s) - BEFORE_S)
            on_air = OnAir(key, airing, Priority(airing.priority), pieces, planned_s, airing.clip, stretch=stretch)
            on_air.growth = growth
            self._horn.put_on(on_air, feed)
            self._end_replaced(airing)
        return True

    def _comes_later(self, airing: PlannedAiring, stretch: Stretch) -> bool:
        return airing.grows or not all(map(self._piece.is_here, stretch.played))

    def _end_replaced(self, airing: PlannedAiring) -> None:
        """Let nothing begin or go on any more whose place an airing that has begun takes."""
        for key in airing.replaces:
            if (gone := self.pending.get(key)) is not None:
                self._skip(gone, Reason.REPLACED)
        # What comes later by an older plan is over too.
        self._parts.journal.never(airing.replaces, airing.expires_at.isoformat())
        self._resumptions.replaced(airing.replaces)

    def join(self, airing: PlannedAiring, now_s: float, begin: Callable[[str], bool]) -> None:
        """Put a relay on the horn, at its instant or where it is by then, in step with all other nodes."""
        planned_s = self._parts.clock.monotonic_at(airing.starts_at)
        if planned_s is None:
            return
        key, begins_s = airing.airing, max(planned_s, now_s + JOIN_LEAD_S)
        allowed = begin(key)
        self._drop(key)
        if allowed:
            gain = self._parts.volume.with_gain(airing.gain_db)
            feed = self.relays.feed(airing, begins_in_s=begins_s - planned_s, gain=gain)
            feed.wait_ready(JOIN_LEAD_S)
            self._ladder.plays()
            self._listen(key, begins_s - BEFORE_S)
            on_air = OnAir(key, airing, Priority(airing.priority), (), begins_s, airing.clip, relay=feed)
            self._horn.put_on(on_air, feed)

    def _skip(self, airing: PlannedAiring, reason: Reason | None) -> None:
        reason, facts = self._ladder.told_missing(airing, reason)
        self.lineup.skip(airing, reason, facts)
        self._drop(airing.airing)

    def _drop(self, key: str) -> None:
        """Forget an airing that waits no longer, once the journal has taken it."""
        self.lineup.drop(key)
        self._ladder.forget(key)
        self._decode_again_s.pop(key, None)

    @property
    def playing_airing(self) -> str | None:
        """The airing that plays, for the heartbeat."""
        playing = self._horn.playing
        return playing.airing.airing if playing is not None and playing.airing is not None else None

    @property
    def rung(self) -> Literal["programme", "standing", "silence"]:
        """The step of the fallback ladder on which the node stands."""
        return self._ladder.rung

    def close(self) -> None:
        """End the sound; what was playing is reported as interrupted at the next start."""
        self._horn.close()
