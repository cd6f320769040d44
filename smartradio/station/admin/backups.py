"""Backups as an administrator makes them at the console, and what takes over at the next start."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from smartradio.domain.approval import Person
from smartradio.domain.errors import SmartradioError
from smartradio.station.administered import Change, administered
from smartradio.station.backup.contents import Manifest
from smartradio.station.backup.faults import BackupError, Fault
from smartradio.station.backup.last import LastBackup, last_backup
from smartradio.station.backup.making import make_backup
from smartradio.station.backup.restoring import Staged, cancel_restore, stage_restore, staged_restore
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store

SUFFIX: Final = ".smartradio"


class BackupDesk:
    """One backup or restore at a time. Blocking; raises BadInputError and SmartradioError in one line.

    `config` is the station's settings file, where it was started with one.
    """

    def __init__(self, settings: StationSettings, store: Store, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._one = threading.Lock()
        self.config: Path | None = None

    def last(self) -> LastBackup | None:
        """Return what is known of the last backup."""
        return last_backup(self._settings.folder)

    def staged(self) -> Staged | None:
        """Return what takes over at the next start."""
        return staged_restore(self._settings.folder)

    @contextlib.contextmanager
    def making(self, passphrase: str, *, by: Person) -> Iterator[tuple[Path, str, Manifest]]:
        """Make a backup; yields the file, gone after the block, the name it should have, and what is in it."""
        now = self._clock()
        with self._alone(), tempfile.TemporaryDirectory(prefix="smartradio-backup-") as folder:
            path = Path(folder) / f"{secrets.token_hex(4)}{SUFFIX}"
            made = make_backup(self._settings, path, passphrase, now=now, config=self.config)
            after = {"entries": made.entries, "head": made.head, "size_bytes": path.stat().st_size}
            self._store.record([administered("backup", now.isoformat(), Change.MADE, by=by, at=now, after=after)])
            yield path, f"{self._settings.station}-{now:%Y%m%d-%H%M}{SUFFIX}", made

    @property
    def arriving(self) -> Path:
        """Folder in which a backup lies while it comes in."""
        return self._settings.folder / "uploads"

    def stage(self, source: Path, passphrase: str, name: str, *, by: Person) -> Staged:
        """Open and check a backup that takes over at the next start; all stays as it is until then.

        `name` is what people call the file.
        """
        folder, station, now = self._settings.folder, self._settings.station, self._clock()
        with self._alone():
            return stage_restore(folder, source, passphrase, station=station, by=by, now=now, name=name)

    def cancel(self, *, by: Person) -> bool:
        """Forget what was to take over; False if nothing was."""
        with self._alone():
            staged = self.staged()
            if staged is None:
                return False
            made = staged.manifest.made_at.isoformat()
            entry = administered("backup", made, Change.REMOVED, by=by, at=self._clock(), before="staged")
            self._store.record([entry])
            return cancel_restore(self._settings.folder)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._one.acquire(blocking=False):
            raise BackupError(Fault.BUSY, "another backup is being made or put back; wait for it to end")
        try:
            yield
        except OSError as error:
            raise SmartradioError(f"the backup's file cannot be used: {error.strerror or error}") from error
        finally:
            self._one.release()
