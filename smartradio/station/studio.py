"""From a script to a recording: spoken by a voice, sounds brought in between, kept as objects.

The same script read by the same voice gives the same objects and the same recording, so it is made once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from smartradio.domain.bulletin import Part, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.languages import language_name
from smartradio.domain.priority import Priority
from smartradio.station.reader import Line, SoundFile
from smartradio.station.scripts import Script, read_text, write_script
from smartradio.wire.signing import canonical

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()


class RenderedLike(Protocol):
    """What the studio needs of a rendering; see `smartradio.speech.rendering.RenderedRecording`."""

    @property
    def segments(self) -> Sequence[Any]:
        """Segments in order: kind, spoken, opus, sha256, duration_s, pause_after_s."""

    @property
    def voice(self) -> str:
        """Names of the voices that really spoke, empty if none did."""

    @property
    def loudness_lufs(self) -> float:
        """Integrated loudness of the whole."""

    @property
    def true_peak_dbtp(self) -> float:
        """True peak of the whole."""


class ReaderLike(Protocol):
    """What the studio needs of a reader; see `smartradio.station.reader.Reader`. Blocking."""

    @property
    def rate_wpm(self) -> int | None:
        """The station's own speed, None for that of the voice."""

    def wanted(self, voice: str | None) -> str:
        """Return the name of the voice that should speak, for None the best there is."""

    def __call__(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
        siren: str = "",
        lines_before_siren: int = 0,
    ) -> RenderedLike:
        """Return lines and sounds, so many times, as the priority asks, spoken by the voice or one in its place."""

    def opening(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
        siren: str = "",
        lines_before_siren: int = 0,
    ) -> Sequence[Any]:
        """Return the first segments of what a call would return: the chime, with a sentence before or behind it."""

    def sirens(self, names: Sequence[str]) -> Sequence[Any]:
        """Return what opens emergencies, by name."""

    def say(self, sentence: str, voice: str | None, priority: Priority, *, rate_wpm: int | None = None) -> bytes:
        """Return one sentence as Ogg Opus, spoken as in a bulletin of that priority."""


@dataclass(frozen=True, slots=True)
class TakenSound:
    """A sound file on the shelf: its SHA-256 (hex), what of it will be heard in seconds, what somebody should know."""

    sha256: str
    duration_s: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Produced:
    """A recording on the shelf; `facts` are what the log says of its making, `at` is when it was made.

    A recording found on the shelf is told as found, at the time of finding. `is_opening` says that it is no more than
    a siren and what is said before it, or else the first sentence.
    """

    script: Script
    recording: Recording
    facts: Mapping[str, Any]
    at: datetime
    is_opening: bool = False


def recording_id(bulletin: str, segments: Sequence[Segment]) -> str:
    """Return the SHA-256 (hex) over bulletin, segment hashes and pauses: an approval binds what is heard."""
    content = {
        "bulletin": bulletin,
        "segments": [[segment.sha256, round(segment.pause_after_s * 1e6)] for segment in segments],
    }
    return hashlib.sha256(canonical(content)).hexdigest()


class Studio:
    """Makes recordings, one at a time, off the event loop; voices run in children of their own.

    `voice` is the one for bulletins that name none, None the best there is.
    """

    def __init__(
        self, store: Store, objects: Objects, reader: ReaderLike, *, voice: str | None, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._objects = objects
        self._reader = reader
        self._voice = voice
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def script(
        self,
        title: str,
        text: str | bytes = "",
        priority: Priority = Priority.PROGRAMME,
        *,
        parts: Sequence[Part] = (),
        override_open_items: bool = False,
        times: int = 1,
    ) -> Script:
        """Read a text, or parts, by rule and by the commune's lexicon; see `write_script`. Nothing is written."""

        def work() -> Script:
            script = write_script(
                title,
                text,
                priority,
                parts=parts,
                lexicon=self._store.lexicon(),
                override_open_items=override_open_items,
                times=times,
            )
            for number, part in enumerate(parts, start=1):
                if part.sound and self._objects.get(part.sound) is None:
                    line = f"bulletin {title!r}, part {number}: its recording is gone from the disk; bring it in again"
                    raise BadInputError(line)
            return script

        return await asyncio.to_thread(work)

    async def read(self, text: str | bytes) -> tuple[Mapping[str, Any], ...]:
        """Return how a text would be read, line by line as in a Script; raises BadInputError."""
        return await asyncio.to_thread(lambda: read_text(text, lexicon=self._store.lexicon()))

    def take_sound(self, data: bytes, name: str) -> TakenSound:
        """Check a sound file and put it on the shelf as it is. Blocking; raises BadInputError, then nothing is kept."""
        from smartradio.speech.importing import import_sound  # noqa: PLC0415 - brings the codecs

        report = import_sound(data, name)
        for line in report.warnings:
            _logger.warning("sound_brought_in_with_a_flaw", line=line)
        return TakenSound(self._objects.put(data), report.duration_s, report.warnings)

    def take_known_sound(self, data: bytes, name: str) -> str:
        """Return a sound's SHA-256; it is checked and kept where it was not before. Blocking, as `take_sound`."""
        sha256 = hashlib.sha256(data).hexdigest()
        return sha256 if self._objects.get(sha256) is not None else self.take_sound(data, name).sha256

    async def produce(
        self, script: Script, voice: str | None = None, *, rate_wpm: int | None = None, siren: str = ""
    ) -> Produced:
        """Return the recording of a script, made now or found on the shelf; `siren` as in `begin`.

        One that another voice than the wanted had to read, or at another speed (`rate_wpm`, None the station's own), is
        made again when it is asked for again. Raises
        SmartradioError when no voice speaks; then nothing of the bulletin is in the store.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._produce, script, voice or self._voice, rate_wpm, siren)

    async def begin(self, script: Script, siren: str = "") -> Produced:
        """Return the opening of an emergency, made now, or all of it if that is on the shelf.

        `siren` names its siren, "" the usual one. Raises SmartradioError when no voice speaks.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._begin, script, siren)

    async def finish(self, script: Script, opening: Recording, siren: str = "") -> Produced:
        """Return the whole of which an opening was made: its segments, then the others. Raises SmartradioError."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._make, script, self._voice, self._reader.rate_wpm, siren, opening)

    async def sirens(self, names: Sequence[str]) -> tuple[Segment, ...]:
        """Return sirens by name, put on the shelf; they are the same objects in every recording."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(lambda: tuple(map(self._shelve, self._reader.sirens(names))))

    async def say(self, sentence: str, voice: str | None, rate_wpm: int | None, priority: Priority) -> bytes:
        """Return one spoken sentence as Ogg Opus, made as `produce` would; nothing is kept. Raises SmartradioError."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(
                self._reader.say, sentence, voice or self._voice, priority, rate_wpm=rate_wpm
            )

    def _produce(self, script: Script, voice: str | None, rate_wpm: int | None, siren: str) -> Produced:
        rate_wpm = rate_wpm or self._reader.rate_wpm
        return self._found(script, voice, rate_wpm, siren) or self._make(script, voice, rate_wpm, siren, None)

    def _found(self, script: Script, voice: str | None, rate_wpm: int | None, siren: str) -> Produced | None:
        wanted = self._reader.wanted(voice) if script.is_spoken else ""
        found = self._store.recording_for(script.bulletin.id)
        if found is None or not self._is_as_wanted(script, found, wanted, rate_wpm, siren):
            return None
        facts = self._facts(script, found, wanted, rate_wpm, siren) | {"found_on_shelf": True}
        return Produced(script, found, facts, self._clock())

    def _begin(self, script: Script, siren: str) -> Produced:
        rate_wpm = self._reader.rate_wpm
        if (found := self._found(script, self._voice, rate_wpm, siren)) is not None:
            return found
        wanted = self._reader.wanted(self._voice) if script.is_spoken else ""
        bulletin = script.bulletin
        made = self._reader.opening(
            self._lines(script),
            self._voice,
            bulletin.priority,
            times=script.times,
            rate_wpm=rate_wpm,
            **_opened(script, siren),
        )
        segments = tuple(map(self._shelve, made))
        voice = next((each.voice for each in made if each.voice), "")
        recording = Recording(recording_id(bulletin.id, segments), bulletin.id, voice, segments)
        facts = self._facts(script, recording, wanted, rate_wpm, siren) | {"found_on_shelf": False, "opening": True}
        at = self._clock()
        self._store.put_bulletin(bulletin, script.spoken)
        self._store.put_recording(recording, facts, at)
        return Produced(script, recording, facts, at, is_opening=True)

    def _make(
        self, script: Script, voice: str | None, rate_wpm: int | None, siren: str, opening: Recording | None
    ) -> Produced:
        """Make a recording; what its nodes have as its `opening` stays as it is."""
        wanted = self._reader.wanted(voice) if script.is_spoken else ""
        rendered = self._reader(
            self._lines(script),
            voice,
            script.bulletin.priority,
            times=script.times,
            rate_wpm=rate_wpm,
            **_opened(script, siren),
        )
        begun = opening.segments if opening is not None else ()
        segments = (*begun, *(self._shelve(segment) for segment in rendered.segments[len(begun) :]))
        recording = Recording(
            id=recording_id(script.bulletin.id, segments),
            bulletin_id=script.bulletin.id,
            voice=rendered.voice,
            segments=segments,
        )
        facts = self._facts(script, recording, wanted, rate_wpm, siren) | {
            "found_on_shelf": False,
            "loudness_lufs": round(float(rendered.loudness_lufs), 2),
            "true_peak_dbtp": round(float(rendered.true_peak_dbtp), 2),
        }
        at = self._clock()
        # The objects are on disk by now: a crash between these lines leaves nothing that points nowhere.
        self._store.put_bulletin(script.bulletin, script.spoken)
        self._store.put_recording(recording, facts, at)
        _logger.info("recording_made", title=script.bulletin.title, **facts)
        if recording.voice != wanted:
            _logger.warning("another_voice_spoke", title=script.bulletin.title, wanted=wanted, voice=recording.voice)
        return Produced(script, recording, facts, at)

    def _lines(self, script: Script) -> list[Line]:
        return [self._sound_of(line) if isinstance(line, Part) else line for line in script.sentences]

    def _sound_of(self, part: Part) -> SoundFile:
        data = self._objects.get(part.sound)
        if data is None:
            raise SmartradioError(f"the sound {part.sound[:12]} brought in is gone from the disk; bring it in again")
        return SoundFile(data, f"the recording in {language_name(part.language)}")

    def _shelve(self, segment: Any) -> Segment:
        sha256 = self._objects.put(segment.opus)
        return Segment(
            sha256=sha256,
            size_bytes=len(segment.opus),
            duration_s=segment.duration_s,
            pause_after_s=segment.pause_after_s,
            kind=SegmentKind(segment.kind),
            spoken=segment.spoken,
        )

    def _is_as_wanted(self, script: Script, recording: Recording, voice: str, rate_wpm: int | None, siren: str) -> bool:
        """Say whether a recording is whole and was read by the wanted voice at the wanted speed, with its siren."""
        made = self._store.recording_facts(recording.id)
        if (recording.voice, made.get("rate_wpm")) != (voice, rate_wpm):
            return False
        if made.get("opening") or made.get("siren", "") != siren:
            return False
        if made.get("lines_before_siren", 0) != script.lines_before_siren:
            return False
        return all(self._objects.get(segment.sha256) is not None for segment in recording.segments)

    def _facts(
        self, script: Script, recording: Recording, wanted: str, rate_wpm: int | None, siren: str
    ) -> dict[str, Any]:
        """Return what the log says of a recording; what is not the rule only where it is so."""
        sounds = [part.sound for part in script.bulletin.parts if part.sound]
        told: dict[str, Any] = {
            "recording": recording.id,
            "voice": recording.voice,
            "segments": len(recording.segments),
            "duration_s": round(recording.duration_s, 3),
            "size_bytes": sum(segment.size_bytes for segment in recording.segments),
        }
        if rate_wpm is not None:
            told["rate_wpm"] = rate_wpm
        told |= _opened(script, siren)
        if recording.voice != wanted:
            told["voice_wanted"] = wanted
        if script.times > 1:
            told["times_read"] = script.times
        if script.open_places:
            told["open_items"] = len(script.open_places)
        if sounds:
            told |= {"sounds_brought_in": len(sounds), "sources": sounds}
        return told


def _opened(script: Script, siren: str) -> dict[str, Any]:
    """Return how a recording opens, where it opens in another way than its priority has it."""
    how: dict[str, Any] = {"siren": siren} if siren else {}
    return how | ({"lines_before_siren": script.lines_before_siren} if script.lines_before_siren else {})
