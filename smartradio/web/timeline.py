"""A day laid out for the eye: hamlets as rows, hours across, silent ones drawn together. In per cent of the width."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Final

from smartradio.domain.places import Zone
from smartradio.station.day import Day, DayAiring, Standing
from smartradio.web.ordering import natural

_LONG: Final = timedelta(minutes=15)
"""A longer silence is drawn as one."""
_LEAST_SOUNDING: Final = 1.5
_LEAST_SILENT: Final = 0.25
_MOST_SILENT: Final = 4.0
_NARROWEST: Final = 0.6
_SIGNED_FROM: Final = 1.7
_TICK_ROOM: Final = 5.0
_MOST_ROWS: Final = 16
_NAMED_TOGETHER: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """An airing in one row."""

    airing: DayAiring
    standing: Standing
    left: float
    width: float

    @property
    def is_signed(self) -> bool:
        """Say whether a sign has room in it."""
        return self.width >= _SIGNED_FROM


@dataclass(frozen=True, slots=True)
class Row:
    """Hamlets in which all that day's airings stand alike; one alone where there are few."""

    zones: tuple[str, ...]
    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A long time in which nothing is aired; `left` and `width` are where it is drawn."""

    begins: datetime
    ends: datetime
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn. `quiet` are (left, width); `now` is None where the day is another one."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, datetime], ...]
    gaps: tuple[Gap, ...]
    quiet: tuple[tuple[float, float], ...]
    now: float | None
    others: int = 0
    """Rows that are left out because there are too many."""


class Axis:
    """Instants of a day → per cent of the width: the root of the minutes, so that ten seconds are seen beside hours.

    A bulletin has the room of a finger whatever its length; a silent morning takes little more.
    """

    def __init__(self, spans: Iterable[tuple[datetime, datetime]], now: datetime | None = None) -> None:
        listed = sorted(spans)
        marks = sorted({at for span in listed for at in span})
        if now is not None and not marks[0] <= now <= marks[-1]:
            marks = sorted((*marks, now))
        self._marks: list[tuple[datetime, float]] = [(marks[0], 0.0)]
        self.silent: list[tuple[datetime, datetime]] = []
        self.begins = sorted({begin for begin, _ in listed})
        at, place, open_until = 0.0, 0, marks[0]
        for begin, end in pairwise(marks):
            while place < len(listed) and listed[place][0] <= begin:
                open_until = max(open_until, listed[place][1])
                place += 1
            sounds = open_until > begin
            if not sounds and end - begin >= _LONG:
                self.silent.append((begin, end))
            at += _room(end - begin, sounds=sounds)
            self._marks.append((end, at))
        self._whole = at or 1.0
        self._instants = [mark[0] for mark in self._marks]

    def __call__(self, at: datetime) -> float:
        """Return where an instant lies, 0 to 100; what is outside lies at the edge."""
        place = bisect_left(self._instants, at)
        if place == 0:
            return 0.0
        if place == len(self._marks):
            return 100.0
        before, mark = self._marks[place - 1], self._marks[place]
        share = (at - before[0]) / (mark[0] - before[0])
        return min(100.0, 100 * (before[1] + share * (mark[1] - before[1])) / self._whole)


def _room(length: timedelta, *, sounds: bool) -> float:
    room = sqrt(length.total_seconds() / 60)
    return max(room, _LEAST_SOUNDING) if sounds else min(max(room, _LEAST_SILENT), _MOST_SILENT)


def timeline(day: Day, zones: Sequence[Zone], now: datetime) -> Timeline | None:
    """Lay a day out; None for one on which nothing is aired."""
    if not day.airings:
        return None
    is_today = day.begins <= now < day.ends
    spans = [(max(a.starts_at, day.begins), min(a.ends_at, day.ends)) for a in day.airings]
    axis = Axis(spans, now if is_today else None)
    rows = _rows(day.airings, zones)
    shown, left_out = rows[:_MOST_ROWS], rows[_MOST_ROWS:]
    return Timeline(
        rows=tuple(Row(names, title, _bars(day.airings, names[0], axis)) for names, title in shown),
        ticks=tuple(_ticks(axis)),
        gaps=tuple(Gap(begin, end, axis(begin), axis(end) - axis(begin)) for begin, end in axis.silent),
        quiet=tuple(_drawn(day.quiet, axis)),
        now=axis(now) if is_today else None,
        others=sum(len(names) for names, _ in left_out),
    )


def _drawn(spans: Iterable[tuple[datetime, datetime]], axis: Axis) -> Iterable[tuple[float, float]]:
    for begin, end in spans:
        left, right = axis(begin), axis(end)
        if right > left:
            yield left, right - left


def _ticks(axis: Axis) -> Iterable[tuple[float, datetime]]:
    """Yield the times at which something begins and that have room for their words, each minute once."""
    last, told = -_TICK_ROOM, None
    for at in axis.begins:
        left, minute = axis(at), at.replace(second=0, microsecond=0)
        if minute != told and left >= last + _TICK_ROOM and left <= 100 - _TICK_ROOM / 2:
            yield left, at
            last, told = left, minute


def _rows(airings: Sequence[DayAiring], zones: Sequence[Zone]) -> list[tuple[tuple[str, ...], str]]:
    """Return the names and the title of each row."""
    titles: dict[str, str] = {zone.name: zone.title for zone in zones}
    # A hamlet that is gone keeps what was aired there.
    titles |= {name: name for each in airings for name in each.zones if name not in titles}
    names = sorted(titles, key=lambda name: natural(titles[name]))
    if len(names) <= _MOST_ROWS:
        return [((name,), titles[name]) for name in names]
    days: dict[str, list[tuple[int, Standing]]] = {name: [] for name in names}
    for number, each in enumerate(airings):
        for name, standing in each.zones.items():
            days[name].append((number, standing))
    alike: dict[tuple[tuple[int, Standing], ...], list[str]] = {}
    for name in names:
        alike.setdefault(tuple(days[name]), []).append(name)
    # What few hamlets have in common is what somebody should look at.
    groups = sorted(alike.values(), key=len)
    return [(tuple(group), _together(group, titles)) for group in groups]


def _together(names: Sequence[str], titles: Mapping[str, str]) -> str:
    shown = ", ".join(titles[name] for name in names[:_NAMED_TOGETHER])
    return shown if len(names) <= _NAMED_TOGETHER else f"{shown} +{len(names) - _NAMED_TOGETHER}"


def _bars(airings: Sequence[DayAiring], zone: str, axis: Axis) -> tuple[Bar, ...]:
    bars = []
    for each in airings:
        standing = each.zones.get(zone)
        if standing is not None:
            left = min(axis(each.starts_at), 100 - _NARROWEST)
            bars.append(Bar(each, standing, left, max(axis(each.ends_at) - left, _NARROWEST)))
    return tuple(bars)
