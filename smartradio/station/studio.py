"""From a written text to a recording: cleaned, read by rule, spoken by a voice, kept as objects.

The same text read by the same voice gives the same objects and the same recording, so it is made once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.wire.signing import canonical

if TYPE_CHECKING:
    from smartradio.speech.voices.espeak import EspeakVoice
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_ID_DIGITS = 32


class RenderedLike(Protocol):
    """What the studio needs of a rendering; see `smartradio.speech.rendering.RenderedRecording`."""

    @property
    def segments(self) -> Sequence[Any]:
        """Segments in order: kind, spoken, opus, sha256, duration_s, pause_after_s."""

    @property
    def voice(self) -> str:
        """Name of the voice that read it."""

    @property
    def loudness_lufs(self) -> float:
        """Integrated loudness of the whole."""

    @property
    def true_peak_dbtp(self) -> float:
        """True peak of the whole."""


# Reads the sentences of each line with a named voice after a named chime; blocking.
Render = Callable[[Sequence[Sequence[str]], str, str], RenderedLike]


@dataclass(frozen=True, slots=True)
class Script:
    """A text that can be read: its bulletin, how it was read line by line, the sentences of each line."""

    bulletin: Bulletin
    spoken: tuple[Mapping[str, Any], ...]
    sentences: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Produced:
    """A recording on the shelf; `facts` are what the log says of its making, `at` is when it was made.

    A recording found on the shelf is told as found, at the time of finding.
    """

    script: Script
    recording: Recording
    facts: Mapping[str, Any]
    at: datetime


def bulletin_id(title: str, text: str, priority: Priority, spoken: Sequence[Mapping[str, Any]]) -> str:
    """Return a bulletin's id: the same for the same words read the same way, in 32 hex digits."""
    content = {"title": title, "text": text, "priority": int(priority), "spoken": list(spoken)}
    return hashlib.sha256(canonical(content)).hexdigest()[:_ID_DIGITS]


def recording_id(bulletin: str, segments: Sequence[Segment]) -> str:
    """Return the SHA-256 (hex) over bulletin, segment hashes and pauses: an approval binds what is heard."""
    content = {
        "bulletin": bulletin,
        "segments": [[segment.sha256, round(segment.pause_after_s * 1e6)] for segment in segments],
    }
    return hashlib.sha256(canonical(content)).hexdigest()


def write_script(title: str, text: str | bytes, priority: Priority = Priority.PROGRAMME) -> Script:
    """Clean a text and read it by rule; raises BadInputError for one that cannot be read. Blocking."""
    from smartradio.speech.spoken.text import clean_text, spoken_text  # noqa: PLC0415 - loads the reading rules

    title = " ".join(title.split())
    if not title:
        raise BadInputError("the bulletin has no title")
    if len(title) > 200:
        raise BadInputError(f"the title has {len(title)} characters; use at most 200")
    cleaned = clean_text(text.encode() if isinstance(text, str) else text)
    lines = spoken_text(cleaned)
    sentences = tuple(tuple(s for s in line.sentences if s.strip()) for line in lines)
    if not any(sentences):
        raise BadInputError(f"bulletin {title!r}: there is nothing in it to read aloud")
    spoken = tuple(_plain_line(line) for line in lines)
    name = bulletin_id(title, cleaned, priority, spoken)
    return Script(Bulletin(id=name, title=title, text=cleaned, priority=priority), spoken, sentences)


def _plain_line(line: Any) -> dict[str, Any]:
    return {
        "written": line.written,
        "spoken": line.spoken,
        "pieces": [_plain(piece) for piece in line.pieces],
        "open_items": [_plain(item) for item in line.open_items],
    }


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else dict(value)


class EspeakReader:
    """Reads with espeak-ng voices, each kept warm in a supervised child; `close` ends the children."""

    def __init__(self, *, rate_wpm: int | None = None) -> None:
        self._rate_wpm = rate_wpm
        self._voices: dict[str, EspeakVoice] = {}

    def __call__(self, lines: Sequence[Sequence[str]], voice: str, chime: str = "normal") -> RenderedLike:
        """Return the rendering; raises SmartradioError (voice) and BadInputError (text)."""
        # Mastering brings scipy; a station that renders nothing must not carry it.
        from smartradio.speech.rendering import render  # noqa: PLC0415
        from smartradio.speech.script import utterances  # noqa: PLC0415
        from smartradio.speech.voices.espeak import EspeakVoice  # noqa: PLC0415

        speaker = self._voices.get(voice)
        if speaker is None:
            speaker = self._voices[voice] = EspeakVoice(voice)
        return render(utterances(lines), speaker, rate_wpm=self._rate_wpm, chime=chime)

    def close(self) -> None:
        """End the voices' children."""
        for voice in self._voices.values():
            voice.close()
        self._voices.clear()


class Studio:
    """Makes recordings, one at a time, off the event loop; the voice runs in a child of its own.

    `render` reads sentences with a named voice after a chime; `voice` is the one for bulletins that name none.
    """

    def __init__(
        self, store: Store, objects: Objects, render: Render, *, voice: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._objects = objects
        self._render = render
        self._voice = voice
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def script(self, title: str, text: str | bytes, priority: Priority = Priority.PROGRAMME) -> Script:
        """Clean a text and read it by rule; raises BadInputError. Nothing is written."""
        return await asyncio.to_thread(write_script, title, text, priority)

    async def produce(self, script: Script, voice: str | None = None) -> Produced:
        """Return the recording of a script, made now or found on the shelf.

        Raises SmartradioError when the voice fails; then nothing of the bulletin is in the store.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._produce, script, voice or self._voice)

    def _produce(self, script: Script, voice: str) -> Produced:
        found = self._store.recording_for(script.bulletin.id)
        if found is not None and found.voice == voice and self._is_whole(found):
            return Produced(script, found, self._facts(found, found_on_shelf=True), self._clock())
        chime = "emergency" if script.bulletin.priority >= Priority.EMERGENCY else "normal"
        rendered = self._render(script.sentences, voice, chime)
        segments = tuple(self._shelve(segment) for segment in rendered.segments)
        recording = Recording(
            id=recording_id(script.bulletin.id, segments),
            bulletin_id=script.bulletin.id,
            voice=voice,
            segments=segments,
        )
        facts = self._facts(recording, found_on_shelf=False) | {
            "loudness_lufs": round(float(rendered.loudness_lufs), 2),
            "true_peak_dbtp": round(float(rendered.true_peak_dbtp), 2),
        }
        at = self._clock()
        # The objects are on disk by now: a crash between these lines leaves nothing that points nowhere.
        self._store.put_bulletin(script.bulletin, script.spoken)
        self._store.put_recording(recording, facts, at)
        _logger.info("recording_made", title=script.bulletin.title, **facts)
        return Produced(script, recording, facts, at)

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

    def _is_whole(self, recording: Recording) -> bool:
        return all(self._objects.get(segment.sha256) is not None for segment in recording.segments)

    @staticmethod
    def _facts(recording: Recording, *, found_on_shelf: bool) -> dict[str, Any]:
        return {
            "recording": recording.id,
            "voice": recording.voice,
            "segments": len(recording.segments),
            "duration_s": round(recording.duration_s, 3),
            "size_bytes": sum(segment.size_bytes for segment in recording.segments),
            "found_on_shelf": found_on_shelf,
        }
