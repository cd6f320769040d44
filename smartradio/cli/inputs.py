"""What a command reads: a file or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from smartradio.domain.errors import BadInputError


def read_bytes(source: str) -> bytes:
    """Return the bytes of a file, or of standard input for "-"; raises BadInputError naming the file."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise BadInputError(f"{source}: cannot be read: {error.strerror}") from error
