"""A backup is opened beside the station's state: checked to the last byte before anything of that state is touched."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from smartradio.domain.errors import SmartradioError
from smartradio.files import sync_file, sync_folder
from smartradio.station.backup.contents import MANIFEST, Manifest, is_known, is_object
from smartradio.station.backup.faults import BackupError, Fault
from smartradio.station.backup.sealed import SealedReader
from smartradio.station.keys import KEY_FILE, working_key
from smartradio.station.objects import Objects
from smartradio.station.store import Store
from smartradio.station.store.database import FILE_NAME

# Left free, so that the station can go on writing.
_SPARE_BYTES = 200_000_000
_MOST_MANIFEST_BYTES = 100_000
_PIECE_BYTES = 1024 * 1024


def open_backup(source: Path, passphrase: str, into: Path, *, station: str | None, name: str) -> Manifest:
    """Unpack a backup into the empty folder `into` and check it; `station` is whose it must be, None for anybody's.

    The database there is brought to this program's shape, begins a new epoch and knows no sessions. Raises
    BadInputError for a foreign or damaged file or a wrong passphrase, SmartradioError for the disk; `into` is to be
    thrown away then.
    """
    try:
        with source.open("rb") as file:
            manifest = _unpacked(file, passphrase, into, name, station)
    except OSError as error:
        raise SmartradioError(f"{name}: cannot be unpacked: {error.strerror or error}") from error
    except tarfile.TarError as error:
        raise BackupError(Fault.DAMAGED, f"{name}: is damaged inside: {error}") from error
    _check_state(into, manifest, name)
    for path in into.rglob("*"):
        if path.is_dir():
            sync_folder(path)
    sync_folder(into)
    return manifest


def _unpacked(file: BinaryIO, passphrase: str, into: Path, name: str, station: str | None) -> Manifest:
    sealed = SealedReader(file, passphrase, name)
    with tarfile.open(fileobj=sealed, mode="r|", bufsize=_PIECE_BYTES) as archive:
        manifest = _manifest(archive, name)
        if station is not None and manifest.station != station:
            line = f"is of the station {manifest.station} ({manifest.title}), this one is {station}"
            raise BackupError(Fault.OTHER_STATION, f"{name}: {line}; nothing was changed")
        _check_room(manifest, into, name)
        left = manifest.size_bytes
        for member in archive:
            if member.name == MANIFEST:
                continue
            left -= member.size
            if not (member.isreg() and is_known(member.name)) or left < 0:
                raise BackupError(Fault.NO_BACKUP, f"{name}: holds what no backup holds: {member.name[:80]!r}")
            _write(archive, member, into)
    # What the archive's end left unread must be whole as well.
    sealed.read_to_end()
    return manifest


def _manifest(archive: tarfile.TarFile, name: str) -> Manifest:
    first = archive.next()
    data = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    if first is None or data is None or first.size > _MOST_MANIFEST_BYTES:
        raise BackupError(Fault.NO_BACKUP, f"{name}: does not begin as a backup does")
    try:
        return Manifest.model_validate_json(data.read())
    except ValidationError as error:
        line = f"{name}: is of another smartradio than this one; update the program ({error.error_count()} fields)"
        raise BackupError(Fault.NEWER, line) from error


def _check_room(manifest: Manifest, into: Path, name: str) -> None:
    free = shutil.disk_usage(into).free
    if free < manifest.size_bytes + _SPARE_BYTES:
        need_mb, free_mb = (manifest.size_bytes + _SPARE_BYTES) / 1e6, free / 1e6
        raise SmartradioError(f"{name}: needs {need_mb:,.0f} MB on the disk, {free_mb:,.0f} MB are free")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    path = into / member.name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = archive.extractfile(member)
    if data is None:
        raise BackupError(Fault.DAMAGED, f"{member.name}: cannot be unpacked")
    with data, path.open("xb") as out:
        path.chmod(0o600)
        shutil.copyfileobj(data, out, _PIECE_BYTES)
    sync_file(path)


def _check_state(into: Path, manifest: Manifest, name: str) -> None:
    """Hold the unpacked state against what it must be; brings the database up to date."""
    if not (into / FILE_NAME).is_file() or not (into / KEY_FILE).is_file():
        raise BackupError(Fault.DAMAGED, f"{name}: holds no database or no key; take another copy")
    working_key(into)
    try:
        with closing(sqlite3.connect(into / FILE_NAME)) as connection:
            said = str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise BackupError(Fault.DAMAGED, f"{name}: its database is damaged: {said.splitlines()[0]}")
    with closing(Store.open(into)) as store:
        found = store.verify()
        if not found.ok:
            raise BackupError(Fault.LOG, f"{name}: its evidence log does not hold: {found.line}")
        if (found.entries, found.head) != (manifest.entries, manifest.head):
            raise BackupError(Fault.LOG, f"{name}: its evidence log is not the one that was backed up")
        # Nodes refuse what is not newer than all they have seen, also from before the backup.
        store.raise_epoch()
    _check_sounds(into, name)


def _check_sounds(into: Path, name: str) -> None:
    objects = Objects(into / "objects")
    for path in (into / "objects").glob("[0-9a-f][0-9a-f]/*"):
        if is_object(f"objects/{path.parent.name}/{path.name}") and objects.get(path.name) is None:
            raise BackupError(Fault.DAMAGED, f"{name}: the sound {path.name[:12]} in it is damaged")
