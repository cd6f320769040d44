"""A day as the broadcaster sees it: what was heard in which hamlet, what sounds, what is next. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from smartradio.domain.priority import Priority
from smartradio.station import views
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.summaries import AiringOutcome, Outcome


class Standing(StrEnum):
    """How an airing stands in a zone: a verdict, or why there is none yet."""

    AIRED = Outcome.AIRED
    PARTLY_AIRED = Outcome.PARTLY_AIRED
    SILENT = Outcome.SILENT
    OTHER = Outcome.OTHER
    UNINTELLIGIBLE = Outcome.UNINTELLIGIBLE
    UNCLEAR = Outcome.UNCLEAR
    UNREACHED = Outcome.UNREACHED
    PLANNED = "planned"
    """Its time has not come."""
    SOUNDING = "sounding"
    """A node has told that it began, and its time is not over."""
    DUE = "due"
    """By the plan it sounds now; no node has told so yet."""
    AWAITED = "awaited"
    """Its time is over, and nothing is judged yet."""
    SKIPPED = "skipped"
    """A rule or a person took it out of the plan."""


WORST_FIRST: Final = tuple(Outcome(code.value) for code in views.WORST_FIRST)


@dataclass(frozen=True, slots=True)
class DayAiring:
    """One airing of a day: how it stands in each of its zones, and at how many of its nodes it was heard.

    `judged` nodes have a verdict, of which `heard` were heard whole; `begun` ones have told that they began and have
    none yet. `reason` is why it was taken out of the plan, None if it was not. Instants are aware UTC.
    """

    airing: str
    title: str
    programme: str | None
    priority: Priority
    starts_at: datetime
    ends_at: datetime
    zones: Mapping[str, Standing]
    nodes: int
    judged: int
    heard: int
    begun: int
    reason: str | None = None

    @property
    def standing(self) -> Standing:
        """How it stands in all: as in the zone where it stands worst, or as far as any of them has come."""
        return _worst(self.zones.values())


_BY_URGENCY: Final = (
    *(Standing(outcome.value) for outcome in WORST_FIRST[:-1]),
    Standing.SOUNDING,
    Standing.DUE,
    Standing.AWAITED,
    Standing.AIRED,
    Standing.PLANNED,
    Standing.SKIPPED,
)


def _worst(standings: Iterable[Standing]) -> Standing:
    found = set(standings)
    return next((standing for standing in _BY_URGENCY if standing in found), Standing.PLANNED)


@dataclass(frozen=True, slots=True)
class Day:
    """One civil day of the commune, its airings by their start. `quiet` are the usual quiet spans that touch it."""

    date: date
    begins: datetime
    ends: datetime
    airings: tuple[DayAiring, ...]
    quiet: tuple[tuple[datetime, datetime], ...] = ()


def span_of(day: date) -> tuple[datetime, datetime]:
    """Return when a civil day of the commune begins and ends."""
    begins = datetime.combine(day, time(), WALL_CLOCK)
    return begins, datetime.combine(day + timedelta(days=1), time(), WALL_CLOCK)


def day_airing(outcome: AiringOutcome, begun: Mapping[str, int], now: datetime) -> DayAiring:
    """Return an airing as it stands at `now`; `begun` counts by zone the nodes that began and have no verdict."""
    ends_at = outcome.starts_at + timedelta(seconds=outcome.length_s)
    by_zone: dict[str, Counter[Outcome]] = {zone: Counter() for zone in outcome.zones}
    for (zone, result), count in outcome.results.items():
        by_zone.setdefault(zone, Counter())[result] += count
    total: Counter[Outcome] = Counter()
    for counts in by_zone.values():
        total.update(counts)
    judged = sum(total[result] for result in WORST_FIRST)
    return DayAiring(
        airing=outcome.airing,
        title=outcome.title,
        programme=outcome.programme,
        priority=outcome.priority,
        starts_at=outcome.starts_at,
        ends_at=ends_at,
        zones={
            zone: _standing(counts, begun.get(zone, 0), outcome, ends_at, now)
            for zone, counts in by_zone.items()
            # A zone without a node is none that anything could be heard in.
            if counts or outcome.reason is not None
        },
        nodes=sum(total.values()),
        judged=judged,
        heard=total[Outcome.AIRED],
        begun=sum(begun.values()),
        reason=outcome.reason,
    )


def _standing(
    counts: Counter[Outcome], begun: int, outcome: AiringOutcome, ends_at: datetime, now: datetime
) -> Standing:
    verdict = next((result for result in WORST_FIRST if counts[result]), None)
    if verdict is not None:
        return Standing(verdict.value)
    if outcome.reason is not None:
        return Standing.SKIPPED
    if now < outcome.starts_at:
        return Standing.PLANNED
    if begun:
        return Standing.SOUNDING if now < ends_at else Standing.AWAITED
    return Standing.DUE if now < ends_at else Standing.AWAITED
