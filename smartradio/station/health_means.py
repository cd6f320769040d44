"""What nodes tell of themselves, gathered to means: five minutes of heartbeats are one row of their history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

FIVE_MINUTES_S: Final = 300
HOUR_S: Final = 3_600

_MEANS: Final = {
    "temperature_c": "temperature_c",
    "disk_free_mb": "disk_free_mb",
    "load": "load_1min",
}


@dataclass(frozen=True, slots=True)
class HealthMean:
    """How a node was in `span_s` seconds from `at` on, by so many heartbeats; None where it tells nothing of it.

    Means: `temperature_c`, `undervoltage` (share of the heartbeats, 0 to 1), `clock_offset_ms`, `disk_free_mb`, `load`.
    Sums: `underruns`, `carried_mb` (in and out, by the node's own count), `station_sent_mb` (what the station sent it).
    """

    node: str
    at: datetime
    span_s: int = FIVE_MINUTES_S
    beats: int = 1
    temperature_c: float | None = None
    undervoltage: float | None = None
    clock_offset_ms: float | None = None
    disk_free_mb: float | None = None
    load: float | None = None
    underruns: float | None = None
    carried_mb: float | None = None
    station_sent_mb: float | None = None


def bin_of(at: datetime, span_s: int) -> datetime:
    """Return the beginning of the bin that an instant lies in."""
    return datetime.fromtimestamp(int(at.timestamp()) // span_s * span_s, tz=UTC)


@dataclass(slots=True)
class _Bin:
    beats: int = 0
    undervoltage: int = 0
    tells_voltage: bool = False
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)

    def mean(self, name: str, value: object) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            self.sums[name] = self.sums.get(name, 0.0) + value
            self.counts[name] = self.counts.get(name, 0) + 1

    def total(self, name: str, more: float | None) -> None:
        if more is not None:
            self.totals[name] = self.totals.get(name, 0.0) + more

    def as_mean(self, node: str, at: datetime) -> HealthMean:
        means = {name: self.sums[name] / self.counts[name] for name in self.sums}
        undervoltage = self.undervoltage / self.beats if self.tells_voltage and self.beats else None
        return HealthMean(
            node,
            at,
            beats=self.beats,
            temperature_c=means.get("temperature_c"),
            undervoltage=undervoltage,
            clock_offset_ms=means.get("clock_offset_ms"),
            disk_free_mb=means.get("disk_free_mb"),
            load=means.get("load"),
            underruns=self.totals.get("underruns"),
            carried_mb=self.totals.get("carried_mb"),
            station_sent_mb=self.totals.get("station_sent_mb"),
        )


class HealthMeans:
    """Gathers heartbeats; one thread's. `station_sent` are the bytes a node was sent since it was asked last."""

    def __init__(self) -> None:
        self._bins: dict[tuple[datetime, str], _Bin] = {}
        self._before: dict[str, Mapping[str, Any]] = {}

    def know(self, node: str, facts: Mapping[str, Any]) -> None:
        """Learn what a node told last before this station started, so that its counters go on from there."""
        self._before[node] = facts

    def take(self, node: str, facts: Mapping[str, Any], at: datetime) -> None:
        """Take a heartbeat: the fields of a NodeState, as they are kept of it."""
        health = _health(facts)
        row = self._bin(node, at)
        row.beats += 1
        row.undervoltage += bool(health.get("undervoltage_now"))
        row.tells_voltage = row.tells_voltage or "temperature_c" in health or "undervoltage_now" in health
        for name, told in _MEANS.items():
            row.mean(name, health.get(told))
        row.mean("clock_offset_ms", facts.get("clock_offset_ms"))
        before = self._before.get(node)
        row.total("underruns", _more(before, facts, "underruns", from_boot=True))
        row.total("carried_mb", _carried(before, facts))
        self._before[node] = facts

    def sent(self, sent_bytes: Mapping[str, int], at: datetime) -> None:
        """Take how many bytes nodes were sent since the last call."""
        for node, count in sent_bytes.items():
            self._bin(node, at).total("station_sent_mb", count / 1e6)

    def take_closed(self, now: datetime) -> list[HealthMean]:
        """Return what is over by now, and forget it; a bin is over with its five minutes."""
        current = bin_of(now, FIVE_MINUTES_S)
        return self._taken([key for key in self._bins if key[0] < current])

    def take_all(self) -> list[HealthMean]:
        """Return all that was gathered, and forget it."""
        return self._taken(list(self._bins))

    def put_back(self, means: list[HealthMean]) -> None:
        """Take back what the store did not take; what came meanwhile is added to it."""
        for mean in means:
            row = self._bin(mean.node, mean.at)
            row.beats += mean.beats
            for name in (*_MEANS, "clock_offset_ms"):
                value = getattr(mean, name)
                if value is not None:
                    row.sums[name] = row.sums.get(name, 0.0) + value * mean.beats
                    row.counts[name] = row.counts.get(name, 0) + mean.beats
            if mean.undervoltage is not None:
                row.tells_voltage = True
                row.undervoltage += round(mean.undervoltage * mean.beats)
            for name in ("underruns", "carried_mb", "station_sent_mb"):
                row.total(name, getattr(mean, name))

    def _bin(self, node: str, at: datetime) -> _Bin:
        return self._bins.setdefault((bin_of(at, FIVE_MINUTES_S), node), _Bin())

    def _taken(self, keys: list[tuple[datetime, str]]) -> list[HealthMean]:
        return [self._bins.pop((at, node)).as_mean(node, at) for at, node in sorted(keys)]


def _health(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    health = facts.get("health")
    return health if isinstance(health, Mapping) else {}


def _more(before: Mapping[str, Any] | None, now: Mapping[str, Any], name: str, *, from_boot: bool) -> float | None:
    """Return what a counter of the health grew by; one that fell, or is another start's, began at nothing."""
    value = _health(now).get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    if before is None:
        # What it counted before this station ever heard of it belongs to no five minutes.
        return 0.0
    last = _health(before).get(name)
    again = from_boot and before.get("boot") != now.get("boot")
    if not isinstance(last, int | float) or again or value < last:
        return float(value)
    return float(value) - last


def _carried(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> float | None:
    """Return the megabytes that went to and from a node: its network's where it has one, else its link's."""
    names = ("net_received_mb", "net_sent_mb")
    if names[0] not in _health(now):
        return _both(before, now, ("link_received_mb", "link_sent_mb"), from_boot=True)
    if before is None or _health(before).get("net_interface") != _health(now).get("net_interface"):
        # Another interface has counted since long before; what it carries counts from now on.
        return 0.0
    return _both(before, now, names, from_boot=False)


def _both(
    before: Mapping[str, Any] | None, now: Mapping[str, Any], names: tuple[str, str], *, from_boot: bool
) -> float | None:
    grown = [_more(before, now, name, from_boot=from_boot) for name in names]
    return None if None in grown else sum(each for each in grown if each is not None)
