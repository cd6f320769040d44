"""Verdicts of thousands of simulated airings, good and faulty: `python benchmarks/verdicts.py [--whole] [--write]`.

Bulletins, voices, poles, weather and faults are those of `_scenes.py`; the recordings are rendered as the product does
and go through Opus both ways. By default a seeded sample, with `--whole` every airing, and then the limits are held
against the 95 % upper bounds (Clopper and Pearson 1934) instead of the shares themselves.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
from _figures import Share, document
from _rows import row
from _scenes import CLIP_STARTS_S, GOOD, MEASURED, WORDS, Airing, Kind, Result, Truth, airing
from _studio import Studio

from smartradio.cli.recogniser_option import open_recogniser
from smartradio.listening.judge import Told, judge
from smartradio.listening.usual import Usual

ROUND = (
    *[Kind.GOOD] * 8,
    *[Kind.GOOD_WINDY] * 2,
    *(kind for kind in Kind if kind not in GOOD),
    Kind.NUMBER,
)
"""Every round has one bulletin and voice, and every kind of airing."""
SAMPLED_ROUNDS = 8
WHOLE_ROUNDS = 140
PROCESSES = 2
FIGURES = Path(__file__).resolve().parents[1] / "docs" / "verdict_figures.md"


@dataclass(frozen=True, slots=True)
class Part:
    """What one process measured; CPU is its own and its children's, judging only."""

    results: tuple[Result, ...]
    judging_s: float
    heard_s: float
    recogniser: str


def judged(rounds: Sequence[int], recogniser: str) -> Part:
    """Make and judge all the airings of these rounds."""
    results, judging_s, heard_s = [], 0.0, 0.0
    with ExitStack() as stack:
        studio = Studio()
        stack.callback(studio.close)
        ear = open_recogniser(recogniser, stack)
        for number in rounds:
            for place, kind in enumerate(ROUND):
                made = airing(number, place, kind, studio)
                before_s = _cpu_s()
                judgement = judge(
                    made.clip,
                    made.recording.sound,
                    made.recording.spans,
                    ear,
                    told=Told(made.recording.lines, made.recording.spans, (made.recording.voice,)),
                    clip_starts_s=CLIP_STARTS_S,
                    usual=usual(made),
                )
                judging_s += _cpu_s() - before_s
                heard_s += made.recording.sound.size / 16_000
                results.append(made.result(judgement.verdict, judgement.reasons))
            print(f"round {number} done", file=sys.stderr, flush=True)
        return Part(tuple(results), judging_s, heard_s, ear.name if ear else "none")


def usual(made: Airing) -> Usual | None:
    """Return what the station knows of this node's own horn from its past; of every other node it knows nothing yet."""
    if not made.has_past:
        return None
    return Usual(
        airings=8,
        delay_s=made.own_delay_s,
        delay_spread_s=0.001,
        gain_db=made.own_gain_db,
        gain_spread_db=1.0,
        level_db=made.own_level_db,
        snr_db=None,
    )


def _cpu_s() -> float:
    process = psutil.Process()
    family = [process, *process.children(recursive=True)]
    return float(sum(sum(each.cpu_times()[:2]) for each in family))


def measured(rounds: int, recogniser: str, processes: int) -> Part:
    """Share the rounds out among processes and gather what they found."""
    # One thread a process: the matrices are too small for more, which would only fight for the cores.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        shares = [range(first, rounds, processes) for first in range(processes)]
        parts = list(pool.map(judged, shares, [recogniser] * processes))
    return Part(
        tuple(result for part in parts for result in part.results),
        sum(part.judging_s for part in parts),
        sum(part.heard_s for part in parts),
        parts[0].recogniser,
    )


def shares(results: Iterable[Result], *, with_words: bool) -> list[tuple[str, Share, float | None]]:
    """Return the figures that have limits: name, how many of how many, and the limit in percent."""
    every = list(results)
    faults = [one for one in every if one.truth is Truth.FAULT and (with_words or one.kind not in WORDS)]
    good = [one for one in every if one.truth is Truth.GOOD]
    numbers = [one for one in every if one.kind is Kind.NUMBER]
    named = "faults called aired" if with_words else "faults but changed words called aired"
    found = [
        (named, Share.of(faults, aired=True), 0.5),
        ("good airings not called aired", Share.of((o for o in good if o.kind is Kind.GOOD), aired=False), 1.0),
        (
            "good airings in moderate wind not called aired",
            Share.of((one for one in good if one.kind is Kind.GOOD_WINDY), aired=False),
            3.0,
        ),
    ]
    changed = [
        ("two changed words not found", Share.of((o for o in every if o.kind is Kind.TWO_WORDS), aired=True), 5.0),
        ("changed number not found at 15 dB", Share.of((one for one in numbers if one.noisy), aired=True), 5.0),
        ("changed number not found, clean", Share.of((one for one in numbers if not one.noisy), aired=True), 1.0),
    ]
    spoilt = Share.of((one for one in good if one.kind in MEASURED), aired=False)
    # Nobody can hold words against a sound without a recogniser; the share is shown all the same.
    return [
        *found,
        ("muffled, windy, clipped or echoing but intelligible airings not called aired", spoilt, None),
        *(each if with_words else (*each[:2], None) for each in changed),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=SAMPLED_ROUNDS, help=f"{len(ROUND)} airings each")
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE_ROUNDS} rounds, limits against upper bounds")
    parser.add_argument("--recogniser", default="builtin", help="builtin, none, or the folder of a model")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    parser.add_argument("--write", action="store_true", help=f"write {FIGURES.name} in docs")
    options = parser.parse_args()
    rounds = WHOLE_ROUNDS if options.whole else options.rounds
    began_s = time.monotonic()
    found = measured(rounds, options.recogniser, options.processes)
    with_words = found.recogniser != "none"
    figures = shares(found.results, with_words=with_words)
    real_time = found.judging_s / found.heard_s
    print(f"{len(found.results)} airings in {time.monotonic() - began_s:.0f} s; recogniser: {found.recogniser}")
    for one in found.results:
        if one.wrong:
            print(
                f"  {one.kind}: {one.verdict} {' '.join(one.reasons)} "
                f"(round {one.number}, {one.snr_db:.0f} dB, intelligibility {one.intelligible})"
            )
    for name, share, limit in figures:
        row(name, share.upper if options.whole else share.percent, "%", limit, share.told)
    row("judging one clip, CPU", real_time, "x real time", 0.05, f"recogniser: {found.recogniser}")
    if options.write:
        run = "--whole --write" if options.whole else f"--rounds {rounds} --write"
        text = document(found.results, figures, recogniser=found.recogniser, real_time=real_time, options=run)
        FIGURES.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
