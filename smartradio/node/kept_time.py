"""The station's time as a node knows it, and what it keeps of it where it is switched off."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from smartradio.domain.errors import SmartradioError
from smartradio.node.discipline import FASTEST, WANDER, Line


@dataclass(frozen=True, slots=True)
class Fix:
    """The station's time against the monotonic clock of one `boot`, by whom, and what the OS clock said beside it."""

    line: Line
    os_agreed: bool
    boot: str
    os_contradicted: bool = False
    by: Literal["station", "ntp", "rtc"] = "station"

    @property
    def vouched(self) -> bool:
        """Whether the station stands behind it."""
        return self.by == "station"


@dataclass(frozen=True, slots=True)
class _Written:
    """A fix in the journal, as older programs read it too: they may come back to it."""

    offset_s: float
    error_s: float
    at_s: float
    os_agreed: bool
    boot: str
    os_contradicted: bool = False
    by: Literal["station", "ntp", "rtc"] = "station"


@dataclass(frozen=True, slots=True)
class _Beside:
    """What older programs do not know: the crystal's speed as last known well, how exact the fix of `at_s` was."""

    rate: float = 0.0
    spread_s: float = 0.0
    at_s: float = 0.0


def to_keep(fix: Fix, speed: float) -> dict[str, str]:
    """Return the facts from which `kept` makes them again."""
    line = fix.line
    written = _Written(line.offset_s, line.error_s, line.at_s, fix.os_agreed, fix.boot, fix.os_contradicted, fix.by)
    beside = _Beside(speed, line.spread_s, line.at_s)
    return {"time_fix": json.dumps(asdict(written)), "time_speed": json.dumps(asdict(beside))}


def kept(load: Callable[[str], str | None]) -> tuple[Fix | None, float]:
    """Return the last fix and the crystal's speed, 0.0 if it was never known well; SmartradioError if unreadable."""
    beside = _beside(load("time_speed"))
    text = load("time_fix")
    if text is None:
        return None, beside.rate
    try:
        told = _Written(**json.loads(text))
        line = unmeasured(told.at_s, told.at_s + told.offset_s, told.error_s, speed=beside.rate)
    except (ValueError, TypeError) as error:
        raise SmartradioError(f"the stored time is unreadable ({error}): remove journal.db") from error
    if beside.at_s == told.at_s:
        line = replace(line, spread_s=beside.spread_s)
    return Fix(line, told.os_agreed, told.boot, told.os_contradicted, told.by), beside.rate


def unmeasured(at_s: float, utc_s: float, error_s: float, *, speed: float = 0.0) -> Line:
    """Return the line through a time that was told, with a speed known from before, 0.0 if it is not."""
    return Line(
        at_s=at_s,
        offset_s=utc_s - at_s,
        rate=speed,
        error_s=error_s,
        spread_s=error_s,
        rate_error=WANDER if speed else FASTEST,
    )


def _beside(text: str | None) -> _Beside:
    try:
        beside = _Beside(**json.loads(text)) if text is not None else _Beside()
        return beside if abs(beside.rate) <= FASTEST and beside.spread_s >= 0.0 else _Beside()
    except (ValueError, TypeError):
        # It only makes the first minutes more exact.
        return _Beside()
