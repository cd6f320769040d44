"""Figures, times and codes as operators read them, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as civil_day
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import inf
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from smartradio.words import Words, words

LOCAL_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
NOTHING: Final = "—"
"""What stands where nothing was measured."""

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS: Final = {
    "_ms": "ms",
    "_db": "dB",
    "_lufs": "LUFS",
    "_dbtp": "dBTP",
    "_s": "s",
    "_hz": "Hz",
    "_bytes": "B",
    "_mb": "MB",
}
_HIDDEN_FACTS: Final = frozenset(
    {
        "boot",
        "seq",
        "epoch",
        "counter",
        "segments",
        "clip",
        "recording",
        "judgement_sha256",
        "order",
        "airing",
        "again_of",
        "bound_sha256",
        "file_sha256",
        "session",
        "entry",
        "version",
    }
)
"""What only machines read; lists are left out too."""


_CODED_FACTS: Final = {"verdict": "verdict_short", "why": "why", "cause": "reason", "rung": "rung"}
"""Facts whose value is a code, and the family of its words."""


# What a node reports may be absurd, and its page must still open.
_ABSURD: Final = 1e15


@lru_cache(maxsize=4_096)
def _written(value: Decimal, digits: int, language: str) -> str:
    # An alert's report has thousands of figures, alike once they are rounded; each takes 50 µs to write.
    return format_decimal(value, format="#,##0." + "0" * digits if digits else "#,##0", locale=language)


def _rounded(value: float, digits: int) -> Decimal:
    exact = Decimal(str(value))
    return exact.quantize(Decimal(1).scaleb(-digits)) if exact.is_finite() else exact


# A page that is drawn again and again while it changes has mostly the figures that it had.
@lru_cache(maxsize=16_384)
def _figure(value: float, digits: int, sign: bool, language: str) -> str:
    size = abs(value)
    text = f"{size:.3g}" if _ABSURD <= size < inf else _written(_rounded(size, digits), digits, language)
    if not text.strip("0.,"):
        return text
    return ("−" if value < 0 else "+" if sign else "") + text


class Reader:
    """One language's way to write figures, times and codes; `_` is its words."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._: Words = words(language)

    def number(self, value: float | None, digits: int = 1, *, sign: bool = False) -> str:
        """Return a figure with this language's decimal mark, or NOTHING for None."""
        return NOTHING if value is None else _figure(value, digits, sign, self.language)

    def unit(self, value: float | None, unit: str, digits: int = 1, *, sign: bool = False) -> str:
        """Return a figure and its unit, kept on one line, or NOTHING."""
        return NOTHING if value is None else f"{self.number(value, digits, sign=sign)}\u00a0{unit}"

    def offset(self, offset_ms: float | None) -> str:
        """Return a time offset with its sign, finer below a millisecond, or NOTHING."""
        digits = 1 if offset_ms is None or abs(offset_ms) >= 1 else 2
        return self.unit(offset_ms, "ms", digits, sign=True)

    def percent(self, share: float | None) -> str:
        """Return a share of 0 to 1 in per cent, or NOTHING."""
        return NOTHING if share is None else f"{self.number(100 * share, 0)}\u00a0%"

    def clock(self, at: datetime | None, *, parts: int = 2) -> str:
        """Return the commune's wall clock: hours and minutes, with 3 parts seconds, with 4 milliseconds."""
        if at is None:
            return NOTHING
        local = at.astimezone(LOCAL_ZONE)
        if parts > 3:
            return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
        # To the nearest second: what started a millisecond early did not start a second early.
        return f"{local + timedelta(seconds=0.5):%H:%M:%S}" if parts == 3 else f"{local:%H:%M}"

    def day(self, at: datetime) -> str:
        """Return weekday and date, day first."""
        return self.date(at.astimezone(LOCAL_ZONE).date())

    def date(self, day: civil_day) -> str:
        """Return weekday and date of a civil day, day first."""
        return f"{self.weekday(day)}, {day:%d/%m/%Y}"

    def weekday(self, day: civil_day) -> str:
        """Return the weekday of a civil day."""
        return self.code("weekday", _WEEKDAYS[day.weekday()])

    def length(self, duration_s: float) -> str:
        """Return a length in minutes and seconds."""
        minutes, seconds = divmod(round(duration_s), 60)
        if minutes:
            return self._("{minutes} min {seconds} s", minutes=minutes, seconds=f"{seconds:02d}")
        return self._("{seconds} s", seconds=seconds)

    def code(self, family: str, code: object) -> str:
        """Return the words of a code; enum members count by their value."""
        return self._.code(family, str(getattr(code, "value", code)))

    def has(self, family: str, code: object) -> bool:
        """Say whether a code of a family has words."""
        return str(getattr(code, "value", code)) in self._.codes(family)

    def why(self, why: str) -> str:
        """Return why an alert ended: what the station says by itself in this language, a person's words as typed."""
        by_itself = {
            "a real alert goes out": self._("a real alert goes out"),
            "its issuer has cancelled it": self._("its issuer has cancelled it"),
            "its issuer has updated it": self._("its issuer has updated it"),
            "nobody sent it in time": self._("nobody sent it in time"),
            "its last airing was taken back": self._("its last airing was taken back"),
            "the water is under every limit again": self._("the water is under every limit again"),
        }
        return by_itself.get(why, why)

    def source(self, source: str) -> str:
        """Return who says so: "node:thon-1" → "cụm loa thon-1"."""
        kind, _, name = source.partition(":")
        if kind == "station":
            return self._("the station")
        if kind == "node":
            return self._("node {name}", name=name)
        if kind == "schedule":
            return self._("the schedule")
        if kind == "above":
            return self._("the source-information system ({name})", name=name)
        if kind == "operator":
            return self._("operator {name}", name=name)
        return source

    def facts(self, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the plain facts of an evidence entry as name and value, long lists and hashes left out."""
        plain = [
            (self.code("fact", name), self._fact(name, value))
            for name, value in facts.items()
            if name not in _HIDDEN_FACTS and not isinstance(value, (list, tuple, dict)) and value is not None
        ]
        doubts = facts.get("doubts")
        if isinstance(doubts, list) and doubts:
            plain.append((self.code("fact", "doubts"), ", ".join(self.doubt(doubt) for doubt in doubts)))
        return plain

    def doubt(self, doubt: object) -> str:
        """Return what a node's figures leave open; what the decision table says of them is a verdict's reason."""
        return self.code("doubt" if self.has("doubt", doubt) else "reason", doubt)

    def _fact(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            return self._("yes") if value else self._("no")
        if isinstance(value, (int, float)):
            return self._figure(name, value)
        if name in _CODED_FACTS:
            return self.code(_CODED_FACTS[name], value)
        text = str(value)
        if name.endswith("_at"):
            return self._instant(text)
        return text if len(text) <= 120 else text[:119] + "…"

    def _figure(self, name: str, value: float) -> str:
        if name == "coverage":
            return self.percent(value)
        if name == "priority":
            return self.code("priority", value)
        if name == "offset_ms":
            return self.offset(value)
        unit = "B" if name == "bytes" else next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "")
        digits = 0 if isinstance(value, int) or unit == "B" else 1
        return self.unit(value, unit, digits).strip()

    def _instant(self, text: str) -> str:
        try:
            return self.clock(datetime.fromisoformat(text), parts=4)
        except ValueError:
            return text
