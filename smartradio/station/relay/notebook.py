"""What has been relayed so far, on the disk before it is told to anybody: a crash loses none of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import structlog

from smartradio.files import sync_folder
from smartradio.station.relay.placed import Placed

_logger = structlog.get_logger()

_SUFFIX = ".relay"


class Notebook:
    """A folder with a file for each relay that has no recording yet; blocking."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, airing: str, pieces: Sequence[Placed]) -> None:
        """Write pieces down; raises OSError."""
        path = self._path(airing)
        fresh = not path.exists()
        if fresh:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            for piece in pieces:
                file.write(json.dumps(piece.facts(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if fresh:
            sync_folder(self._folder)

    def read(self, airing: str) -> list[Placed]:
        """Return what was written; half a line at the end, which a power cut leaves, was never told."""
        try:
            lines = self._path(airing).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        found: list[Placed] = []
        for line in lines:
            try:
                found.append(Placed.of(json.loads(line)))
            except (ValueError, TypeError, KeyError) as error:
                _logger.warning("relay_line_unreadable", airing=airing, error=str(error)[:200])
        return found

    def unfinished(self) -> list[str]:
        """Return the airings that were written of and are not done with."""
        return sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []

    def done(self, airing: str) -> None:
        """Forget an airing: its recording is in the store."""
        self._path(airing).unlink(missing_ok=True)

    def _path(self, airing: str) -> Path:
        return self._folder / f"{airing}{_SUFFIX}"
