"""A file that tells until when the station was alive, so that a later start knows how long it was off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from smartradio.files import write_whole

_logger = structlog.get_logger()


class LifeSign:
    """Reads and writes the sign; a sign that cannot be read counts as none."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._writing = threading.Lock()

    def last_absence(self) -> tuple[datetime, datetime] | None:
        """Return from when to when (now) the station was off; None at the first start."""
        try:
            last = datetime.fromisoformat(self._path.read_text(encoding="ascii").strip())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _logger.warning("life_sign_unreadable", path=str(self._path), error=str(error))
            return None
        now = self._clock()
        return (last, now) if last.tzinfo is not None and last < now else None

    def give(self) -> None:
        """Write the sign; a disk that refuses is logged, the station lives on."""
        try:
            with self._writing:
                # Every few seconds on an SD card: what a power cut takes is only the last of them.
                write_whole(self._path, f"{self._clock().isoformat()}\n".encode("ascii"), durable=False)
        except OSError as error:
            _logger.warning("life_sign_not_written", path=str(self._path), error=str(error))
