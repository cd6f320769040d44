"""The plainest reading: a row of units falls into words, and errors are counted as the fewest changes."""

from __future__ import annotations

import numpy as np

from models.recogniser.decode import units_heard, words_of
from models.recogniser.scoring import area_under_curve, text_score, word_errors
from smartradio.listening.recognisers.port import Posteriors
from smartradio.listening.syllables import UNITS, unit_names, units_of


def posteriors_of(row: list[int]) -> Posteriors:
    """Posteriors that are sure of these units, one a frame."""
    table = np.full((len(row), UNITS), -12.0, dtype=np.float32)
    table[np.arange(len(row)), row] = -0.01
    return Posteriors(table, 0.03, unit_names())


def spelt(words: list[str]) -> list[int]:
    return [unit for word in words for unit in units_of(word) or ()]


def test_a_row_of_units_falls_into_words() -> None:
    said = ["đài", "truyền", "thanh", "xã", "yên", "hòa", "facebook", "ai", "ơi"]
    assert words_of(spelt(said)) == said


def test_stray_units_make_no_word_and_hurt_none() -> None:
    onset, rhyme, tone = units_of("làng") or ()
    assert words_of([onset, onset, rhyme, tone, rhyme]) == ["làng"]
    assert words_of([rhyme, rhyme, tone]) == ["àng"]
    assert words_of([tone, tone]) == []


def test_what_lasts_over_frames_is_heard_once_and_twice_after_a_blank() -> None:
    onset, rhyme, tone = units_of("làng") or ()
    heard = units_heard(posteriors_of([0, onset, onset, 0, rhyme, tone, tone, 0, tone]).log_posteriors)
    assert heard == [onset, rhyme, tone, tone]


def test_errors_are_counted_as_the_fewest_changes() -> None:
    assert word_errors(["a", "b", "c", "d"], ["a", "x", "c"]) == 2
    assert word_errors([], ["a", "b"]) == 2
    assert word_errors(["a", "b"], []) == 2
    assert word_errors(["a", "b", "c"], ["b", "c", "a"]) == 2


def test_the_text_that_was_said_fits_better_than_another() -> None:
    row = [unit for each in spelt(["bà", "con", "chú", "ý"]) for unit in (0, each, each)]
    posteriors = posteriors_of([*row, 0])
    said = text_score(posteriors, ["bà", "con", "chú", "ý"], "vi")
    other = text_score(posteriors, ["bà", "con", "chó", "ý"], "vi")
    assert said[0] > 0.5 > other[0]
    assert said[1] > other[1]


def test_a_tie_of_the_least_words_is_settled_by_all_of_them() -> None:
    assert area_under_curve([(1.0, 2.0), (2.0, 2.0)], [(0.0, 9.0), (1.0, 2.0)]) == 0.875
    assert area_under_curve([(1.0, 3.0)], [(1.0, 2.0)]) == 1.0
