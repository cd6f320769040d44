"""The child that runs a CTC network: `python -m smartradio.listening.recognisers.ctc_worker MODEL.onnx SETTINGS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from smartradio.listening import syllables
from smartradio.listening.features import features
from smartradio.listening.recognisers.decoding import BeamDecoder, BeamSettings
from smartradio.listening.recognisers.language_model import SyllableModel
from smartradio.listening.recognisers.port import LEAST, Word
from smartradio.listening.recognisers.stretches import Stretch
from smartradio.listening.recognisers.sure_words import sure_words
from smartradio.listening.recognisers.worker import Frames, Listener, serve_listener

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Table = NDArray[np.float32]

_ERRORS_ONLY = 3


class Ctc(Listener):
    """A loaded network that has proven that it gives log posteriors of the units.

    `settings` has `frame_s`, `frame_samples`, `decoding` and `language_model` as ctc.py writes them.
    """

    def __init__(self, model: Path, settings: Mapping[str, Any]) -> None:
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Stretches differ in length; an arena would keep the largest's memory for each of them.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._frame_s = float(settings["frame_s"])
        self._frame_samples = int(settings["frame_samples"])
        self._settings = BeamSettings(**settings["decoding"])
        language_model = settings["language_model"]
        self._language_model = None if language_model is None else SyllableModel.load(Path(language_model))
        self._decoder = BeamDecoder(self._frame_s)
        self._heard_to = 0
        self._prove()

    def begin(self, samples: int, grammar: Sequence[str] | None) -> Frames:
        """Make ready for a clip."""
        allowed = None if grammar is None else {word for line in grammar for word in line.lower().split()}
        model = self._language_model
        self._decoder = BeamDecoder(self._frame_s, model, self._settings, allowed=allowed)
        self._heard_to = 0
        return Frames(-(-samples // self._frame_samples), self._frame_s, syllables.unit_names())

    def listen(self, sound: Signal, stretch: Stretch) -> tuple[int, Table]:
        """Work out the posteriors of a stretch and go on with its words."""
        first, end = stretch.keep_from // self._frame_samples, -(-stretch.keep_to // self._frame_samples)
        skipped = first - stretch.start // self._frame_samples
        kept = self._posteriors(sound)[skipped : skipped + end - first]
        if first > self._heard_to:
            self._decoder.rest()
        # A network may round the last frame away.
        self._heard_to = first + len(kept)
        self._decoder.hear(kept, first)
        return first, kept

    def end(self) -> Sequence[Word]:
        """Return the words that rest on something."""
        return sure_words(self._decoder.words())

    def _posteriors(self, sound: Signal) -> Table:
        (found,) = self._session.run(["log_posteriors"], {"features": features(sound)[None]})
        table: Table = np.maximum(found[0], LEAST)
        return table

    def _prove(self) -> None:
        """Raise ValueError unless a second of noise gives one row of log probabilities for each frame."""
        noise = np.random.default_rng(1).normal(0.0, 0.1, 100 * self._frame_samples).astype(np.float32)
        table = self._posteriors(noise)
        if table.shape[1:] != (syllables.UNITS,) or abs(len(table) - 100) > 1:
            raise ValueError(f"gives {table.shape} for 100 frames of {syllables.UNITS} units")
        if not np.allclose(np.exp(table).sum(axis=1), 1.0, atol=0.01):
            raise ValueError("gives no logarithms of probabilities")


def main() -> None:
    """Load the model, then answer; a model that cannot be used ends the child with one line."""
    try:
        model = Ctc(Path(sys.argv[1]), json.loads(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - onnxruntime raises kinds of its own; the parent tells the line
        raise SystemExit(f"not a usable CTC model: {type(error).__name__}: {' '.join(str(error).split())}") from None
    serve_listener(model)


if __name__ == "__main__":
    main()
