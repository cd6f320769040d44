"""What is found when a schedule is saved, so that nobody finds it at air."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from smartradio.domain.plan import Scheduled
from smartradio.domain.plan_checks import Finding, FindingCode, check_plan
from smartradio.domain.plan_items import NoteCode
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Turn
from tests.domain.communes import HERE, at, planned, programme
from tests.domain.plain_days import PlainDays

HOUR = timedelta(hours=1)
LATE = timedelta(minutes=20)
BOTH = ("thon-1", "thon-2")


def found(*scheduled: Scheduled, **changes: Any) -> tuple[Finding, ...]:
    return check_plan(planned(*scheduled, **changes), scheduled, PlainDays())


def codes(findings: tuple[Finding, ...]) -> list[FindingCode]:
    return [finding.code for finding in findings]


def test_a_schedule_without_faults_has_no_findings() -> None:
    assert found(programme("mot", "06:00", recurrence="FREQ=DAILY"), programme("hai", "07:00", zones=BOTH)) == ()


def test_two_programmes_that_meet_are_told_with_the_zones_they_share() -> None:
    daily = {"recurrence": "FREQ=DAILY", "start_tolerance": LATE}
    first = programme("a", "06:00", zones=BOTH, **daily)
    second = programme("b", "06:00:30", zones=("thon-2",), **daily)
    (finding,) = found(first, second, days=3)
    assert (finding.code, finding.programme, finding.other) == (
        FindingCode.CONFLICT,
        second.programme,
        first.programme,
    )
    assert (finding.zones, finding.count, finding.first_at, finding.seconds) == (("thon-2",), 3, at("06:00:30"), 30.0)


def test_one_that_is_lost_for_another_conflicts_with_it_and_is_never_heard() -> None:
    findings = found(programme("a", "06:00", sentences=30), programme("b", "06:01"))
    assert codes(findings) == [FindingCode.NEVER_HEARD, FindingCode.CONFLICT]
    assert findings[0].why is NoteCode.EXPIRED


def test_an_emergency_is_no_conflict() -> None:
    flood = programme("lu", "06:00", priority=Priority.EMERGENCY)
    assert found(flood, programme("b", "06:00:30", start_tolerance=LATE)) == ()


def test_programmes_that_share_a_slot_are_no_conflict() -> None:
    assert found(programme("a", "06:00", slot=HOUR), programme("b", "06:00", slot=HOUR)) == ()


def test_one_that_always_falls_into_quiet_hours_is_never_heard() -> None:
    (finding,) = found(programme("dem", "23:00", recurrence="FREQ=DAILY"), days=3)
    assert (finding.code, finding.why, finding.count) == (FindingCode.NEVER_HEARD, NoteCode.QUIET_HOURS, 3)


def test_a_rule_without_an_instant_in_a_year_is_told_and_one_that_waits_for_its_day_is_not() -> None:
    over = programme("cu", "06:00", recurrence="FREQ=DAILY", valid_until=date(2026, 11, 1))
    later = programme("sau", "06:00", recurrence="FREQ=DAILY", valid_from=date(2027, 2, 1))
    (finding,) = found(over, later)
    assert (finding.code, finding.programme.name, finding.count) == (FindingCode.NEVER_FIRES, "cu", 0)


def test_a_programme_that_is_lost_in_some_of_its_zones_only_is_told_with_them() -> None:
    live = programme("truc-tiep", "05:59", priority=Priority.LIVE, sentences=30)
    findings = found(live, programme("b", "06:00", zones=BOTH))
    assert [(f.code, f.zones) for f in findings] == [(FindingCode.ZONES_DIFFER, ("thon-1",))]


def test_a_programme_that_is_only_later_in_some_of_its_zones_is_not() -> None:
    live = programme("truc-tiep", "05:59", priority=Priority.LIVE, sentences=12)
    assert found(live, programme("b", "06:00", zones=BOTH, start_tolerance=LATE)) == ()


def test_a_slot_that_is_too_short_is_told_with_what_it_lacks() -> None:
    (finding,) = found(programme("a", "06:00", sentences=9, slot=timedelta(seconds=65)))
    assert (finding.code, finding.seconds) == (FindingCode.SLOT_OVERFLOW, 30.0)
    lost = found(
        programme("a", "06:00", slot=timedelta(seconds=65)), programme("b", "06:00", slot=timedelta(seconds=65))
    )
    assert [(f.code, f.programme.name, f.seconds) for f in lost if f.code is FindingCode.SLOT_OVERFLOW] == [
        (FindingCode.SLOT_OVERFLOW, "b", 55.0)
    ]


def test_an_opening_after_which_no_bulletin_is_heard_opens_an_empty_slot() -> None:
    opening = programme("mo", "06:00", slot=HOUR, order=Turn.OPENING, zones=BOTH)
    closing = programme("ket", "06:00", slot=HOUR, order=Turn.CLOSING, zones=BOTH)
    (finding,) = found(opening, closing, programme("tin", "06:00", slot=HOUR, zones=("thon-1",)))
    assert (finding.code, finding.zones) == (FindingCode.EMPTY_SLOT, ("thon-2",))
    assert (finding.programme, finding.count) == (opening.programme, 1)


def test_a_bulletin_later_in_the_slot_fills_it_and_one_that_is_skipped_does_not() -> None:
    opening = programme("mo", "20:30", slot=HOUR, order=Turn.OPENING)
    assert found(opening, programme("tin", "20:45")) == ()
    morning = programme("mo", "06:00", slot=HOUR, order=Turn.OPENING)
    assert codes(found(morning, programme("tin", "07:00"))) == [FindingCode.EMPTY_SLOT]
    findings = found(opening, programme("tin", "21:15"))
    assert codes(findings) == [FindingCode.NEVER_HEARD, FindingCode.EMPTY_SLOT]


def test_airtime_that_is_used_up_is_told() -> None:
    rules = PlanRules(HERE, ZoneRules(airtime_s=70.0))
    findings = found(programme("a", "06:00"), programme("b", "07:00"), rules=rules)
    assert codes(findings) == [FindingCode.NEVER_HEARD, FindingCode.AIRTIME]


def test_what_nobody_answers_for_and_zones_without_nodes_are_told() -> None:
    findings = found(programme("nhap", "06:00", approved_by=None), programme("xa", "07:00", zones=("thon-1", "thon-9")))
    assert [(f.code, f.programme.name, f.zones) for f in findings] == [
        (FindingCode.NOT_APPROVED, "nhap", ("thon-1",)),
        (FindingCode.NO_NODES, "xa", ("thon-9",)),
    ]
