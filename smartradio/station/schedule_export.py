"""From the store to a schedule file: read back before it takes its name, so that nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.programme import Programme
from smartradio.files import replacing, write_whole
from smartradio.station.schedule_files import load_schedule
from smartradio.station.schedule_parts import PATH_OF_SOUNDS
from smartradio.station.schedule_writing import schedule_text

FILE_NAME: Final = "lich.yaml"

_SUFFIXES: Final = ((b"RIFF", ".wav"), (b"OggS", ".ogg"), (b"fLaC", ".flac"), (b"ID3", ".mp3"), (b"\xff\xfb", ".mp3"))
_M4A_MARK: Final = b"ftyp"

GetSound = Callable[[str], bytes | None]
"""Returns the bytes of a sound brought in by its SHA-256 (hex), None if they are gone."""


def export_schedule(programmes: Sequence[Programme], path: Path, *, get_sound: GetSound, days: DayCalendar) -> Path:
    """Write programmes to a schedule file, or into a folder as `lich.yaml`, and return the file; an older one goes.

    Sounds brought in are laid in `am-thanh/` beside it. The file is read back first: raises BadInputError for what a
    schedule file cannot tell, SmartradioError for what cannot be written; an older file is then as it was.
    """
    file = path / FILE_NAME if path.is_dir() or not path.suffix else path
    names: dict[str, str] = {}
    for sha256 in dict.fromkeys(part.sound for each in programmes for part in each.parts if part.sound):
        data = get_sound(sha256)
        if data is None:
            raise SmartradioError(f"the sound {sha256[:12]} brought in is gone from the disk; bring it in again")
        names[sha256] = f"{PATH_OF_SOUNDS}/{sha256}{_suffix(data)}"
    text = schedule_text(programmes, names.__getitem__)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for sha256, name in names.items():
            _lay(file.parent / name, get_sound(sha256) or b"")
        with replacing(file) as part:
            part.write_text(text, encoding="utf-8", newline="")
            _check_nothing_lost(programmes, load_schedule(part, days=days))
    except OSError as error:
        raise SmartradioError(f"{file}: cannot be written: {error.strerror}") from error
    return file


def _lay(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        write_whole(path, data)


def _suffix(data: bytes) -> str:
    if data[4:8] == _M4A_MARK:
        return ".m4a"
    return next((suffix for mark, suffix in _SUFFIXES if data.startswith(mark)), ".mp3")


def _check_nothing_lost(programmes: Sequence[Programme], read: Sequence[Programme]) -> None:
    there = {each.name: each for each in read}
    for each in programmes:
        other = there.get(each.name)
        if other != each:
            lost = [f.name for f in fields(each) if getattr(each, f.name) != getattr(other, f.name, None)]
            raise BadInputError(
                f"programme {each.name}: a schedule file does not hold its {' and '.join(lost)} as it is"
            )
