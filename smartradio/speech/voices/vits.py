"""VITS voices, MMS-TTS among them: transformers' VitsModel from a local folder; needs the extra `neural`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from smartradio.speech.voices.characters import (
    SILENT_MARKS,
    in_the_voices_letters,
    refusal,
    unknown_characters,
)
from smartradio.speech.voices.clauses import Clause, clauses
from smartradio.speech.voices.neural import ANSWER_TIMEOUT_S, LOAD_TIMEOUT_S, NeuralVoice, thread_count
from smartradio.speech.voices.port import VoiceError, VoiceRefusedError, shortened
from smartradio.speech.voices.settings_file import checked_rate_hz, read_settings
from smartradio.supervised import SupervisedWorker

_FILES = ("config.json", "model.safetensors", "vocab.json", "tokenizer_config.json")
_WORKER = "smartradio.speech.voices.vits_worker"
_MEND = "pip install 'smartradio[neural]'"
# Models name their language by ISO 639-3, the station by ISO 639-1 where that has one.
_TWO_LETTERS = {"vie": "vi", "eng": "en", "khm": "km", "lao": "lo", "tha": "th"}
_ONLY_VIETNAMESE = frozenset("ăâđêôơư")


@dataclass(frozen=True, slots=True)
class VitsModelFolder:
    """A VITS voice on the disk and what its files say of it; `language` is empty where they say nothing."""

    folder: Path
    language: str
    rate: int
    vocabulary: frozenset[str]


def is_vits_folder(folder: Path) -> bool:
    """Say whether `folder` looks like a VITS voice of transformers, whole or not; recognisers have like files."""
    if not (folder / "config.json").is_file():
        return False
    try:
        return bool(read_settings(folder / "config.json").get("model_type") == "vits")
    except VoiceError:
        return (folder / "vocab.json").is_file()


def vits_model(folder: Path) -> VitsModelFolder:
    """Return the voice in `folder`; raises VoiceError that names what is missing or not usable."""
    if not folder.is_dir():
        raise VoiceError(f"{folder}: no such folder; give the folder of a VITS voice")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise VoiceError(f"{folder}: not a whole VITS voice ({', '.join(missing)} missing)")
    config, vocabulary, tokenizer = (read_settings(folder / name) for name in _FILES if name.endswith(".json"))
    if config.get("model_type") != "vits":
        raise VoiceError(f"{folder / 'config.json'}: the model is {config.get('model_type')!r}, not 'vits'")
    for unwanted in ("phonemize", "is_uroman"):
        if tokenizer.get(unwanted, unwanted == "phonemize"):
            raise VoiceError(
                f"{folder}: the voice wants {unwanted}, which is not supported; use one that reads letters"
            )
    rate = checked_rate_hz(config.get("sampling_rate", 16_000), folder / "config.json")
    letters = frozenset(vocabulary)
    language = str(tokenizer.get("language") or ("vi" if letters >= _ONLY_VIETNAMESE else ""))
    return VitsModelFolder(folder, _TWO_LETTERS.get(language, language), rate, letters)


class VitsVoice(NeuralVoice):
    """The VITS voice in `folder`, seeded alike for each sentence: the same sentence has the same samples.

    Raises VoiceError when torch or a file is missing, or when the voice does not speak `language`.
    """

    # MMS-TTS on one core of a small PC takes 0.4 s for a second of speech.
    max_clause_characters = 80

    def __init__(
        self,
        folder: Path,
        *,
        language: str = "vi",
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        load_timeout_s: float = LOAD_TIMEOUT_S,
    ) -> None:
        model = vits_model(folder)
        name = f"vits:{folder.resolve().name}"
        if model.language != language:
            raise VoiceError(f"the voice {name} speaks {model.language!r}, not {language!r}")
        absent = [each for each in ("torch", "transformers") if importlib.util.find_spec(each) is None]
        if absent:
            raise VoiceError(f"the voice {name} needs {' and '.join(absent)}: {_MEND}")
        self._vocabulary = model.vocabulary
        threads = str(thread_count())
        worker = SupervisedWorker(
            _WORKER,
            args=[str(folder.resolve()), threads],
            name=name,
            start_timeout_s=load_timeout_s,
            # Nothing is fetched: a commune may have no internet, and what is spoken is nobody else's business.
            env={"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "OMP_NUM_THREADS": threads},
        )
        super().__init__(
            name, language, model.rate, worker, answer_timeout_s=answer_timeout_s, load_timeout_s=load_timeout_s
        )

    def _clauses(self, sentence: str, most: int) -> tuple[Clause, ...]:
        spelt = in_the_voices_letters(sentence, self._vocabulary)
        unknown = unknown_characters(spelt, self._vocabulary)
        if unknown:
            raise VoiceRefusedError(f"the voice {self.name} {refusal(unknown)}, in {shortened(sentence)}")
        # A model that was trained without punctuation makes no pause at it either.
        pieces = clauses(spelt, at_every_mark="," not in self._vocabulary, most=most)
        known = [Clause(self._without_unknown_marks(piece.text), piece.pause_s) for piece in pieces]
        return tuple(piece for piece in known if any(each.isalnum() for each in piece.text))

    def _without_unknown_marks(self, piece: str) -> str:
        lacking = [mark for mark in SILENT_MARKS if mark not in self._vocabulary]
        return " ".join(piece.translate(dict.fromkeys(map(ord, lacking), " ")).split())
