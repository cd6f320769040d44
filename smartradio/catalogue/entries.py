"""The list of models: one entry a model, read from TOML and checked; `models/README.md` tells the format."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from smartradio.domain.errors import BadInputError

MAX_FILE_BYTES = 20_000_000_000
# Published sizes are rounded: two digits leave a few per cent open, "78M" may mean either million.
ROUNDING = 0.25
# A zip of weights and tables shrinks to a third at best; more than this is no model.
UNPACKED_AT_MOST = 12
UNPACKED_ABOUT = 3

_LONGEST_TEXT = 2_000


class Kind(StrEnum):
    """What a model does."""

    VOICE = "voice"
    RECOGNISER = "recogniser"


class Engine(StrEnum):
    """Which library runs it."""

    PIPER = "piper"
    VITS = "vits"
    VOSK = "vosk"
    WHISPER = "whisper"
    CTC = "ctc"


def _public_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, user = parts.hostname, parts.username
    except ValueError as error:
        raise ValueError(f"is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("must begin with https:// (or http://) and name a host")
    if user is not None:
        raise ValueError("must hold no user name or password")
    return address


_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$")]
_Address = Annotated[str, Field(max_length=_LONGEST_TEXT), AfterValidator(_public_address)]
_Bytes = Annotated[int, Field(gt=0, le=MAX_FILE_BYTES, strict=True)]
_Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Entry):
    """A line in Vietnamese and in English."""

    vi: _Text
    en: _Text


class ModelFile(_Entry):
    """One file to bring. `size` is exact, `about` is what a page says rounded; one of the two is there."""

    name: _Name
    address: _Address
    size: _Bytes | None = None
    about: _Bytes | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    unpack: bool = False

    @model_validator(mode="after")
    def _has_a_size(self) -> Self:
        if (self.size is None) == (self.about is None):
            raise ValueError("give either size (exact) or about (rounded), in bytes")
        if self.unpack and not self.name.endswith(".zip"):
            raise ValueError(f"{self.name}: only a .zip can be unpacked")
        return self

    @property
    def expected_bytes(self) -> int:
        """Size, as well as it is known."""
        return self.size or self.about or 0

    @property
    def least_bytes(self) -> int:
        """A shorter file is another file."""
        return self.size if self.size is not None else int(self.expected_bytes * (1 - ROUNDING))

    @property
    def most_bytes(self) -> int:
        """A longer file is another file; nothing beyond is taken in."""
        return self.size if self.size is not None else int(self.expected_bytes * (1 + ROUNDING)) + 1

    @property
    def most_unpacked_bytes(self) -> int:
        """A zip that holds more than this is not unpacked."""
        return self.most_bytes * UNPACKED_AT_MOST


class Model(_Entry):
    """A voice or a recogniser. `non_commercial` says that its licence forbids commercial use."""

    name: _Name
    kind: Kind
    engine: Engine
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
    quality: _Text
    title: Words
    licence: _Text
    licence_address: _Address | None = None
    non_commercial: bool = False
    notice: Words | None = None
    files: Annotated[tuple[ModelFile, ...], Field(alias="file", min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [file.name for file in self.files]
        doubled = next((name for name in names if names.count(name) > 1), None)
        if doubled is not None:
            raise ValueError(f"two files are called {doubled}")
        if self.name.endswith((".toml", ".part", ".new")):
            raise ValueError(f"name {self.name!r}: choose one without this ending")
        if self.non_commercial and self.notice is None:
            raise ValueError("a non-commercial licence needs a notice to show before installing")
        return self

    @property
    def size_bytes(self) -> int:
        """What is brought in all, as well as it is known."""
        return sum(file.expected_bytes for file in self.files)

    @property
    def room_bytes(self) -> int:
        """Room that installing needs at its widest moment."""
        return sum(file.most_bytes + file.unpack * UNPACKED_ABOUT * file.expected_bytes for file in self.files)


class Catalogue(_Entry):
    """All models of a list, in its order."""

    models: Annotated[tuple[Model, ...], Field(alias="model", max_length=1_000)] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [model.name.casefold() for model in self.models]
        doubled = next((name for name in names if names.count(name) > 1), None)
        if doubled is not None:
            raise ValueError(f"two models are called {doubled}")
        return self

    def find(self, name: str) -> Model:
        """Return a model; raises BadInputError that lists the names there are."""
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models) or "none"
        raise BadInputError(f"there is no model {name!r}; there are {known}")


def parse_catalogue(text: str, source: str) -> Catalogue:
    """Read a list; raises BadInputError with `source` and the line or the entry that is wrong."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{source}: is not TOML: {error}") from error
    except RecursionError as error:
        raise BadInputError(f"{source}: is nested too deeply to be a catalogue") from error
    try:
        return Catalogue.model_validate(values)
    except ValidationError as error:
        raise BadInputError(f"{source}: {_first_fault(error, values)}") from error


def load_catalogue(path: Path) -> Catalogue:
    """Read a list from a file; raises BadInputError that names the file and the place."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 at byte {error.start}") from error
    return parse_catalogue(text, str(path))


def _first_fault(error: ValidationError, values: dict[str, Any]) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    where: list[str] = []
    at: Any = values
    for part in fault["loc"]:
        if isinstance(part, int):
            at = at[part]
            # An entry is told by its number and, where it has one, its name: a person looks for either.
            name = at.get("name") if isinstance(at, dict) else None
            where[-1] += f" {part + 1}" + (f" ({name})" if isinstance(name, str) else "")
        else:
            at = at.get(part) if isinstance(at, dict) else None
            where.append(str(part))
    said = "no such field" if fault["type"] == "extra_forbidden" else fault["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    return ": ".join([*where, said]) + (f" (and {more} more)" if more else "")
