"""Programmes as a schedule file: what the reader reads back as the very same programmes, and people like to read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from smartradio.domain.bulletin import Part
from smartradio.domain.day_rules import LAST_DAY, Holidays, Leap, LunarRule, Season
from smartradio.domain.errors import BadInputError
from smartradio.domain.languages import VIETNAMESE
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.domain.relay import Relay

NameSound = Callable[[str], str]
"""Returns the path, from the schedule file on, under which a sound (SHA-256, hex) is laid."""

_DAY: Final = timedelta(days=1)
_OFFSET: Final = timedelta(hours=7)
_USUAL_TOLERANCE_S: Final = 60.0
_SHORTEST_SPAN: Final = 3
# What YAML of any age takes for the text that it is, between other keys and within brackets.
_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w ,().;/%+-]*[\w).%])?")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_NOT_PRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BLOCK: Final = re.compile("[^\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]*")


def schedule_text(programmes: Iterable[Programme], name_sound: NameSound) -> str:
    """Return programmes as a schedule file, in the order of a day; the same programmes give the same bytes.

    Raises BadInputError for one that a schedule file cannot tell. `name_sound` is asked for each sound brought in.
    """
    lines = ["programmes:"]
    for number, each in enumerate(sorted(programmes, key=_place)):
        if number:
            lines.append("")
        try:
            lines += _entry(_lines(each, name_sound))
        except BadInputError as error:
            raise BadInputError(f"programme {each.name} cannot be written to a file: {error}") from error
    if len(lines) == 1:
        raise BadInputError("there is no programme to write")
    return "\n".join(lines) + "\n"


def _place(programme: Programme) -> tuple[str, int, str, str]:
    at = programme.first_at
    return (at.time().isoformat(), int(programme.order), at.date().isoformat(), programme.name)


def _entry(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a mapping as an item of a list."""
    for number, line in enumerate(lines):
        lead = "  - " if number == 0 else "    "
        yield (lead + line) if line else ""


def _lines(each: Programme, name_sound: NameSound) -> Iterator[str]:
    yield f"name: {_scalar(each.name)}"
    yield f"title: {_scalar(each.title)}"
    if each.topic is not None:
        yield f"topic: {_scalar(each.topic)}"
    yield f"zones: [{', '.join(map(_scalar, each.zones))}]"
    yield from _times(each)
    yield from _answering(each)
    if each.relay is not None:
        yield from _relay(each.relay)
    elif each.parts:
        yield "parts:"
        for part in each.parts:
            yield from _entry(_part(part, name_sound))
    else:
        yield from _text("text", each.text)


def _times(each: Programme) -> Iterator[str]:
    yield f"at: {_instant(each.first_at)}"
    if each.recurrence is not None:
        yield f"recurrence: {each.recurrence}"
    if each.lunar is not None:
        yield f"lunar: {_lunar(each.lunar)}"
    yield from _days(each)
    if each.slot is not None:
        yield f"slot_until: {_slot_end(each.first_at, each.slot)}"
    # Those of a relay have defaults of their own.
    if each.order is not Turn.BULLETIN or each.relay is not None:
        yield f"order: {each.order.name.lower()}"


def _days(each: Programme) -> Iterator[str]:
    for key, day in (("valid_from", each.valid_from), ("valid_until", each.valid_until)):
        if day is not None:
            yield f"{key}: {day.isoformat()}"
    for key, days in (("except_on", each.except_on), ("also_on", each.also_on)):
        if days:
            yield f"{key}: [{', '.join(_spans(days))}]"
    if each.seasons:
        yield "seasons:"
        yield from (f"  - {_season(season)}" for season in each.seasons)
    if each.holidays is not Holidays.AS_USUAL:
        yield f"holidays: {each.holidays}"


def _answering(each: Programme) -> Iterator[str]:
    if each.priority is not Priority.PROGRAMME or each.relay is not None:
        yield f"priority: {each.priority.name.lower()}"
    if each.approved_by is not None:
        yield f"approved_by: {_scalar(each.approved_by)}"
    if each.voice is not None:
        yield f"voice: {_scalar(each.voice)}"
    if each.rate_wpm is not None:
        yield f"rate_wpm: {each.rate_wpm}"
    if each.start_tolerance.total_seconds() != _USUAL_TOLERANCE_S:
        yield f"start_tolerance_s: {_number(each.start_tolerance.total_seconds())}"
    if each.times != 1:
        yield f"times: {each.times}"
    if each.override_open_items:
        yield "override_open_items: true"


def _relay(relay: Relay) -> Iterator[str]:
    yield "relay:"
    yield f"  url: {_quoted(relay.url)}"
    yield f"  minutes: {_number(relay.minutes)}"
    if relay.buffer_s is not None:
        yield f"  buffer_s: {_number(relay.buffer_s)}"
    if relay.fallback_text:
        yield from (f"  {line}" if line else "" for line in _text("fallback_text", relay.fallback_text))


def _part(part: Part, name_sound: NameSound) -> Iterator[str]:
    if part.language != VIETNAMESE:
        yield f"language: {_scalar(part.language)}"
    if part.sound:
        yield f"sound_file: {_quoted(name_sound(part.sound))}"
    else:
        yield from _text("text", part.text)


def _text(key: str, text: str) -> Iterator[str]:
    """Yield a text as people write it: on a line of its own for each of its lines, where YAML can hold it so."""
    is_block = "\n" in text and text[:1] not in (" ", "\n", "#") and _BLOCK.fullmatch(text)
    if not is_block or any(line != line.rstrip() for line in text.split("\n")):
        yield f"{key}: {_scalar(text)}"
        return
    yield f"{key}: |"
    yield from (f"  {line}" if line else "" for line in text.split("\n"))


def _instant(at: datetime) -> str:
    if at.utcoffset() != _OFFSET:
        raise BadInputError(f"{at.isoformat()} is not the commune's wall clock")
    form = "%Y-%m-%d %H:%M" + (":%S" if at.second or at.microsecond else "") + (".%f" if at.microsecond else "")
    return at.strftime(form)


def _slot_end(first_at: datetime, slot: timedelta) -> str:
    end = first_at + slot
    if end.date() != first_at.date() or end.second or end.microsecond or slot <= timedelta(0):
        raise BadInputError(f"its slot ends at {end:%H:%M:%S %d/%m/%Y}; a slot ends at a full minute of its day")
    return f"{end:%H:%M}"


def _lunar(rule: LunarRule) -> str:
    told = [f"days: [{', '.join('last' if day == LAST_DAY else str(day) for day in rule.days)}]"]
    if rule.months:
        told.append(f"months: [{', '.join(map(str, rule.months))}]")
    if rule.leap is not (Leap.SKIP if rule.months else Leap.ALSO):
        told.append(f"leap: {rule.leap}")
    return "{" + ", ".join(told) + "}"


def _season(season: Season) -> str:
    (first_month, first_day), (last_month, last_day) = season.first, season.last
    if season.at.second or season.at.microsecond:
        raise BadInputError(f"a season's hour is {season.at}; it must be a full minute")
    return f'{{from: {first_day}/{first_month}, until: {last_day}/{last_month}, at: "{season.at:%H:%M}"}}'


def _spans(days: Sequence[date]) -> Iterator[str]:
    """Yield dates in order, three and more that follow each other as one span."""
    place = 0
    while place < len(days):
        end = place
        # A year is the longest span that the reader takes.
        while end + 1 < len(days) and days[end + 1] - days[end] == _DAY and end - place < 365:
            end += 1
        if end - place + 1 >= _SHORTEST_SPAN:
            yield f"{days[place].isoformat()}..{days[end].isoformat()}"
        else:
            yield from (day.isoformat() for day in days[place : end + 1])
        place = end + 1


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """Return a text in quotes, its letters as they are; what no YAML holds as it is, as an escape."""
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))
