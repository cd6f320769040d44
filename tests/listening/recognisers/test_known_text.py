from __future__ import annotations

import itertools

import numpy as np
import pytest

from smartradio.listening import syllables
from smartradio.listening.recognisers.known_text import SURE, _odds, align
from smartradio.listening.recognisers.port import Posteriors
from tests.listening.recognisers.made_up import FRAME_S, log_odds, posteriors_of

SPOKEN = "mời bà con thôn ba sơ tán ngay đến trường học xã trước mười bảy giờ"
OTHER = "chương trình ca nhạc theo yêu cầu thính giả xin được bắt đầu sau đây"
TEXT = SPOKEN.split()


def scores(posteriors, words):
    return {word.text: word.score for word in align(posteriors, words)}


def test_words_that_were_said_are_likelier_than_all_else_and_stand_in_their_order():
    aligned = align(posteriors_of(TEXT, before=20, after=30), TEXT)
    assert [word.text for word in aligned] == TEXT
    assert all(word.score > 1 for word in aligned)
    assert all(one.end_s <= next_.start_s for one, next_ in itertools.pairwise(aligned))
    assert aligned[0].start_s == pytest.approx(20 * FRAME_S)
    assert aligned[-1].end_s == pytest.approx((20 + 3 * sum(len(syllables.units_of(w)) for w in TEXT) - 2) * FRAME_S)


@pytest.mark.parametrize(("said", "changed"), [("bảy", "bốn"), ("thôn", "xóm"), ("tán", "tản"), ("sơ", "sờ")])
def test_a_word_that_was_not_said_is_found_and_its_neighbours_are_not_blamed(said, changed):
    claimed = [changed if word == said else word for word in TEXT]
    found = scores(posteriors_of(TEXT), claimed)
    assert found[changed] < -3
    assert all(score > 1 for word, score in found.items() if word != changed)


def test_a_word_that_was_left_out_is_found():
    spoken = [word for word in TEXT if word != "ngay"]
    found = scores(posteriors_of(spoken), TEXT)
    assert found["ngay"] < -3
    assert sum(score < 0 for score in found.values()) <= 2


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_the_score_is_the_logarithm_of_the_odds(share):
    units = syllables.units_of("là")
    p = 0.999**2 * 0.999 * (1 - share)
    doubt = posteriors_of(["là"], sure=0.999, gap=0, doubts={"là": ("lá", share)})
    (word,) = align(doubt, ["là"])
    assert len(units) == 3
    assert word.score == pytest.approx(log_odds(p), abs=0.02)


def test_the_odds_are_summed_over_every_way_to_say_it():
    rng = np.random.default_rng(1)
    table = rng.dirichlet(np.ones(4), 6)
    units = (2, 1, 1)

    def said(path):
        return tuple(unit for unit, _ in itertools.groupby(path) if unit)

    p = sum(
        np.prod([row[unit] for row, unit in zip(table, path, strict=True)])
        for path in itertools.product(range(4), repeat=6)
        if said(path) == units
    )
    assert _odds(np.log(table).astype(np.float32), units) == pytest.approx(log_odds(p), abs=1e-4)


def test_two_changed_words_part_right_from_wrong_texts_under_noise():
    rng = np.random.default_rng(5)
    right, wrong = [], []
    for _ in range(20):
        spoken = posteriors_of(TEXT, sure=0.9, rng=rng)
        claimed = list(TEXT)
        for place in rng.choice(len(TEXT), 2, replace=False):
            claimed[place] = "lụt" if claimed[place] != "lụt" else "bão"
        right.append(min(word.score for word in align(spoken, TEXT)))
        wrong.append(min(word.score for word in align(spoken, claimed)))
    assert min(right) > max(wrong)


def test_silence_and_other_speech_confirm_nothing():
    assert all(word.score < -3 for word in align(posteriors_of([], after=200), TEXT))
    found = align(posteriors_of(OTHER.split() * 2), TEXT)
    assert sum(word.score < 0 for word in found) >= len(TEXT) - 1


def test_scores_are_bounded_however_sure_the_model_is():
    table = np.full((3, syllables.UNITS), -60000.0, np.float16)
    table[[0, 1, 2], syllables.units_of("là")] = 0.0
    sure = Posteriors(table, FRAME_S, syllables.unit_names())
    assert align(sure, ["là"])[0].score == SURE
    assert align(sure, ["mẹ"])[0].score == -SURE


def test_a_word_without_units_has_no_score_and_takes_no_time():
    first, figure, last = align(posteriors_of(["thôn", "ba"]), ["thôn", "3", "ba"])
    assert figure.score is None
    assert figure.start_s == figure.end_s == first.end_s
    assert first.score > 1
    assert last.score > 1


def test_no_text_is_no_word_and_more_text_than_clip_is_told():
    assert align(posteriors_of(TEXT), []) == ()
    with pytest.raises(ValueError, match="3 frames are too few for a text of 48 units"):
        align(posteriors_of(["là"], gap=0), TEXT)


def test_a_long_text_is_aligned_as_it_would_be_in_pieces():
    words = TEXT * 20
    whole = align(posteriors_of(words), words)
    piece = align(posteriors_of(TEXT), TEXT)
    assert [word.score for word in whole[: len(TEXT) - 1]] == pytest.approx([w.score for w in piece[:-1]], abs=0.01)
    assert all(word.score > 1 for word in whole)
