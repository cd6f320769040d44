"""Whatever a commune has on a day: every instant is accounted for, and no horn has two sounds."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import Plan, PlanItem
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Turn
from tests.domain.communes import DAY, HERE, RULES, ZONES, at, planned, programme
from tests.domain.plain_days import PlainDays

HOUR = timedelta(hours=1)
LATE = timedelta(minutes=20)


@st.composite
def communes(draw: st.DrawFn) -> list[Scheduled]:
    """A handful of programmes that get in each other's way between five and six, some of them every day."""
    count = draw(st.integers(1, 8))
    return [
        programme(
            f"ct-{number}",
            f"05:{draw(st.integers(0, 9)):02}:{draw(st.sampled_from((0, 15, 30))):02}",
            sentences=draw(st.integers(1, 30)),
            priority=draw(st.sampled_from(Priority)),
            zones=draw(st.sampled_from((("thon-1",), ("thon-1", "thon-2"), ("thon-2",)))),
            start_tolerance=draw(st.sampled_from((timedelta(seconds=60), LATE))),
            recurrence=draw(st.sampled_from((None, "FREQ=DAILY"))),
            slot=draw(st.sampled_from((None, timedelta(minutes=5)))),
            order=draw(st.sampled_from(Turn)),
        )
        for number in range(count)
    ]


def by_zone(found: Plan, zone: str) -> list[tuple[datetime, datetime, PlanItem]]:
    """What sounds in a zone, in order."""
    return sorted(
        ((p.starts_at, p.ends_at, item) for item in found.items if zone in item.zones for p in item.pieces),
        key=lambda piece: piece[:2],
    )


@settings(max_examples=150, deadline=None)
@given(communes())
def test_every_instant_is_accounted_for_and_no_horn_has_two_sounds(commune: list[Scheduled]) -> None:
    found = planned(*commune, days=2)
    for each in commune:
        days = 2 if each.programme.recurrence else 1
        told = [(zone, item.planned_at) for item in found.of(each.programme.name) for zone in item.zones]
        assert len(told) == len(set(told)) == days * len(each.programme.zones)
    for zone in ZONES:
        pieces = by_zone(found, zone)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(pieces))
    assert planned(*reversed(commune), days=2) == found


@settings(max_examples=100, deadline=None)
@given(communes())
def test_what_sounds_is_why_nothing_more_urgent_is_kept_waiting(commune: list[Scheduled]) -> None:
    found = planned(*commune)
    for item in found.items:
        if item.starts_at is None or item.starts_at == item.planned_at:
            continue
        for zone in item.zones:
            waited = [
                other.programme.priority
                for start, end, other in by_zone(found, zone)
                if end > item.planned_at and start < item.starts_at
            ]
            assert waited
            assert min(waited) >= item.programme.priority


@settings(max_examples=60, deadline=None)
@given(communes())
def test_a_day_is_planned_the_same_alone_and_among_others(commune: list[Scheduled]) -> None:
    both = planned(*commune, days=2)
    second = plan(commune, at("00:00") + 24 * HOUR, at("00:00") + 48 * HOUR, zones=ZONES, rules=RULES, days=PlainDays())
    assert [item for item in both.items if item.planned_at.astimezone(HERE).date() > DAY] == list(second.items)
