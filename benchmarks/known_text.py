"""How surely changed words are found and right ones left alone: `python benchmarks/known_text.py [--fit] [FOLDER]`.

Clips of three sentences each go through mastering, Opus, a horn in a square and the weather of
models/recogniser/rooms.py; texts are held against them that are right, have two words changed, one number changed
(4,52 m → 4,25 m), one sound of one word changed, a word too many or too few, or a sentence that was never said.
`--fit` draws from other sentences and seeds than the figures do, and prints what the calibrations in
smartradio/listening/known_words.py should be, and what good and changed sentences lose.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from _bounds import upper_percent
from _known_clips import CHANGES, CONDITIONS, Claim, Clip, Line, alert_lines, clips, sentence_absent, stock_lines
from _rows import row

from models.recogniser.scoring import area_under_curve
from models.recogniser.voices import REGIONS
from smartradio.domain.verdict import JudgedSentence, WordState
from smartradio.listening.known_words import (
    NUMBER_WORDS,
    USUAL_WORDS,
    Calibration,
    calibration_for,
    judged_sentences,
    weight_lost,
)
from smartradio.listening.recognisers.ctc import BUILTIN, CtcRecogniser

_STOCK = Path(__file__).resolve().parents[1] / "models" / "recogniser" / "stock"
_FIGURES = (_STOCK / "held_back.txt", 20_260_104)
_FIT = (_STOCK / "tuning.txt", 11)
_KINDS = ("right", "two changed", "number", "one sound", "dropped", "put in", "absent", "beside")
_NAMES = {"mastered": "clean"}
# In a text of twenty words with one changed, this share of words is wrong.
_PRIOR = 0.05
_MODERATE = ("mastered", "20 dB", "15 dB")


@dataclass
class Found:
    """What became of the sentences of one condition, by kind and whether they were searched for without spans."""

    states: Counter[tuple[str, bool, WordState]] = field(default_factory=Counter)
    surest: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    scores: dict[tuple[Calibration, bool], list[float]] = field(
        default_factory=lambda: {(each, said): [] for each in (USUAL_WORDS, NUMBER_WORDS) for said in (True, False)}
    )
    lost: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    busy_s: float = 0.0
    heard_s: float = 0.0

    def share(self, kind: str, *, heard: bool, free: bool = False) -> tuple[int, int]:
        """Return how many sentences of a kind were (not) heard, of how many, with spans or searched for."""
        counts = {state: self.states[kind, free or kind == "absent", state] for state in WordState}
        total = sum(counts.values())
        return (counts[WordState.HEARD] if heard else total - counts[WordState.HEARD]), total


def measure(folder: Path, lines: Sequence[Line], seed: int, condition: str) -> Found:
    """Return what becomes of all texts that are held against the clips of one condition."""
    found = Found()
    with CtcRecogniser(folder) as recogniser:
        for number, clip in enumerate(clips(recogniser, lines, condition, seed)):
            random = np.random.default_rng((seed, 5, number))
            for change in CHANGES:
                claim = change(clip, random)
                if claim is not None:
                    _hold(found, clip, claim, free=False)
                    _hold(found, clip, claim, free=True)
            others = (lines[int(random.integers(len(lines)))] for _ in range(100))
            other = next(line for line in others if line not in clip.lines)
            _hold(found, clip, sentence_absent(clip, random, other), free=True)
    return found


def _hold(found: Found, clip: Clip, claim: Claim, *, free: bool) -> None:
    if claim.kind == "absent" and not free:
        raise ValueError("a sentence that was not said has no place")
    begun = time.process_time()
    judged = judged_sentences(
        clip.posteriors, claim.texts, spans=() if free else clip.spans, voice=REGIONS[clip.region]
    )
    found.busy_s += time.process_time() - begun
    found.heard_s += len(clip.posteriors.log_posteriors) * clip.posteriors.frame_s
    for number, sentence in enumerate(judged):
        kind = claim.kind if claim.line in (None, number) else "beside"
        found.states[kind, free, sentence.state] += 1
        found.surest[kind].append(min(word.confidence or 0.0 for word in sentence.words))
        if not free:
            _note_scores(found, sentence, kind, claim.words if kind == claim.kind else ())


def _note_scores(found: Found, sentence: JudgedSentence, kind: str, changed: Sequence[int]) -> None:
    found.lost[kind].append(weight_lost(sentence.words))
    for place, word in enumerate(sentence.words):
        calibration = calibration_for(word.weight)
        score = calibration.score(word.confidence or 0.0)
        if kind == "right":
            found.scores[calibration, True].append(score)
        elif kind in {"two changed", "number", "one sound", "dropped"} and place in changed:
            found.scores[calibration, False].append(score)


def fitted(now: Calibration, right: Sequence[float], wrong: Sequence[float]) -> Calibration:
    """Return the logistic that tells right from wrong words best, by Newton's method from what is used now.

    Words that scores part without a fault would make it infinitely steep; targets a little inside 0 and 1 keep it
    finite (Platt, Probabilistic outputs for support vector machines, 1999).
    """
    scores = np.concatenate((right, wrong))
    count = np.repeat((len(right), len(wrong)), (len(right), len(wrong)))
    is_right = np.arange(scores.size) < len(right)
    said = np.where(is_right, (count + 1.0) / (count + 2.0), 1.0 / (count + 2.0))
    weight = np.where(is_right, 1.0 - _PRIOR, _PRIOR) / count * scores.size
    design = np.stack((np.ones_like(scores), scores), axis=1)
    guess = np.array([-now.middle_nats * now.slope_per_nat, now.slope_per_nat])
    for _ in range(100):
        p = 1.0 / (1.0 + np.exp(-design @ guess))
        curve = design.T @ (design * (weight * p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        guess += np.clip(np.linalg.solve(curve, design.T @ (weight * (said - p))), -0.5, 0.5)
    return Calibration(float(-guess[0] / guess[1]), float(guess[1]))


def print_fit(results: dict[str, Found]) -> None:
    """Print the calibrations fitted on all conditions but the worst, and what sentences lose by those in use."""
    used = [results[condition] for condition in CONDITIONS if condition != "5 dB"]
    for name, now in (("USUAL_WORDS", USUAL_WORDS), ("NUMBER_WORDS", NUMBER_WORDS)):
        right, wrong = ([x for found in used for x in found.scores[now, said]] for said in (True, False))
        print(f"{name}: {fitted(now, right, wrong)} from {len(right)} words said and {len(wrong)} not said")
    for kind, shares in (
        ("right", (0.9, 0.99, 1.0)),
        ("two changed", (0.0, 0.01, 0.05)),
        ("number", (0.0, 0.01, 0.05)),
    ):
        for condition, found in results.items():
            told = ", ".join(f"{share:g}: {np.quantile(found.lost[kind], share):.2f}" for share in shares)
            print(f"weight lost, {kind}, {condition}: {told} (of {len(found.lost[kind])})")


def table(results: dict[str, Found], *, free: bool) -> str:
    """Return a Markdown table: per cent of sentences not heard by kind; of the right ones these are false doubts."""
    heads = ("condition", *_KINDS, "AUC")
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for condition, found in results.items():
        cells = []
        for kind in _KINDS:
            count, total = found.share(kind, heard=False, free=free)
            cells.append(f"{100.0 * count / max(total, 1):.1f}")
        auc = area_under_curve(found.surest["right"], found.surest["two changed"])
        lines.append(f"| {_NAMES.get(condition, condition)} | " + " | ".join(cells) + f" | {auc:.4f} |")
    return "\n".join(lines)


def print_rows(results: dict[str, Found]) -> None:
    """Print the figures that have a limit."""
    for condition, found in results.items():
        name = _NAMES.get(condition, condition)
        false, good = found.share("right", heard=False)
        limit = 1.0 if condition in _MODERATE else None
        row(f"known text, {name}: good sentences doubted", 100 * false / good, "%", limit, _bound(false, good))
        for kind, most in (("two changed", 5.0), ("number", 1.0 if condition == "mastered" else 5.0)):
            missed, total = found.share(kind, heard=True)
            shown = most if condition in _MODERATE else None
            row(f"known text, {name}: {kind} not found", 100 * missed / total, "%", shown, _bound(missed, total))
    speed = sum(found.busy_s for found in results.values()) / sum(found.heard_s for found in results.values())
    row("known text: scoring", speed, "× real time", 0.01)


def _bound(count: int, total: int) -> str:
    return f"{count} of {total}, at most {upper_percent(count, total):.2g} % at 95 %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=BUILTIN)
    parser.add_argument("--fit", action="store_true", help="fit the constants; no figures")
    parser.add_argument("--alerts", type=int, default=120, help="alerts beside the sentences of the stock")
    parser.add_argument("--rounds", type=int, default=1, help="how often each sentence is read, by another voice")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    path, seed = _FIT if given.fit else _FIGURES
    random = np.random.default_rng(seed)
    lines: list[Line] = []
    for _ in range(given.rounds):
        some = stock_lines(path) + alert_lines(random, given.alerts)
        lines += [some[int(place)] for place in random.permutation(len(some))]
    with ProcessPoolExecutor(given.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = pool.map(partial(measure, given.folder, lines, seed), CONDITIONS)
        results = dict(zip(CONDITIONS, found, strict=True))
    for free in (False, True):
        print("Searched for in the whole clip:" if free else "Told where each sentence lies:")
        print(table(results, free=free))
    if given.fit:
        print_fit(results)
        return
    print_rows(results)


if __name__ == "__main__":
    main()
