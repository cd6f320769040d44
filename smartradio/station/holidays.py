"""Public holidays of Vietnam, as data, and the commune's own from a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from smartradio.domain.day_rules import LAST_DAY, Leap, LunarRule
from smartradio.domain.days import LunarDay
from smartradio.station.schedule_source import Fields, Source
from smartradio.station.written_days import dates_of, day_of_year, lunar_rule_of

HOLIDAY_KEYS: Final = ("name", "on", "every_year", "lunar")
_FILE_KEYS: Final = ("holidays", "working_days")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday: `every_year` on (month, day), on `lunar` days, or `on` dates by themselves."""

    name: str
    every_year: tuple[int, int] | None = None
    lunar: LunarRule | None = None
    on: frozenset[date] = frozenset()

    def falls_on(self, day: date, lunar: LunarDay) -> bool:
        """Tell whether that civil day, which has that lunar date, is it."""
        if (day.month, day.day) == self.every_year or day in self.on:
            return True
        return self.lunar is not None and self.lunar.matches(lunar)


@dataclass(frozen=True, slots=True)
class HolidayList:
    """Holidays, the first that falls on a day naming it, and dates that are none whatever else is said."""

    holidays: tuple[Holiday, ...]
    working_days: frozenset[date] = frozenset()

    def name_of(self, day: date, lunar: LunarDay) -> str | None:
        """Return the name of the holiday a day is."""
        if day in self.working_days:
            return None
        return next((each.name for each in self.holidays if each.falls_on(day, lunar)), None)


# Labour Code 45/2019/QH14, article 112: of Tết's five days and National Day's two, those that are free in every
# year. The others are chosen year by year, and stand in the commune's file.
NATIONAL: Final = (
    Holiday("Tết Dương lịch", every_year=(1, 1)),
    Holiday("Tết Nguyên đán", lunar=LunarRule((LAST_DAY,), (12,))),
    Holiday("Tết Nguyên đán", lunar=LunarRule((1, 2, 3), (1,), Leap.SKIP)),
    Holiday("Giỗ Tổ Hùng Vương", lunar=LunarRule((10,), (3,), Leap.SKIP)),
    Holiday("Ngày Chiến thắng", every_year=(4, 30)),
    Holiday("Ngày Quốc tế Lao động", every_year=(5, 1)),
    Holiday("Quốc khánh", every_year=(9, 2)),
)


def load_holidays(path: Path) -> HolidayList:
    """Read a commune's own days off; every mistake raises BadInputError that names file, line and what would be right.

    The keys are told in `schedules/README.md`. National holidays are not among what is returned.
    """
    source = Source(path)
    root = source.parse()
    fields = Fields(source, root, _FILE_KEYS, "the file")
    holidays = tuple(_holiday(Fields(source, node, HOLIDAY_KEYS, "a holiday")) for node in _listed(fields))
    working_days = frozenset(dates_of(fields, "working_days"))
    if not holidays and not working_days:
        source.refuse(root, "write the days off as a list under the key 'holidays'")
    return HolidayList(holidays, working_days)


def _listed(fields: Fields) -> Sequence[yaml.Node]:
    node = fields.values.get("holidays")
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        fields.refuse("holidays", "must be a list with at least one holiday, each beginning with '-'")
    listed: list[yaml.Node] = node.value
    return listed


def _holiday(fields: Fields) -> Holiday:
    name = fields.needed("name")
    given = [key for key in ("on", "every_year", "lunar") if key in fields.values]
    if len(given) != 1:
        fields.refuse(
            given[-1] if given else "on",
            "give one of 'on' (dates), 'every_year' (such as 2/9) and 'lunar' (days and months)",
        )
    return Holiday(
        name,
        every_year=fields.checked("every_year", day_of_year) if given == ["every_year"] else None,
        lunar=lunar_rule_of(fields, "lunar"),
        on=frozenset(dates_of(fields, "on")),
    )
