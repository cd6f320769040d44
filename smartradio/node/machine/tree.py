"""Files of the kernel below /sys and /proc, read one by one; the root is passed in, so that any folder will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import PIPE, SubprocessError, run
from typing import Final

PROGRAM_TIMEOUT_S: Final = 2.0
_MOST_BYTES: Final = 65_536

Ask = Callable[[Sequence[str]], str | None]
"""Runs a program and returns what it prints, None where there is none or it does not answer in time."""


def ask(command: Sequence[str]) -> str | None:
    """Run a program for PROGRAM_TIMEOUT_S at most."""
    try:
        done = run(command, stdout=PIPE, text=True, errors="replace", timeout=PROGRAM_TIMEOUT_S, check=True)
    except (OSError, SubprocessError):
        return None
    return done.stdout


class Tree:
    """Reads files below a root; what is not there, not allowed or not a number is None."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def text(self, path: str) -> str | None:
        """Return a file's text without its last newline."""
        try:
            with (self.root / path).open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace").rstrip("\n\0")
        except OSError:
            return None

    def number(self, path: str, base: int = 10) -> int | None:
        """Return the first word of a file as a number."""
        words = (self.text(path) or "").split()
        try:
            return int(words[0], base) if words else None
        except ValueError:
            return None

    def found(self, folder: str, pattern: str) -> list[str]:
        """Return what matches below a folder, by path from the root."""
        try:
            return sorted(str(path.relative_to(self.root)) for path in (self.root / folder).glob(pattern))
        except OSError:
            return []

    def is_there(self, path: str) -> bool:
        """Say whether a path exists."""
        try:
            return (self.root / path).exists()
        except OSError:
            return False
