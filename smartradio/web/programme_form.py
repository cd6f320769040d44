"""When a programme is aired, as people type it: its time, its days, its hamlets, its place among others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from starlette.datastructures import FormData

from smartradio.domain.day_rules import Holidays, LunarRule, Season
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.web.formats import Reader
from smartradio.web.forms import typed

DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
REPEATS: Final = ("once", "daily", "weekly", "monthly", "lunar", "other")
SEASONS: Final = 2
PRIORITIES: Final = (Priority.PROGRAMME, Priority.ABOVE)
_MOST_DAYS: Final = 60
_LONGEST_SLOT_MINUTES: Final = 240
_WEEKLY: Final = re.compile(r"FREQ=WEEKLY(?:;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*))?")
_MONTHLY: Final = re.compile(r"FREQ=MONTHLY;BYMONTHDAY=(\d{1,2})")
_DATE: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_DAY_OF_YEAR: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3])[:h]([0-5]\d)")
_LEAP_YEAR: Final = 2028


@dataclass(frozen=True, slots=True)
class ProgrammeForm:
    """What is typed, as it was typed. `seasons` are (from, to, clock) each; `errors` maps a field to one line."""

    first_day: str = ""
    clock: str = ""
    repeat: str = "once"
    days: tuple[str, ...] = ()
    lunar: str = ""
    valid_from: str = ""
    valid_until: str = ""
    except_on: str = ""
    also_on: str = ""
    seasons: tuple[tuple[str, str, str], ...] = (("", "", ""),) * SEASONS
    holidays: str = Holidays.AS_USUAL.value
    zones: tuple[str, ...] = ()
    voice: str = ""
    order: str = str(int(Turn.BULLETIN))
    slot: str = ""
    priority: str = str(int(Priority.PROGRAMME))
    errors: Mapping[str, str] = field(default_factory=dict)


def form_of(programme: Programme) -> ProgrammeForm:
    """Return the form that a programme fills."""
    first = programme.first_at.astimezone(WALL_CLOCK)
    repeat, days = _repeat_of(programme)
    seasons = tuple((_day_text(s.first), _day_text(s.last), f"{s.at:%H:%M}") for s in programme.seasons)
    empty = (("", "", ""),) * max(0, SEASONS - len(seasons))
    slot = programme.slot
    return ProgrammeForm(
        first_day=first.date().isoformat(),
        clock=f"{first:%H:%M}",
        repeat=repeat,
        days=days,
        lunar="" if programme.lunar is None else ", ".join(map(str, programme.lunar.days)),
        valid_from="" if programme.valid_from is None else programme.valid_from.isoformat(),
        valid_until="" if programme.valid_until is None else programme.valid_until.isoformat(),
        except_on=_dates_text(programme.except_on),
        also_on=_dates_text(programme.also_on),
        seasons=(*seasons, *empty),
        holidays=programme.holidays.value,
        zones=programme.zones,
        voice=programme.voice or "",
        order=str(int(programme.order)),
        slot="" if slot is None else f"{slot.total_seconds() / 60:g}",
        priority=str(int(programme.priority)),
    )


def _repeat_of(programme: Programme) -> tuple[str, tuple[str, ...]]:
    rule, first = programme.recurrence, programme.first_at.astimezone(WALL_CLOCK)
    if programme.lunar is not None:
        plain = not programme.lunar.months and programme.lunar == LunarRule(programme.lunar.days)
        return ("lunar" if plain and min(programme.lunar.days) > 0 else "other"), ()
    if rule is None:
        return "once", ()
    if rule == "FREQ=DAILY":
        return "daily", ()
    if weekly := _WEEKLY.fullmatch(rule):
        return "weekly", tuple(weekly[1].split(",")) if weekly[1] else (DAYS[first.weekday()],)
    monthly = _MONTHLY.fullmatch(rule)
    return ("monthly" if monthly and int(monthly[1]) == first.day else "other"), ()


def _day_text(day: tuple[int, int]) -> str:
    month, number = day
    return f"{number:02d}/{month:02d}"


def _dates_text(days: Sequence[date]) -> str:
    return ", ".join(f"{day:%d/%m/%Y}" for day in days)


def typed_form(form: FormData) -> ProgrammeForm:
    """Return what was typed, with nothing looked at yet."""

    def text(name: str) -> str:
        return " ".join(typed(form, name).split())[:2_000]

    seasons = tuple((text(f"season_from_{n}"), text(f"season_to_{n}"), text(f"season_at_{n}")) for n in range(SEASONS))
    return ProgrammeForm(
        first_day=text("first_day"),
        clock=text("clock"),
        repeat=text("repeat"),
        days=tuple(str(day) for day in form.getlist("days")),
        lunar=text("lunar"),
        valid_from=text("valid_from"),
        valid_until=text("valid_until"),
        except_on=text("except_on"),
        also_on=text("also_on"),
        seasons=seasons,
        holidays=text("holidays"),
        zones=tuple(str(zone) for zone in form.getlist("zones")),
        voice=text("voice"),
        order=text("order"),
        slot=text("slot"),
        priority=text("priority"),
    )


def filled(
    programme: Programme, form: ProgrammeForm, own: Reader, *, zones: Collection[str], voices: Collection[str]
) -> tuple[Programme, ProgrammeForm]:
    """Return the programme as the form has it, and the form with what is wrong; with errors it stays as it was."""
    reading = _Reading(programme, form, own, zones, voices)
    changes = reading.changes()
    if reading.errors:
        return programme, replace(form, errors=reading.errors)
    return replace(programme, **changes), form


class _Reading:
    """One form being read: what is wrong is gathered field by field."""

    def __init__(
        self, programme: Programme, form: ProgrammeForm, own: Reader, zones: Collection[str], voices: Collection[str]
    ) -> None:
        self._programme = programme
        self._form = form
        self._own = own
        self._zones = zones
        self._voices = voices
        self.errors: dict[str, str] = {}

    def changes(self) -> dict[str, Any]:
        form = self._form
        found: dict[str, Any] = {
            "first_at": self._first_at(),
            "valid_from": self._day("valid_from", form.valid_from),
            "valid_until": self._day("valid_until", form.valid_until),
            "except_on": self._dates("except_on", form.except_on),
            "also_on": self._dates("also_on", form.also_on),
            "seasons": self._seasons(),
            "holidays": self._one_of("holidays", form.holidays, {each.value: each for each in Holidays}),
            "zones": self._chosen_zones(),
            "voice": self._one_of("voice", form.voice, {**{name: name for name in self._voices}, "": None}),
            "order": self._one_of("order", form.order, {str(int(turn)): turn for turn in Turn}),
            "slot": self._slot(),
            "priority": self._one_of("priority", form.priority, self._priorities()),
        }
        found |= self._repeated()
        first, last = found["valid_from"], found["valid_until"]
        if first is not None and last is not None and last < first:
            self.errors["valid_until"] = self._own._("It ends before it begins.")
        return found

    def _priorities(self) -> dict[str, Priority]:
        # A relay, or an emergency that recurs, keeps its own.
        return {str(int(each)): each for each in (*PRIORITIES, self._programme.priority)}

    def _first_at(self) -> datetime | None:
        day, clock = self._day("first_day", self._form.first_day), self._clock("clock", self._form.clock)
        if day is None:
            self.errors.setdefault("first_day", self._own._("This is no day: please choose another."))
        if day is None or clock is None:
            return None
        return datetime.combine(day, clock, self._programme.first_at.tzinfo)

    def _repeated(self) -> dict[str, Any]:
        """Return recurrence and lunar rule; one this form cannot write stays as it was."""
        form, day = self._form, _iso_day(self._form.first_day)
        if form.repeat == "other":
            return {}
        if form.repeat == "lunar":
            return {"recurrence": None, "lunar": self._lunar()}
        rules = {
            "once": lambda: None,
            "daily": lambda: "FREQ=DAILY",
            "weekly": self._weekly,
            "monthly": lambda: None if day is None else f"FREQ=MONTHLY;BYMONTHDAY={day.day}",
        }
        write: Callable[[], str | None] | None = rules.get(form.repeat)
        if write is None:
            self.errors["repeat"] = self._own._("Please choose again.")
            return {}
        return {"recurrence": write(), "lunar": None}

    def _weekly(self) -> str | None:
        days = [day for day in DAYS if day in self._form.days]
        if not days:
            self.errors["repeat"] = self._own._("Please choose at least one day of the week.")
            return None
        return "FREQ=WEEKLY;BYDAY=" + ",".join(days)

    def _lunar(self) -> LunarRule | None:
        numbers = [part for part in re.split(r"[,; ]+", self._form.lunar) if part]
        if not numbers or not all(part.isdecimal() and len(part) < 3 and 1 <= int(part) <= 30 for part in numbers):
            self.errors["repeat"] = self._own._("Lunar days are numbers from 1 to 30, such as 1, 15.")
            return None
        return LunarRule(tuple(sorted({int(part) for part in numbers})))

    def _day(self, name: str, text: str) -> date | None:
        day = _iso_day(text)
        if text and day is None:
            self.errors[name] = self._own._("This is no day: please choose another.")
        return day

    def _clock(self, name: str, text: str) -> time | None:
        clock = _clock(text)
        if clock is None:
            self.errors[name] = self._own._("This is no time: write it as 05:30.")
        return clock

    def _dates(self, name: str, text: str) -> tuple[date, ...]:
        found: set[date] = set()
        for part in re.split(r"[,;\s]+", text):
            day = _local_day(part)
            if part and day is None:
                self.errors[name] = self._own._("“{part}” is no day: write it as 31/12/2026.", part=part[:20])
            elif day is not None:
                found.add(day)
        if len(found) > _MOST_DAYS:
            self.errors[name] = self._own._("These are too many days: at most {limit}.", limit=_MOST_DAYS)
        return tuple(sorted(found))

    def _seasons(self) -> tuple[Season, ...]:
        seasons = []
        for row in self._form.seasons:
            if not any(row):
                continue
            first, last, clock = _day_of_year(row[0]), _day_of_year(row[1]), _clock(row[2])
            if first is None or last is None or clock is None:
                self.errors["seasons"] = self._own._(
                    "A season needs two days, such as 01/05, and a time, such as 05:30."
                )
            else:
                seasons.append(Season(first, last, clock))
        return tuple(seasons)

    def _slot(self) -> timedelta | None:
        text = self._form.slot
        if not text:
            return None
        if not text.isdecimal() or len(text) > 3 or not 1 <= int(text) <= _LONGEST_SLOT_MINUTES:
            limit = _LONGEST_SLOT_MINUTES
            self.errors["slot"] = self._own._("Whole minutes from 1 to {limit}, or nothing.", limit=limit)
            return None
        return timedelta(minutes=int(text))

    def _chosen_zones(self) -> tuple[str, ...]:
        zones = tuple(dict.fromkeys(self._form.zones))
        if not zones:
            self.errors["zones"] = self._own._("Please choose at least one zone.")
        elif any(zone not in self._zones for zone in zones):
            self.errors["zones"] = self._own._("This zone no longer exists: please choose again.")
        return zones

    def _one_of(self, name: str, text: str, choices: Mapping[str, Any]) -> Any:
        if text not in choices:
            self.errors[name] = self._own._("Please choose again.")
        return choices.get(text)


def _iso_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _local_day(text: str) -> date | None:
    parts = _DATE.fullmatch(text)
    if parts is None:
        return _iso_day(text)
    try:
        day = date(int(parts[3]), int(parts[2]), int(parts[1]))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None


def _day_of_year(text: str) -> tuple[int, int] | None:
    parts = _DAY_OF_YEAR.fullmatch(text)
    try:
        day = None if parts is None else date(_LEAP_YEAR, int(parts[2]), int(parts[1]))
    except ValueError:
        return None
    return None if day is None else (day.month, day.day)


def _clock(text: str) -> time | None:
    parts = _CLOCK.fullmatch(text[:5])
    return None if parts is None else time(int(parts[1]), int(parts[2]))
