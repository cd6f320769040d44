"""Install a model whole or not at all: brought beside, checked, unpacked, flushed, and named at the very end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from smartradio.catalogue.download import Progress
from smartradio.catalogue.entries import Model, ModelFile
from smartradio.catalogue.pins import Known, Pin, Pins
from smartradio.catalogue.sources import Source
from smartradio.catalogue.unpacking import all_files, unpack_zip
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import FolderBusyError, FolderLock, exchange, sha256_of, sync_file, sync_folder

# Left free after the installation, so that the station can go on writing.
SPARE_BYTES = 100_000_000

_LOCK = ".lock"
_PART, _NEW, _OLD = ".part", ".new", ".old"
_MAX_JSON_BYTES = 50_000_000


def _silent(file: str, done_bytes: int, total_bytes: int) -> None:
    """Tell nobody."""


def install(
    model: Model,
    folder: Path,
    source: Source,
    *,
    accept_licence: bool = False,
    progress: Progress = _silent,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Path:
    """Install a model into `folder`/its name and return that folder; an older installation stays until then.

    Raises BadInputError (licence not accepted, wrong file, unsafe archive) or SmartradioError (line, disk, another
    installation running) with one line; nothing is installed or changed then.
    """
    if model.non_commercial and not accept_licence:
        raise BadInputError(f"{model.name}: its licence {model.licence} forbids commercial use and was not accepted")
    with _held(folder):
        _mend(folder)
        pins = Pins(folder)
        work = folder / f".{model.name}{_PART}"
        _sweep(work, model if source.resumes else None)
        _check_room(model, folder, work, free_bytes)
        try:
            fresh, new_pins = _prepare(model, work, source, pins, progress=progress, installed=now())
            pins.keep(model.name, new_pins)
            _put_in_place(fresh, folder / model.name)
        except OSError as error:
            raise SmartradioError(f"{folder}: {model.name} cannot be written: {error.strerror or error}") from error
        finally:
            _remove(folder / f".{model.name}{_NEW}")
            if not source.resumes or (work.is_dir() and not any(work.iterdir())):
                _remove(work)
        _remove(work)
    return folder / model.name


def _prepare(
    model: Model, work: Path, source: Source, pins: Pins, *, progress: Progress, installed: datetime
) -> tuple[Path, list[Pin]]:
    """Bring, check and lay out a model's files beside their later place."""
    known = {file.name: pins.known(model.name, file) for file in model.files}
    origin = source.bring(model, known, work, progress)
    fresh = work.with_name(f".{model.name}{_NEW}")
    fresh.mkdir()
    brought = [
        Pin(
            model=model.name,
            file=file.name,
            address=origin[file.name],
            sha256=_checked(work / file.name, file, known[file.name], origin[file.name]),
            size=(work / file.name).stat().st_size,
            installed=installed,
            packed=file.unpack,
        )
        for file in model.files
    ]
    kept: list[Pin] = []
    for pin, file in zip(brought, model.files, strict=True):
        kept += [pin, *_lay_out(pin, file, work / file.name, fresh)]
    for path in all_files(fresh):
        sync_file(path)
    for path in (fresh, *fresh.rglob("*/")):
        sync_folder(path)
    return fresh, kept


def _checked(path: Path, file: ModelFile, known: Known | None, origin: str) -> str:
    """Return the SHA-256 of a file that was brought; a wrong one is removed and refused."""
    size, sha256 = path.stat().st_size, sha256_of(path)
    fault = ""
    if not file.least_bytes <= size <= file.most_bytes:
        fault = f"{file.name} has {size} bytes instead of {file.expected_bytes}"
    elif known is not None and sha256 != known.sha256:
        fault = f"another file: the SHA-256 of {file.name} differs from {known.by}"
    elif file.name.endswith(".json") and not _is_json(path):
        fault = f"{file.name} is not JSON"
    if fault:
        path.unlink()
        raise BadInputError(f"{origin}: {fault}")
    return sha256


def _lay_out(pin: Pin, file: ModelFile, brought: Path, fresh: Path) -> list[Pin]:
    """Move a file to where it belongs, or unpack it there; return the pins of what came out of it."""
    if not file.unpack:
        brought.rename(fresh / file.name)
        return []
    try:
        paths = unpack_zip(brought, fresh, most_bytes=file.most_unpacked_bytes)
    except BadInputError as error:
        brought.unlink()
        raise BadInputError(f"{pin.address}: {error}") from error
    return [
        pin.model_copy(
            update={
                "file": path,
                "sha256": sha256_of(fresh / path),
                "size": (fresh / path).stat().st_size,
                "packed": False,
                "inside": file.name,
            }
        )
        for path in sorted(paths)
    ]


def _is_json(path: Path) -> bool:
    if path.stat().st_size > _MAX_JSON_BYTES:
        return False
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return True


def _put_in_place(fresh: Path, place: Path) -> None:
    old = place.with_name(f".{place.name}{_OLD}")
    if not place.exists():
        fresh.rename(place)
    elif not exchange(fresh, place):
        # Killed between these two, the next installation puts the old one back.
        place.rename(old)
        fresh.rename(place)
    sync_folder(place.parent)
    _remove(old)


def _remove(path: Path) -> None:
    """Remove what has done its service; what cannot be removed is in nobody's way and is tried again next time."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        lock = FolderLock(folder / _LOCK)
    except FolderBusyError as error:
        line = f"{folder}: another installation (process {error.holder}) is running: wait for it to end"
        raise SmartradioError(line) from error
    except OSError as error:
        raise SmartradioError(f"{folder}: cannot be used for models: {error.strerror}") from error
    with lock:
        yield


def _mend(folder: Path) -> None:
    """Finish what a crash left between two names."""
    for old in folder.glob(f".*{_OLD}"):
        place = folder / old.name.removeprefix(".").removesuffix(_OLD)
        if place.exists():
            _remove(old)
        else:
            old.rename(place)
    for fresh in folder.glob(f".*{_NEW}"):
        _remove(fresh)


def _sweep(work: Path, resumed: Model | None) -> None:
    """Make the work folder; keep in it only what a broken download may go on from."""
    kept = {f"{file.name}{end}" for file in (resumed.files if resumed else ()) for end in ("", ".half", ".half.tag")}
    try:
        work.mkdir(exist_ok=True)
        for path in work.iterdir():
            if path.name not in kept or not path.is_file():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        raise SmartradioError(f"{work}: cannot be used: {error.strerror}") from error


def _check_room(model: Model, folder: Path, work: Path, free_bytes: Callable[[Path], int]) -> None:
    there = sum(path.stat().st_size for path in work.iterdir())
    needed = model.room_bytes - there + SPARE_BYTES
    free = free_bytes(folder)
    if free < needed:
        if not there:
            work.rmdir()
        line = f"{folder}: {model.name} needs {needed / 1e6:.0f} MB of free disk, there are {free / 1e6:.0f} MB"
        raise SmartradioError(f"{line}: make room or choose another folder (--folder)")
