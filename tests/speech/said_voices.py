"""Voices that do as they are told, for the rules of a chain; no child, no sound card, no waiting."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smartradio.speech.voices.port import VoiceError, VoiceRefusedError

SENTENCE = "Nước sông đang lên nhanh, bà con khẩn trương di chuyển đến nơi an toàn."
RATE = 16_000


class SaidVoice:
    """Says what it is told: a sound, or an error; remembers how often it was asked."""

    def __init__(self, name: str, says: Callable[[str], np.ndarray] | None = None, language: str = "vi") -> None:
        self.name = name
        self.language = language
        self.rate = RATE
        self.own_rate_wpm = 150
        self.says = says or tone
        self.asked: list[str] = []
        self.open = True

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[np.ndarray, int]:
        self.asked.append(sentence)
        return self.says(sentence), self.rate

    def warm(self) -> None:
        pass

    def close(self) -> None:
        self.open = False


class SlowVoice(SaidVoice):
    """A model that is loaded when the test says so."""

    ready = False
    loading = False
    failure: VoiceError | None = None

    def warm(self) -> None:
        self.failure = None
        self.loading = not self.ready

    def wait_until_ready(self, timeout_s: float) -> None:
        self.warm()
        self.loaded()
        if self.failure is not None:
            raise self.failure

    def loaded(self) -> None:
        self.ready, self.loading = True, False

    def failed(self, why: str) -> None:
        self.loading, self.failure = False, VoiceError(why)


class HandClock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def tone(sentence: str) -> np.ndarray:
    return np.tile(np.float32([0.3, -0.3]), 600 * len(sentence))


def failing(sentence: str) -> np.ndarray:
    raise VoiceError("out of breath")


def refusing(sentence: str) -> np.ndarray:
    raise VoiceRefusedError("has no sound for '5'")
