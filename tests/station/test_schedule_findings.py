"""What a running station finds in its schedules, by the lengths of what it has made audible."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.plan_checks import Finding, FindingCode
from smartradio.domain.programme import Programme
from smartradio.station.commune_rules import USUAL_RULES
from smartradio.station.days import vietnam_days
from smartradio.station.planner import ReadyProgramme
from smartradio.station.schedule_files import LOCAL
from smartradio.station.schedule_findings import findings_of, looked_ahead, told

AT = datetime(2026, 11, 23, 6, 0, tzinfo=LOCAL)
SLOT = timedelta(minutes=2)
NOTICE = Programme("tin", "Tin", "Mời bà con.", ("thon-1",), AT, "FREQ=DAILY", approved_by="Lan", slot=SLOT)


def ready(programme: Programme, duration_s: float) -> ReadyProgramme:
    segments = (Segment("0" * 64, 1, duration_s, 0.5, SegmentKind.SENTENCE, "mời bà con"),)
    return ReadyProgramme(programme, "b1", Recording("r" * 64, "b1", "vi", segments))


def found(*each: ReadyProgramme) -> tuple[Finding, ...]:
    return findings_of(
        each, AT - timedelta(hours=6), nodes={"thon-1": ("loa-1",)}, rules=USUAL_RULES, days=vietnam_days()
    )


def test_a_text_that_sounds_longer_than_its_slot_is_found_by_its_real_length() -> None:
    assert found(ready(NOTICE, 100.0)) == ()
    codes = {finding.code for finding in found(ready(NOTICE, 300.0))}
    assert FindingCode.SLOT_OVERFLOW in codes


def test_what_comes_once_a_month_is_looked_at_too() -> None:
    monthly = replace(
        NOTICE, name="thang", first_at=AT.replace(hour=4), recurrence="FREQ=MONTHLY;BYMONTHDAY=20", slot=None
    )
    (finding,) = found(ready(monthly, 20.0))
    assert (finding.code, finding.programme.name) == (FindingCode.NEVER_HEARD, "thang")


def test_of_very_many_programmes_a_week_is_looked_at() -> None:
    assert looked_ahead(5_000) == timedelta(days=31)
    assert looked_ahead(50_000) == timedelta(days=7)


def test_the_log_tells_a_finding_in_plain_values() -> None:
    finding = Finding(FindingCode.FORMER_ZONE, NOTICE, ("thon-1",), named="thon-dong", first_at=AT)
    assert told(finding) == {
        "code": "former_zone",
        "programme": "tin",
        "zones": ["thon-1"],
        "count": 0,
        "first_at": "2026-11-23T06:00:00+07:00",
        "named": "thon-dong",
    }
