"""From a clip to a verdict on record: a few at a time; what waits is in the store and survives a crash."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.usual import usual_of
from smartradio.station.part_played import part_of, told_as_opening, told_as_part
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.relay.sounded import sounded_recording
from smartradio.station.store import NodeJudgement, WaitingClip
from smartradio.station.waited import as_waited

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from smartradio.listening.judge import Judgement
    from smartradio.listening.recognisers.port import Recogniser
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store
    from smartradio.station.views import NodeAiring

_logger = structlog.get_logger()

_RATE = 16_000
_RETRY_S = 5.0
_ATTEMPTS = 3
# A clip whose judging took the station down so often is not tried again.
_FALLS = 2
# What a clip may last beyond its recording and the lateness that was allowed.
_MARGIN_S = 10.0
NO_CLIP = "no_clip"
# Of a long queue no more than this is held at a time; the rest waits in the store.
_BATCH = 16
# A commune's nodes send their clips at the same moment; more than two cores are not to be counted on.
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Played:
    """A segment's Opus object with the pause after it."""

    opus: bytes
    pause_after_s: float


class Judging:
    """Judges clips, two at a time and off the event loop; what waits is taken from the store batch by batch.

    `recogniser` is None where no model is installed; then verdicts rest on level and match. `crowded_above` is how
    many clips may wait before `crowded` asks for no more than is needed.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        *,
        clock: Callable[[], datetime],
        recogniser: Recogniser | None = None,
        crowded_above: int = 20,
        batch: int = _BATCH,
    ) -> None:
        self._crowded_above = crowded_above
        self._batch = batch
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._clock = clock
        self._recogniser = recogniser
        self._work = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._waiting: set[tuple[str, str, str]] = set()
        self._failed: dict[tuple[str, str, str], int] = {}
        self._held: tuple[Recording, npt.NDArray[np.float32]] | None = None

    def start(self) -> None:
        """Begin with what waits in the store."""
        self._work.set()
        self._worker = asyncio.create_task(self._run(), name="judging")

    async def stop(self) -> None:
        """Stop; a clip in work is judged again at the next start."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
            self._worker = None

    def clip_stored(self, airing: str, node: str, sha256: str) -> None:
        """Learn that a clip waits in the store."""
        self._waiting.add((airing, node, sha256))
        self._work.set()

    def waits_for(self, airing: str, node: str) -> bool:
        """Say whether a clip of this airing and node is in hand and will get its verdict; the store knows the rest."""
        return any(key[:2] == (airing, node) for key in self._waiting)

    @property
    def transcribes(self) -> bool:
        """Whether a recogniser listens."""
        return self._recogniser is not None

    async def crowded(self) -> bool:
        """Say whether so many clips wait that none should be asked for which is not needed."""
        return await asyncio.to_thread(self._store.count_waiting_clips) > self._crowded_above

    async def on_figures(self, airing: str, node: str, judgement: NodeJudgement, facts: Mapping[str, Any]) -> None:
        """Put a verdict on record that rests on the node's own signed figures, without a clip."""
        reason = judgement.reasons[0] if judgement.reasons else None
        await self._write(airing, node, Step.HEARD, judgement, reason=reason, facts=facts)

    async def without_clip(self, airing: str, node: str) -> None:
        """Put on record that no clip came: whatever the node says of itself, nothing can be told from it."""
        judgement = NodeJudgement(verdict=VerdictCode.UNCLEAR, reasons=(NO_CLIP,))
        await self._write(airing, node, Step.HEARD, judgement, reason=NO_CLIP)

    async def unreached(self, airing: str, node: str, reason: Reason | str, facts: Mapping[str, Any]) -> None:
        """Put on record that nothing was heard from a node, and why."""
        judgement = NodeJudgement(verdict=VerdictCode.UNREACHED, reasons=(str(reason),))
        await self._write(airing, node, Step.UNREACHED, judgement, reason=reason, facts=facts)

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                clips = await asyncio.to_thread(self._store.clips_to_judge, self._batch)
                self._waiting |= {_key(clip) for clip in clips}
                await self._judge_batch(clips)
            except Exception:
                # The store has a bad moment, or worse; what waits is in the store.
                _logger.exception("judging_interrupted", again_in_s=_RETRY_S)
                await asyncio.sleep(_RETRY_S)
                self._work.set()

    async def _judge_batch(self, clips: Sequence[WaitingClip]) -> None:
        fresh = [clip for clip in clips if clip.attempts == 0]
        for first in range(0, len(fresh), _AT_ONCE):
            await self._judge_together(fresh[first : first + _AT_ONCE])
            if self._work.is_set():
                # What came meanwhile may be an alert's, which goes before the rest of this batch.
                return
        # One of these took the station down: each alone, so that no other is blamed for it.
        for clip in clips:
            if clip.attempts > 0:
                await self._judge(clip)
        if len(clips) == self._batch:
            self._work.set()
        else:
            self._held = None

    async def _judge_together(self, clips: Sequence[WaitingClip]) -> None:
        done = await asyncio.gather(*(self._judge(clip) for clip in clips), return_exceptions=True)
        # All have come to an end before the first failure is told: no thread is left behind.
        for failure in done:
            if failure is not None:
                raise failure

    async def _judge(self, clip: WaitingClip) -> None:
        key = _key(clip)
        if clip.attempts >= _FALLS:
            _logger.error("clip_took_the_station_down", airing=clip.airing, node=clip.node, times=clip.attempts)
            await self._set_aside(clip, f"the station fell {clip.attempts} times while it was judged")
            self._waiting.discard(key)
            return
        await asyncio.to_thread(self._store.begin_judging, *key)
        try:
            judgement = await asyncio.to_thread(self._listen, clip)
            await self._write(clip.airing, clip.node, Step.HEARD, judgement)
        except asyncio.CancelledError:
            # The station stops in good order; that is not the clip's doing.
            await asyncio.to_thread(self._store.end_judging, *key)
            raise
        except SmartradioError as error:
            await asyncio.to_thread(self._store.end_judging, *key)
            self._failed[key] = self._failed.get(key, 0) + 1
            if self._failed[key] < _ATTEMPTS:
                raise
            _logger.exception("clip_cannot_be_judged", airing=clip.airing, node=clip.node)
            await self._set_aside(clip, str(error))
        except Exception as error:
            # The hash is right, so the node sent something that is no sound, or one that nobody foresaw
            # (memory, too): more tries change nothing.
            _logger.exception("clip_cannot_be_judged", airing=clip.airing, node=clip.node)
            await self._set_aside(clip, f"{type(error).__name__}: {error}")
        self._failed.pop(key, None)
        self._waiting.discard(key)

    async def _set_aside(self, clip: WaitingClip, why: str) -> None:
        await asyncio.to_thread(self._store.set_clip_aside, clip.airing, clip.node, clip.sha256, why[:200])
        from smartradio.listening.verdict import VerdictReason  # noqa: PLC0415 - numpy comes with it

        reasons = (VerdictReason.CLIP_UNUSABLE.value,)
        judgement = NodeJudgement(verdict=VerdictCode.UNCLEAR, reasons=reasons, clip_starts_s=None)
        await self._write(clip.airing, clip.node, Step.HEARD, judgement, facts={"line": why[:500]})

    async def _write(
        self,
        airing: str,
        node: str,
        step: Step,
        judgement: NodeJudgement,
        *,
        reason: Reason | str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        told = {
            "reasons": list(judgement.reasons),
            "coverage": judgement.coverage,
            "level_db": judgement.level_db,
            "snr_db": judgement.snr_db,
            "clip": judgement.clip,
        }
        evidence = Evidence(
            airing=airing,
            node=node,
            step=step,
            at=self._clock(),
            source="station",
            reason=reason,
            facts={**told, **(facts or {})},
        )
        before = await asyncio.to_thread(self._store.trends_of, node)
        await self._recorder.judge(evidence, judgement)
        for trend in await asyncio.to_thread(self._store.trends_of, node):
            if trend.code not in {known.code for known in before}:
                figures = {"now": trend.value, "usual": trend.usual, "unit": trend.unit}
                _logger.warning("node_not_as_usual", node=node, trend=trend.code, **figures)

    def _listen(self, clip: WaitingClip) -> NodeJudgement:
        """Judge one clip; blocking, all in this thread."""
        # numpy, scipy and the codec come with the first clip, not with an idle station.
        import numpy as np  # noqa: PLC0415

        from smartradio.audio.codec import decode_opus  # noqa: PLC0415
        from smartradio.listening.judge import Told, judge  # noqa: PLC0415
        from smartradio.listening.verdict import VerdictReason  # noqa: PLC0415

        airing = self._store.airing(clip.airing)
        recording = sounded_recording(self._store, airing, clip.node) if airing is not None else None
        data = self._objects.get(clip.sha256)
        if airing is None or recording is None or data is None:
            raise SmartradioError(f"clip {clip.sha256[:12]} of airing {clip.airing}: a part is gone from the disk")
        bulletin = self._store.bulletin(airing.bulletin_id)
        chain = [entry.evidence for entry in self._store.chain(clip.airing, clip.node)]
        recording = as_waited(recording, clip.node, chain, clip.sha256)
        part = part_of(recording, clip.node, chain, clip.sha256)
        due = recording if part is None else part.of(recording)
        longest_s = recording.duration_s + (airing.expires_at - airing.starts_at).total_seconds() + _MARGIN_S
        starts_s = float(clip.facts["starts_s"])
        # What the plan wants quieter is no weaker horn.
        reference = np.float32(10.0 ** (airing.gain_db / 20.0)) * self._reference(due)
        spoken = [(segment.spoken, span) for segment, span in zip(due.segments, due.spans(), strict=True)]
        heard = functools.partial(
            judge,
            decode_opus(data, _RATE, max_duration_s=longest_s),
            reference,
            due.told_spans(),
            self._recogniser,
            clip_starts_s=starts_s,
            told=Told(
                lines=[line for line, _ in spoken if line],
                spans=[span for line, span in spoken if line],
                voices=[voice for voice in recording.voice.split(", ") if voice],
                language=bulletin.language if bulletin is not None else "vi",
            ),
            usual=usual_of(self._store.past_airings(clip.node)),
            before=self._earlier(clip, starts_s + (part.offset_s(recording) if part else 0.0), longest_s),
        )
        found = heard()
        if VerdictReason.RECOGNISER_FAILED in found.reasons:
            # Its child has died and a new one starts with the next call; a clip that kills two is given up.
            found = heard()
        judgement = _node_judgement(found, clip)
        if airing.grows:
            judgement = told_as_opening(judgement)
        return judgement if part is None else told_as_part(judgement, recording, part, self._so_far(clip))

    def _so_far(self, clip: WaitingClip) -> NodeAiring | None:
        view = self._store.airing_view(clip.airing, with_chain=False, of=(clip.node,))
        return next((each for each in view.nodes if each.node == clip.node), None) if view is not None else None

    def _earlier(self, clip: WaitingClip, starts_s: float, longest_s: float) -> list[npt.NDArray[np.float32]]:
        """Return the node's last clips of the same recording, each moved to begin as this one does."""
        from smartradio.audio.codec import decode_opus  # noqa: PLC0415 - as in `_listen`
        from smartradio.audio.errors import AudioError  # noqa: PLC0415
        from smartradio.listening.replays import moved  # noqa: PLC0415

        earlier = []
        for sha256, began_s in self._store.earlier_clips(clip.airing, clip.node):
            data = self._objects.get(sha256)
            try:
                sound = None if data is None else decode_opus(data, _RATE, max_duration_s=longest_s)
            except AudioError as error:
                # It had its own verdict when it came; this one is judged without it.
                _logger.info("earlier_clip_unusable", clip=sha256[:12], error=str(error))
                continue
            if sound is not None:
                earlier.append(moved(sound, round((began_s - starts_s) * _RATE)))
        return earlier

    def _reference(self, recording: Recording) -> npt.NDArray[np.float32]:
        """Return the recording as it should sound; kept, because all nodes of an airing are judged by it."""
        held = self._held
        if held is None or held[0] != recording:
            held = self._held = (recording, reference_of(recording, self._objects, _RATE))
        return held[1]


def reference_of(recording: Recording, objects: Objects, rate: int) -> npt.NDArray[np.float32]:
    """Return a recording as it should sound, float32 mono at `rate` (Hz), pauses included.

    Blocking. Raises SmartradioError when an object is gone, AudioError when one cannot be decoded.
    """
    from smartradio.speech.rendering import assemble  # noqa: PLC0415 - brings numpy and scipy

    played = []
    for segment in recording.segments:
        opus = objects.get(segment.sha256)
        if opus is None:
            raise SmartradioError(f"object {segment.sha256[:12]} of recording {recording.id[:12]} is gone")
        played.append(_Played(opus, segment.pause_after_s))
    return assemble(played, rate)


def _node_judgement(found: Judgement, clip: WaitingClip) -> NodeJudgement:
    match = found.match
    return NodeJudgement(
        verdict=found.verdict,
        coverage=_figure(found.coverage),
        coverage_by_segment=tuple(float(share) for share in match.coverage_by_segment) if match else (),
        level_db=_figure(found.level_db),
        snr_db=_figure(found.snr_db),
        transcript=found.transcript,
        recogniser=found.recogniser_name,
        reasons=tuple(str(reason) for reason in found.reasons),
        presence=tuple(float(there) for there in match.frames) if match else (),
        clip=clip.sha256,
        clip_starts_s=float(clip.facts["starts_s"]),
        delay_ms=_figure(found.delay_ms),
        tilt_db=_figure(found.tilt_db),
        background_db=_figure(found.background_db),
        gain_db=_figure(found.gain_db),
        far_delay_ms=_figure(found.far_delay_ms),
        intelligibility=_figure(found.intelligibility),
        sentences=found.sentences,
    )


def _key(clip: WaitingClip) -> tuple[str, str, str]:
    return clip.airing, clip.node, clip.sha256


def _figure(value: float | None) -> float | None:
    return None if value is None else float(value)
