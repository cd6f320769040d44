"""Which recogniser listens: the built-in one, one of a local folder, or none. No numpy before the first clip."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from smartradio.listening.recognisers.child import ChildRecogniser
from smartradio.listening.recognisers.ctc import BUILTIN, CtcRecogniser
from smartradio.listening.recognisers.model_folder import is_ctc_folder
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.listening.recognisers.transformers import TransformersRecogniser, transformers_family
from smartradio.listening.recognisers.vosk import VoskRecogniser, is_vosk_folder

Choice = Literal["builtin", "none"] | Path
_NO_BUILTIN = "no built-in model (models/recogniser/README.md tells how to make one)"


def choice_of(given: str) -> Choice:
    """Read what a person typed: `builtin`, `none`, or a folder."""
    if given == "builtin":
        return "builtin"
    return "none" if given == "none" else Path(given)


def why_nobody(choice: Choice) -> str:
    """Say in a few words why `find_recogniser` found nobody for this choice."""
    return "none is wanted" if choice == "none" else _NO_BUILTIN


def has_builtin() -> bool:
    """Say whether this copy of the product came with a recogniser, whole or damaged."""
    return is_ctc_folder(BUILTIN)


def find_recogniser(choice: Choice, languages: Iterable[str] = ("vi",)) -> ChildRecogniser | None:
    """Return the recogniser of this choice, None for `none` and where there is no built-in model.

    A folder is known by its files: a model of Vosk, of transformers, or one like the built-in. `languages` are
    those that a folder's model knows, where it does not say so itself. No child is started before the first clip.
    Raises RecogniserError when the model is missing, damaged or of no known kind.
    """
    if choice == "none":
        return None
    if choice == "builtin":
        return CtcRecogniser(BUILTIN) if has_builtin() else None
    if not choice.is_dir():
        raise RecogniserError(f"{choice}: no such folder; give the folder of a recogniser's model")
    if is_ctc_folder(choice):
        return CtcRecogniser(choice)
    if is_vosk_folder(choice):
        return VoskRecogniser(choice, languages)
    if transformers_family(choice) is not None:
        return TransformersRecogniser(choice, languages)
    raise RecogniserError(
        f"{choice}: not a recogniser; there must be model.toml (our own), am/final.mdl (Vosk) "
        "or config.json (wav2vec 2.0 or Whisper)"
    )
