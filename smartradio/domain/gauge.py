"""A water gauge and its rules: when a level or its rise asks for a person, once for each crossing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from statistics import median
from typing import Final

HOUR: Final = timedelta(hours=1)
_SLICES: Final = 12
"""A rise is taken from so many slices of its window at most, each the median of its readings."""


class RuleKind(StrEnum):
    """What a rule looks at."""

    LEVEL = "level"
    RISE = "rise"


@dataclass(frozen=True, slots=True)
class Reading:
    """A level above the gauge's zero, in metres, and when it was measured."""

    at: datetime
    level_m: float


@dataclass(frozen=True, slots=True)
class GaugeRule:
    """One limit: `over` is where it is crossed, `back` below what it is calm again; metres, or metres an hour.

    A level counts when `times` readings one after another say so. A rise is measured over `window`.
    """

    name: str
    kind: RuleKind
    over: float
    back: float
    times: int = 2
    window: timedelta = HOUR


@dataclass(frozen=True, slots=True)
class Crossing:
    """A limit that has just been crossed: the reading that did it, and the rise in metres an hour if it is known."""

    rule: GaugeRule
    reading: Reading
    rise_m_h: float | None


def rise_m_h(readings: Sequence[Reading], window: timedelta) -> float | None:
    """Return the rise in metres an hour over the `window` before the last reading; falling is negative.

    It is the median of the slopes between any two slices of the window (Theil and Sen's line), so that a single
    wrong reading does not make a flood. None while the readings span less than half of the window, or are fewer
    than three. `readings` stand in the order of time.
    """
    if not readings:
        return None
    since = readings[-1].at - window
    slices = _sliced([each for each in readings if each.at > since], since, window / _SLICES)
    if len(slices) < 3 or slices[-1][0] - slices[0][0] < window / 2:
        return None
    slopes = ((after[1] - before[1]) / ((after[0] - before[0]) / HOUR) for before, after in combinations(slices, 2))
    return median(slopes)


def _sliced(readings: Sequence[Reading], since: datetime, width: timedelta) -> list[tuple[datetime, float]]:
    """Return for each slice that has readings the time in their middle and the median of their levels."""
    held: dict[int, list[Reading]] = {}
    for each in readings:
        held.setdefault((each.at - since) // width, []).append(each)
    return [(part[len(part) // 2].at, median(each.level_m for each in part)) for part in held.values()]


def is_over(rule: GaugeRule, standing: bool, readings: Sequence[Reading]) -> bool:
    """Say whether a rule stands after the last reading, given whether it stood before.

    Between `back` and `over`, and where the readings do not tell, it stays as it was.
    """
    if rule.kind is RuleKind.RISE:
        rise = rise_m_h(readings, rule.window)
        told = [] if rise is None else [rise]
    else:
        told = [each.level_m for each in readings[-rule.times :]] if len(readings) >= rule.times else []
    if told and all(figure >= rule.over for figure in told):
        return True
    if told and all(figure < rule.back for figure in told):
        return False
    return standing


def crossings(
    rules: Sequence[GaugeRule], standing: Mapping[str, bool], readings: Sequence[Reading]
) -> tuple[dict[str, bool], Crossing | None]:
    """Return which rules stand after the last reading, and the crossing that a person is to be told of.

    Where one reading takes several limits at once it is the highest level; a rise is told where no level is.
    """
    after = {rule.name: is_over(rule, standing.get(rule.name, False), readings) for rule in rules}
    fresh = [rule for rule in rules if after[rule.name] and not standing.get(rule.name, False)]
    if not fresh:
        return after, None
    gravest = max(fresh, key=lambda rule: (rule.kind is RuleKind.LEVEL, rule.over))
    return after, Crossing(gravest, readings[-1], rise_m_h(readings, gravest.window))
