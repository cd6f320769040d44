"""A voice that is quick, the same every time, and says nothing."""

from __future__ import annotations

import numpy as np


class HummingVoice:
    """Hums in syllables for as long as a sentence is, and remembers what it was given and how fast."""

    language = "vi"
    own_rate_wpm = 150
    rate = 16_000

    def __init__(self, loudness: float = 0.3, samples_a_character: int = 200, name: str = "hum") -> None:
        self.name = name
        self.heard: list[str] = []
        self.speeds_wpm: list[int | None] = []
        self._loudness = loudness
        self._samples_a_character = samples_a_character

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[np.ndarray, int]:
        self.heard.append(sentence)
        self.speeds_wpm.append(rate_wpm)
        at_s = np.arange(self._samples_a_character * len(sentence)) / self.rate
        hum = np.sin(2 * np.pi * 300 * at_s) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at_s))
        return (self._loudness * hum).astype(np.float32), self.rate

    def close(self) -> None:
        return None
