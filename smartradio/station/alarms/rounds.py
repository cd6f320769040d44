"""What is wrong is looked for every ten seconds: nodes, disk, line, recogniser, backup."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.alarm import EVENT_LASTS, EVENTS, AlarmKind
from smartradio.station.alarms.settings import AlarmSettings
from smartradio.station.backup.last import last_backup
from smartradio.station.older_nodes import OLDER
from smartradio.wire.client import LinkState

if TYPE_CHECKING:
    from smartradio.station.alarms.desk import AlarmDesk
    from smartradio.station.store.alarm_signs import NodeSign
    from smartradio.station.store.alarms import AlarmShelf

ROUND_S: Final = 10.0
LINE_PATIENCE: Final = timedelta(seconds=30)
"""A line that comes back within this is nobody's trouble."""
_MB: Final = 1e6

Cause = tuple[tuple[AlarmKind, str], Mapping[str, Any]]

_BY_PROBLEM: Final = {
    "undervoltage_now": AlarmKind.UNDERVOLTAGE,
    "clock_untrusted": AlarmKind.CLOCK_UNTRUSTED,
    OLDER: AlarmKind.NODE_OUTDATED,
    "disk_read_only": AlarmKind.NODE_DISK_BROKEN,
    "disk_errors": AlarmKind.NODE_DISK_BROKEN,
    "disk_worn": AlarmKind.NODE_DISK_BROKEN,
    "inodes_low": AlarmKind.NODE_DISK_FULL,
    "input_alarm": AlarmKind.CABINET_CONTACT,
    "button_stuck": AlarmKind.BUTTON_FAULT,
    "button_recording_missing": AlarmKind.BUTTON_FAULT,
    "gpio_fault": AlarmKind.BUTTON_FAULT,
    "data_near_budget": AlarmKind.DATA_BUDGET,
    "data_over_budget": AlarmKind.DATA_BUDGET,
}
_OF_NODES: Final = frozenset({AlarmKind.NODE_DISK_FULL, *_BY_PROBLEM.values()})
_OF_THE_STATION: Final = frozenset(
    {AlarmKind.STATION_DISK_FULL, AlarmKind.BROKER_DOWN, AlarmKind.RECOGNISER_DOWN, AlarmKind.BACKUP_OLD}
)


def free_mb(folder: Path) -> float:
    """Return the room on a folder's disk, in MB; raises OSError."""
    return shutil.disk_usage(folder).free / _MB


@dataclass(frozen=True, slots=True)
class Looked:
    """Where the rounds look, beside the store: each is asked anew every time."""

    link: Callable[[], LinkState]
    recogniser: Callable[[], bool]
    free_mb: Callable[[Path], float] = free_mb


class Rounds:
    """Holds what is wrong now against the alarms that stand; `round` is called every so often."""

    def __init__(
        self,
        settings: AlarmSettings,
        shelf: AlarmShelf,
        desk: AlarmDesk,
        looked: Looked,
        *,
        folder: Path,
        nodes: Collection[str],
        silent_after: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._desk = desk
        self._looked = looked
        self._folder = folder
        self._nodes = frozenset(nodes)
        self._silent_after = silent_after
        self._clock = clock
        self._link_since = (LinkState.UP, clock())

    async def round(self) -> None:
        """Look at everything once."""
        now = self._clock()
        up, since = self._line(now)
        signs = [sign for sign in await asyncio.to_thread(self._shelf.node_signs) if sign.name in self._nodes]
        wrong: dict[tuple[AlarmKind, str], Mapping[str, Any]] = dict(self._of_nodes(signs))
        wrong.update(await asyncio.to_thread(lambda: list(self._of_the_station(now, up, since))))
        kinds = _OF_NODES | _OF_THE_STATION
        if up and now - since >= self._silent_after:
            # While the line is down every node is silent: that is one alarm and not sixty, and it ends none.
            kinds |= {AlarmKind.NODE_SILENT}
            wrong.update(self._silent(signs, now))
        await self._desk.round(wrong, kinds)
        for started in await asyncio.to_thread(self._shelf.not_begun):
            if self._nodes.intersection(started.nodes):
                facts = {"airing": started.airing, "zone": started.zone, "title": started.zone_title}
                subject = f"{started.airing}/{started.zone}"
                await self._raise_once(AlarmKind.DEAD_AIR, subject, {**facts, "bulletin": started.bulletin})

    async def forget_old(self) -> None:
        """End what happened so long ago that nobody will look into it any more."""
        now = self._clock()
        for alarm in await asyncio.to_thread(self._shelf.open):
            if alarm.kind in EVENTS and now - alarm.last_at > EVENT_LASTS:
                await self._desk.end(alarm.kind, alarm.subject)

    async def _raise_once(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> None:
        """Raise what this round will see again the next time, too: it has happened once."""
        if await asyncio.to_thread(self._shelf.latest, kind, subject) is None:
            await self._desk.raise_(kind, subject, facts)

    def _line(self, now: datetime) -> tuple[bool, datetime]:
        """Return whether the line is up, and since when it is as it is."""
        state, since = self._link_since
        up = self._looked.link() is LinkState.UP
        if up != (state is LinkState.UP):
            since = now
            self._link_since = (LinkState.UP if up else LinkState.DOWN, now)
        return up, since

    def _silent(self, signs: Collection[NodeSign], now: datetime) -> Iterator[Cause]:
        for sign in signs:
            if sign.last_seen is not None and not sign.online and now - sign.last_seen >= self._silent_after:
                facts = {"node": sign.name, "title": sign.title, "last_seen": sign.last_seen.isoformat()}
                yield (AlarmKind.NODE_SILENT, sign.name), facts

    def _of_nodes(self, signs: Collection[NodeSign]) -> Iterator[Cause]:
        for sign in signs:
            facts = {"node": sign.name, "title": sign.title}
            if sign.contacts is not None:
                facts["contacts"] = sign.contacts[:120]
            # What a node that is out of reach said last is kept as it was: nobody knows better.
            for problem in sign.problems:
                if problem in _BY_PROBLEM:
                    yield (_BY_PROBLEM[problem], sign.name), facts
            if sign.disk_free_mb is not None and sign.disk_free_mb < self._settings.node_disk_least_mb:
                yield (AlarmKind.NODE_DISK_FULL, sign.name), {**facts, "free_mb": round(sign.disk_free_mb)}

    def _of_the_station(self, now: datetime, up: bool, since: datetime) -> Iterator[Cause]:
        free = self._looked.free_mb(self._folder)
        if free < self._settings.disk_least_mb:
            yield (AlarmKind.STATION_DISK_FULL, ""), {"free_mb": round(free)}
        if not up and now - since >= LINE_PATIENCE:
            yield (AlarmKind.BROKER_DOWN, ""), {}
        if not self._looked.recogniser():
            yield (AlarmKind.RECOGNISER_DOWN, ""), {}
        if self._settings.backup_days and (old := self._backup_age(now)) > timedelta(days=self._settings.backup_days):
            yield (AlarmKind.BACKUP_OLD, ""), {"days": old.days}

    def _backup_age(self, now: datetime) -> timedelta:
        """Return how long the station has worked without a backup."""
        last = last_backup(self._folder)
        since = last.made_at if last is not None else self._shelf.began_at()
        return timedelta() if since is None else now - since
