"""The port every speech recogniser stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from smartradio.domain.errors import SmartradioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

RATE = 16_000
"""Every recogniser listens at this rate, in Hz."""
LEAST = -30.0
"""No log posterior is below this: it fits 16 bits, and nothing is ever quite impossible."""


class RecogniserError(SmartradioError):
    """A recogniser cannot be used or gave no answer; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its place in the clip; confidence 0..1 as the recogniser gives it."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Posteriors:
    """What an acoustic model makes of each frame, before any knowledge of words.

    Shapes: `log_posteriors` [frames, len(units)], float16 or float32, natural logarithms; unit 0 is CTC's blank.
    `frame_s` is the time from frame to frame in seconds; frame 0 begins with the clip.
    """

    log_posteriors: NDArray[np.float16] | NDArray[np.float32]
    frame_s: float
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser heard; empty text means it heard no word.

    `posteriors` is there where the recogniser has them and the clip was not silent.
    """

    text: str
    words: tuple[Word, ...]
    posteriors: Posteriors | None = field(default=None, repr=False, compare=False)


class Recogniser(Protocol):
    """Turns a clip into words."""

    @property
    def name(self) -> str:
        """Name for pages and reports, with the model's."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639 codes of the languages the model knows."""
        ...

    def calibrated_for(self, voice: str) -> bool:
        """Say whether its words may be held against a text that `voice` read.

        A model whose figures were taken on certain voices says no to all others; one of people's speech, for
        which there are no such figures, says yes.
        """
        ...

    def recognise(self, clip: Signal, *, grammar: Sequence[str] | None = None) -> Transcript:
        """Return what is said in a clip [n], float32 at 16 kHz.

        `grammar` limits the answer to the words of these sentences: fit for telling test sentences apart,
        never for a verdict, since a grammar made of the expected text confirms what was never said.
        Raises RecogniserError.
        """
        ...
