"""The child that runs Vosk: `python -m smartradio.listening.recognisers.vosk_worker MODEL_DIR`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import vosk

from smartradio.listening.recognisers.port import RATE, Word
from smartradio.listening.recognisers.stretches import Stretch
from smartradio.listening.recognisers.worker import Listener, serve_listener

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_FULL_SCALE = 32_767.0


class Vosk(Listener):
    """A Vosk model that hears a clip as one stream, begun anew after each silence that was left out."""

    def __init__(self, folder: str) -> None:
        self._model = vosk.Model(folder)
        self._grammar: str | None = None
        self._stream: Any = None
        self._began_at = self._heard_to = 0
        self._words: list[Word] = []

    def begin(self, samples: int, grammar: Sequence[str] | None) -> None:  # noqa: ARG002 - a stream needs no length
        """Make ready for a clip; only words of the grammar's sentences are heard, if there is one."""
        self._grammar = None if grammar is None else json.dumps(list(grammar), ensure_ascii=False)
        self._stream = None
        self._words = []

    def listen(self, sound: Signal, stretch: Stretch) -> None:
        """Go on with the stream, or end it and begin another where the stretch does not follow on."""
        if self._stream is None or stretch.start != self._heard_to:
            self._finish()
            recogniser = vosk.KaldiRecognizer
            more = () if self._grammar is None else (self._grammar,)
            self._stream = recogniser(self._model, RATE, *more)
            self._stream.SetWords(True)
            self._began_at = stretch.start
        self._heard_to = stretch.end
        pcm = (np.clip(sound, -1.0, 1.0) * _FULL_SCALE).astype("<i2").tobytes()
        if self._stream.AcceptWaveform(pcm):
            self._take(self._stream.Result())

    def end(self) -> Sequence[Word]:
        """Return the words."""
        self._finish()
        return self._words

    def _finish(self) -> None:
        if self._stream is not None:
            self._take(self._stream.FinalResult())
            self._stream = None

    def _take(self, result: str) -> None:
        from_s = self._began_at / RATE
        for word in json.loads(result).get("result", []):
            self._words.append(Word(word["word"], from_s + word["start"], from_s + word["end"], word["conf"]))


def main() -> None:
    """Load the model, then answer; a model that cannot be used ends the child with one line."""
    vosk.SetLogLevel(-1)
    try:
        model = Vosk(sys.argv[1])
    except Exception as error:  # noqa: BLE001 - vosk raises Exception itself; the parent tells the line
        raise SystemExit(f"not a usable Vosk model: {' '.join(str(error).split())}") from None
    serve_listener(model)


if __name__ == "__main__":
    main()
