"""A day laid out for the eye: hamlets as rows, hours across, idle hours drawn together. In per cent of the width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from smartradio.domain.places import Zone
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day import Day, DayAiring, Standing

_STEP: Final = timedelta(minutes=15)
_CLOSE: Final = timedelta(minutes=45)
"""Airings no further apart than this share a stretch of the day."""
_IDLE_MINUTES: Final = 20.0
_IDLE_SHARE: Final = 0.1
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
    """Instants of a day → per cent of the width; hours in which nothing happens take little of it."""

    def __init__(self, spans: Iterable[tuple[datetime, datetime]]) -> None:
        self._marks: list[tuple[datetime, float]] = []
        self.idle: list[tuple[datetime, datetime]] = []
        busy = list(_merged(spans))
        minutes = sum((end - begin).total_seconds() for begin, end in busy) / 60
        at = 0.0
        last: datetime | None = None
        for begin, end in busy:
            if last is not None:
                self.idle.append((last, begin))
                idle = (begin - last).total_seconds() / 60
                at += min(idle, max(_IDLE_MINUTES, _IDLE_SHARE * minutes))
            self._marks += [(begin, at), (end, at := at + (end - begin).total_seconds() / 60)]
            last = end
        self._whole = at or 1.0
        self.busy = busy

    def __call__(self, at: datetime) -> float:
        """Return where an instant lies, 0 to 100; what is outside lies at the edge."""
        before = self._marks[0]
        if at <= before[0]:
            return 0.0
        for mark in self._marks[1:]:
            if at <= mark[0]:
                share = (at - before[0]) / (mark[0] - before[0])
                return 100 * (before[1] + share * (mark[1] - before[1])) / self._whole
            before = mark
        return 100.0


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> Iterable[tuple[datetime, datetime]]:
    """Yield stretches of whole quarters of an hour, those close to each other as one."""
    open_: tuple[datetime, datetime] | None = None
    for first, last in sorted(spans):
        begin, end = _quarter(first), _quarter(last + _STEP - timedelta(microseconds=1))
        if open_ is None:
            open_ = (begin, end)
        elif begin <= open_[1] + _CLOSE:
            open_ = (open_[0], max(open_[1], end))
        else:
            yield open_
            open_ = (begin, end)
    if open_ is not None:
        yield open_


def _quarter(at: datetime) -> datetime:
    local = at.astimezone(WALL_CLOCK)
    return local.replace(minute=local.minute - local.minute % 15, second=0, microsecond=0)


def timeline(day: Day, zones: Sequence[Zone], now: datetime) -> Timeline | None:
    """Lay a day out; None for one on which nothing is aired."""
    if not day.airings:
        return None
    is_today = day.begins <= now < day.ends
    spans = [(max(a.starts_at, day.begins), min(a.ends_at, day.ends)) for a in day.airings]
    axis = Axis([*spans, (now, min(now + _STEP, day.ends))] if is_today else spans)
    rows = _rows(day.airings, zones, axis)
    return Timeline(
        rows=rows[:_MOST_ROWS],
        ticks=tuple(_ticks(axis)),
        gaps=tuple(Gap(begin, end, axis(begin), axis(end) - axis(begin)) for begin, end in axis.idle),
        quiet=tuple(_drawn(day.quiet, axis)),
        now=axis(now) if is_today else None,
        others=sum(len(row.zones) for row in rows[_MOST_ROWS:]),
    )


def _drawn(spans: Iterable[tuple[datetime, datetime]], axis: Axis) -> Iterable[tuple[float, float]]:
    for begin, end in spans:
        left, right = axis(begin), axis(end)
        if right > left:
            yield left, right - left


def _ticks(axis: Axis) -> Iterable[tuple[float, datetime]]:
    """Yield half hours that have room for their words."""
    last = -_TICK_ROOM
    for begin, end in axis.busy:
        at = begin
        while at <= end:
            left = axis(at)
            if (at == begin or at.minute % 30 == 0) and left >= last + _TICK_ROOM and left <= 100 - _TICK_ROOM / 2:
                yield left, at
                last = left
            at += _STEP


def _rows(airings: Sequence[DayAiring], zones: Sequence[Zone], axis: Axis) -> tuple[Row, ...]:
    titles: dict[str, str] = {zone.name: zone.title for zone in zones}
    # A hamlet that is gone keeps what was aired there.
    titles |= {name: name for each in airings for name in each.zones if name not in titles}
    names = sorted(titles, key=lambda name: _natural(titles[name]))
    if len(names) <= _MOST_ROWS:
        return tuple(Row((name,), titles[name], _bars(airings, name, axis)) for name in names)
    alike: dict[tuple[Standing | None, ...], list[str]] = {}
    for name in names:
        alike.setdefault(tuple(each.zones.get(name) for each in airings), []).append(name)
    # What few hamlets have in common is what somebody should look at.
    groups = sorted(alike.values(), key=len)
    return tuple(Row(tuple(group), _together(group, titles), _bars(airings, group[0], axis)) for group in groups)


def _together(names: Sequence[str], titles: Mapping[str, str]) -> str:
    shown = ", ".join(titles[name] for name in names[:_NAMED_TOGETHER])
    return shown if len(names) <= _NAMED_TOGETHER else f"{shown} +{len(names) - _NAMED_TOGETHER}"


def _natural(title: str) -> list[tuple[int, int, str]]:
    """Sort hamlet 2 before hamlet 10."""
    words = title.casefold().split()
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word) for word in words]


def _bars(airings: Sequence[DayAiring], zone: str, axis: Axis) -> tuple[Bar, ...]:
    bars = []
    for each in airings:
        standing = each.zones.get(zone)
        if standing is not None:
            left = min(axis(each.starts_at), 100 - _NARROWEST)
            bars.append(Bar(each, standing, left, max(axis(each.ends_at) - left, _NARROWEST)))
    return tuple(bars)
