"""The zones of a commune by their names of today and those they had before a merger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from smartradio.domain.errors import BadInputError

if TYPE_CHECKING:
    from smartradio.station.settings import ZoneSettings


class ZoneNames:
    """What a zone is called now; a name that two zones were merged under leads to one."""

    def __init__(self, zones: Iterable[ZoneSettings]) -> None:
        listed = tuple(zones)
        self.known = tuple(zone.name for zone in listed)
        self._now = {name: zone.name for zone in listed for name in (zone.name, *zone.former)}

    def now(self, name: str) -> str | None:
        """Return the zone's name of today, None for one that never was."""
        return self._now.get(name)

    def today(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return zones by their names of today, each once; one that is gone keeps its name, without any node."""
        return tuple(dict.fromkeys(self.now(name) or name for name in names))

    def settle(self, names: Sequence[str], where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return zones by their names of today, each once, and which of the names are former ones.

        Raises BadInputError that begins with `where` for a name that never was.
        """
        zones: dict[str, None] = {}
        for name in names:
            zone = self.now(name)
            if zone is None:
                raise BadInputError(f"{where}: {self._unknown(name)}")
            zones[zone] = None
        return tuple(zones), tuple(name for name in names if name not in self.known)

    def _unknown(self, name: str) -> str:
        close = get_close_matches(name, self._now, n=1, cutoff=0.8)
        hint = f"did you mean {close[0]}? A" if close else "a"
        return (
            f"there is no zone {name!r}; there are {', '.join(self.known)}; "
            f"{hint} zone that was merged is named under 'former' of the one it went into"
        )
