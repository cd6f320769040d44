"""How long an airing sounds, and where in it the sentences lie: what a plan must know of a recording."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

from smartradio.domain.bulletin import Recording, SegmentKind
from smartradio.domain.errors import BadInputError

PAUSE_S: Final = 1.0
"""So long a node has at least between the end of one airing and the begin of the next."""

_RELAY_STEP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Sounding:
    """Sentences of an airing as seconds from its start, in order; chimes lie around them.

    `duration_s` is the whole with its chimes. `estimated` says that nothing of it has been made audible yet.
    """

    starts_s: tuple[float, ...]
    ends_s: tuple[float, ...]
    duration_s: float
    estimated: bool = False

    def __post_init__(self) -> None:
        marks = [mark for span in zip(self.starts_s, self.ends_s, strict=True) for mark in span]
        if not marks or marks != sorted(marks) or marks[0] < 0 or marks[-1] > self.duration_s:
            raise BadInputError("a sounding needs sentences in order, within its length")

    @classmethod
    def of(cls, recording: Recording) -> Sounding:
        """Return that of a recording; one of chimes alone counts as one sentence."""
        pairs = zip(recording.segments, recording.spans(), strict=True)
        told = [span for segment, span in pairs if segment.kind is not SegmentKind.CHIME]
        spans = told or [(0.0, recording.duration_s)]
        return cls(tuple(start for start, _ in spans), tuple(end for _, end in spans), recording.duration_s)

    @classmethod
    def fixed(cls, length_s: float) -> Sounding:
        """Return that of a relay: a length that is known, which may be left and joined again every ten seconds."""
        steps = max(1, math.ceil(length_s / _RELAY_STEP_S))
        marks = [step * _RELAY_STEP_S for step in range(steps)]
        return cls(tuple(marks), (*marks[1:], length_s), length_s)

    @property
    def sentences(self) -> int:
        """How many sentences there are."""
        return len(self.ends_s)

    def offset_s(self, sentence: int) -> float:
        """Return where playing begins that starts at a sentence (from 0): the first one has its chime before it."""
        return self.starts_s[sentence] if sentence else 0.0

    def with_pause(self) -> Sounding:
        """Return it with the room it takes among others: the pause after it, up to a whole second.

        With whole seconds a text that becomes a little longer moves nothing that comes after it.
        """
        return replace(self, duration_s=float(math.ceil(self.duration_s + PAUSE_S)))

    def heard_by(self, offset_s: float) -> int:
        """Return how many sentences are over at an offset."""
        return bisect_right(self.ends_s, offset_s)
