"""Schedules as people write them: a YAML file read into programmes, each mistake named with its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from smartradio.domain.bulletin import MAX_TIMES
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import check_name
from smartradio.domain.priority import Priority
from smartradio.domain.programme import RATES_WPM, Programme, Turn
from smartradio.station.days import vietnam_days
from smartradio.station.schedule_days import DAY_KEYS, days_of, refuse_if_never_aired
from smartradio.station.schedule_parts import TakeSound, content_of, name_of_sound
from smartradio.station.schedule_relay import read_in_place, relay_of
from smartradio.station.schedule_source import Fields, Source
from smartradio.station.written_days import word_of

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
KEYS = (
    "name",
    "title",
    "topic",
    "text",
    "text_file",
    "parts",
    "relay",
    "zones",
    "at",
    "in_seconds",
    "priority",
    "approved_by",
    "voice",
    "rate_wpm",
    "start_tolerance_s",
    "times",
    "override_open_items",
    *DAY_KEYS,
)
_LOCAL_TIME = re.compile(
    r"(2[01][0-9]{2})-([0-9]{2})-([0-9]{2})[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
)
_PRIORITIES = {priority.name.lower(): priority for priority in Priority}
_LONGEST_WAIT_S = 86_400.0
_LONGEST_TOLERANCE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Written:
    """A programme and where it is written: the file, and the line on which it begins."""

    programme: Programme
    path: Path
    line: int

    @property
    def place(self) -> str:
        """File and line, as they stand before what is wrong there."""
        return f"{self.path}, line {self.line}"


def load_schedule(
    path: Path,
    *,
    now: datetime | None = None,
    take_sound: TakeSound = name_of_sound,
    days: DayCalendar | None = None,
) -> list[Programme]:
    """Read a schedule file; every mistake raises BadInputError that names file, line and what would be right.

    `now` (aware; the clock by default) is what `in_seconds` counts from. `take_sound` is handed the bytes and the
    name of each sound file, keeps them, and returns their SHA-256. The keys are told in `schedules/README.md`;
    `at` is the commune's wall clock. `days` (national holidays by default) tells whether a programme is ever aired.
    """
    return [each.programme for each in read_schedule(path, now=now, take_sound=take_sound, days=days)]


def read_schedule(
    path: Path,
    *,
    now: datetime | None = None,
    take_sound: TakeSound = name_of_sound,
    days: DayCalendar | None = None,
    on_fault: Callable[[BadInputError], object] | None = None,
) -> Iterator[Written]:
    """Yield a file's programmes one by one, with their lines; else as `load_schedule`.

    With `on_fault` a mistake in one programme is told there, and the reading goes on with the next; what is no YAML
    raises BadInputError all the same.
    """
    source = Source(path)
    start = datetime.now(UTC) if now is None else now
    days = vietnam_days() if days is None else days
    names: set[str] = set()
    for node in source.items("programmes", "programme"):
        try:
            programme = _programme(source, node, start, take_sound, days)
            if programme.name in names:
                source.refuse(node, f"a second programme is named {programme.name!r}; every name stands once")
        except BadInputError as error:
            if on_fault is None:
                raise
            on_fault(error)
            continue
        names.add(programme.name)
        yield Written(programme, path, node.start_mark.line + 1)


def _programme(source: Source, node: yaml.Node, now: datetime, take_sound: TakeSound, days: DayCalendar) -> Programme:
    fields = Fields(source, node, KEYS, "a programme")
    name: str = fields.checked("name", lambda text: check_name(text, "programme"))
    first_at = _first_at(fields, now)
    tolerance_s = fields.number("start_tolerance_s", _LONGEST_TOLERANCE_S)
    title, relay = fields.needed("title"), relay_of(fields)
    text, parts = content_of(fields, take_sound) if relay is None else (read_in_place(relay, title), ())
    usual = Priority.PROGRAMME if relay is None else Priority.RELAY
    of_days = dict(days_of(fields, first_at))
    if relay is not None and "order" not in fields.values:
        of_days["order"] = Turn.RELAY
    programme = Programme(
        name=name,
        title=title,
        text=text,
        zones=_zones(fields),
        first_at=first_at,
        priority=word_of(fields, "priority", _PRIORITIES, usual),
        approved_by=fields.text("approved_by"),
        voice=fields.text("voice"),
        start_tolerance=timedelta(seconds=60.0 if tolerance_s is None else tolerance_s),
        parts=parts,
        override_open_items=fields.yes("override_open_items"),
        times=fields.count("times", MAX_TIMES),
        topic=fields.text("topic"),
        relay=relay,
        rate_wpm=_rate(fields),
        **of_days,
    )
    if programme.recurrence is not None or programme.lunar is not None:
        refuse_if_never_aired(fields, programme, days)
    return programme


def _rate(fields: Fields) -> int | None:
    slowest, fastest = RATES_WPM
    rate_wpm = fields.number("rate_wpm", fastest)
    if rate_wpm is not None and (rate_wpm < slowest or rate_wpm != int(rate_wpm)):
        fields.refuse("rate_wpm", f"must be a whole number from {slowest} to {fastest}")
    return None if rate_wpm is None else int(rate_wpm)


def _first_at(fields: Fields, now: datetime) -> datetime:
    wait_s = fields.number("in_seconds", _LONGEST_WAIT_S)
    if (wait_s is None) == ("at" not in fields.values):
        fields.refuse("at", "give either 'at' (a local time such as 2026-11-22 05:00) or 'in_seconds'")
    if wait_s is not None:
        return (now + timedelta(seconds=wait_s)).astimezone(LOCAL)
    written = fields.needed("at")
    parts = _LOCAL_TIME.fullmatch(written)
    if parts is None:
        fields.refuse("at", f"{written[:40]!r} is not a local time; write it as 2026-11-22 05:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups()[:-1])
    # Nobody writes it so, but what `in_seconds` came to must be written down without loss.
    microsecond = int((parts.groups()[-1] or "").ljust(6, "0"))
    try:
        found = datetime(year, month, day, hour, minute, second, microsecond, LOCAL)
    except ValueError as error:
        fields.refuse("at", f"{written} does not exist: {error}")
    return found


def _zones(fields: Fields) -> tuple[str, ...]:
    node = fields.values.get("zones")
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        fields.refuse("zones", "write at least one zone, as in [thon-1, thon-2]")
    zones: list[str] = []
    for item in node.value:
        name = item.value if isinstance(item, yaml.ScalarNode) else ""
        try:
            check_name(name[:80], "zone")
        except BadInputError as error:
            fields.source.refuse(item, str(error))
        if name in zones:
            fields.source.refuse(item, f"zone {name} stands twice")
        zones.append(name)
    return tuple(zones)
