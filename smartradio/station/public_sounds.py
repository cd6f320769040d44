"""Recordings made one file for everybody who asks, once: strangers must not cost the station an encoding each."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from smartradio.domain.errors import SmartradioError
from smartradio.files import write_whole

MOST_BYTES: Final = 200 * 1024 * 1024
"""So much of the disk they take at most; what was asked for longest ago goes first."""


class PublicSounds:
    """A folder of Ogg Opus files, named by the recording. One call at a time; blocking."""

    def __init__(self, folder: Path, make: Callable[[str], bytes], *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._make = make
        self._most_bytes = most_bytes

    def get(self, recording: str) -> bytes:
        """Return a recording as one file; raises SmartradioError when it is not held or the disk refuses."""
        path = self._folder / f"{recording}.opus"
        try:
            if path.is_file():
                held = path.read_bytes()
                _asked_now(path)
                return held
            made = self._make(recording)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # What is lost in a power cut is made again.
            write_whole(path, made, mode=0o600, durable=False)
            _asked_now(path)
            self._make_room(path)
        except OSError as error:
            raise SmartradioError(f"the folder {self._folder} for public sounds: {error.strerror}") from error
        return made

    def _make_room(self, newest: Path) -> None:
        held = [(path.stat(), path) for path in self._folder.glob("*.opus")]
        taken = sum(stat.st_size for stat, _ in held)
        for stat, path in sorted(held, key=lambda each: each[0].st_mtime_ns):
            if taken <= self._most_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                taken -= stat.st_size


def _asked_now(path: Path) -> None:
    # The file system's own clock is too coarse to tell two requests apart.
    now_ns = time.time_ns()
    os.utime(path, ns=(now_ns, now_ns))
