"""What the node needs of a sound device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from smartradio.domain.errors import SmartradioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]
    Fill = Callable[[Block, float], None]
    Hear = Callable[[Block, float], None]

OUTPUT_RATE = 48_000


class SoundError(SmartradioError):
    """The sound device is not there or cannot be opened now; the caller tries again."""


class Sound(Protocol):
    """A loudspeaker output and a microphone, each opened only while it is needed.

    `fill(block, at_s)` must write every sample of the block, float32 mono at OUTPUT_RATE; `at_s` is the
    node's monotonic time at which its first frame leaves the loudspeaker. `hear(block, at_s)` hands over
    samples at `input_rate`; `at_s` is when the first of them reached the microphone. Both run on the device's
    thread and must never wait. Opening raises SoundError.
    """

    input_rate: int

    @property
    def underruns(self) -> int:
        """How often the device ran out of samples since the node started."""
        ...

    def open_output(self, fill: Fill) -> None:
        """Start to play what `fill` gives."""
        ...

    def close_output(self) -> None:
        """End the output; closing what is not open does nothing."""
        ...

    def open_input(self, hear: Hear) -> None:
        """Start to listen."""
        ...

    def close_input(self) -> None:
        """End listening; closing what is not open does nothing."""
        ...

    def announce(self, starts_at_s: float, duration_s: float) -> None:
        """Say what will be played next; only a simulated device wants to know."""
        ...
