"""Items in the database: every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.domain.approval import ItemState
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.items import Item, ItemStep
from smartradio.station.store import items, texts
from smartradio.station.store.database import Database
from smartradio.station.views import LoggedEvidence


class ItemShelf:
    """What is on its way from draft to air. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take(self, steps: Sequence[ItemStep]) -> None:
        """Write steps of items with their evidence, all or none; ChangedMeanwhileError if one is not as seen."""
        self._database.write(lambda c: items.take_steps(c, steps, self._clock()))

    def item(self, name: str) -> Item | None:
        """Return an item."""
        return self._database.read(lambda c: items.item(c, name))

    def all(self, states: Collection[ItemState] | None = None) -> list[Item]:
        """Return the items, or those in some states, the one changed last first."""
        return self._database.read(lambda c: items.items(c, states))

    def lately(self, most: int) -> list[Item]:
        """Return the items that no schedule file holds, at most so many, the one changed last first."""
        return self._database.read(lambda c: items.lately(c, most))

    def spoken(self, bulletin_id: str) -> tuple[Mapping[str, Any], ...]:
        """Return how a bulletin is read, line by line; nothing for an unknown one."""
        return self._database.read(lambda c: texts.spoken_lines(c, bulletin_id))

    def on_air(self, names: Sequence[str]) -> dict[str, tuple[bool, bool]]:
        """Return of items by name whether the plan holds an airing of it, and whether a node has begun one."""
        return self._database.read(lambda c: items.on_air(c, names))

    def last_decision(self, name: str) -> LoggedEvidence | None:
        """Return the last entry of the log that says where an item stands."""
        return self._database.read(lambda c: items.last_decision(c, name))

    def last_decisions(self) -> dict[str, LoggedEvidence]:
        """Return by item the last entry of the log that says where it stands."""
        return self._database.read(items.last_decisions)

    def airings_of(self, name: str, expires_after: datetime) -> list[Airing]:
        """Return an item's airings not withdrawn whose last start is not before an instant."""
        return self._database.read(lambda c: items.airings_of(c, name, expires_after))

    def taken_back(self, start: datetime) -> list[Airing]:
        """Return the airings from `start` on that somebody withdrew by name."""
        return self._database.read(lambda c: items.taken_back(c, start))

    def entries_at_planning(self, airing_ids: Sequence[str]) -> dict[str, dict[Step, Evidence]]:
        """Return by airing the first entries for all its nodes of the steps approved and planned."""
        return self._database.read(lambda c: items.entries_at_planning(c, airing_ids))
