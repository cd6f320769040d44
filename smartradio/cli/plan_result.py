"""A plan for people, day by day, and for programs, as one JSON document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any, Final

from smartradio.domain.days import DayCalendar
from smartradio.domain.loudness import Loudness
from smartradio.domain.plan_checks import Finding
from smartradio.domain.plan_items import Note, Piece, Plan, PlanItem
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.terms import gain_in
from smartradio.web.plan_words import Telling
from smartradio.words import Words

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_TITLE_COLUMNS: Final = 40
_MOST_ZONE_COLUMNS: Final = 40
_MOST_FINDINGS: Final = 50


def lines(
    plan: Plan,
    findings: Sequence[Finding],
    telling: Telling,
    say: Words,
    days: DayCalendar,
    *,
    rules: PlanRules,
    unmeasured: Sequence[str] = (),
) -> Iterator[str]:
    """Yield the lines of a plan: a heading a day, a line an airing, then what was found.

    `unmeasured` are zones whose loudness nobody knows.
    """
    tz = plan.start.tzinfo

    def day_of(item: PlanItem) -> str:
        return item.planned_at.astimezone(tz).date().isoformat()

    columns = (
        min(_MOST_TITLE_COLUMNS, max((len(item.programme.title) for item in plan.items), default=0)),
        min(_MOST_ZONE_COLUMNS, max((len(telling.places(item.zones)) for item in plan.items), default=0)),
    )
    for _, items in groupby(plan.items, day_of):
        listed = list(items)
        yield _heading(listed[0].planned_at.astimezone(tz), say, days)
        for item in listed:
            yield "  " + "; ".join((_line(item, telling, columns), *telling.gains(gains(item, rules))))
        yield ""
    if not plan.items:
        yield say("Nothing is planned from {start} to {end}.", start=_stamp(plan.start), end=_stamp(plan.end))
    if findings:
        yield say("To look at before this schedule is saved:")
        yield from (f"  - {telling.finding(finding)}" for finding in findings[:_MOST_FINDINGS])
    if len(findings) > _MOST_FINDINGS:
        yield "  - " + say("and {count} more (all with --json)", count=len(findings) - _MOST_FINDINGS)
    if unmeasured:
        yield say(
            "No limit of loudness is held in {zones}: not measured at the nearest house",
            zones=telling.places(unmeasured),
        )
    if any(item.estimated and item.pieces for item in plan.items):
        yield say("~ length estimated from the text; it is exact once the bulletin has been made audible")


def document(
    plan: Plan, findings: Iterable[Finding], telling: Telling, rules: PlanRules, zones: Iterable[str]
) -> dict[str, Any]:
    """Return a plan as one JSON document; instants carry the offset of the commune's wall clock."""
    tz = rules.tz
    return {
        "from": _iso(plan.start, tz),
        "to": _iso(plan.end, tz),
        "rules": {zone: _rules(rules.of(zone), rules.loudness_of(zone)) for zone in zones},
        "items": [_item(item, telling, rules) for item in plan.items],
        "findings": [_finding(finding, telling, tz) for finding in findings],
    }


def _heading(day: datetime, say: Words, days: DayCalendar) -> str:
    known = days.day(day.date())
    lunar = f"{known.lunar.day}/{known.lunar.month}"
    told = [
        f"{say.code('weekday', _WEEKDAYS[day.weekday()])} {day:%d/%m/%Y}",
        say("lunar {day}, leap month", day=lunar) if known.lunar.leap else say("lunar {day}", day=lunar),
    ]
    return " · ".join([*told, known.holiday] if known.holiday else told)


def _line(item: PlanItem, telling: Telling, columns: tuple[int, int]) -> str:
    titles, zones = columns
    begins, ends = item.starts_at, item.ends_at
    sounds = "–"
    if begins is not None and ends is not None:
        mark = "~" if item.estimated else " "
        sounds = f"{telling.clock(begins)}–{telling.clock(ends)}{mark}"
    title = textwrap.shorten(item.programme.title, titles, placeholder=" …")
    cells = (
        f"{telling.clock(item.planned_at):<8}",
        f"{sounds:<19}",
        f"{title:<{titles}}",
        f"{telling.places(item.zones):<{zones}}",
        telling.outcome(item),
    )
    return "  ".join(cells)


def gains(item: PlanItem, rules: PlanRules) -> dict[str, float]:
    """Return the gain in decibels in the zones in which an airing is lowered."""
    known = {zone: gain_in(zone, item, rules) for zone in item.zones}
    return {zone: gain_db for zone, gain_db in known.items() if gain_db}


def _item(item: PlanItem, telling: Telling, rules: PlanRules) -> dict[str, Any]:
    tz = rules.tz
    return {
        "programme": item.programme.name,
        "title": item.programme.title,
        "priority": item.programme.priority.name.lower(),
        "planned_at": _iso(item.planned_at, tz),
        "zones": list(item.zones),
        "nodes": list(item.nodes),
        "decision": item.decision,
        "starts_at": _iso(item.starts_at, tz),
        "ends_at": _iso(item.ends_at, tz),
        "pieces": [_piece(piece, tz) for piece in item.pieces],
        "reasons": [_note(note, tz) for note in item.notes],
        "said": telling.outcome(item),
        "length_s": round(item.length_s, 1),
        "estimated": item.estimated,
        "gain_db": gains(item, rules),
    }


def _piece(piece: Piece, tz: tzinfo) -> dict[str, Any]:
    return {
        "starts_at": _iso(piece.starts_at, tz),
        "ends_at": _iso(piece.ends_at, tz),
        "first_sentence": piece.first,
        "last_sentence": piece.last,
    }


def _note(note: Note, tz: tzinfo) -> dict[str, Any]:
    """Return a reason with the figures it has."""
    told: Mapping[str, Any] = {
        "code": note.code,
        "at": _iso(note.at, tz),
        "until": _iso(note.until, tz),
        "by": None if note.by is None else note.by.name,
        "by_at": _iso(note.by_at, tz),
        "sentence": note.sentence,
        "of": note.of,
        "seconds": _rounded(note.seconds),
        "limit_s": _rounded(note.limit_s),
        "used_s": _rounded(note.used_s),
        "named": note.named,
    }
    return {name: value for name, value in told.items() if value is not None}


def _finding(finding: Finding, telling: Telling, tz: tzinfo) -> dict[str, Any]:
    told: Mapping[str, Any] = {
        "code": finding.code,
        "programme": finding.programme.name,
        "other": None if finding.other is None else finding.other.name,
        "zones": list(finding.zones),
        "count": finding.count,
        "first_at": _iso(finding.first_at, tz),
        "seconds": _rounded(finding.seconds),
        "why": finding.why,
        "named": finding.named,
        "said": telling.finding(finding),
    }
    return {name: value for name, value in told.items() if value is not None}


def _rules(rules: ZoneRules, loudness: Loudness) -> dict[str, Any]:
    quiet = rules.quiet
    return {
        "quiet_from": None if quiet is None else f"{quiet.begin:%H:%M}",
        "quiet_until": None if quiet is None else f"{quiet.end:%H:%M}",
        "airtime_minutes": None if rules.airtime_s is None else rules.airtime_s / 60,
        "stagger_s": rules.stagger_s,
        "volume": [{"at": f"{step.at:%H:%M}", "volume_db": step.volume_db} for step in loudness.steps],
        "dba_at_0_db": loudness.dba_at_0_db,
    }


def _iso(at: datetime | None, tz: tzinfo) -> str | None:
    """Return an instant by the wall clock, to the millisecond."""
    if at is None:
        return None
    local = at.astimezone(tz)
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def _stamp(at: datetime) -> str:
    return f"{at:%H:%M %d/%m/%Y}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
