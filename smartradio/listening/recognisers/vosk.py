"""Vosk behind the recogniser port, in a supervised child: hundreds of megabytes of C++ that may crash."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from smartradio.listening.recognisers.child import ChildRecogniser
from smartradio.listening.recognisers.port import RecogniserError

_LOAD_TIMEOUT_S = 120.0
_WORKER = "smartradio.listening.recognisers.vosk_worker"
_MEND = "pip install 'smartradio[station]'"
_MODELS = ("am/final.mdl", "final.mdl")


def is_vosk_folder(folder: Path) -> bool:
    """Say whether `folder` looks like a Vosk model."""
    return any((folder / inside).is_file() for inside in _MODELS)


class VoskRecogniser(ChildRecogniser):
    """A Vosk model folder as a recogniser, fed as a stream; the child starts with the first clip.

    Raises RecogniserError when the folder is no Vosk model or vosk is not installed.
    """

    # Vosk goes on from piece to piece by itself.
    longest_s = 5.0

    def __init__(self, model_dir: Path, languages: Iterable[str]) -> None:
        if not model_dir.is_dir():
            raise RecogniserError(f"{model_dir}: no such folder; give the folder of an unpacked Vosk model")
        if not is_vosk_folder(model_dir):
            raise RecogniserError(f"{model_dir}: not a Vosk model ({_MODELS[0]} is missing)")
        name = f"vosk ({model_dir.resolve().name})"
        if importlib.util.find_spec("vosk") is None:
            raise RecogniserError(f"{name} needs vosk: {_MEND}")
        super().__init__(name, languages, _WORKER, args=[str(model_dir.resolve())], load_timeout_s=_LOAD_TIMEOUT_S)
