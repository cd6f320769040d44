"""The base voice: espeak-ng, always there, a thousand times faster than speech."""

from __future__ import annotations

import re
import time
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from smartradio.speech.voices.port import (
    MAX_RATE_WPM,
    MAX_SENTENCE_CHARACTERS,
    MIN_RATE_WPM,
    OWN_RATE_WPM,
    VoiceError,
    VoiceRefusedError,
    checked_length,
    checked_rate,
    shortened,
)
from smartradio.supervised import SupervisedWorker, WorkerError, WorkerRefusedError

__all__ = [
    "MAX_RATE_WPM",
    "MAX_SENTENCE_CHARACTERS",
    "MIN_RATE_WPM",
    "OWN_RATE_WPM",
    "VIETNAMESE_VOICES",
    "EspeakVoice",
]

# Northern, central and southern Vietnamese; each takes a variant of the speaker, such as `vi+f3`.
VIETNAMESE_VOICES = ("vi", "vi-vn-x-central", "vi-vn-x-south")

_WORKER = "smartradio.speech.voices.espeak_worker"
_SAMPLE_RATE = 22_050
_TIMEOUT_S = 4.0
_LEAST_ANSWER_S = 0.3
_NAME = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*(\+[A-Za-z0-9_-]+)?")
_QUIETEST_PEAK = 0.001


class EspeakVoice:
    """espeak-ng in a supervised child, kept warm between sentences.

    `name` is an espeak voice with an optional variant. `timeout_s` bounds one sentence in all, children that
    start and the second attempt in a fresh one included. `system` takes the operating system's library ahead
    of the wheel's, as a last resort beside it. Several voices may share one `worker`, which brings its own time
    to start; whoever made it closes it. Raises VoiceError for a name that cannot be one or that does not
    speak `language`: a foreign voice reads Vietnamese unintelligibly, and without a word of warning.
    """

    def __init__(
        self,
        name: str = "vi",
        *,
        language: str = "vi",
        timeout_s: float = _TIMEOUT_S,
        system: bool = False,
        worker: SupervisedWorker | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise VoiceError(f"{name!r} is not an espeak voice; use one like {', '.join(VIETNAMESE_VOICES)}")
        spoken = re.split(r"[-+]", name, maxsplit=1)[0]
        if spoken != language:
            raise VoiceError(
                f"the voice {name!r} speaks {spoken!r}, not {language!r}; use one like {', '.join(VIETNAMESE_VOICES)}"
            )
        self._voice = name
        self._language = language
        self._name = f"{name} (system)" if system else name
        self._timeout_s = timeout_s
        self._owns_worker = worker is None
        self._worker = worker or SupervisedWorker(
            _WORKER, args=["system" if system else "wheel"], name="espeak-ng", start_timeout_s=timeout_s / 2
        )

    @property
    def name(self) -> str:
        """Name of the espeak voice with its variant, and ` (system)` after it for the system's library."""
        return self._name

    @property
    def language(self) -> str:
        """ISO 639 code of the language it reads."""
        return self._language

    @property
    def own_rate_wpm(self) -> int:
        """The pace it takes when none is asked for: below espeak's own 175, for open-air echo swallows syllables."""
        return OWN_RATE_WPM

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return _SAMPLE_RATE

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
        """Return `sentence` as float32 mono and its rate; see `Voice.speak`. Raises VoiceError."""
        speed_wpm = checked_rate(rate_wpm)
        checked_length(sentence)
        # NUL would end the text unheard, other control characters are read out or lost.
        text = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", sentence).strip()
        if not text:
            raise VoiceRefusedError("there is nothing to say in an empty sentence")
        rate, pcm = self._ask({"voice": self._voice, "rate_wpm": speed_wpm}, text)
        if len(pcm) == 0 or float(np.abs(pcm).max()) < _QUIETEST_PEAK:
            raise VoiceError(f"the voice {self._name} stayed silent on {shortened(text)}")
        return pcm, rate

    def warm(self) -> None:
        """Start the child, a fifth of a second's work; raises VoiceError."""
        try:
            self._worker.call({"warm": True}, timeout_s=self._timeout_s)
        except WorkerError as error:
            raise VoiceError(f"the voice {self._name} does not start: {error}") from error

    def close(self) -> None:
        """End the child, unless it was given by the caller."""
        if self._owns_worker:
            self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, object], text: str) -> tuple[int, npt.NDArray[np.float32]]:
        payload = text.encode("utf-8", errors="replace")
        deadline_s = time.monotonic() + self._timeout_s
        try:
            answer, sound = self._first_answer(request, payload, deadline_s)
        except WorkerRefusedError as error:
            raise VoiceRefusedError(str(error)) from error
        except WorkerError as error:
            raise VoiceError(f"the voice {self._name} failed on {shortened(text)}: {error}") from error
        rate = answer.get("rate")
        if not isinstance(rate, int) or len(sound) % 2:
            raise VoiceError(f"the voice {self._name} sent something that is not sound")
        return rate, np.frombuffer(sound, dtype="<i2").astype(np.float32) / np.float32(32_768)

    def _first_answer(
        self, request: dict[str, object], payload: bytes, deadline_s: float
    ) -> tuple[dict[str, object], bytes]:
        try:
            return self._answer(request, payload, deadline_s - self._timeout_s / 2)
        except WorkerRefusedError:
            raise
        except WorkerError:
            # A second child gets the same half of the time, if the first has left so much.
            if deadline_s - time.monotonic() < self._timeout_s / 2 - _LEAST_ANSWER_S:
                raise
        return self._answer(request, payload, deadline_s)

    def _answer(self, request: dict[str, object], payload: bytes, deadline_s: float) -> tuple[dict[str, object], bytes]:
        if self._worker.pid is None:
            # The worker does not count its start as part of a call: start it first, then see what time is left.
            self._worker.call({"warm": True}, timeout_s=max(_LEAST_ANSWER_S, deadline_s - time.monotonic()))
        return self._worker.call(request, payload, timeout_s=max(_LEAST_ANSWER_S, deadline_s - time.monotonic()))
