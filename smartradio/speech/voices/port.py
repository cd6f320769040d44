"""What the station asks of any voice."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from smartradio.domain.errors import SmartradioError

# Speeds are on one scale: each voice's own pace counts as this, so a share of it is the same share with every voice.
OWN_RATE_WPM = 150
MIN_RATE_WPM = 80
MAX_RATE_WPM = 450
MAX_SENTENCE_CHARACTERS = 2_000


class VoiceError(SmartradioError):
    """A voice did not speak; the message is one line that names the voice and says why."""


class VoiceRefusedError(VoiceError):
    """The voice is well but cannot say this sentence; another voice may, and it may say the next one."""


class Voice(Protocol):
    """Speaks one sentence at a time."""

    @property
    def name(self) -> str:
        """Stable name, stored with the recording, such as `vi+f3`, `piper:NAME` or `vits:NAME`."""
        ...

    @property
    def language(self) -> str:
        """ISO 639 code of the language it reads, such as `vi`."""
        ...

    @property
    def own_rate_wpm(self) -> int:
        """The pace it takes when none is asked for; a slower one is a share of this."""
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

    def warm(self) -> None:
        """Get ready to speak, in the background where that takes more than a moment; raises VoiceError."""
        ...

    def close(self) -> None:
        """End what the voice holds; safe to call twice."""
        ...


@runtime_checkable
class LoadingVoice(Voice, Protocol):
    """A voice whose model takes seconds to load, which an emergency must not wait for."""

    @property
    def ready(self) -> bool:
        """Whether a sentence would be spoken at once."""
        ...

    @property
    def loading(self) -> bool:
        """Whether its model is being loaded right now."""
        ...

    @property
    def failure(self) -> VoiceError | None:
        """Why its model could not be loaded the last time that was tried; None while it is tried again."""
        ...

    def wait_until_ready(self, timeout_s: float) -> None:
        """Begin to load if need be and wait for it; raises VoiceError when it fails or takes longer."""
        ...


def checked_rate(rate_wpm: int | None) -> int:
    """Return the speed to speak at, in words a minute; raises VoiceRefusedError for one nobody can follow."""
    speed_wpm = OWN_RATE_WPM if rate_wpm is None else rate_wpm
    if not MIN_RATE_WPM <= speed_wpm <= MAX_RATE_WPM:
        raise VoiceRefusedError(f"a speed of {speed_wpm} words a minute is outside {MIN_RATE_WPM}..{MAX_RATE_WPM}")
    return speed_wpm


def checked_length(sentence: str) -> None:
    """Raise VoiceRefusedError for a sentence longer than any voice is given."""
    if len(sentence) > MAX_SENTENCE_CHARACTERS:
        raise VoiceRefusedError(
            f"a sentence of {len(sentence)} characters is too long for a voice; split it at {MAX_SENTENCE_CHARACTERS}"
        )


def shortened(text: str) -> str:
    """Return a sentence in quotation marks, short enough for a line of a log."""
    return f"“{text}”" if len(text) <= 40 else f"“{text[:40]}…”"
