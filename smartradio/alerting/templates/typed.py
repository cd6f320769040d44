"""What was typed into a field → how it is written in the alert, or what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from smartradio.alerting.templates.template import Field, FieldKind
from smartradio.domain.alert import RiskLevel

_DIGITS: Final = r"\d+(?:[.,\s]\d+)*"
_NUMBER: Final = re.compile(rf"([-−]?)\s*({_DIGITS})\s*([^\d\s.,–-].*)?", re.ASCII)
_SHORTHAND: Final = re.compile(r"[^/]*\d\s*m\s*\d[^/]*", re.IGNORECASE)
"""4m5: four metres fifty to most, but not to all."""
_GROUPS: Final = re.compile(r"\d{1,3}(?:([.,\s])\d{3})(?:\1\d{3})*")
# What follows the hour is minutes only where it cannot be the day of a date: in 15h 24/11 it is the day.
_TIME: Final = re.compile(
    r"(\d{1,2})\s*(?::|h|giờ|g)(?:\s*(\d{1,2})(?![\d/])\s*(?:phút|p)?)?"
    r"(?:(?:\s*,\s*|\s+)(?:ngày\s*)?(\d{1,2})/(\d{1,2})(?:/(\d{4}))?)?",
    re.IGNORECASE | re.ASCII,
)
_BROWSER_TIME: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::\d{2})?")
_A_LEAP_YEAR: Final = 2028
_ENDS: Final = " .;,"
_SAME_UNIT: Final[Mapping[str, frozenset[str]]] = {
    "m": frozenset({"m", "mét", "met"}),
    "cm": frozenset({"cm", "xen-ti-mét", "xăng-ti-mét", "phân"}),
    "mm": frozenset({"mm", "mi-li-mét", "ly", "li"}),
    "km": frozenset({"km", "ki-lô-mét", "cây số"}),
    "m³/s": frozenset({"m³/s", "m3/s", "m³/giây", "m3/giây", "mét khối trên giây", "mét khối/giây"}),
    "km/h": frozenset({"km/h", "km/giờ"}),
    "%": frozenset({"%", "phần trăm"}),
}


class FaultCode(StrEnum):
    """What is wrong with a field; pages have the words under "field_wrong"."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    NO_NUMBER = "no_number"
    OTHER_UNIT = "other_unit"
    TWO_READINGS = "two_readings"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    TOO_FINE = "too_fine"
    BELOW = "below"
    NO_TIME = "no_time"
    NO_DATE = "no_date"
    NO_CHOICE = "no_choice"
    NO_LEVEL = "no_level"
    TOO_LONG = "too_long"
    NOT_PLAIN = "not_plain"


_LINES: Final[Mapping[FaultCode, str]] = {
    FaultCode.MISSING: "is missing; write it as in {example}",
    FaultCode.UNKNOWN: "the template has no such field",
    FaultCode.NO_NUMBER: "{typed} is not a number; write it as in {example}",
    FaultCode.OTHER_UNIT: "{typed} has another unit; give it in {unit}",
    FaultCode.TWO_READINGS: "{typed} may be {one} or {other}; write it without dots, with a comma before decimals",
    FaultCode.TOO_LOW: "{typed} is below {lowest}",
    FaultCode.TOO_HIGH: "{typed} is above {highest}",
    FaultCode.TOO_FINE: "{typed} has too many decimals; give at most {decimals}",
    FaultCode.BELOW: "{typed} is below what stands under {other}",
    FaultCode.NO_TIME: "{typed} is not a time; write it as in 3h30 or 3h30 24/11",
    FaultCode.NO_DATE: "{typed} is on a day that does not exist",
    FaultCode.NO_CHOICE: "{typed} is not one of {choices}",
    FaultCode.NO_LEVEL: "{typed} is not a level from 1 to 5",
    FaultCode.TOO_LONG: "has {count} characters; use at most {most}",
    FaultCode.NOT_PLAIN: "holds nothing that can be read aloud, or control characters; write plain text",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with what was typed; `values` fill the {places} of its words, str() is one line in English."""

    code: FaultCode
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return _LINES[self.code].format(**self.values)


def written(of: Field, typed: str) -> str | Fault:
    """Return a field's value as it stands in the alert: "4,5 m", "3 giờ 30 phút"; a Fault for what cannot be used."""
    typed = " ".join(typed.split())
    if not _is_plain(typed):
        return Fault(FaultCode.NOT_PLAIN)
    return _WRITTEN[of.kind](of, unicodedata.normalize("NFC", typed))


def number_typed(of: Field, typed: str) -> Decimal | Fault:
    """Return the number typed into a NUMBER, checked against the field's limits.

    A comma stands before decimals and a dot between thousands, as Vietnamese is written; "4.5" is taken for what it can
    only mean. What could be two numbers is refused, and so is a unit that is not the field's.
    """
    found = _NUMBER.fullmatch(_without_word(typed.strip(_ENDS), of.before))
    if found is None or _SHORTHAND.fullmatch(typed):
        return _fault(FaultCode.NO_NUMBER, typed, example=of.example)
    minus, digits, unit = found.groups()
    if unit and not of.unit:
        return _fault(FaultCode.NO_NUMBER, typed, example=of.example)
    if unit and not _is_unit(of, unit):
        return _fault(FaultCode.OTHER_UNIT, typed, unit=of.unit)
    readings = [-each if minus else each for each in _readings(digits)]
    if not readings:
        return _fault(FaultCode.NO_NUMBER, typed, example=of.example)
    wrong = {each: _wrong(of, each, typed) for each in readings}
    right = [each for each, fault in wrong.items() if fault is None]
    if len(right) > 1:
        return _fault(FaultCode.TWO_READINGS, typed, one=shown(right[0]), other=shown(right[1]))
    # Of a number that fits no way the fault is told that is nearest to being right.
    return right[0] if right else next(fault for fault in reversed(wrong.values()) if fault is not None)


def shown(number: Decimal) -> str:
    """Return a number as Vietnamese is written, without dots between thousands: "-0,5", "1200"."""
    return f"{number.normalize() + 0:f}".replace(".", ",")


def level_typed(typed: str) -> RiskLevel | None:
    """Return the level of risk typed ("3", "cấp 3"), None for what is none."""
    digits = typed.casefold().removeprefix("cấp").strip()
    return RiskLevel(int(digits)) if digits in {str(level.value) for level in RiskLevel} else None


def _is_plain(typed: str) -> bool:
    kinds = {unicodedata.category(character) for character in typed}
    return not kinds & {"Cc", "Cs", "Co", "Cn"} and any(kind[0] in "LN" for kind in kinds)


def _fault(code: FaultCode, typed: str, **values: str) -> Fault:
    return Fault(code, {"typed": typed[:40], **values})


def _text(of: Field, typed: str) -> str | Fault:
    if len(typed) > of.longest:
        return Fault(FaultCode.TOO_LONG, {"count": str(len(typed)), "most": str(of.longest)})
    return typed.strip(_ENDS)


def _choice(of: Field, typed: str) -> str | Fault:
    chosen = {choice.casefold(): choice for choice in of.choices}.get(typed.casefold())
    return _fault(FaultCode.NO_CHOICE, typed, choices=", ".join(of.choices)) if chosen is None else chosen


def _level(_of: Field, typed: str) -> str | Fault:
    level = level_typed(typed)
    return _fault(FaultCode.NO_LEVEL, typed) if level is None else str(level.value)


def _number(of: Field, typed: str) -> str | Fault:
    number = number_typed(of, typed)
    if isinstance(number, Fault):
        return number
    return " ".join(word for word in (of.before, shown(number), of.unit) if word)


def _time(_of: Field, typed: str) -> str | Fault:
    browser = _BROWSER_TIME.fullmatch(typed)
    if browser is not None:
        year, month, day, hour, minute = browser.groups()
    else:
        found = _TIME.fullmatch(typed)
        if found is None:
            return _fault(FaultCode.NO_TIME, typed)
        hour, minute, day, month, year = found.groups()
    if int(hour) > 23 or int(minute or 0) > 59:
        return _fault(FaultCode.NO_TIME, typed)
    minutes = f" {int(minute):02d} phút" if int(minute or 0) else ""
    if day is None:
        return f"{int(hour)} giờ{minutes}"
    try:
        date(int(year or _A_LEAP_YEAR), int(month), int(day))
    except ValueError:
        return _fault(FaultCode.NO_DATE, typed)
    return f"{int(hour)} giờ{minutes} ngày {int(day)}/{int(month)}"


def _without_word(typed: str, word: str) -> str:
    return typed[len(word) :].strip() if word and typed.casefold().startswith(word.casefold()) else typed


def _is_unit(of: Field, unit: str) -> bool:
    own = of.unit.casefold()
    return unit.casefold() == own or unit.casefold() in _SAME_UNIT.get(own, frozenset())


def _readings(digits: str) -> list[Decimal]:
    """Return the numbers that digits with dots, commas and blanks can be, the Vietnamese one first."""
    marks = re.sub(r"\d", "", digits)
    if not marks:
        return [Decimal(digits)]
    if len(set(marks)) == 1:
        grouped = _GROUPS.fullmatch(digits) is not None
        whole = [Decimal(re.sub(r"\D", "", digits))] if grouped else []
        parts = [Decimal(re.sub(r"\D", ".", digits))] if len(marks) == 1 and not marks.isspace() else []
        return parts if marks == "," else whole + parts
    # Two kinds of marks: the last one stands before decimals, once.
    head, mark, tail = digits.rpartition(marks[-1])
    if mark.isspace() or marks.count(mark) > 1 or not _GROUPS.fullmatch(head):
        return []
    return [Decimal(f"{re.sub(r'[^0-9]', '', head)}.{tail}")]


def _wrong(of: Field, number: Decimal, typed: str) -> Fault | None:
    decimals = -int(number.normalize().as_tuple().exponent)
    if number < Decimal(str(of.lowest)):
        return _fault(FaultCode.TOO_LOW, typed, lowest=shown(Decimal(f"{of.lowest:g}")))
    if number > Decimal(str(of.highest)):
        return _fault(FaultCode.TOO_HIGH, typed, highest=shown(Decimal(f"{of.highest:g}")))
    if decimals > of.decimals:
        return _fault(FaultCode.TOO_FINE, typed, decimals=str(of.decimals))
    return None


_WRITTEN: Final = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.TIME: _time,
    FieldKind.CHOICE: _choice,
    FieldKind.RISK: _level,
}
