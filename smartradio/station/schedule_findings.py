"""What the programmes of a running station show that somebody should know, by their real lengths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from smartradio.domain.days import DayCalendar
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_checks import Finding, check_plan
from smartradio.domain.plan_rules import PlanRules
from smartradio.station.layout import sounding_of
from smartradio.station.planner import ReadyProgramme

_LOOKED_AHEAD: Final = timedelta(days=31)
_MANY: Final = 5_000
_LOOKED_AHEAD_OF_MANY: Final = timedelta(days=7)


def looked_ahead(programmes: int) -> timedelta:
    """Return how long a plan is made to look for conflicts: a month, so that all that recurs monthly comes in it.

    Of more than 5,000 programmes it is a week: a month of 50,000 would fill the memory of a small station.
    """
    return _LOOKED_AHEAD if programmes <= _MANY else _LOOKED_AHEAD_OF_MANY


def findings_of(
    ready: Iterable[ReadyProgramme],
    start: datetime,
    *,
    nodes: Mapping[str, Sequence[str]] | None,
    rules: PlanRules,
    days: DayCalendar,
) -> tuple[Finding, ...]:
    """Return what is found in a plan of what has been made audible. Blocking."""
    timed = [Scheduled(each.programme, sounding_of(each).with_pause()) for each in ready]
    return find(timed, start, start + looked_ahead(len(timed)), nodes=nodes, rules=rules, days=days)


def find(
    timed: Sequence[Scheduled],
    start: datetime,
    end: datetime,
    *,
    nodes: Mapping[str, Sequence[str]] | None,
    rules: PlanRules,
    days: DayCalendar,
) -> tuple[Finding, ...]:
    """Return what a plan of these programmes shows that somebody should know."""
    made = plan(timed, start, end, zones=nodes, rules=rules, days=days)
    return check_plan(made, timed, days)


def told(finding: Finding) -> dict[str, Any]:
    """Return a finding as the log tells it."""
    facts = {
        "code": finding.code.value,
        "programme": finding.programme.name,
        "zones": list(finding.zones),
        "count": finding.count,
        "first_at": None if finding.first_at is None else finding.first_at.isoformat(),
        "other": None if finding.other is None else finding.other.name,
        "named": finding.named,
    }
    return {name: value for name, value in facts.items() if value is not None}
