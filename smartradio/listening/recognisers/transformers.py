"""CTC and Whisper models of transformers from a local folder, behind the recogniser port; needs the extra `neural`."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from smartradio.listening.recognisers.child import ChildRecogniser
from smartradio.listening.recognisers.port import RATE, RecogniserError

Family = Literal["ctc", "whisper"]

# Their published networks end in …ForCTC and take the samples as they are.
_CTC = frozenset({"wav2vec2", "wav2vec2-conformer", "hubert", "wavlm", "unispeech", "unispeech-sat", "data2vec-audio"})
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_LOAD_TIMEOUT_S = 120.0
_MOST_JSON_BYTES = 20_000_000
_MOST_THREADS = 4
_WORKER = "smartradio.listening.recognisers.transformers_worker"
_MEND = "pip install 'smartradio[neural]'"
# Nothing is fetched: a commune may have no internet, and what is said is nobody else's business.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
# A window of Whisper is 30 s.
_LONGEST_S: dict[Family, float] = {"ctc": 20.0, "whisper": 28.0}
_MARGIN_S: dict[Family, float] = {"ctc": 2.0, "whisper": 0.0}


def transformers_family(folder: Path) -> Family | None:
    """Return which kind of recogniser stands in `folder`, whole or not; None when it is none of transformers'."""
    if not (folder / "config.json").is_file():
        return None
    return _family(_read(folder / "config.json"))


class TransformersRecogniser(ChildRecogniser):
    """A CTC (wav2vec 2.0 and its kin) or Whisper model in `folder`; the child starts with the first clip.

    Raises RecogniserError when torch or a file is missing, or when the model is of another kind.
    """

    # On one core a large model takes several times as long as the clip.
    slowness = 15.0

    def __init__(self, folder: Path, languages: Iterable[str]) -> None:
        family = _checked(folder)
        languages = frozenset(languages)
        name = f"{family} ({folder.resolve().name})"
        absent = [each for each in ("torch", "transformers") if importlib.util.find_spec(each) is None]
        if absent:
            raise RecogniserError(f"{name} needs {' and '.join(absent)}: {_MEND}")
        self.longest_s, self.margin_s = _LONGEST_S[family], _MARGIN_S[family]
        # As many threads as cores are slower on a busy machine, where they wait for each other.
        threads = str(max(1, min(_MOST_THREADS, len(os.sched_getaffinity(0)) - 1)))
        language = next(iter(languages)) if len(languages) == 1 else ""
        super().__init__(
            name,
            languages,
            _WORKER,
            args=[family, str(folder.resolve()), threads, language],
            load_timeout_s=_LOAD_TIMEOUT_S,
            env={**_OFFLINE, "OMP_NUM_THREADS": threads},
        )


def _checked(folder: Path) -> Family:
    if not folder.is_dir():
        raise RecogniserError(f"{folder}: no such folder; give the folder of a recogniser's model")
    missing = [name for name in ("config.json", "preprocessor_config.json") if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in _WEIGHTS):
        missing.append(_WEIGHTS[0])
    if not any((folder / name).is_file() for name in ("vocab.json", "tokenizer.json")):
        missing.append("vocab.json")
    if missing:
        raise RecogniserError(f"{folder}: not a whole recogniser of transformers ({', '.join(missing)} missing)")
    config = _read(folder / "config.json")
    family = _family(config)
    if family is None:
        known = ", ".join(["whisper", *sorted(_CTC)])
        raise RecogniserError(
            f"{folder / 'config.json'}: the model is {config.get('model_type')!r}, not one of {known}"
        )
    rate = _read(folder / "preprocessor_config.json").get("sampling_rate", RATE)
    if rate != RATE:
        raise RecogniserError(f"{folder / 'preprocessor_config.json'}: a model for {rate!r} Hz; it must be for {RATE}")
    return family


def _family(config: dict[str, Any]) -> Family | None:
    kind = config.get("model_type")
    if kind == "whisper":
        return "whisper"
    return "ctc" if kind in _CTC else None


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_JSON_BYTES:
            raise RecogniserError(f"{path}: cannot be read: it has more than {_MOST_JSON_BYTES / 1e6:.0f} MB")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecogniserError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise RecogniserError(f"{path}: not a JSON object")
    return content
