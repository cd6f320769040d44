"""The part of an airing that is played in one go: from a sentence to where it must be over. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartradio.domain.bulletin import SegmentKind, segment_spans
from smartradio.domain.sounding import Sounding
from smartradio.wire.messages import PlannedAiring, SegmentRef


@dataclass(frozen=True, slots=True)
class Stretch:
    """Segments `begin` to before `end` of an airing: its sentences `first` to before `past`, all counted from 0.

    `sounding` is that of the whole airing; `offset_s` is where in it this stretch begins.
    """

    segments: tuple[SegmentRef, ...]
    begin: int
    end: int
    first: int
    past: int
    sounding: Sounding

    @property
    def played(self) -> tuple[SegmentRef, ...]:
        """The segments to be played, in order."""
        return self.segments[self.begin : self.end]

    @property
    def offset_s(self) -> float:
        """Where in the airing it begins."""
        return self.sounding.offset_s(self.first)

    @property
    def is_cut(self) -> bool:
        """Whether sentences are left out at the end."""
        return self.past < self.sounding.sentences

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the airing, chimes included."""
        return (self.begin, self.end) == (0, len(self.segments))

    def heard_by(self, played_s: float) -> int:
        """Return the sentence (from 0) that is not over when so much of the stretch has been played."""
        return min(self.sounding.heard_by(self.offset_s + played_s), self.past)

    def until(self, past: int) -> Stretch:
        """Return the stretch that is over with the sentence before `past`."""
        return _stretch(self.segments, self.sounding, self.first, past, self.begin)

    def left(self, sentence: int) -> float:
        """Return the share of the whole airing that lies behind the begin of a sentence, 0 to 1."""
        whole_s = self.sounding.duration_s
        return (whole_s - self.sounding.offset_s(sentence)) / whole_s if whole_s > 0 else 0.0

    def facts(self, *, begun: bool = False) -> dict[str, Any]:
        """Return what a report of figures says of the part they are about; nothing for all of the airing.

        `begun` says that its one sentence was not over when it was stopped.
        """
        if self.is_whole and not begun:
            return {}
        part = {"begin": self.begin, "end": self.end, "of": len(self.segments)}
        return {"played": part | {"begun": True} if begun else part}


def sounding_of(segments: Sequence[SegmentRef]) -> Sounding:
    """Return where the sentences of an airing lie; one of chimes alone counts as one sentence."""
    spans = segment_spans([(segment.duration_s, segment.pause_after_s) for segment in segments])
    told = [span for span, segment in zip(spans, segments, strict=True) if segment.kind is not SegmentKind.CHIME]
    told = told or [(0.0, spans[-1][1])]
    return Sounding(tuple(start for start, _ in told), tuple(end for _, end in told), spans[-1][1])


def stretch_of(airing: PlannedAiring, start: datetime, sentence: int = 0) -> Stretch | None:
    """Return what is to be played from `start` on, beginning with a sentence; None if not even that one fits in.

    What does not fit before `ends_by` is cut behind the last sentence that does: source, rule 5 and docs/plan.md.
    """
    sounding = sounding_of(airing.segments)
    begin = _told(airing.segments)[sentence] if sentence else 0
    whole = Stretch(airing.segments, begin, len(airing.segments), sentence, sounding.sentences, sounding)
    if airing.ends_by is None:
        return whole
    room_s = (airing.ends_by - start).total_seconds() + whole.offset_s
    if sounding.duration_s <= room_s:
        return whole
    past = sounding.heard_by(room_s)
    return whole.until(past) if past > sentence else None


def _stretch(segments: tuple[SegmentRef, ...], sounding: Sounding, first: int, past: int, begin: int) -> Stretch:
    told = _told(segments)
    end = told[past - 1] + 1 if past > first else begin
    return Stretch(segments, begin, end, first, past, sounding)


def _told(segments: Sequence[SegmentRef]) -> list[int]:
    told = [number for number, segment in enumerate(segments) if segment.kind is not SegmentKind.CHIME]
    return told or [len(segments) - 1]
