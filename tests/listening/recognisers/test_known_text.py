from __future__ import annotations

import itertools

import numpy as np
import pytest

from smartradio.listening import syllables
from smartradio.listening.recognisers.known_text import NOT_SAID, PUT_IN, Passage, fit
from tests.listening.recognisers.made_up import posteriors_of

SPOKEN = "mời bà con thôn ba sơ tán ngay đến trường học xã trước mười bảy giờ"
OTHER = "chương trình ca nhạc theo yêu cầu thính giả xin được bắt đầu sau đây"
TEXT = SPOKEN.split()


def table_of(words, **how):
    return posteriors_of(words, **how).log_posteriors.astype(np.float32)


def passage(words, table, first=0):
    return Passage(tuple(syllables.units_of(word) for word in words), first, len(table))


def fitted(table, words):
    (found,) = fit(table, [passage(words, table)])
    return found


def scores(table, words):
    return dict(zip(words, fitted(table, words).scores.tolist(), strict=True))


def test_words_that_were_said_fit_as_well_as_anything_could_and_stand_where_they_were_said():
    found = fitted(table_of(TEXT, before=20, after=30), TEXT)
    assert found.scores == pytest.approx(np.zeros(len(TEXT)), abs=1e-3)
    assert found.first[0] == 20
    assert found.end[-1] == 20 + 3 * sum(len(syllables.units_of(word)) for word in TEXT) - 2
    assert all(end <= first for end, first in zip(found.end[:-1], found.first[1:], strict=True))
    assert not found.put_in.any()


@pytest.mark.parametrize(("said", "changed"), [("bảy", "bốn"), ("thôn", "xóm"), ("tán", "tản"), ("sơ", "sờ")])
def test_a_word_that_was_not_said_is_found_and_its_neighbours_are_not_blamed(said, changed):
    found = scores(table_of(TEXT), [changed if word == said else word for word in TEXT])
    assert found[changed] < -5
    assert all(score > -0.1 for word, score in found.items() if word != changed)


@pytest.mark.parametrize("row", ["thôn ba sơ tán", "ngay đến"])
def test_a_row_of_words_that_were_left_out_is_found_and_no_others(row):
    dropped = row.split()
    spoken = [word for word in TEXT if word not in dropped]
    found = scores(table_of(spoken), TEXT)
    assert all(found[word] < -NOT_SAID for word in dropped)
    assert all(found[word] > -0.1 for word in spoken)


def test_a_word_that_the_text_does_not_have_is_found_in_its_gap():
    said = [*TEXT[:7], "không", *TEXT[7:]]
    found = fitted(table_of(said), TEXT)
    assert found.put_in.argmax() == 7
    assert found.put_in[7] == pytest.approx(PUT_IN, abs=0.1)
    assert np.delete(found.put_in, 7) == pytest.approx(np.zeros(len(TEXT)), abs=0.1)
    assert found.scores.min() > -0.1


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_score_is_the_logarithm_of_how_much_likelier_the_free_path_is(share):
    doubt = table_of(["là"], sure=0.999, gap=0, doubts={"là": ("lá", share)})
    (score,) = fitted(doubt, ["là"]).scores
    assert score == pytest.approx(min(0.0, np.log((1 - share) / share)), abs=0.02)


def test_the_best_path_is_the_best_of_all_paths():
    rng = np.random.default_rng(1)
    table = np.log(rng.dirichlet(np.ones(4), 6)).astype(np.float32)
    costs = table - table.max(axis=1, keepdims=True)
    word = (2, 1, 1)

    def said(path):
        return tuple(unit for unit, _ in itertools.groupby(path) if unit)

    rows = {
        path: sum(costs[at, unit] for at, unit in enumerate(path)) for path in itertools.product(range(4), repeat=6)
    }
    inside = [
        sum(costs[at + begin, unit] for at, unit in enumerate(path))
        for begin, end in itertools.combinations(range(7), 2)
        for path in itertools.product(range(4), repeat=end - begin)
        if said(path) == word
    ]
    (score,) = fit(table, [Passage((word,), 0, 6)])[0].scores
    # What precedes and follows the sentence is free.
    assert score == pytest.approx(max(inside), abs=1e-4)
    assert score >= max(cost for path, cost in rows.items() if said(path) == word) - 1e-4


def test_silence_and_other_speech_confirm_nothing():
    assert fitted(table_of([], after=200), TEXT).scores.max() < -8
    found = fitted(table_of(OTHER.split() * 2), TEXT)
    assert np.count_nonzero(found.scores < -5) >= len(TEXT) - 1


def test_passages_of_all_lengths_are_fitted_side_by_side_as_each_alone():
    table = table_of([*TEXT, *OTHER.split(), "bà", "con"])
    wanted = [
        passage(TEXT, table),
        Passage(passage(OTHER.split(), table).words, 100, 250),
        Passage(passage(["bà", "con"], table).words, 200, len(table)),
    ] * 12
    together = fit(table, wanted)
    for one, found in zip(wanted, together, strict=True):
        (alone,) = fit(table, [one])
        assert found.scores == pytest.approx(alone.scores, abs=1e-4)
        assert found.first.tolist() == alone.first.tolist()
        assert found.end.tolist() == alone.end.tolist()


def test_a_passage_with_no_sound_to_speak_of_is_not_heard():
    table = table_of(TEXT)
    (found,) = fit(table, [Passage(passage(TEXT, table).words, 0, 2)])
    assert found.scores.max() < -8


def test_words_are_clear_by_the_probability_of_their_units():
    sure = fitted(table_of(["là"], sure=0.9, gap=0), ["là"])
    assert sure.clear == pytest.approx([3 * np.log(0.9)], abs=0.01)
    flat = np.full((30, syllables.UNITS), -np.log(syllables.UNITS), np.float32)
    nothing = fitted(flat, ["là"])
    assert nothing.scores == pytest.approx([0.0], abs=1e-4)
    assert nothing.clear == pytest.approx([-3 * np.log(syllables.UNITS)], abs=0.01)


def test_no_passage_has_no_fit():
    assert fit(table_of(TEXT), []) == ()


def test_a_foreign_word_with_a_letter_twice_needs_a_blank_between():
    table = table_of(["app"], before=3, after=3)
    assert fitted(table, ["app"]).scores[0] == pytest.approx(0.0, abs=1e-3)
    assert fitted(table, ["ap"]).scores[0] < -3
