"""Names of places as people count them: Thôn 2 stands before Thôn 10."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NUMBER: Final = re.compile(r"(\d+)")


@lru_cache(maxsize=4_096)
def natural(title: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts numbers in titles by their value."""
    return tuple(
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part.casefold())
        for part in _NUMBER.split(title)
        if part
    )
