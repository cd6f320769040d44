"""A restored state takes the place of the one before: prepared beside it, moved in before anything opens it.

The moves are renames in the station's own folder, each done once however often a crash interrupts them: what still lies
in `restore/new` has not been moved, what stood in its place lies in `before-restore`.
"""

from __future__ import annotations

import json
import secrets
import shutil
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from smartradio.domain.approval import Person
from smartradio.domain.errors import SmartradioError
from smartradio.files import PART_SUFFIX, FolderBusyError, FolderLock, sync_folder, write_whole
from smartradio.station.administered import Change, administered
from smartradio.station.backup.contents import DATABASE_FILES, KEPT_FILES, LOCK, OBJECTS, SETTINGS, Manifest
from smartradio.station.backup.faults import BackupError, Fault
from smartradio.station.backup.opening import open_backup
from smartradio.station.store import Store, StoreError
from smartradio.station.store.database import FILE_NAME, LOCK_NAME

STAGED: Final = "restore"
BEFORE: Final = "before-restore"
_NEW, _READY, _BEGUN = "new", "ready.json", "begun.json"
_MOVED: Final = (*DATABASE_FILES, *KEPT_FILES, OBJECTS, SETTINGS)

_logger = structlog.get_logger()


class Staged(BaseModel):
    """A restored state that takes over at the next start: what it is and who wanted it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    manifest: Manifest
    by: str
    staged_at: AwareDatetime


def stage_restore(
    folder: Path, source: Path, passphrase: str, *, station: str | None, by: Person, now: datetime, name: str = ""
) -> Staged:
    """Open and check a backup; it takes over at the next start, until then all stays as it is.

    `name` is what people call the file.

    Raises BadInputError and SmartradioError as `open_backup` does; then an earlier staged restore is still staged.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with FolderLock(folder / LOCK):
            return _stage(folder, source, passphrase, station=station, by=by, now=now, name=name)
    except FolderBusyError as error:
        raise BackupError(Fault.BUSY, f"another backup is being opened (process {error.holder})") from error


def _stage(
    folder: Path, source: Path, passphrase: str, *, station: str | None, by: Person, now: datetime, name: str
) -> Staged:
    for left in folder.glob(f".{STAGED}.*{PART_SUFFIX}/"):
        shutil.rmtree(left, ignore_errors=True)
    work = folder / f".{STAGED}.{secrets.token_hex(6)}{PART_SUFFIX}"
    try:
        (work / _NEW).mkdir(parents=True, mode=0o700)
        manifest = open_backup(source, passphrase, work / _NEW, station=station, name=name or source.name)
        with closing(Store.open(work / _NEW)) as restored:
            made = manifest.made_at.isoformat()
            restored.record([administered("backup", made, Change.RESTORED, by=by, at=now)])
        staged = Staged(manifest=manifest, by=by.title, staged_at=now)
        write_whole(work / _READY, staged.model_dump_json().encode(), mode=0o600)
        cancel_restore(folder)
        work.rename(folder / STAGED)
        sync_folder(folder)
    except OSError as error:
        raise SmartradioError(f"{folder}: cannot be restored into: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return staged


def staged_restore(folder: Path) -> Staged | None:
    """Return what takes over at the next start, None if nothing does."""
    try:
        return Staged.model_validate_json((folder / STAGED / _READY).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise SmartradioError(f"{folder / STAGED}: cannot be read: {error}; remove this folder") from error


def cancel_restore(folder: Path) -> bool:
    """Forget what was to take over; False if nothing was. Raises SmartradioError."""
    place = folder / STAGED
    if not place.exists():
        return False
    try:
        # Without this mark the rest counts for nothing, whatever a crash leaves of it.
        (place / _READY).unlink(missing_ok=True)
        sync_folder(place)
        shutil.rmtree(place)
    except OSError as error:
        raise SmartradioError(f"{place}: cannot be removed: {error.strerror}") from error
    return True


def take_over(folder: Path) -> Staged | None:
    """Put a staged state in the place of the one before, or go on with that after a crash; None if none is staged.

    What was there lies in `before-restore` afterwards, until the next restore. Raises SmartradioError, also while a
    station works in the folder.
    """
    if staged_restore(folder) is None:
        return None
    try:
        if not (folder / STAGED / _BEGUN).exists():
            _outgrow(folder, folder / STAGED / _NEW)
        with FolderLock(folder / LOCK_NAME):
            # Another that was started in the same instant may have done it.
            staged = staged_restore(folder)
            if staged is not None:
                _move_in(folder)
    except OSError as error:
        raise SmartradioError(f"{folder}: the backup cannot be put in place: {error}") from error
    if staged is not None:
        _logger.info("restored", made_at=staged.manifest.made_at.isoformat(), by=staged.by)
    return staged


def _move_in(folder: Path) -> None:
    new, before, mark = folder / STAGED / _NEW, folder / BEFORE, folder / STAGED / _BEGUN
    if not mark.exists():
        if before.exists():
            shutil.rmtree(before)
        before.mkdir(mode=0o700)
        sync_folder(folder)
        brought = [name for name in _MOVED if (new / name).exists()]
        write_whole(mark, json.dumps(brought).encode())
    brings = json.loads(mark.read_bytes())
    for name in _MOVED:
        there, coming, gone = folder / name, new / name, before / name
        # What the backup has not is not left over from before: sounds, keys and database belong together.
        leaves = coming.exists() if name in brings else not gone.exists()
        if leaves and there.exists():
            there.rename(gone)
        if coming.exists():
            coming.rename(there)
    sync_folder(before)
    sync_folder(folder)
    cancel_restore(folder)


def _outgrow(folder: Path, new: Path) -> None:
    """Begin an epoch above that of the state before, as far as it can still be read."""
    if not (folder / FILE_NAME).is_file():
        return
    try:
        with closing(Store.open(folder)) as here:
            epoch = here.raise_epoch()
    except StoreError as error:
        if isinstance(error.__cause__, FolderBusyError):
            raise
        # A damaged database is why backups are put back; what nodes saw, their reports tell.
        _logger.warning("epoch_before_unknown", folder=str(folder), error=str(error))
        return
    with closing(Store.open(new)) as restored:
        restored.outgrow((epoch, 0))
