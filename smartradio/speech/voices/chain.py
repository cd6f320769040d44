"""Several voices as one that always ends in sound.

- A voice that hangs, crashes, or sends silence: the next speaks within five seconds, and the failed one is left
  out for ten minutes, so that a bulletin does not wait at each sentence.
- One that cannot say this sentence, or whose sound is far too short or long for it: the next speaks; it is asked
  again with the next sentence.
- One whose model is still loading: the next that is ready speaks until it is loaded.

Nobody waits for a model to load unless it is asked for with `warm(wait_s=...)`: an emergency must not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from smartradio.speech.voices.port import (
    LoadingVoice,
    Voice,
    VoiceError,
    VoiceRefusedError,
    checked_length,
    checked_rate,
    shortened,
)
from smartradio.speech.voices.sound_check import check_length, check_sound

LEFT_OUT_S = 600.0
_logger = logging.getLogger(__name__)


class VoiceChain:
    """Voices in the order in which they are asked, itself a voice; the last should be one that always speaks.

    A voice is relied on to end each sentence within five seconds, as supervised ones do. One that failed is
    left out for `left_out_s`, by `clock` (seconds, monotonic); when none of the others spoke it is asked after
    all. Raises VoiceError without voices or with voices of several languages. `close` closes all of them.
    """

    def __init__(
        self,
        voices: Sequence[Voice],
        *,
        left_out_s: float = LEFT_OUT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not voices:
            raise VoiceError("a chain of voices needs at least one")
        languages = {voice.language for voice in voices}
        if len(languages) > 1:
            raise VoiceError(f"a chain of voices speaks one language, not {' and '.join(sorted(languages))}")
        self._voices = tuple(voices)
        self._left_out_s = left_out_s
        self._clock = clock
        self._back_at_s: dict[int, float] = {}
        self._told_loading: set[int] = set()
        self._spoke = self._voices[0]

    @property
    def name(self) -> str:
        """Name of the voice that spoke last; before anything was said, of the first."""
        return self._spoke.name

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all voices in the order in which they are asked."""
        return tuple(voice.name for voice in self._voices)

    @property
    def language(self) -> str:
        """ISO 639 code of the language that all of them read."""
        return self._spoke.language

    @property
    def own_rate_wpm(self) -> int:
        """The pace of the voice that spoke last; the scale is the same for all."""
        return self._spoke.own_rate_wpm

    @property
    def rate(self) -> int:
        """Sample rate in Hz of the voice that spoke last."""
        return self._spoke.rate

    def warm(self, *, wait_s: float = 0.0) -> None:
        """Get ready the voice that would speak first, and the one that speaks while that loads.

        Waits up to `wait_s` until the first is loaded. One that does not get ready is no error here, the next
        one speaks.
        """
        one_loads = False
        for voice in self._voices:
            if self._is_left_out(voice) or (one_loads and isinstance(voice, LoadingVoice) and not voice.ready):
                continue
            self._get_ready(voice, wait_s)
            if not isinstance(voice, LoadingVoice) or voice.ready:
                return
            one_loads = one_loads or voice.loading

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[npt.NDArray[np.float32], int]:
        """Return `sentence` spoken by the first voice that can, as float32 mono, and its rate in Hz.

        Raises VoiceRefusedError for what no voice can say, VoiceError when all failed, naming each reason.
        """
        checked_rate(rate_wpm)
        checked_length(sentence)
        if not any(character.isalnum() for character in sentence):
            raise VoiceRefusedError(f"there is nothing to say in {shortened(sentence)}")
        passed: list[_PassedOver] = []
        for voice in self._order():
            reason = self._why_it_must_wait(voice, passed)
            if reason is not None:
                passed.append(reason)
                continue
            try:
                sound = self._ask(voice, sentence, rate_wpm)
            except VoiceError as error:
                passed.append(_PassedOver(voice, error))
                continue
            self._hand_over(passed, voice)
            return sound
        raise _all_failed(passed, sentence)

    def close(self) -> None:
        """Close all voices."""
        for voice in self._voices:
            voice.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _get_ready(self, voice: Voice, wait_s: float) -> None:
        try:
            if isinstance(voice, LoadingVoice) and wait_s > 0:
                voice.wait_until_ready(wait_s)
            else:
                voice.warm()
        except VoiceError as error:
            # What takes longer to load than anybody waits may still come.
            if isinstance(voice, LoadingVoice) and voice.failure is None:
                _logger.info("voice %s is not waited for: %s", voice.name, error)
            else:
                self._leave_out(voice, error, "the next")

    def _order(self) -> Iterator[Voice]:
        """Yield the voices that are well, then, for when none of them spoke, those that are left out."""
        left_out = [voice for voice in self._voices if self._is_left_out(voice)]
        yield from (voice for voice in self._voices if voice not in left_out)
        yield from left_out

    def _is_left_out(self, voice: Voice) -> bool:
        back_at_s = self._back_at_s.get(id(voice))
        if back_at_s is None:
            return False
        if self._clock() < back_at_s:
            return True
        del self._back_at_s[id(voice)]
        if isinstance(voice, LoadingVoice):
            voice.warm()  # forgets why it could not be loaded the last time
        return False

    def _why_it_must_wait(self, voice: Voice, passed: Sequence[_PassedOver]) -> _PassedOver | None:
        # Nothing else will speak after the last, so that one is waited for.
        if not isinstance(voice, LoadingVoice) or voice.ready or len(self._voices) == 1:
            return None
        if voice.failure is not None:
            return _PassedOver(voice, voice.failure)
        # One model at a time: what comes after a voice that is loading is only its substitute.
        if not any(each.loading for each in passed):
            voice.warm()
        return _PassedOver(voice, VoiceError("its model is not loaded yet"), loading=True)

    def _ask(self, voice: Voice, sentence: str, rate_wpm: int | None) -> tuple[npt.NDArray[np.float32], int]:
        pcm, rate = voice.speak(sentence, rate_wpm=rate_wpm)
        check_sound(pcm, rate, sentence, voice.name)
        if voice is not self._voices[-1]:  # better too long or too short than nothing
            check_length(pcm, rate, sentence, voice.name, rate_wpm)
        return pcm, rate

    def _hand_over(self, passed: Sequence[_PassedOver], voice: Voice) -> None:
        """Remember who spoke, leave out who failed, and say why it was not they."""
        self._spoke = voice
        self._told_loading.discard(id(voice))
        # Only the first is being loaded; those after it wait for their turn.
        loading = next((each for each in passed if each.loading), None)
        for each in passed:
            if each.loading:
                if each is loading and id(each.voice) not in self._told_loading:
                    self._told_loading.add(id(each.voice))
                    _logger.info("voice %s is loading, meanwhile %s speaks", each.voice.name, voice.name)
            elif isinstance(each.error, VoiceRefusedError):
                _logger.info("voice %s passes a sentence on, %s speaks: %s", each.voice.name, voice.name, each.error)
            elif id(each.voice) not in self._back_at_s:
                self._leave_out(each.voice, each.error, voice.name)

    def _leave_out(self, voice: Voice, error: VoiceError, speaker: str) -> None:
        self._back_at_s[id(voice)] = self._clock() + self._left_out_s
        _logger.warning("voice %s is left out for %g s, %s speaks: %s", voice.name, self._left_out_s, speaker, error)


@dataclass(frozen=True, slots=True)
class _PassedOver:
    """A voice that did not speak, and why."""

    voice: Voice
    error: VoiceError
    loading: bool = False


def _all_failed(passed: Sequence[_PassedOver], sentence: str) -> VoiceError:
    """Return the error of a sentence that nobody spoke; nobody is left out for it, for it may be its own fault."""
    refusals = [each.error for each in passed if isinstance(each.error, VoiceRefusedError)]
    if refusals and len(refusals) == len([each for each in passed if not each.loading]):
        return refusals[-1]
    reasons = "; ".join(f"{each.voice.name}: {each.error}" for each in passed)
    return VoiceError(f"no voice spoke {shortened(sentence)}: {reasons}")
