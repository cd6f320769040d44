"""Vosk behind the recogniser port, in a supervised child: hundreds of megabytes of C++ that may crash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from smartradio.audio.spectrum import band_level_db
from smartradio.listening.recognisers.port import RecogniserError, Transcript, Word
from smartradio.supervised import SupervisedWorker, WorkerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

RATE = 16000
GATE_DB = -60.0
"""A clip with less than this in the speech band is silence to Vosk, which would guess words."""
_SPEECH_HZ = (200.0, 4000.0)
_LOAD_TIMEOUT_S = 120.0
_LEAST_TIMEOUT_S = 30.0
_WORKER = "smartradio.listening.recognisers.vosk_worker"


class VoskRecogniser:
    """A Vosk model folder as a recogniser; the child starts with the first clip.

    Raises RecogniserError when the folder is no Vosk model.
    """

    def __init__(self, model_dir: Path, languages: Iterable[str]) -> None:
        _check_model(model_dir)
        self._languages = frozenset(languages)
        self._name = f"vosk ({model_dir.resolve().name})"
        self._worker = SupervisedWorker(
            _WORKER, args=[str(model_dir.resolve())], name=self._name, start_timeout_s=_LOAD_TIMEOUT_S
        )

    @property
    def name(self) -> str:
        """Name for pages and reports, with the model folder's."""
        return self._name

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639 codes of the languages the model knows, as its installer says."""
        return self._languages

    def recognise(self, clip: Signal, *, grammar: Sequence[str] | None = None) -> Transcript:
        """Return what is said in a clip [n], float32 at 16 kHz; see the port. Raises RecogniserError."""
        if band_level_db(clip, RATE, *_SPEECH_HZ) < GATE_DB:
            return Transcript("", ())
        pcm = (np.clip(clip, -1.0, 1.0) * 32767.0).astype("<i2").tobytes()
        request = {"grammar": list(grammar) if grammar is not None else None}
        timeout_s = max(_LEAST_TIMEOUT_S, 2.0 * clip.size / RATE)
        try:
            answer, _ = self._worker.call(request, pcm, timeout_s=timeout_s)
        except WorkerError as error:
            raise RecogniserError(str(error)) from error
        return _transcript(answer, self._name)

    def close(self) -> None:
        """End the child."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _check_model(model_dir: Path) -> None:
    if not model_dir.is_dir():
        raise RecogniserError(f"{model_dir}: no such folder; give the folder of an unpacked Vosk model")
    if not any((model_dir / inside).is_file() for inside in ("am/final.mdl", "final.mdl")):
        raise RecogniserError(f"{model_dir}: not a Vosk model (am/final.mdl is missing)")


def _transcript(answer: dict[str, object], name: str) -> Transcript:
    text, words = answer.get("text"), answer.get("words")
    if not isinstance(text, str) or not isinstance(words, list):
        raise RecogniserError(f"{name}: gave an answer without text or words")
    return Transcript(
        text,
        tuple(
            Word(str(word), float(start_s), float(end_s), float(confidence))
            for word, start_s, end_s, confidence in words
        ),
    )
