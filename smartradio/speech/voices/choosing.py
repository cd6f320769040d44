"""Which voices there are, and in which order they are asked."""

from __future__ import annotations

import importlib.util
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smartradio.speech.voices.chain import VoiceChain
from smartradio.speech.voices.espeak import VIETNAMESE_VOICES, EspeakVoice
from smartradio.speech.voices.piper import QUALITIES, PiperVoice, is_piper_folder, piper_model
from smartradio.speech.voices.port import Voice, VoiceError
from smartradio.speech.voices.vits import VitsVoice, is_vits_folder, vits_model

Kind = Literal["piper", "vits", "espeak"]

# With nothing after it that could speak, the last voice is given the time that a machine under load needs.
_LAST_TIMEOUT_S = 20.0
_NEURAL: dict[str, type[PiperVoice] | type[VitsVoice]] = {"piper": PiperVoice, "vits": VitsVoice}
_NEURAL_NAME = re.compile(r"(piper|vits):([^/\\\x00]+)")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that is there: its name as settings give it, its kind and quality, and why it cannot speak, if so."""

    name: str
    kind: Kind
    language: str
    quality: str
    problem: str = ""


def available_voices(models: Path | None, language: str | None = "vi") -> tuple[VoiceInfo, ...]:
    """Return the voices of `language` (of all languages for None), best first, espeak's last.

    `models` is a folder with one folder a model; names that begin with a dot are half-done downloads, and those
    that nobody can type are passed over. A model that cannot speak is listed with its problem, in whatever
    language, for nobody can tell.
    """
    neural = [info for folder in _folders(models) if (info := _inspected(folder)) is not None]
    fitting = [info for info in neural if info.problem or language is None or info.language == language]
    fitting.sort(key=lambda info: (bool(info.problem), _rank(info), info.name))
    return (*fitting, *_espeak_voices("vi" if language is None else language))


def voice_chain(
    wanted: str | None, *, language: str = "vi", models: Path | None = None, insist: bool = True
) -> VoiceChain:
    """Return the voices that read `language`: the `wanted` one, neural ones by quality, then espeak's.

    `wanted` is `piper:NAME` or `vits:NAME` for a folder in `models`, or an espeak voice such as `vi+f3`; None is
    the best there is. Nothing is loaded yet: see `VoiceChain.warm`. Raises VoiceError when the wanted voice is
    not to be had (with `insist=False` that is a line in the log and the others speak), and when no voice
    reads `language`.
    """
    infos = available_voices(models, language)
    espeak = [info.name for info in infos if info.kind == "espeak"]
    if not espeak and not any(not info.problem for info in infos):
        raise VoiceError(f"no voice reads {language!r}; bring recorded sound for this part of the bulletin")
    neural = [info.name for info in infos if info.kind != "espeak" and not info.problem and info.name != wanted]
    voices: list[Voice] = []
    for name in neural if wanted is None else [wanted, *neural]:
        try:
            voices.append(_made(name, language, models, infos))
        except VoiceError as error:
            if insist and name == wanted:
                raise
            _logger.warning("voice %s is not to be had: %s", name, error)
    if espeak:
        if wanted != espeak[0]:
            voices.append(EspeakVoice(espeak[0], language=language))
        # The same library from another place, for when the wheel's is broken or does not fit this machine.
        voices.append(EspeakVoice(espeak[0], language=language, timeout_s=_LAST_TIMEOUT_S, system=True))
    return VoiceChain(voices)


def _made(name: str, language: str, models: Path | None, infos: tuple[VoiceInfo, ...]) -> Voice:
    neural = _NEURAL_NAME.fullmatch(name)
    if neural is None:
        return _made_espeak(name, language, infos)
    folder = None if models is None else models / neural[2]
    if folder is None or neural[2].startswith(".") or not folder.is_dir():
        where = f"in {models}" if models is not None else "without a folder of models"
        raise VoiceError(f"there is no voice {name!r} {where}; there are {_listed(infos)}")
    return _NEURAL[neural[1]](folder, language=language)


def _made_espeak(name: str, language: str, infos: tuple[VoiceInfo, ...]) -> Voice:
    voice = EspeakVoice(name, language=language)
    base, _, variant = name.partition("+")
    data = _espeak_data()
    known = data is None or (base in _espeak_names(data) and (not variant or (data / "voices/!v" / variant).is_file()))
    if not known:
        raise VoiceError(f"there is no voice {name!r}; there are {_listed(infos)}")
    return voice


def _listed(infos: tuple[VoiceInfo, ...]) -> str:
    return ", ".join(info.name for info in infos if not info.problem) or "none"


def _folders(models: Path | None) -> list[Path]:
    if models is None:
        return []
    try:
        # A name with a line break in it would tear the log and cannot be typed.
        return sorted(
            folder
            for folder in models.iterdir()
            if folder.name.isprintable() and not folder.name.startswith(".") and folder.is_dir()
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        _logger.warning("the voices in %s are not to be had: %s", models, error)
        return []


def _inspected(folder: Path) -> VoiceInfo | None:
    """Return what stands in `folder`, or None when that is no voice (a recogniser's model, perhaps)."""
    kind: Kind = "piper"
    try:
        if is_piper_folder(folder):
            piper = piper_model(folder)
            language, quality = piper.language, piper.quality
        elif is_vits_folder(folder):
            kind = "vits"
            language, quality = vits_model(folder).language, ""
        else:
            return None
        # Costs nothing: no child is started before the voice is warmed or speaks.
        _NEURAL[kind](folder, language=language)
    except (VoiceError, OSError) as error:
        return VoiceInfo(f"{kind}:{folder.name}", kind, "", "", str(error))
    return VoiceInfo(f"{kind}:{folder.name}", kind, language, quality)


def _rank(info: VoiceInfo) -> int:
    if info.kind == "piper":
        return QUALITIES.index(info.quality) if info.quality in QUALITIES else len(QUALITIES)
    return len(QUALITIES) + 1


def _espeak_voices(language: str) -> tuple[VoiceInfo, ...]:
    if language == "vi":
        names: tuple[str, ...] = VIETNAMESE_VOICES
    else:
        data = _espeak_data()
        names = (language,) if data is not None and language in _espeak_names(data) else ()
    return tuple(VoiceInfo(name, "espeak", language, "") for name in names)


def _espeak_data() -> Path | None:
    """Return the data folder of espeak's wheel; None without it, when only the worker can tell what there is."""
    found = importlib.util.find_spec("espeakng_loader")
    if found is None or found.origin is None:
        return None
    data = Path(found.origin).parent / "espeak-ng-data"
    return data if data.is_dir() else None


def _espeak_names(data: Path) -> frozenset[str]:
    return frozenset(path.name.lower() for path in (data / "lang").rglob("*") if path.is_file())
