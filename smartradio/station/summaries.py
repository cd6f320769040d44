"""What was aired in a period and what was proved of it, by topic, programme, zone, class, day or month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.commune_rules import WALL_CLOCK

EXERCISE: Final = "exercise"
"""The class of exercises of emergencies."""
NO_NAME: Final = ""
"""The key of what has no topic, no programme or no zone."""


class Outcome(StrEnum):
    """What came of an airing at one node: a verdict, or that there is none, and why."""

    AIRED = VerdictCode.AIRED
    PARTLY_AIRED = VerdictCode.PARTLY_AIRED
    SILENT = VerdictCode.SILENT
    OTHER = VerdictCode.OTHER
    UNINTELLIGIBLE = VerdictCode.UNINTELLIGIBLE
    UNCLEAR = VerdictCode.UNCLEAR
    UNREACHED = VerdictCode.UNREACHED
    WAITING = "waiting"
    """It is still to be aired or judged."""
    SKIPPED = "skipped"
    """A rule or a person took it out of the plan."""


JUDGED: Final = tuple(Outcome(code.value) for code in VerdictCode)
_HEARD: Final = (Outcome.AIRED, Outcome.PARTLY_AIRED)


class By(StrEnum):
    """What a report is broken down by."""

    DAY = "day"
    MONTH = "month"
    TOPIC = "topic"
    PROGRAMME = "programme"
    ZONE = "zone"
    CLASS = "class"


@dataclass(frozen=True, slots=True)
class AiringOutcome:
    """One airing and what came of it: at how many nodes of which zone which outcome.

    `disputed` counts by zone the nodes whose verdict `aired` somebody disputes. `reason` is why it was taken out of
    the plan, None if it was not. `exercise`: of an alert that was none.
    """

    airing: str
    programme: str | None
    title: str
    topic: str | None
    priority: Priority
    zones: tuple[str, ...]
    starts_at: datetime
    length_s: float
    results: Mapping[tuple[str, Outcome], int]
    disputed: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None
    exercise: bool = False


@dataclass(slots=True)
class Tally:
    """Counts over airings: `results` by outcome, one for each airing at each node.

    `airings` were planned; `off` of them were taken out of the plan, by reason. `planned_s` is the length of those
    that were not, `heard_s` of those that were heard whole or in part at one node at least. `disputed` are results
    `aired` that somebody disputes: where there is nothing else, nothing was heard.
    """

    airings: int = 0
    off: Counter[str] = field(default_factory=Counter)
    results: Counter[Outcome] = field(default_factory=Counter)
    disputed: int = 0
    planned_s: float = 0.0
    heard_s: float = 0.0

    @property
    def judged(self) -> int:
        """How many results have a verdict."""
        return sum(self.results[outcome] for outcome in JUDGED)

    @property
    def proof_rate(self) -> float | None:
        """The share of verdicts that say it was heard whole and that nobody disputes; None without any verdict."""
        return (self.results[Outcome.AIRED] - self.disputed) / self.judged if self.judged else None

    def add(self, item: AiringOutcome, zone: str | None = None) -> None:
        """Count an airing, or its part in one zone."""
        heard = False
        for (where, outcome), number in item.results.items():
            if zone is None or where == zone:
                self.results[outcome] += number
                undisputed = number - (item.disputed.get(where, 0) if outcome is Outcome.AIRED else 0)
                heard = heard or (outcome in _HEARD and undisputed > 0)
        self.airings += 1
        self.disputed += sum(item.disputed.values()) if zone is None else item.disputed.get(zone, 0)
        if item.reason is not None:
            self.off[item.reason] += 1
        if item.reason is None or heard:
            self.planned_s += item.length_s
        if heard:
            self.heard_s += item.length_s


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a report: `key` is the day, topic, zone, ... it counts; `title` is what a programme is called."""

    key: str
    title: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the airings that were to start in [start, end), line by line and all together."""

    start: datetime
    end: datetime
    by: By
    lines: tuple[Line, ...]
    total: Tally


def summarise(items: Iterable[AiringOutcome], by: By, start: datetime, end: datetime) -> Summary:
    """Return the report of airings in the order of their starts; lines in the order of their keys.

    Classes stand with the most urgent first. In a report by zones an airing counts in each of its zones.
    """
    lines: dict[str, Line] = {}
    total = Tally()
    for item in items:
        total.add(item)
        for key in _keys(item, by):
            line = lines.get(key)
            if line is None or (by is By.PROGRAMME and line.title != item.title):
                # A programme is called what it was called last.
                line = Line(key, item.title if by is By.PROGRAMME else "", line.tally if line else Tally())
                lines[key] = line
            line.tally.add(item, key if by is By.ZONE else None)
    ordered = sorted(lines.values(), key=lambda line: _class_rank(line.key) if by is By.CLASS else line.key)
    return Summary(start, end, by, tuple(ordered), total)


def _class_rank(key: str) -> float:
    """Return where a class stands: the most urgent first, exercises behind real emergencies."""
    return 0.5 - Priority.EMERGENCY if key == EXERCISE else -int(key)


def _keys(item: AiringOutcome, by: By) -> Iterable[str]:
    match by:
        case By.DAY:
            return (item.starts_at.astimezone(WALL_CLOCK).date().isoformat(),)
        case By.MONTH:
            return (f"{item.starts_at.astimezone(WALL_CLOCK):%Y-%m}",)
        case By.TOPIC:
            return (item.topic or NO_NAME,)
        case By.PROGRAMME:
            return (item.programme or NO_NAME,)
        case By.CLASS:
            return (EXERCISE if item.exercise else str(int(item.priority)),)
        case By.ZONE:
            return dict.fromkeys((*item.zones, *(zone for zone, _ in item.results))) or (NO_NAME,)
