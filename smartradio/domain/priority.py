"""Who may interrupt whom."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """The one table of priorities; a higher number is more urgent."""

    EMERGENCY = 100
    LIVE = 80
    ABOVE = 60
    PROGRAMME = 50
    RELAY = 30
    FALLBACK = 10


def preempts(arriving: Priority, playing: Priority) -> bool:
    """Say whether what arrives stops what plays: higher stops it at once, equal waits."""
    return arriving > playing
