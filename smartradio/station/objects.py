"""Sounds as files named by their content: recordings' segments and microphone clips."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import structlog

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import sync_folder, write_whole

_SHA256 = re.compile(r"[0-9a-f]{64}")

log = structlog.get_logger(__name__)


class Objects:
    """A folder of immutable files named by their SHA-256 (hex). Safe from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unfinished = folder / "unfinished"
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SmartradioError(f"the folder {folder} for sounds cannot be used: {error.strerror}") from error

    def put(self, data: bytes) -> str:
        """Write data and return its SHA-256 once it is on the disk under its name.

        Raises SmartradioError when the disk is full or refuses; nothing is left behind then.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if self.get(sha256) is None:
            try:
                self._write(self.path(sha256), data)
            except OSError as error:
                line = f"a sound of {len(data)} bytes cannot be written to {self._folder}: {error.strerror}"
                raise SmartradioError(line) from error
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Return an object's bytes; None if it is not there or no longer what its name says."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            line = f"the sound {sha256[:12]} cannot be read from {self._folder}: {error.strerror}"
            raise SmartradioError(line) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            log.warning("object_altered", sha256=sha256, size_bytes=len(data))
            return None
        return data

    def path(self, sha256: str) -> Path:
        """Return where an object lies or would lie; BadInputError for what is no SHA-256 in hex."""
        if not _SHA256.fullmatch(sha256):
            raise BadInputError(f"{sha256[:80]!r} is not the name of a sound (64 hex digits)")
        return self._folder / sha256[:2] / sha256

    def remove(self, sha256: str) -> None:
        """Remove an object, if it is there; raises SmartradioError when the disk refuses."""
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError as error:
            line = f"the sound {sha256[:12]} cannot be removed from {self._folder}: {error.strerror}"
            raise SmartradioError(line) from error

    def sweep_unfinished(self) -> int:
        """Remove what a crash left half written and return how many; only while nobody writes (at start)."""
        leftovers = [path for path in self._unfinished.iterdir() if path.is_file()]
        for path in leftovers:
            path.unlink()
        return len(leftovers)

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, data, mode=0o600, workplace=self._unfinished)
        # The folder's own name must survive a power cut too.
        sync_folder(self._folder)
