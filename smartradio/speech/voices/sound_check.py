"""Whether what a voice returned can be the sentence that it was given."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from smartradio.speech.voices.port import OWN_RATE_WPM, VoiceError, VoiceRefusedError, shortened

# Measured on espeak-ng from 80 to 450 words a minute: 0.02 to 0.15 s a letter. The bounds leave room for slow
# neural voices and for digits, whose names are longer than they are.
LEAST_S_PER_LETTER = 0.012
MOST_S_PER_LETTER = 0.6
MOST_S_BESIDE = 3.0
_LEAST_S = 0.04
_FRAME_S = 0.02
_AUDIBLE_RMS = 0.002
MOST_RATE_HZ = 192_000
LEAST_RATE_HZ = 8_000


def check_sound(pcm: npt.NDArray[np.float32], rate: int, sentence: str, name: str) -> None:
    """Raise VoiceError unless `pcm` (float32 mono at `rate` Hz), spoken by the voice `name`, can be heard.

    It cannot when it holds infinities or what is no number, or when it is silent, a mere hiss or a click.
    """
    if pcm.ndim != 1 or not LEAST_RATE_HZ <= rate <= MOST_RATE_HZ:
        raise VoiceError(f"the voice {name} sent something that is not sound for {shortened(sentence)}")
    if not np.isfinite(pcm).all():
        raise VoiceError(f"the voice {name} sent numbers that are no sound for {shortened(sentence)}")
    if _audible_s(pcm, rate) < _LEAST_S:
        raise VoiceError(f"the voice {name} stayed silent on {shortened(sentence)}")


def check_length(
    pcm: npt.NDArray[np.float32], rate: int, sentence: str, name: str, rate_wpm: int | None = None
) -> None:
    """Raise VoiceRefusedError when `pcm` is far too short or too long for the letters of `sentence`."""
    letters = sum(character.isalnum() for character in sentence)
    slower = OWN_RATE_WPM / (rate_wpm or OWN_RATE_WPM)
    least_s = LEAST_S_PER_LETTER * letters
    most_s = MOST_S_BESIDE + MOST_S_PER_LETTER * letters * max(1.0, slower)
    audible_s, duration_s = _audible_s(pcm, rate), len(pcm) / rate
    if audible_s < least_s:
        raise VoiceRefusedError(
            f"the voice {name} spoke only {audible_s:.2f} s of {shortened(sentence)}, "
            f"which takes at least {least_s:.2f} s"
        )
    if duration_s > most_s:
        raise VoiceRefusedError(
            f"the voice {name} took {duration_s:.1f} s for {shortened(sentence)}, which takes at most {most_s:.1f} s"
        )


def _audible_s(pcm: npt.NDArray[np.float32], rate: int) -> float:
    """Return for how long something is to be heard; a constant offset moves no membrane and does not count."""
    frame = max(1, round(_FRAME_S * rate))
    whole = pcm[: len(pcm) // frame * frame].astype(np.float64).reshape(-1, frame)
    if whole.size == 0:
        return 0.0
    rms = np.sqrt(np.mean((whole - whole.mean(axis=1, keepdims=True)) ** 2, axis=1))
    return float(np.count_nonzero(rms > _AUDIBLE_RMS)) * _FRAME_S
