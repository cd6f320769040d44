"""What was rung or stopped a moment ago, against a look into the store that may be older than that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.station.planner import still_matters


class JustRung:
    """Alerts that went out past the plan until a look into the store shows them, and what was stopped for good."""

    def __init__(self) -> None:
        self._rung: dict[str, tuple[Airing, Recording]] = {}
        self._stopped: set[str] = set()

    def rings(self, airing: Airing, recording: Recording) -> bool:
        """Learn of an alert that was just committed, or what it has become; False if it was stopped."""
        if airing.id in self._stopped:
            return False
        self._rung[airing.id] = airing, recording
        return True

    def stops(self, airing: Airing) -> None:
        """Learn that an airing was taken back for good."""
        self._stopped.add(airing.id)
        self._rung.pop(airing.id, None)

    def beside(
        self, airings: Iterable[Airing], recordings: Mapping[str, Recording], now: datetime
    ) -> tuple[dict[str, Airing], dict[str, Recording]]:
        """Return what stands by id, and its recordings by id: what was read, put right by what is newer than that.

        A plan without an alert that sounds would silence it for good, one with what was stopped could begin it.
        """
        standing = {airing.id: airing for airing in airings if airing.id not in self._stopped}
        known = dict(recordings)
        for name, (airing, recording) in list(self._rung.items()):
            read = standing.get(name)
            shown = read is not None and (airing.grows or not read.grows)
            if shown or not still_matters(airing, recording, now):
                del self._rung[name]
            else:
                standing[name], known[recording.id] = airing, recording
        return standing, known
