"""What a node is told of an airing besides its instant: how late it may start, when it must be over, how loud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from smartradio.domain.plan_items import PlanItem
from smartradio.domain.plan_rules import EXEMPT, PlanRules, QuietHours, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn

# What ends at the instant at which a limit falls was still within it.
_TICK: Final = timedelta(microseconds=1)
_KEPT_BY_NOBODY: Final = (Priority.LIVE, Priority.FALLBACK)


@dataclass(frozen=True, slots=True)
class Terms:
    """Aware instants: the last start, the end of sound (None: it cannot come near one), the last going on."""

    expires_at: datetime
    ends_by: datetime | None
    resume_until: datetime | None


def terms_of(item: PlanItem, zone: ZoneRules, rules: PlanRules, closing: timedelta) -> Terms:
    """Return the terms of an item that sounds, in a zone with these rules.

    They say for whatever happens on the day what the plan says for what it foresees: an airing that waits longer
    than planned is cut, gone on with or given up at the same instants. `closing` is what its slot keeps free for
    those that close it.
    """
    programme, starts_at = item.programme, item.starts_at
    if starts_at is None:
        raise ValueError("what does not sound has no terms")
    exempt = programme.priority in EXEMPT
    length = timedelta(seconds=item.length_s)
    limit = None if exempt else _limit(item, starts_at, zone.quiet, rules.tz, closing)
    begin = item.planned_at if exempt else item.planned_at + timedelta(seconds=zone.stagger_s)
    expires_at = max(starts_at, _last_start(programme, item, begin))
    resume_until = None
    if programme.priority not in _KEPT_BY_NOBODY:
        resume_until = _slot_end(programme, item.planned_at) or starts_at + length + rules.resume_within
        resume_until = _earliest(resume_until, _valid_until(programme), limit)
    if limit is None:
        return Terms(expires_at, None, resume_until)
    expires_at = max(starts_at, min(expires_at, limit))
    latest = max(expires_at, resume_until or expires_at) + length
    return Terms(expires_at, limit if limit < latest else None, resume_until)


def gain_in(zone: str, item: PlanItem, rules: PlanRules) -> float:
    """Return the gain (0 or less) of an item in one of its zones, to a tenth of a decibel; none for an emergency."""
    if item.programme.priority in EXEMPT or item.starts_at is None or item.ends_at is None:
        return 0.0
    return round(rules.loudness_of(zone).gain_db(item.starts_at, item.ends_at, rules.tz), 1)


def guarded(terms: Terms, zone: str, gain_db: float, item: PlanItem, rules: PlanRules) -> Terms:
    """Return terms under which an item at a gain is over before a limit of its zone asks for less.

    The plan's own sound never is too loud; what is moved on the day is cut there, as at quiet hours.
    """
    if item.programme.priority in EXEMPT or item.ends_at is None:
        return terms
    # A tenth of a decibel is what gains are rounded to.
    quieter = rules.loudness_of(zone).too_loud_from(gain_db - 0.05, item.ends_at - _TICK, rules.tz)
    latest = max(terms.expires_at, terms.resume_until or terms.expires_at) + timedelta(seconds=item.length_s)
    if quieter is None or quieter >= (latest if terms.ends_by is None else terms.ends_by):
        return terms
    limit = quieter.astimezone(terms.expires_at.tzinfo)
    resume_until = None if terms.resume_until is None else min(terms.resume_until, limit)
    return Terms(min(terms.expires_at, limit), limit, resume_until)


def _last_start(programme: Programme, item: PlanItem, begin: datetime) -> datetime:
    """Return until when it may start: for its tolerance, or until its slot is over."""
    if programme.slot is None:
        last = begin + programme.start_tolerance
    elif programme.priority in EXEMPT:
        last = item.planned_at + max(programme.slot, programme.start_tolerance)
    else:
        last = item.planned_at + programme.slot
    return _earliest(last, _valid_until(programme))


def _limit(
    item: PlanItem, starts_at: datetime, quiet: QuietHours | None, tz: tzinfo, closing: timedelta
) -> datetime | None:
    """Return what ends first: the day's loud hours, or its slot without what closes it."""
    ends = []
    slot_end = _slot_end(item.programme, item.planned_at)
    if slot_end is not None:
        ends.append(slot_end if item.programme.order is Turn.CLOSING else slot_end - closing)
    if quiet is not None:
        ends.append(quiet.next_begin(starts_at, tz).astimezone(starts_at.tzinfo))
    return min(ends, default=None)


def _slot_end(programme: Programme, planned_at: datetime) -> datetime | None:
    return None if programme.slot is None else planned_at + programme.slot


def _valid_until(programme: Programme) -> datetime | None:
    if programme.valid_until is None:
        return None
    return datetime.combine(programme.valid_until + timedelta(days=1), time(), programme.first_at.tzinfo)


def _earliest(at: datetime, *others: datetime | None) -> datetime:
    tz = at.tzinfo
    return min([at, *(other.astimezone(tz) for other in others if other is not None)])
