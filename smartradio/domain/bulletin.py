"""What was written, and what was made of it to be heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from smartradio.domain.languages import VIETNAMESE
from smartradio.domain.priority import Priority

MAX_TIMES: Final = 5
"""Nobody listens to the same bulletin more often in a row."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bulletin in one language (BCP 47): a text to be read aloud, or a sound brought in.

    `sound` names the file as it was brought in by its SHA-256 (hex); one of `text` and `sound` is empty.
    """

    language: str = VIETNAMESE
    text: str = ""
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A written text as the broadcaster wrote it; `id` is the store's.

    Where more than one text is aired, `parts` are all of it in order, `text` is what of it is written, and
    `language` is that of the writing, else of the first part.
    """

    id: str
    title: str
    text: str
    priority: Priority = Priority.PROGRAMME
    language: str = VIETNAMESE
    parts: tuple[Part, ...] = ()

    @property
    def all_parts(self) -> tuple[Part, ...]:
        """The parts in order; a bulletin without any is one, its text."""
        return self.parts or (Part(self.language, self.text),)


class SegmentKind(StrEnum):
    """Where a segment's sound comes from."""

    CHIME = "chime"
    SENTENCE = "sentence"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Segment:
    """One Opus object of a recording, named by its SHA-256 (hex), and the pause that follows it."""

    sha256: str
    size_bytes: int
    duration_s: float
    pause_after_s: float
    kind: SegmentKind
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A bulletin made audible: segments in order, played without gaps but for their pauses.

    `id` is the SHA-256 (hex) over the segment hashes and pauses, so that an approval binds what is heard.
    """

    id: str
    bulletin_id: str
    voice: str
    segments: tuple[Segment, ...]

    @property
    def duration_s(self) -> float:
        """Length with the pauses between segments, without the pause after the last one."""
        return self.spans()[-1][1] if self.segments else 0.0

    def spans(self) -> tuple[tuple[float, float], ...]:
        """Return start and end of each segment in seconds from the recording's start."""
        return segment_spans([(s.duration_s, s.pause_after_s) for s in self.segments])

    def told_spans(self) -> tuple[tuple[float, float], ...]:
        """Return the spans of what tells something: all segments but chimes, which prove no bulletin."""
        spans = zip(self.segments, self.spans(), strict=True)
        return tuple(span for segment, span in spans if segment.kind is not SegmentKind.CHIME)


class OfKind(Protocol):
    """What has the kind of a segment: one of a recording, or what a plan says of it."""

    @property
    def kind(self) -> SegmentKind:
        """Where its sound comes from."""
        ...


_Kind = TypeVar("_Kind", bound=OfKind)


def up_to_siren(segments: Sequence[_Kind]) -> tuple[_Kind, ...]:
    """Return what an alert begins with: its siren and what is said before it; without a chime its first segment."""
    first = next((at for at, segment in enumerate(segments) if segment.kind is SegmentKind.CHIME), 0)
    return tuple(segments[: first + 1])


def segment_spans(lengths: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return start and end in seconds for segments given as (duration, pause after)."""
    spans: list[tuple[float, float]] = []
    at = 0.0
    for duration_s, pause_after_s in lengths:
        spans.append((at, at + duration_s))
        at += duration_s + pause_after_s
    return tuple(spans)
