"""Is what was installed still what was installed? Every byte is read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from smartradio.catalogue.entries import Catalogue, Model
from smartradio.catalogue.pins import Pins
from smartradio.catalogue.unpacking import all_files
from smartradio.domain.errors import BadInputError
from smartradio.files import sha256_of


class FileState(StrEnum):
    """What a file was found to be."""

    WHOLE = "whole"
    CHANGED = "changed"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    UNPINNED = "unpinned"
    EXTRA = "extra"


# An unpinned file was put there by hand, an extra one belongs to nobody; neither is damage.
DAMAGE = frozenset({FileState.CHANGED, FileState.MISSING, FileState.UNREADABLE})


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file of a model, as a path in its folder."""

    file: str
    state: FileState


@dataclass(frozen=True, slots=True)
class CheckedModel:
    """All files of a model."""

    name: str
    files: tuple[CheckedFile, ...]

    @property
    def is_damaged(self) -> bool:
        """Whether it must be installed anew."""
        return not self.files or any(file.state in DAMAGE for file in self.files)


def is_installed(folder: Path, name: str) -> bool:
    """Say whether a model's folder is there; `verify` tells whether it is whole."""
    plain = name != "" and Path(name).name == name and not name.startswith(".")
    return plain and (folder / name).is_dir()


def verify(folder: Path, catalogue: Catalogue, names: Sequence[str] = ()) -> tuple[CheckedModel, ...]:
    """Hash the named models again, or all installed ones. Raises BadInputError for one that is not installed."""
    pins = Pins(folder)
    models = {model.name: model for model in catalogue.models}
    for name in names:
        if not is_installed(folder, name):
            if name not in models and not pins.of(name):
                catalogue.find(name)
            raise BadInputError(f"{name} is not installed in {folder}: smartradio models install {name}")
    wanted = dict.fromkeys(names or [name for name in _there(folder) if name in models or pins.of(name)])
    return tuple(CheckedModel(name, _check(folder / name, models.get(name), pins)) for name in wanted)


def _there(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _check(place: Path, model: Model | None, pins: Pins) -> tuple[CheckedFile, ...]:
    expected: dict[str, str | None] = {pin.file: pin.sha256 for pin in pins.of(place.name) if not pin.packed}
    for file in model.files if model else ():
        if not file.unpack:
            expected[file.name] = file.sha256 or expected.get(file.name)
    checked = [CheckedFile(path, _state(place / path, sha256)) for path, sha256 in sorted(expected.items())]
    known = set(expected)
    there = (path.relative_to(place).as_posix() for path in all_files(place))
    # A zip unpacked by hand has no list of its files anywhere.
    stray = FileState.EXTRA if known else FileState.UNPINNED
    return (*checked, *(CheckedFile(path, stray) for path in there if path not in known))


def _state(path: Path, sha256: str | None) -> FileState:
    if path.is_symlink() or not path.is_file():
        return FileState.MISSING
    if sha256 is None:
        return FileState.UNPINNED
    try:
        return FileState.WHOLE if sha256_of(path) == sha256 else FileState.CHANGED
    except OSError:
        return FileState.UNREADABLE
