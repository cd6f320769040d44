"""What a backup holds, and by which names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from smartradio.station.keys import BROKER_PASSWORD_FILE, KEY_FILE
from smartradio.station.store.database import FILE_NAME

OBJECTS: Final = "objects"
MANIFEST: Final = "manifest.json"
KEPT_FILES: Final = (KEY_FILE, BROKER_PASSWORD_FILE, "map.geojson")
"""What lies beside database and sounds and must survive; each may be missing."""
SETTINGS: Final = "settings"
"""Folder, inside a backup, of the settings file and of those it names."""
DATABASE_FILES: Final = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm")

LOCK: Final = "backup.lock"
"""Held in a station's folder while a backup is made or opened there, one at a time."""

_OBJECT = re.compile(rf"{OBJECTS}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})")
_SETTING = re.compile(rf"{SETTINGS}/[\w.-]{{1,100}}")


class Manifest(BaseModel):
    """What a backup says of itself, sealed with the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal[1] = 1
    program: str
    """Version of the program that made it."""
    station: str
    title: str
    made_at: AwareDatetime
    entries: Annotated[int, Field(ge=0)]
    """Entries of the evidence log."""
    head: str
    """Hash of the last of them; on paper it proves that nothing before it was rewritten."""
    size_bytes: Annotated[int, Field(ge=0)]
    """Bytes of all that follows."""
    files: Annotated[int, Field(ge=0)]
    """How many files follow."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file that goes into a backup, and its name there."""

    name: str
    path: Path


def is_known(name: str) -> bool:
    """Say whether a file of this name belongs into a backup; nothing else is ever written to the disk."""
    return name in (FILE_NAME, *KEPT_FILES) or is_object(name) or bool(_SETTING.fullmatch(name) and ".." not in name)


def is_object(name: str) -> bool:
    """Say whether this is the name of a sound."""
    return _OBJECT.fullmatch(name) is not None


def beside(folder: Path) -> Iterator[Found]:
    """Yield what of a station's folder goes into a backup beside the database."""
    for name in KEPT_FILES:
        if (folder / name).is_file():
            yield Found(name, folder / name)
    for path in sorted((folder / OBJECTS).glob("[0-9a-f][0-9a-f]/*")):
        name = f"{OBJECTS}/{path.parent.name}/{path.name}"
        if is_object(name):
            yield Found(name, path)
