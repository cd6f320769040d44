"""Shares with their upper bounds, and the confusion table of the verdict benchmark as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from _bounds import upper_percent
from _bulletins import TEXTS
from _scenes import INTELLIGIBLE, MEASURED, UNINTELLIGIBLE, Kind, Result, Truth

from smartradio.domain.verdict import VerdictCode

_HEAD = """\
# Figures of the verdict

Written by `python benchmarks/verdicts.py {options}`; how verdicts are reached: [verdict.md](verdict.md).

{airings:,} simulated airings, {good:,} of them good; recogniser: {recogniser}. {bulletins} bulletins in three voices,
none of them in the recogniser's training, rendered as the product does and sent through Opus both ways. Poles have up
to three neighbours at 100–400 m that air the same bulletin, echoes of 10–400 ms, a horn's band of 180–380 Hz to
3.5–6 kHz, clocks up to 50 ppm apart, and wind, traffic, rain, crickets or a market around them, 14–36 dB below the
speech (6–12 dB in moderate wind). Half of the nodes have a past that tells their usual delay and level. The simulation
and the thresholds come from the same project; the first rounds were looked at while mending what they showed.

Whether an airing that is muffled, windy, clipped or full of echoes was a good or a bad one is decided before anybody
judges it, by the intelligibility of the clip against its recording (`smartradio/audio/intelligibility.py`: ESTOI with
an ear's floor). Below {unintelligible:.2f} it is a fault, from {intelligible:.2f} on a good airing; between the two it
is in the table and in no share. A good airing has to reach the same figure.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of_all: int

    @classmethod
    def of(cls, results: Iterable[Result], *, aired: bool) -> Share:
        """Count those that were called aired, or those that were not."""
        every = [one.aired is aired for one in results]
        return cls(sum(every), len(every))

    @property
    def percent(self) -> float:
        """The share itself."""
        return 100.0 * self.count / self.of_all if self.of_all else 0.0

    @property
    def upper(self) -> float:
        """The one-sided 95 % upper bound in percent."""
        return upper_percent(self.count, self.of_all)

    @property
    def told(self) -> str:
        """The counts and the bound, in words."""
        return f"{self.count} of {self.of_all}, 95 % upper bound {self.upper:.2g} %"


def document(
    results: Sequence[Result],
    figures: Sequence[tuple[str, Share, float | None]],
    *,
    recogniser: str,
    real_time: float,
    options: str,
) -> str:
    """Return docs/verdict_figures.md; `options` are those of the run."""
    good = sum(one.truth is Truth.GOOD for one in results)
    head = _HEAD.format(
        options=options,
        airings=len(results),
        good=good,
        recogniser=recogniser,
        bulletins=len(TEXTS),
        unintelligible=UNINTELLIGIBLE,
        intelligible=INTELLIGIBLE,
    )
    lines = [
        head,
        "| | share | of | 95 % upper bound | wanted |",
        "|---|---|---|---|---|",
        *(
            f"| {name} | {share.percent:.2f} % | {share.of_all} | {share.upper:.2f} % | "
            f"{'' if limit is None else f'≤ {limit:g} %'} |"
            for name, share, limit in figures
        ),
        f"| judging one clip, CPU of one core × real time | {real_time:.3f} | | | ≤ 0.05 |",
        "",
        "## What happened and what was said of it",
        "",
        *_confusion(results),
        "",
        "## Intelligibility before judging",
        "",
        *_intelligibility(results),
        "",
    ]
    return "\n".join(lines)


def _confusion(results: Sequence[Result]) -> list[str]:
    tallies: dict[tuple[Kind, Truth], Counter[str]] = {}
    for one in results:
        tallies.setdefault((one.kind, one.truth), Counter())[one.verdict] += 1
    codes = [code for code in VerdictCode if any(tally[code] for tally in tallies.values())]
    table = [
        "| what happened | truth | " + " | ".join(f"`{code}`" for code in codes) + " |",
        "|---|---|" + "---:|" * len(codes),
    ]
    for kind in Kind:
        for truth in Truth:
            tally = tallies.get((kind, truth))
            if tally:
                table.append(f"| {kind} | {truth} | " + " | ".join(str(tally[code] or "") for code in codes) + " |")
    return table


def _intelligibility(results: Sequence[Result]) -> list[str]:
    table = ["| what happened | lowest | median | highest |", "|---|---:|---:|---:|"]
    for kind in (Kind.GOOD, Kind.GOOD_WINDY, *MEASURED):
        figures = [one.intelligible for one in results if one.kind is kind and one.intelligible is not None]
        if figures:
            low, middle, high = np.percentile(figures, [0, 50, 100])
            table.append(f"| {kind} | {low:.2f} | {middle:.2f} | {high:.2f} |")
    return table
