"""Programmes as a calendar other programs can show: iCalendar (RFC 5545), one event a programme.

What a plain rule tells stays a rule (RRULE, with EXDATE and RDATE). Seasons, holidays and the moon have no rule there:
such a programme is written out, instant by instant, for a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final

from smartradio.domain.day_rules import Holidays
from smartradio.domain.days import DayCalendar
from smartradio.domain.plan import Scheduled
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, instants
from smartradio.station.lunar import LAST_DAY_KNOWN
from smartradio.station.schedule_files import LOCAL

WRITTEN_OUT: Final = timedelta(days=366)
_LONGEST_LINE: Final = 75
_LAST: Final = datetime(LAST_DAY_KNOWN.year, LAST_DAY_KNOWN.month, LAST_DAY_KNOWN.day, tzinfo=LOCAL)
_HEAD: Final = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//smartradio//schedule//VI",
    "CALSCALE:GREGORIAN",
)
# Viet Nam has had this one offset since 13 June 1975.
_TIME_ZONE: Final = (
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Ho_Chi_Minh",
    "BEGIN:STANDARD",
    "DTSTART:19750613T000000",
    "TZOFFSETFROM:+0700",
    "TZOFFSETTO:+0700",
    "TZNAME:+07",
    "END:STANDARD",
    "END:VTIMEZONE",
)
# 1 is the most urgent of nine.
_PRIORITIES: Final = {
    Priority.EMERGENCY: 1,
    Priority.LIVE: 2,
    Priority.ABOVE: 3,
    Priority.PROGRAMME: 5,
    Priority.RELAY: 6,
    Priority.FALLBACK: 9,
}
_UNTIL: Final = re.compile(r";?UNTIL=([0-9]{8}T[0-9]{6})")
_SPECIAL: Final = re.compile(r"([\\;,])")
_NO_TEXT: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Times:
    """When an event is: its first instant, a rule that begins there, instants beside it and out of it."""

    first: datetime
    rule: str | None
    also: tuple[datetime, ...] = ()
    never: tuple[datetime, ...] = ()


def calendar_text(
    timed: Sequence[Scheduled],
    *,
    station: str,
    titles: Mapping[str, str],
    start: datetime,
    now: datetime,
    days: DayCalendar,
) -> tuple[bytes, tuple[Programme, ...]]:
    """Return programmes with their lengths as an iCalendar file, and those that are left out: they never come any more.

    `station` makes the identity of an event; `titles` are what zones are called. What has no plain rule is written out
    for a year from `start` on; `now` is the time of writing. Raises BadInputError as `instants` does.
    """
    lines = [*_HEAD, *_TIME_ZONE]
    silent = []
    for each in sorted(timed, key=lambda each: each.programme.name):
        times = _ruled(each.programme, days) or _written_out(each.programme, start, days)
        if times is None:
            silent.append(each.programme)
        else:
            lines += _event(each, times, station, titles, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode(), tuple(silent)


def _ruled(programme: Programme, days: DayCalendar) -> _Times | None:
    """Return the times as one rule, None where no rule of RFC 5545 says the same."""
    rule = programme.recurrence
    if rule is None or programme.seasons or programme.holidays is not Holidays.AS_USUAL:
        return None
    if "COUNT" in rule and programme.valid_from is not None:
        # It counts from the first airing on, not from the first that is valid.
        return None
    bare = replace(programme, except_on=(), also_on=())
    first = next(instants(bare, programme.first_at.replace(hour=0, minute=0, second=0), _LAST, days), None)
    if first is None or any(day < first.astimezone(LOCAL).date() for day in programme.also_on):
        return None
    out = [at for day in programme.except_on for at in _on(bare, day, days)]
    also = [at for day in programme.also_on for at in _on(programme, day, days)]
    return _Times(first, _rule_until(programme), tuple(also), tuple(out))


def _on(programme: Programme, day: date, days: DayCalendar) -> Iterator[datetime]:
    begin = datetime.combine(day, time(), LOCAL)
    yield from instants(programme, begin, begin + timedelta(days=1), days)


def _rule_until(programme: Programme) -> str:
    """Return the rule with its end in UTC, as it must be beside a start in a time zone."""
    rule = programme.recurrence or ""
    written = _UNTIL.search(rule)
    ends = [] if written is None else [datetime.strptime(written[1], "%Y%m%dT%H%M%S").replace(tzinfo=LOCAL)]
    if programme.valid_until is not None:
        ends.append(datetime.combine(programme.valid_until, time(23, 59, 59), LOCAL))
    bare = _UNTIL.sub("", rule).strip(";")
    return f"{bare};UNTIL={_utc(min(ends))}" if ends else bare


def _written_out(programme: Programme, start: datetime, days: DayCalendar) -> _Times | None:
    once = programme.recurrence is None and programme.lunar is None and not programme.also_on
    begin = programme.first_at.replace(hour=0, minute=0, second=0) if once else start
    found = list(islice(instants(programme, begin, begin + WRITTEN_OUT, days), 2_000))
    return _Times(found[0], None, tuple(found[1:])) if found else None


def _event(each: Scheduled, times: _Times, station: str, titles: Mapping[str, str], now: datetime) -> Iterator[str]:
    programme = each.programme
    yield "BEGIN:VEVENT"
    yield f"UID:{programme.name}@{station}.smartradio"
    yield f"DTSTAMP:{_utc(now)}"
    yield f"DTSTART;TZID=Asia/Ho_Chi_Minh:{_local(times.first)}"
    yield f"DURATION:PT{max(1, round(each.sounding.duration_s))}S"
    if times.rule is not None:
        yield f"RRULE:{times.rule}"
    for name, instants_there in (("RDATE", times.also), ("EXDATE", times.never)):
        if instants_there:
            yield f"{name};TZID=Asia/Ho_Chi_Minh:{','.join(map(_local, instants_there))}"
    yield f"SUMMARY:{_escaped(programme.title)}"
    if programme.text:
        yield f"DESCRIPTION:{_escaped(programme.text)}"
    yield f"LOCATION:{_escaped(', '.join(titles.get(zone, zone) for zone in programme.zones))}"
    if programme.topic is not None:
        yield f"CATEGORIES:{_escaped(programme.topic)}"
    yield f"PRIORITY:{_PRIORITIES[programme.priority]}"
    yield f"STATUS:{'CONFIRMED' if programme.approved_by else 'TENTATIVE'}"
    # A loudspeaker makes nobody busy.
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _local(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%Y%m%dT%H%M%S}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    plain = _NO_TEXT.sub("", text.replace("\r\n", "\n"))
    return _SPECIAL.sub(r"\\\1", plain).replace("\n", "\\n")


def _folded(line: str) -> str:
    """Return a line of at most 75 octets, the rest on lines that begin with a blank; no character is cut in two."""
    folded, room = [""], _LONGEST_LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            folded.append(" ")
            room = _LONGEST_LINE - 1
        folded[-1] += character
        room -= size
    return "\r\n".join(folded)
