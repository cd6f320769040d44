"""A backup is made: a snapshot of the database, the sounds, the keys and the settings, sealed in one file."""

from __future__ import annotations

import io
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from smartradio import __version__
from smartradio.domain.errors import SmartradioError
from smartradio.files import FolderBusyError, FolderLock, replacing
from smartradio.station.backup.contents import LOCK, MANIFEST, SETTINGS, Found, Manifest, beside, is_known, is_object
from smartradio.station.backup.faults import BackupError, Fault
from smartradio.station.backup.last import LastBackup, note_backup
from smartradio.station.backup.sealed import SealedWriter, check_passphrase
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.store.database import BUSY_TIMEOUT_S, FILE_NAME

_WORK = "backup-"


def make_backup(
    settings: StationSettings, target: Path, passphrase: str, *, now: datetime, config: Path | None = None
) -> Manifest:
    """Write a station's backup to `target`, also while it works, and return what is in it.

    `config` is its settings file. `target` is whole or as it was before. Raises BadInputError (passphrase, a target
    inside the station's folder) and SmartradioError (evidence log that does not hold, disk).
    """
    check_passphrase(passphrase)
    if target.resolve().is_relative_to(settings.folder.resolve()):
        raise SmartradioError(f"{target}: put the backup outside the station's own folder, best on another disk")
    try:
        with (
            FolderLock(settings.folder / LOCK),
            _workplace(settings.folder) as work,
            replacing(target, mode=0o600) as part,
        ):
            manifest, files = _gathered(settings, work, config, now)
            about = {"station": manifest.station, "title": manifest.title, "made_at": now.isoformat()}
            with part.open("wb") as file:
                sealed = SealedWriter(file, passphrase, about)
                _fill(sealed, manifest, files)
                sealed.finish()
        made = LastBackup(made_at=now, size_bytes=target.stat().st_size, entries=manifest.entries, head=manifest.head)
    except FolderBusyError as error:
        raise BackupError(Fault.BUSY, f"another backup is being made (process {error.holder})") from error
    except (OSError, sqlite3.Error, tarfile.TarError) as error:
        raise SmartradioError(f"{target}: the backup cannot be written: {error}") from error
    note_backup(settings.folder, made)
    return manifest


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Give a folder for the snapshot, once what a crash left of an earlier one is gone."""
    for left in folder.glob(f"{_WORK}*/"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder) as work:
        yield Path(work)


def _gathered(
    settings: StationSettings, work: Path, config: Path | None, now: datetime
) -> tuple[Manifest, list[tuple[Found, int]]]:
    _snapshot(settings.folder / FILE_NAME, work / FILE_NAME)
    with _opened(work) as store:
        found = store.verify()
    if not found.ok:
        raise BackupError(Fault.LOG, f"the evidence log does not hold, no backup was made: {found.line}")
    # Sounds are on the disk before anything in the database names them: what the snapshot needs is there.
    wanted = [
        Found(FILE_NAME, work / FILE_NAME),
        *beside(settings.folder),
        *(Found(f"{SETTINGS}/{path.name}", path) for path in _settings_files(settings, config)),
    ]
    files = [(each, each.path.stat().st_size) for each in wanted if each.path.is_file() and is_known(each.name)]
    manifest = Manifest(
        program=__version__,
        station=settings.station,
        title=settings.title,
        made_at=now,
        entries=found.entries,
        head=found.head,
        size_bytes=sum(size for _, size in files),
        files=len(files),
    )
    return manifest, files


def _snapshot(source: Path, copy: Path) -> None:
    """Copy a database as it is at one instant, whoever writes to it meanwhile."""
    uri = f"file:{quote(str(source.absolute()))}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as reading,
        closing(sqlite3.connect(copy)) as writing,
    ):
        reading.backup(writing)
        # In one file, without a journal beside it.
        writing.execute("PRAGMA journal_mode = DELETE")
        # Nobody shall be logged in because a backup was put back.
        writing.execute("DELETE FROM sessions")
        writing.commit()


@contextmanager
def _opened(folder: Path) -> Iterator[Store]:
    store = Store.open_read_only(folder)
    try:
        yield store
    finally:
        store.close()


def _settings_files(settings: StationSettings, config: Path | None) -> Sequence[Path]:
    named = [path for path in (config, settings.holidays) if path is not None]
    for path in settings.schedules:
        named += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    # Two of one name: the first, which is the settings file itself, is the one that counts.
    return list({path.name: path for path in reversed(named) if path.is_file()}.values())


def _fill(sealed: SealedWriter, manifest: Manifest, files: Sequence[tuple[Found, int]]) -> None:
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT, bufsize=1024 * 1024) as archive:
        told = manifest.model_dump_json().encode()
        _add(archive, MANIFEST, told)
        for each, size in files:
            try:
                data = each.path.open("rb")
            except FileNotFoundError:
                # A microphone recording whose days were over a moment ago; nothing else is ever removed.
                if is_object(each.name):
                    continue
                raise
            with data:
                about = tarfile.TarInfo(each.name)
                about.size = size
                archive.addfile(about, data)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(data)
    archive.addfile(about, io.BytesIO(data))
