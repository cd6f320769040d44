"""What the station asks of any voice."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from smartradio.domain.errors import SmartradioError


class VoiceError(SmartradioError):
    """A voice did not speak; the message is one line that names the voice and says why."""


class Voice(Protocol):
    """Speaks one sentence at a time."""

    @property
    def name(self) -> str:
        """Stable name, stored with the recording, such as `vi+f3`."""
        ...

    @property
    def rate(self) -> int:
        """Sample rate in Hz of what `speak` returns."""
        ...

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
        """Return `sentence` as float32 mono (full scale 1.0) and its sample rate in Hz.

        `rate_wpm` is the speed in words a minute, None the voice's own. The same sentence gives the
        same samples. Raises VoiceError, in bounded time, rather than return silence.
        """
        ...
