"""The recogniser that ships with the product: a small CTC network over Vietnamese syllables, on one core."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from smartradio.listening.recognisers.child import ChildRecogniser
from smartradio.listening.recognisers.model_folder import MODEL, read_model_folder
from smartradio.listening.recognisers.port import RecogniserError

BUILTIN = Path(__file__).parent / "builtin"
_LOAD_TIMEOUT_S = 30.0
_WORKER = "smartradio.listening.recognisers.ctc_worker"
# glibc keeps what stretches of differing lengths leave behind; told to give it back it holds 35 MB less.
_SMALL_HEAP = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}
_MEND = "pip install 'smartradio[station]'"


class CtcRecogniser(ChildRecogniser):
    """The CTC model in `folder`, by default the built-in one; transcripts have words and posteriors.

    Raises RecogniserError when a file is missing, damaged or of another version, or onnxruntime is not installed.
    """

    longest_s = 16.0
    # Features are taken against their surroundings of some seconds on both sides.
    margin_s = 3.0

    def __init__(self, folder: Path = BUILTIN) -> None:
        model = read_model_folder(folder)
        self._model = model
        name = f"ctc ({folder.resolve().name})"
        if importlib.util.find_spec("onnxruntime") is None:
            raise RecogniserError(f"{name} needs onnxruntime: {_MEND}")
        self.grid = model.frame_samples
        language_model = model.language_model
        settings = {
            "frame_s": model.frame_s,
            "frame_samples": model.frame_samples,
            "decoding": model.description.decoding.model_dump(),
            "language_model": None if language_model is None else str(language_model.resolve()),
        }
        super().__init__(
            name,
            [model.description.language],
            _WORKER,
            args=[str((folder / MODEL).resolve()), json.dumps(settings)],
            load_timeout_s=_LOAD_TIMEOUT_S,
            env=_SMALL_HEAP,
        )

    def calibrated_for(self, voice: str) -> bool:
        """Say whether `voice` is one that the model's figures were taken on; for others its words prove nothing."""
        return self._model.calibrated_for(voice)
