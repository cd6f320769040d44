"""Programmes of a small commune for tests of its plan: ten-second sentences, times by the wall clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import Plan
from smartradio.domain.plan_rules import PlanRules
from smartradio.domain.programme import Programme
from smartradio.domain.sounding import Sounding
from tests.domain.plain_days import PlainDays

HERE = timezone(timedelta(hours=7), "here")
DAY = date(2026, 11, 23)
ZONES = {"thon-1": ("thon-1-a", "thon-1-b"), "thon-2": ("thon-2-a",)}
RULES = PlanRules(HERE)


def at(clock: str, day: date = DAY) -> datetime:
    """The commune's wall clock on the day that is planned."""
    return datetime.fromisoformat(f"{day.isoformat()} {clock}").replace(tzinfo=HERE)


def sounding(sentences: int) -> Sounding:
    """Sentences of ten seconds without chimes."""
    starts = tuple(10.0 * number for number in range(sentences))
    return Sounding(starts, tuple(start + 10.0 for start in starts), 10.0 * sentences)


def programme(name: str, clock: str, sentences: int = 6, **fields: Any) -> Scheduled:
    """An approved programme of that many sentences in the first hamlet, once, unless told otherwise."""
    usual: dict[str, Any] = {"title": name, "text": name, "zones": ("thon-1",), "approved_by": "Nguyễn Thị Lan"}
    return Scheduled(Programme(name=name, first_at=at(clock), **(usual | fields)), sounding(sentences))


def planned(*scheduled: Scheduled, days: int = 1, calendar: PlainDays | None = None, **changes: Any) -> Plan:
    """The plan of the day, from its midnight on."""
    usual: dict[str, Any] = {"zones": ZONES, "rules": RULES, "days": calendar or PlainDays()}
    return plan(scheduled, at("00:00"), at("00:00") + timedelta(days=days), **(usual | changes))
