"""How a node is, in one word, by all that is known of it: what a technician looks at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from smartradio.domain.verdict import VerdictCode
from smartradio.listening.trends import Trend
from smartradio.station.node_records import NodeSetting
from smartradio.station.older_nodes import OLDER
from smartradio.station.views import NodeView

HOT_C: Final = 80.0
"""From here on a Pi slows itself down (Raspberry Pi documentation: soft limit 60 °C on a 3B+, 80 °C on others)."""


class Condition(StrEnum):
    """The worst first; stable codes."""

    OFFLINE = "offline"
    FAULTY = "faulty"
    WATCH = "watch"
    NEW = "new"
    FINE = "fine"


WORST_FIRST: Final = tuple(Condition)

# A problem that may keep an airing from being heard, against one that will some day.
_FAULTS: Final = frozenset(
    {
        "name_taken",
        "foreign_key",
        "clock_untrusted",
        OLDER,
        "rung_silence",
        "rung_standing",
        "disk_nearly_full",
        "undervoltage_now",
        "throttled_now",
        "journal_fault",
        "disk_read_only",
        "disk_errors",
        "inodes_low",
        "data_over_budget",
        "input_alarm",
        "button_calls",
        "button_stuck",
        "gpio_fault",
        "last_silent",
        "last_other",
        "last_unintelligible",
    }
)
_LAST_BAD: Final = {
    VerdictCode.SILENT: "last_silent",
    VerdictCode.OTHER: "last_other",
    VerdictCode.UNINTELLIGIBLE: "last_unintelligible",
    VerdictCode.PARTLY_AIRED: "last_partly_aired",
}


@dataclass(frozen=True, slots=True)
class LastHeard:
    """The verdict of the newest airing of a node that has one, and when that was to start."""

    airing: str
    at: datetime
    verdict: str


@dataclass(frozen=True, slots=True)
class NodeStanding:
    """A node with all that a list or map shows of it; `setting` has what holds, of the file or of the console.

    `carried_mb` is what it carried today by its own count, None where it tells nothing.
    """

    view: NodeView
    zone_title: str
    condition: Condition
    problems: tuple[str, ...] = ()
    trends: tuple[Trend, ...] = ()
    last: LastHeard | None = None
    setting: NodeSetting = field(default_factory=NodeSetting)
    carried_mb: float | None = None


def problems_of(view: NodeView, *, last: LastHeard | None, foreign_key: bool) -> tuple[str, ...]:
    """Return what is wrong at a node, by codes, what may silence it first."""
    health: Mapping[str, Any] = view.health
    found = list(view.problems)
    if foreign_key:
        found.append("foreign_key")
    if isinstance(health.get("journal"), str):
        found.append("journal_fault")
    temperature = health.get("temperature_c")
    if isinstance(temperature, int | float) and temperature >= HOT_C:
        found.append("hot")
    if last is not None and (bad := _LAST_BAD.get(VerdictCode(last.verdict))) is not None:
        found.append(bad)
    return tuple(sorted(found, key=lambda problem: problem not in _FAULTS))


def condition_of(view: NodeView, problems: Sequence[str], trends: Sequence[Trend]) -> Condition:
    """Return how a node is, by what is wrong with it."""
    # Another machine under its name is the reason why nothing that it says counts.
    if view.last_seen is None and "foreign_key" not in problems:
        return Condition.NEW
    if "foreign_key" in problems:
        return Condition.FAULTY
    if not view.online:
        return Condition.OFFLINE
    if any(problem in _FAULTS for problem in problems):
        return Condition.FAULTY
    return Condition.WATCH if problems or trends else Condition.FINE
