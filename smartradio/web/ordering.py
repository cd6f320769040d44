"""Names of places as people count them: Thôn 2 stands before Thôn 10."""

from __future__ import annotations

import re
from typing import Final

_NUMBER: Final = re.compile(r"(\d+)")


def natural(title: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts numbers in titles by their value."""
    return [
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.casefold())
        for part in _NUMBER.split(title)
        if part
    ]
