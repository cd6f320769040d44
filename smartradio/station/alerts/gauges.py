"""Water gauges: readings come in, a limit that is crossed becomes a draft, and an officer is rung, once a crossing.

A reading is not signed: it can move a person, never a horn.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.alert import AlertState, Origin
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.gauge import HOUR, Crossing, Reading, crossings, rise_m_h
from smartradio.station.alerts.gauge_drafts import BARE_HOLDS, bare, filled
from smartradio.station.alerts.gauge_readings import read_reading
from smartradio.station.alerts.gauge_settings import GaugeSettings

if TYPE_CHECKING:
    from smartradio.alerting.templates.template import Template
    from smartradio.domain.alert import Alert
    from smartradio.station.alerts.channels.outbox import Technician
    from smartradio.station.alerts.kept import KeptAlert
    from smartradio.station.store.gauges import GaugeShelf, KeptCrossing

_logger = structlog.get_logger()

KEPT: Final = timedelta(days=3)
ROUND_S: Final = 15.0
_MOST_WAITING: Final = 100
_QUIET: Final = timedelta(minutes=10)
CALM: Final = timedelta(minutes=30)
"""So long the water must have been under every limit again before a draft of it that nobody sent is put aside."""
CALM_AGAIN: Final = "the water is under every limit again"


class DraftBook(Protocol):
    """What is needed of `smartradio.station.alerts.book.AlertBook`."""

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        """Keep a draft, once under its id, and have an officer rung; raises BadInputError."""
        ...

    def of_source(self, source: str) -> Sequence[KeptAlert]:
        """Return the alerts of one gauge, the one drafted last first. Blocking."""
        ...

    async def put_aside(self, draft: str, *, why: str) -> object:
        """Discard a draft that nobody has taken in hand; what is none any more is left as it is."""
        ...


@dataclass(frozen=True, slots=True)
class GaugeState:
    """A gauge as pages show it: `over` are the rules whose limit its water is over; figures None where none is known.

    `refused` is why its last message was no reading, "" if it was one.
    """

    name: str
    title: str
    last: Reading | None
    rise_m_h: float | None
    over: tuple[str, ...]
    is_silent: bool
    refused: str


@dataclass(frozen=True, slots=True)
class GaugesAround:
    """What gauges have around them.

    `templates` and `zones` (those with a node) are read anew for each draft and block; `link_up` says whether readings
    can reach us at all.
    """

    clock: Callable[[], datetime]
    tz: tzinfo
    templates: Callable[[], Mapping[str, Template]]
    zones: Callable[[], tuple[str, ...]]
    link_up: Callable[[], bool]
    run: Callable[[Coroutine[Any, Any, object], str], None]
    technician: Technician


class Gauges:
    """All methods are for the event loop but `states`; `round` is called every few seconds."""

    def __init__(
        self, gauges: Sequence[GaugeSettings], shelf: GaugeShelf, book: DraftBook, around: GaugesAround
    ) -> None:
        self._gauges = {gauge.name: gauge for gauge in gauges}
        self._shelf = shelf
        self._book = book
        self._around = around
        self._last: dict[str, datetime] = {}
        self._waiting: Counter[str] = Counter()
        self._refused: dict[str, str] = {}
        self._refused_told: dict[str, datetime] = {}
        self._turn = asyncio.Lock()
        self._listening_since = around.clock()
        self._silent: set[str] = set()
        # Alarms that may stand, also from before the start; they end with the next reading.
        self._may_stand = set(self._gauges)
        self._heard: set[str] = set()
        self._calm_since: dict[str, datetime] = {}

    async def take_up(self) -> None:
        """Remember the last readings, and draft what was crossed when the station fell."""
        for name in self._gauges:
            last = await asyncio.to_thread(self._shelf.last, name)
            if last is not None:
                self._last[name] = last.at
        async with self._turn:
            await self._draft_all()

    def take(self, name: str, payload: bytes) -> None:
        """Take a message; what is no reading is told in the log and on the page, and changes nothing."""
        gauge = self._gauges.get(name)
        if gauge is None:
            self._refuse(name[:48], "there is no such gauge in the settings")
            return
        try:
            reading = read_reading(gauge, payload, now=self._around.clock(), last=self._last.get(name))
        except BadInputError as error:
            self._refuse(name, str(error))
            return
        if self._waiting[name] >= _MOST_WAITING:
            self._refuse(name, "too many readings wait to be written")
            return
        self._last[name] = reading.at
        self._waiting[name] += 1
        self._around.run(self._keep(gauge, reading), f"gauge {name}")

    async def round(self) -> None:
        """Tell of gauges without readings, and try again to draft what could not be."""
        now = self._around.clock()
        if not self._around.link_up():
            self._listening_since = now
        for name, gauge in self._gauges.items():
            last = max(self._last.get(name, self._listening_since), self._listening_since)
            missing = gauge.missing_minutes > 0 and now - last > timedelta(minutes=gauge.missing_minutes)
            if missing and name not in self._silent:
                self._silent.add(name)
                self._may_stand.add(name)
                self._heard.discard(name)
                facts = {"title": gauge.title, "gauge": name}
                await self._around.technician.raise_(AlarmKind.GAUGE_SILENT, name, facts)
            elif name in self._may_stand & self._heard:
                self._silent.discard(name)
                self._may_stand.discard(name)
                await self._around.technician.end(AlarmKind.GAUGE_SILENT, name)
        async with self._turn:
            await self._draft_all()

    def states(self) -> list[GaugeState]:
        """Return the gauges as they stand, in the order of the settings. Blocking."""
        now = self._around.clock()
        return [self._state(gauge, now) for gauge in self._gauges.values()]

    def _state(self, gauge: GaugeSettings, now: datetime) -> GaugeState:
        readings = self._shelf.readings(gauge.name, now - HOUR)
        return GaugeState(
            name=gauge.name,
            title=gauge.title,
            last=self._shelf.last(gauge.name),
            rise_m_h=rise_m_h(readings, HOUR),
            over=tuple(rule.name for rule in gauge.rules if rule.name in self._shelf.standing(gauge.name)),
            is_silent=gauge.name in self._silent,
            refused=self._refused.get(gauge.name, ""),
        )

    def _refuse(self, name: str, line: str) -> None:
        now = self._around.clock()
        known = name if name in self._gauges else ""
        if known:
            self._refused[known] = line
        # Not by what was wrong: a thousand kinds of nonsense a second must not fill the disk.
        told_at = self._refused_told.get(known)
        if told_at is None or now - told_at > _QUIET:
            self._refused_told[known] = now
            _logger.warning("reading_refused", gauge=name, line=line)

    async def _keep(self, gauge: GaugeSettings, reading: Reading) -> None:
        try:
            async with self._turn:
                crossing, calm = await asyncio.to_thread(self._write, gauge, reading)
                self._refused.pop(gauge.name, None)
                self._heard.add(gauge.name)
                if crossing is not None:
                    _logger.warning("gauge_crossed", gauge=gauge.name, rule=crossing.rule.name, level_m=reading.level_m)
                    await self._draft_all()
                await self._put_aside(gauge, reading, calm=calm)
        finally:
            self._waiting[gauge.name] -= 1

    async def _put_aside(self, gauge: GaugeSettings, reading: Reading, *, calm: bool) -> None:
        """Discard drafts of water that has been under every limit again for a while: nobody need be rung for them."""
        if not calm:
            self._calm_since.pop(gauge.name, None)
        elif reading.at - self._calm_since.setdefault(gauge.name, reading.at) >= CALM:
            for kept in await asyncio.to_thread(self._book.of_source, gauge.name):
                if kept.state is AlertState.DRAFT and kept.alert.origin is Origin.GAUGE:
                    await self._book.put_aside(kept.id, why=CALM_AGAIN)

    def _write(self, gauge: GaugeSettings, reading: Reading) -> tuple[Crossing | None, bool]:
        rules = [each.rule() for each in gauge.rules]
        longest = max((rule.window for rule in rules), default=HOUR)
        # A level is looked at over so many readings, however seldom the gauge tells them.
        most = max((rule.times for rule in rules), default=1)
        near = self._shelf.readings(gauge.name, reading.at - longest)
        readings = [*max(near, self._shelf.newest(gauge.name, most), key=len), reading]
        before = dict.fromkeys(self._shelf.standing(gauge.name), True)
        standing, crossing = crossings(rules, before, readings)
        told = None if crossing is None else (_alert_id(gauge.name, crossing), crossing)
        self._shelf.take(gauge.name, reading, standing, told, keep_since=reading.at - KEPT)
        return crossing, not any(standing.values())

    async def _draft_all(self) -> None:
        """Put the crossings that are not in the book there; the book rings the officer."""
        for crossing in await asyncio.to_thread(self._shelf.undrafted):
            gauge = self._gauges.get(crossing.gauge)
            rule = next((each for each in gauge.rules if each.name == crossing.rule), None) if gauge else None
            if gauge is None or rule is None or self._around.clock() - crossing.reading.at > BARE_HOLDS:
                over = "too late, or its rule is in the settings no more"
                await asyncio.to_thread(self._shelf.drafted, crossing.alert, over)
                continue
            alert, fault = await asyncio.to_thread(self._alert, gauge, crossing)
            try:
                await self._book.draft(alert, by=f"gauge:{gauge.name}")
            except BadInputError as error:
                zones = await asyncio.to_thread(self._around.zones)
                fault = fault or str(error)
                await self._book.draft(replace(alert, zones=zones, supersedes=""), by=f"gauge:{gauge.name}")
            if fault is not None:
                _logger.error("gauge_template_not_filled", gauge=gauge.name, rule=rule.name, line=fault)
            await asyncio.to_thread(self._shelf.drafted, crossing.alert, fault)

    def _alert(self, gauge: GaugeSettings, crossing: KeptCrossing) -> tuple[Alert, str | None]:
        """Return the draft of a crossing, and why its template could not be filled in if it could not."""
        rule = next(each for each in gauge.rules if each.name == crossing.rule)
        fault: str | None = None
        template: Template | None = None
        try:
            template = self._around.templates().get(rule.template)
            if template is None:
                raise BadInputError(f"there is no template {rule.template!r}")
            alert = filled(template, gauge, rule, crossing, tz=self._around.tz)
        except SmartradioError as error:
            fault = str(error)
            alert = bare(gauge, rule, crossing, tz=self._around.tz, template=template)
        mine = (kept for kept in self._book.of_source(gauge.name) if kept.alert.origin is Origin.GAUGE)
        out = next((kept for kept in mine if kept.is_out), None)
        zones = alert.zones or self._around.zones()
        return replace(alert, zones=zones, supersedes="" if out is None else out.id), fault


def _alert_id(gauge: str, crossing: Crossing) -> str:
    named = f"gauge\n{gauge}\n{crossing.rule.name}\n{crossing.reading.at.isoformat()}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
