"""The folder of a CTC model as the recipe writes it: the network, its units, and what is known of it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smartradio.listening import syllables
from smartradio.listening.recognisers.port import RATE, RecogniserError

MODEL, UNITS, DESCRIPTION = "model.onnx", "units.txt", "model.toml"
LANGUAGE_MODEL = "language_model.npz"


class Decoding(BaseModel):
    """How words are found in the posteriors; see BeamSettings, whose fields these are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: Annotated[int, Field(ge=1, le=200)] = 12
    weight: Annotated[float, Field(ge=0, le=5)] = 0.0
    bonus: Annotated[float, Field(ge=-10, le=10)] = 0.0


_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Description(BaseModel):
    """What model.toml must say of the network; figures and remarks beside it are for people.

    A language model whose SHA-256 stands here must be there; without one it may be, whichever it is.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    sha256: _Sha256
    language_model_sha256: _Sha256 | None = None
    frame_s: Annotated[float, Field(ge=0.005, le=0.1)]
    stride: Annotated[int, Field(ge=1, le=16)]
    calibrated_voices: tuple[str, ...]
    decoding: Decoding = Decoding()


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A CTC model on the disk that is whole; calibrated voices are patterns of voices' names, such as vi+*."""

    folder: Path
    description: Description

    @property
    def frame_s(self) -> float:
        """Time from frame to frame of its posteriors: so many frames that it is given become one."""
        return self.description.frame_s * self.description.stride

    @property
    def frame_samples(self) -> int:
        """The same in samples at 16 kHz."""
        return round(self.frame_s * RATE)

    @property
    def language_model(self) -> Path | None:
        """The language model beside the weights, if there is one."""
        path = self.folder / LANGUAGE_MODEL
        return path if path.is_file() else None

    def calibrated_for(self, voice: str) -> bool:
        """Say whether `voice` is one of those that the figures were taken on."""
        return any(fnmatchcase(voice, pattern) for pattern in self.description.calibrated_voices)


def is_ctc_folder(folder: Path) -> bool:
    """Say whether `folder` looks like such a model, whole or not."""
    return (folder / DESCRIPTION).is_file()


def read_model_folder(folder: Path) -> ModelFolder:
    """Return the model in `folder`, its weights and its language model checked against their SHA-256.

    Raises RecogniserError that names what is missing, damaged or not understood.
    """
    if not folder.is_dir():
        raise RecogniserError(f"{folder}: no such folder; give the folder of a recogniser's model")
    _check_there(folder, (MODEL, UNITS, DESCRIPTION))
    description = _described(folder / DESCRIPTION)
    if description.language_model_sha256 is not None:
        _check_there(folder, (LANGUAGE_MODEL,))
    try:
        units = (folder / UNITS).read_text(encoding="utf-8").splitlines()
        _check(folder / MODEL, description.sha256)
        if description.language_model_sha256 is not None:
            _check(folder / LANGUAGE_MODEL, description.language_model_sha256)
    except (OSError, ValueError) as error:
        raise RecogniserError(f"{folder}: cannot be read: {error}") from error
    if tuple(units) != syllables.unit_names():
        raise RecogniserError(f"{folder / UNITS}: holds other units than this version of smartradio knows")
    return ModelFolder(folder, description)


def _check_there(folder: Path, names: Sequence[str]) -> None:
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise RecogniserError(f"{folder}: not a whole recogniser ({', '.join(missing)} missing)")


def _check(path: Path, sha256: str) -> None:
    """Raise RecogniserError unless the file has this SHA-256."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise RecogniserError(f"{path}: is damaged or another model's (SHA-256 {found[:12]}…, not {sha256[:12]}…)")


def _described(path: Path) -> Description:
    try:
        return Description.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise RecogniserError(f"{path}: {field}: {first['msg']}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise RecogniserError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error
