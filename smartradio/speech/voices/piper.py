"""Piper voices: VITS models in ONNX, in a local folder, through piper-tts."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smartradio.speech.voices.clauses import Clause, clauses
from smartradio.speech.voices.neural import ANSWER_TIMEOUT_S, LOAD_TIMEOUT_S, NeuralVoice
from smartradio.speech.voices.port import VoiceError
from smartradio.speech.voices.settings_file import checked_rate_hz, read_settings
from smartradio.supervised import SupervisedWorker

# As Piper's makers grade them, best first.
QUALITIES = ("high", "medium", "low", "x_low")
_WORKER = "smartradio.speech.voices.piper_worker"
_MEND = "pip install 'smartradio[station]'"


@dataclass(frozen=True, slots=True)
class PiperModel:
    """A Piper voice on the disk: its two files and what its settings say of it."""

    onnx: Path
    settings: Path
    language: str
    quality: str
    rate: int


def is_piper_folder(folder: Path) -> bool:
    """Say whether `folder` looks like a Piper voice, whole or not; our recognisers are ONNX files, too."""
    if (folder / "model.toml").is_file():
        return False
    return any(folder.glob("*.onnx")) or any(folder.glob("*.onnx.json"))


def piper_model(folder: Path) -> PiperModel:
    """Return the voice in `folder` (NAME.onnx, NAME.onnx.json); raises VoiceError that names what is missing."""
    if not folder.is_dir():
        raise VoiceError(f"{folder}: no such folder; give the folder of a Piper voice")
    models = sorted(folder.glob("*.onnx"))
    if len(models) != 1:
        found = "no .onnx file" if not models else f"{len(models)} .onnx files instead of one"
        raise VoiceError(f"{folder}: not a Piper voice ({found})")
    settings = models[0].with_name(f"{models[0].name}.json")
    if not os.path.lexists(settings):
        raise VoiceError(f"{folder}: not a Piper voice ({settings.name} is missing)")
    content = read_settings(settings)
    try:
        return _described(models[0], settings, content)
    except (KeyError, TypeError, AttributeError) as error:
        raise VoiceError(f"{settings}: not the settings of a Piper voice ({type(error).__name__}: {error})") from error


class PiperVoice(NeuralVoice):
    """The Piper voice in `folder`, as its makers tuned it, noise included: the same sentence has the same samples.

    Raises VoiceError when piper-tts or a file is missing, or when the voice does not speak `language`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        language: str = "vi",
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        load_timeout_s: float = LOAD_TIMEOUT_S,
    ) -> None:
        model = piper_model(folder)
        name = f"piper:{folder.resolve().name}"
        if model.language != language:
            raise VoiceError(f"the voice {name} speaks {model.language!r}, not {language!r}")
        if importlib.util.find_spec("piper") is None:
            raise VoiceError(f"the voice {name} needs piper-tts: {_MEND}")
        worker = SupervisedWorker(
            _WORKER,
            args=[str(model.onnx.resolve()), str(model.settings.resolve())],
            name=name,
            start_timeout_s=load_timeout_s,
            env={"OMP_NUM_THREADS": "1"},
        )
        super().__init__(
            name, language, model.rate, worker, answer_timeout_s=answer_timeout_s, load_timeout_s=load_timeout_s
        )

    def _clauses(self, sentence: str, most: int) -> tuple[Clause, ...]:
        # [[…]] is phonemes to Piper; nothing that was written means that.
        return clauses(sentence.replace("[[", " ").replace("]]", " "), most=most)


def _described(onnx: Path, settings: Path, content: dict[str, Any]) -> PiperModel:
    audio, espeak = content["audio"], content["espeak"]
    for needed in ("phoneme_id_map", "num_symbols", "num_speakers"):
        if needed not in content:
            raise KeyError(needed)
    language = content.get("language", {}).get("family") or espeak["voice"].split("-")[0]
    if not isinstance(language, str):
        raise TypeError("language")
    rate = checked_rate_hz(audio["sample_rate"], settings)
    return PiperModel(onnx, settings, language, str(audio.get("quality", QUALITIES[-1])), rate)
