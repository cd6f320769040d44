"""The base voice: espeak-ng, always there, a thousand times faster than speech."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from smartradio.speech.voices.port import VoiceError
from smartradio.supervised import SupervisedWorker, WorkerError, WorkerRefusedError

# Northern, central and southern Vietnamese; each takes a variant of the speaker, such as `vi+f3`.
VIETNAMESE_VOICES = ("vi", "vi-vn-x-central", "vi-vn-x-south")
# Slower than espeak's own 175: open-air echo swallows hurried syllables.
OWN_RATE_WPM = 150
MIN_RATE_WPM = 80
MAX_RATE_WPM = 450
MAX_SENTENCE_CHARACTERS = 2_000

_WORKER = "smartradio.speech.voices.espeak_worker"
_SAMPLE_RATE = 22_050
_ATTEMPTS = 2
_NAME = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*(\+[A-Za-z0-9_-]+)?")
_QUIETEST_PEAK = 0.001


class EspeakVoice:
    """espeak-ng in a supervised child, kept warm between sentences.

    `name` is an espeak voice with an optional variant. `timeout_s` bounds one sentence, the second
    attempt in a fresh child included (starting a child comes on top, at most 10 s each). Several voices
    may share one `worker`; whoever made it closes it. Raises VoiceError for a name that cannot be one or that
    does not speak `language`: a foreign voice reads Vietnamese unintelligibly, and without a word of warning.
    """

    def __init__(
        self,
        name: str = "vi",
        *,
        language: str = "vi",
        timeout_s: float = 10.0,
        worker: SupervisedWorker | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise VoiceError(f"{name!r} is not an espeak voice; use one like {', '.join(VIETNAMESE_VOICES)}")
        spoken = re.split(r"[-+]", name, maxsplit=1)[0]
        if spoken != language:
            raise VoiceError(
                f"the voice {name!r} speaks {spoken!r}, not {language!r}; use one like {', '.join(VIETNAMESE_VOICES)}"
            )
        self._name = name
        self._timeout_s = timeout_s
        self._owns_worker = worker is None
        self._worker = worker or SupervisedWorker(_WORKER, name="espeak-ng")

    @property
    def name(self) -> str:
        """Name of the espeak voice with its variant."""
        return self._name

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return _SAMPLE_RATE

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
        """Return `sentence` as float32 mono and its rate; see `Voice.speak`. Raises VoiceError."""
        speed_wpm = OWN_RATE_WPM if rate_wpm is None else rate_wpm
        if not MIN_RATE_WPM <= speed_wpm <= MAX_RATE_WPM:
            raise VoiceError(f"a speed of {speed_wpm} words a minute is outside {MIN_RATE_WPM}..{MAX_RATE_WPM}")
        if len(sentence) > MAX_SENTENCE_CHARACTERS:
            raise VoiceError(
                f"a sentence of {len(sentence)} characters is too long for a voice; "
                f"split it at {MAX_SENTENCE_CHARACTERS}"
            )
        # NUL would end the text unheard, other control characters are read out or lost.
        text = re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", sentence).strip()
        if not text:
            raise VoiceError("there is nothing to say in an empty sentence")
        rate, pcm = self._ask({"voice": self._name, "rate_wpm": speed_wpm}, text)
        if len(pcm) == 0 or float(np.abs(pcm).max()) < _QUIETEST_PEAK:
            raise VoiceError(f"the voice {self._name} stayed silent on {_shortened(text)}")
        return pcm, rate

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
        failure: WorkerError | None = None
        for _ in range(_ATTEMPTS):
            try:
                answer, payload = self._worker.call(
                    request, text.encode("utf-8", errors="replace"), timeout_s=self._timeout_s / _ATTEMPTS
                )
            except WorkerRefusedError as error:
                raise VoiceError(str(error)) from error
            except WorkerError as error:
                failure = error
                continue
            rate = answer.get("rate")
            if not isinstance(rate, int) or len(payload) % 2:
                raise VoiceError(f"the voice {self._name} sent something that is not sound")
            return rate, np.frombuffer(payload, dtype="<i2").astype(np.float32) / np.float32(32_768)
        raise VoiceError(f"the voice {self._name} failed twice on {_shortened(text)}: {failure}") from failure


def _shortened(text: str) -> str:
    return f"“{text}”" if len(text) <= 40 else f"“{text[:40]}…”"
