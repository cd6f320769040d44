"""What is on the horn now: followed from its first sample to the figures of its microphone recording."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.node.feed import Feed, Piece, duration_s
from smartradio.node.growth import Growth
from smartradio.node.journal import Progress
from smartradio.node.live_feed import LiveFeed
from smartradio.node.measuring import Clip, Measured, measure
from smartradio.node.microphone import AFTER_S, CLIP_RATE, Heard
from smartradio.node.parts import NodeParts
from smartradio.node.player import Ended, Ending, Started
from smartradio.node.resuming import Rest, Resumptions
from smartradio.node.stretch import Stretch
from smartradio.wire.messages import PlannedAiring

_logger = logging.getLogger(__name__)

PROGRESS_EVERY_S = 2.0
# Too little to say anything about.
LEAST_MEASURED_S = 1.0
# What was played is whole if no more than this is missing.
WHOLE_WITHIN_S = 0.05
# Of what is shorter two clocks say the same.
LONG_S = 60.0
# So much behind the last sentence that is measured belongs to it: what the walls send back.
ECHO_S = 0.3
# Why something is stopped by what comes in its place: what was not heard then is no fault.
GAVE_WAY = (Reason.PREEMPTED, Reason.REPLACED)
# Why something ends though nobody wanted it to.
BROKE_OFF = (Reason.SOUND_DEVICE, Reason.ALTERED_RECORDING, Reason.AUDIO_MISSING)


@dataclass
class OnAir:
    """An airing (a test tone: `order`; the button's call: `press`; a standing notice: none) that plays or was heard.

    `stretch` is the part of the airing that `pieces` are; of a `relay` they are known when it is over. With `growth`
    more of them comes while it plays; `waits` is how long (s) it waited behind which segments.
    """

    key: str
    airing: PlannedAiring | None
    priority: Priority
    pieces: tuple[Piece, ...]
    planned_s: float
    clip: bool
    order: str | None = None
    stretch: Stretch | None = None
    relay: LiveFeed | None = None
    growth: Growth | None = None
    press: str | None = None
    waits: Mapping[int, float] = field(default_factory=dict)
    started_s: float | None = None
    told_start: bool = False
    told_end: bool = False
    ended: Ended | None = None
    why: Reason | None = None
    noted_s: float = 0.0
    window_cut: bool = False
    heard: Heard | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    figures: tuple[Reason | None, dict[str, Any]] | None = None

    @property
    def is_notice(self) -> bool:
        """Whether it only fills silence; nobody listens to that."""
        return self.airing is None and self.order is None and self.press is None


@dataclass(frozen=True, slots=True)
class _End:
    """How an airing ended, as it is reported; `rest` is what is to go on."""

    step: Step
    progress: Progress
    reason: Reason | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    rest: Rest | None = None


class Horn:
    """Loudspeaker and microphone of this node, with the reports of what they do; one thread's.

    `broke(airing)` is called when an airing ended without anybody wanting it.
    """

    def __init__(self, parts: NodeParts, resumptions: Resumptions, broke: Callable[[PlannedAiring], None]) -> None:
        self._parts = parts
        self._resumptions = resumptions
        self._broke = broke
        self._on_air: dict[str, OnAir] = {}
        self._measuring: list[tuple[OnAir, Future[Measured]]] = []

    @property
    def playing(self) -> OnAir | None:
        """What plays or stands ready."""
        key = self._parts.player.key
        return self._on_air.get(key) if key is not None else None

    @property
    def busy(self) -> bool:
        """Whether anything plays, stands ready or is still listened to."""
        return bool(self._on_air)

    @property
    def measuring(self) -> bool:
        """Whether figures are being worked out."""
        return bool(self._measuring)

    @property
    def keys(self) -> set[str]:
        """What plays, stands ready or is still listened to."""
        return set(self._on_air)

    def __contains__(self, key: str) -> bool:
        return key in self._on_air

    def put_on(self, on_air: OnAir, feed: Feed | LiveFeed) -> None:
        """Play it at its instant; what plays now is pre-empted. Raises SoundError, then nothing changed."""
        before = self.playing
        self._parts.player.play(on_air.key, on_air.planned_s - self._parts.static_delay_s, feed)
        if before is not None:
            replaced = on_air.airing is not None and before.key in on_air.airing.replaces
            before.why = Reason.REPLACED if replaced else Reason.PREEMPTED
        self._on_air[on_air.key] = on_air

    def stop(self, why: Reason = Reason.STOPPED) -> None:
        """End what plays because the station says so."""
        playing = self.playing
        if playing is not None:
            playing.why = why
            self._parts.player.stop()

    def tick(self, now_s: float) -> None:
        """See what the player, the microphone and the measuring have to say."""
        for event in self._parts.player.poll():
            on_air = self._on_air.get(event.key)
            if on_air is None:
                continue
            if isinstance(event, Started):
                on_air.started_s = event.at_s + self._parts.static_delay_s
            else:
                on_air.ended = event
        # First the microphone: it closes in time even when the journal takes nothing.
        self._cut_windows(now_s)
        if self._parts.microphone.is_open:
            self._parts.microphone.drain()
        for on_air in list(self._on_air.values()):
            self._follow(on_air, now_s)
        self._collect()

    def close(self) -> None:
        """End all sound at once."""
        self._parts.microphone.close()
        self._parts.player.close()

    def _cut_windows(self, now_s: float) -> None:
        for on_air in self._on_air.values():
            if on_air.ended is not None and not on_air.window_cut:
                until_s = on_air.ended.at_s + AFTER_S
                if now_s >= until_s:
                    on_air.heard = self._parts.microphone.cut(on_air.key, until_s)
                    on_air.window_cut = True

    def _follow(self, on_air: OnAir, now_s: float) -> None:
        if on_air.started_s is not None and not on_air.told_start and now_s >= on_air.started_s:
            self._tell_start(on_air, on_air.started_s)
            on_air.told_start = True
        ended = on_air.ended
        if ended is None:
            self._note_progress(on_air, now_s)
            return
        if now_s >= ended.at_s and not on_air.told_end:
            self._tell_end(on_air, ended)
            on_air.told_end = True
        if on_air.window_cut:
            self._listen_back(on_air, ended)
            del self._on_air[on_air.key]

    def _tell_start(self, on_air: OnAir, started_s: float) -> None:
        if on_air.airing is None:
            return
        facts: dict[str, Any] = {"planned_at": on_air.airing.starts_at.isoformat()}
        stretch = on_air.stretch
        if on_air.relay is not None and on_air.relay.offset_s > WHOLE_WITHIN_S:
            # It was joined where it was by then.
            facts["joined_s"] = round(on_air.relay.offset_s, 3)
        elif stretch is not None and stretch.first:
            facts |= {"sentence": stretch.first + 1, "of": stretch.sounding.sentences}
        else:
            facts["offset_ms"] = round(1000 * (started_s - on_air.planned_s), 3)
        at = self._parts.clock.at(started_s)
        self._parts.reports.add(Step.STARTED, on_air.key, facts=facts, at=at)

    def _note_progress(self, on_air: OnAir, now_s: float) -> None:
        if on_air.airing is None or on_air.started_s is None or not on_air.told_start:
            return
        if now_s - on_air.noted_s >= PROGRESS_EVERY_S:
            self._parts.journal.played(on_air.key, max(0.0, now_s - on_air.started_s))
            on_air.noted_s = now_s

    def _tell_end(self, on_air: OnAir, ended: Ended) -> None:
        if on_air.airing is None:
            return
        facts: dict[str, Any] = {"played_s": round(ended.played_s, 3)}
        if ended.starved_s:
            # What comes while it plays may be waited for; else the decoder was too slow.
            facts["starved_s" if on_air.growth is None else "waited_s"] = round(ended.starved_s, 3)
        if ended.played_s >= LONG_S:
            facts["out_of_step_ms"] = round(1000 * ended.out_of_step_s, 1)
        if ended.detail:
            facts["detail"] = ended.detail[:200]
        end = self._end_of(on_air, ended)
        at = self._parts.clock.at(ended.at_s)
        make = self._parts.reports.make(end.step, on_air.key, reason=end.reason, facts={**facts, **end.facts}, at=at)
        self._parts.journal.end(on_air.key, end.progress, make, ended.played_s)
        if end.rest is not None:
            self._resumptions.wait(end.rest)
        if end.reason in BROKE_OFF:
            self._broke(on_air.airing)

    def _end_of(self, on_air: OnAir, ended: Ended) -> _End:
        """Say how an airing ended: played to its end, cut where the plan cuts it, stopped, or stopped to go on."""
        airing, stretch, reason = on_air.airing, on_air.stretch, _why(on_air, ended)
        if airing is not None and on_air.relay is not None:
            return self._end_of_relay(on_air, airing, on_air.relay, ended)
        if airing is None or stretch is None:
            return _End(Step.FINISHED, Progress.FINISHED, reason)
        sentences = stretch.sounding.sentences
        past = stretch.heard_by(ended.played_s)
        if reason is None or (reason in GAVE_WAY and past >= stretch.past and not airing.grows):
            starved = ended.starved_s > 0.0 and on_air.growth is None
            whole = not starved and duration_s(on_air.pieces) - ended.played_s <= WHOLE_WITHIN_S
            facts: dict[str, Any] = {"whole": whole and stretch.is_whole}
            if stretch.first or stretch.is_cut:
                facts |= {"last_sentence": past, "of": sentences}
            # Stopped in its closing chime, it has been heard to its last sentence.
            why = Reason.CUT if stretch.is_cut else reason
            return _End(Step.FINISHED, Progress.FINISHED, why, facts)
        facts = {"sentence": past + 1, "of": sentences}
        # Of what grows all that is known may be over.
        goes_on = reason is Reason.PREEMPTED and past < stretch.past
        rest = self._resumptions.rest_of(airing, stretch, past) if goes_on else None
        if reason is Reason.PREEMPTED:
            facts["resumes"] = rest is not None
        return _End(Step.INTERRUPTED, Progress.INTERRUPTED, reason, facts, rest)

    def _end_of_relay(self, on_air: OnAir, airing: PlannedAiring, relay: LiveFeed, ended: Ended) -> _End:
        """Say how a relay ended; what it lacked stands in its facts, and whether the recording was played."""
        on_air.pieces = relay.pieces()
        reason = _why(on_air, ended)
        facts: dict[str, Any] = {"fell_back": relay.fell_back}
        if relay.only_fallback:
            facts["fallback"] = True
        if reason is None:
            facts["whole"] = ended.starved_s == 0.0 and not relay.fell_back
            why = Reason.RELAY_UNREACHABLE if relay.only_fallback else None
            return _End(
                Step.FINISHED, Progress.FINISHED, Reason.RELAY_ENDED if relay.fell_back and not why else why, facts
            )
        rest = self._resumptions.rejoining(airing) if reason is Reason.PREEMPTED else None
        if reason is Reason.PREEMPTED:
            facts["resumes"] = rest is not None
        return _End(Step.INTERRUPTED, Progress.INTERRUPTED, reason, facts, rest)

    def _listen_back(self, on_air: OnAir, ended: Ended) -> None:
        heard = on_air.heard
        if on_air.started_s is None or ended.played_s < LEAST_MEASURED_S or on_air.is_notice:
            return
        if heard is None:
            facts = {"microphone": "nothing was recorded"}
            self._tell_measured(on_air, facts, Reason.SOUND_DEVICE)
            return
        # Against its first sample, not the plan: what had to wait its turn was heard all the same.
        starts_s = heard.starts_s - on_air.started_s
        pcm, pieces, stretch = heard.pcm, on_air.pieces, on_air.stretch
        if on_air.relay is not None:
            if not pieces:
                return
            starts_s += on_air.relay.place_s
            if ended.ending is Ending.STOPPED:
                # What stopped it sounds in the rest.
                pcm = pcm[: max(0, round((on_air.relay.place_s + ended.played_s + ECHO_S - starts_s) * CLIP_RATE))]
        part, begun = _measured_part(on_air, ended)
        if on_air.growth is not None and stretch is not None:
            pieces = on_air.growth.pieces()
            told = sum(piece.kind is not SegmentKind.CHIME for piece in pieces)
            if not told:
                # No word of it was here: there is nothing to be measured by.
                return
            if part is not None and part.past > stretch.first + told:
                part = stretch.until(stretch.first + told)
            on_air.waits = {stretch.begin + number: wait_s for number, wait_s in on_air.growth.feed.waits().items()}
        on_air.measured = part.facts(begun=begun) if part is not None else {}
        if stretch is not None and part is not None and part.end < stretch.end:
            # What stopped it sounds in the rest, which is not this airing's to be judged by.
            pieces = pieces[: part.end - stretch.begin]
            pcm = pcm[: max(0, round((duration_s(pieces) + ECHO_S - starts_s) * CLIP_RATE))]
        future = self._parts.worker.submit(
            measure,
            pcm,
            starts_s,
            pieces,
            bitrate=self._parts.clip_bitrate if on_air.clip or on_air.airing is not None else None,
            volume_db=on_air.airing.gain_db if on_air.airing is not None else 0.0,
            bends=ended.bends,
        )
        self._measuring.append((on_air, future))

    def _keeps(self, on_air: OnAir) -> bool:
        """Say whether a clip that is not sent now stays here: that of an airing, never a tone's."""
        return on_air.airing is not None and self._parts.clips.keeps_any

    def _collect(self) -> None:
        for on_air, future in [each for each in self._measuring if each[1].done()]:
            self._tell_figures(on_air, future)
            # Only now: figures that the journal did not take are told at the next try.
            self._measuring.remove((on_air, future))

    def _tell_figures(self, on_air: OnAir, future: Future[Measured]) -> None:
        error = future.exception()
        if error is not None:
            _logger.error("airing %s cannot be measured", on_air.key, exc_info=error)
            self._tell_measured(on_air, {"match_error": f"{type(error).__name__}: {error}"[:200]}, None)
            return
        measured = future.result()
        if measured.clip is None or not (on_air.clip or self._keeps(on_air)):
            self._tell_measured(on_air, measured.facts, None)
        else:
            self._store_clip(on_air, measured.clip, measured.facts)

    def _store_clip(self, on_air: OnAir, clip: Clip, facts: dict[str, Any]) -> None:
        # Also of one that stays here the signed report holds the hash: it cannot become another one later.
        named = facts | {"clip" if on_air.clip else "kept_clip": clip.facts()}
        make = self._parts.reports.make(Step.MEASURED, _airing(on_air), facts=_with_part(on_air, named))
        store = self._parts.clips.add if on_air.clip else self._parts.clips.keep
        try:
            store(clip.data, on_air.key, self._parts.clock.stated(), make)
        except OSError as error:
            _logger.warning("the clip of %s cannot be kept: %s", on_air.key, error)
            self._tell_measured(on_air, facts, Reason.DISK_FULL)

    def _tell_measured(self, on_air: OnAir, facts: dict[str, Any], reason: Reason | None) -> None:
        told = _with_part(on_air, facts)
        if on_air.press is not None:
            # Told by who called, in its order and with its time.
            on_air.figures = reason, told
            return
        self._parts.reports.add(Step.MEASURED, _airing(on_air), reason=reason, facts=told)


def _why(on_air: OnAir, ended: Ended) -> Reason | None:
    """Return why it ended early, None if it was played to its end."""
    match ended.ending:
        case Ending.WHOLE:
            return None
        case Ending.STOPPED:
            return on_air.why or Reason.STOPPED
        # What was told to end does not begin again because the device died of it.
        case Ending.DEVICE:
            return on_air.why or Reason.SOUND_DEVICE
        case Ending.BROKEN:
            return on_air.why or Reason.ALTERED_RECORDING


def _airing(on_air: OnAir) -> str | None:
    return on_air.airing.airing if on_air.airing is not None else None


def _measured_part(on_air: OnAir, ended: Ended) -> tuple[Stretch | None, bool]:
    """Return what of an airing is measured: of what had to give way the sentences that were over.

    If none was, the one that had begun, and True.
    """
    stretch = on_air.stretch
    if stretch is None or ended.ending is not Ending.STOPPED or on_air.why not in GAVE_WAY:
        return stretch, False
    past = stretch.heard_by(ended.played_s)
    return stretch.until(max(past, stretch.first + 1)), past == stretch.first


def _with_part(on_air: OnAir, facts: dict[str, Any]) -> dict[str, Any]:
    """Say with figures what they are about: the order of a tone; the part of an airing, and its volume (dB)."""
    told = facts if on_air.order is None else facts | {"order": on_air.order}
    told = {**told, **on_air.measured}
    if on_air.waits:
        told["waited"] = [[number, round(wait_s, 3)] for number, wait_s in sorted(on_air.waits.items())]
    if on_air.airing is not None and on_air.airing.gain_db:
        told["volume_db"] = on_air.airing.gain_db
    return told
