"""What a browser calls itself, in the two words by which people know their machines."""

from __future__ import annotations

from typing import Final

# The first that stands in it counts: most browsers call themselves by several names.
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)
_LONGEST: Final = 60


def device_name(agent: str) -> str:
    """Return browser and system of a user agent, its first words where neither is known, "" for none."""
    known = [name for table in (_BROWSERS, _SYSTEMS) if (name := _first(agent, table))]
    return " · ".join(known) if known else agent[:_LONGEST]


def _first(agent: str, table: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in table if sign in agent), "")
