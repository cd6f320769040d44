from __future__ import annotations

import pytest

from smartradio.listening.chime_words import without_chimes
from smartradio.listening.recognisers.port import Word
from smartradio.listening.sentences import Coverage

SENTENCE = [(2.0, 4.0)]
WORDS = (Word("chở", 1.1, 1.5, 0.8), Word("đài", 2.1, 2.4, 0.9), Word("xã", 3.7, 4.1, 0.9), Word("đăng", 4.5, 4.9, 0.6))


def played(*, chime: bool) -> Coverage:
    """Six seconds of recording from the clip's beginning: a chime, a sentence, a chime."""
    return Coverage(tuple(chime or 2.0 <= at / 10 < 4.0 for at in range(60)), (True,) * 60, 0.0)


def texts(words: tuple[Word, ...]) -> list[str]:
    return [word.text for word in words]


def test_what_a_recogniser_makes_of_the_chime_is_left_out() -> None:
    assert texts(without_chimes(WORDS, played(chime=True), SENTENCE)) == ["đài", "xã"]


def test_what_somebody_says_in_place_of_the_chime_stays() -> None:
    assert without_chimes(WORDS, played(chime=False), SENTENCE) == WORDS


@pytest.mark.parametrize("at_s", [-1.0, 6.5])
def test_what_is_said_before_and_after_the_recording_stays(at_s: float) -> None:
    passer_by = Word("chào", at_s, at_s + 0.3, 0.9)
    assert without_chimes((passer_by,), played(chime=True), SENTENCE) == (passer_by,)


def test_where_nobody_knows_the_sentences_places_every_word_stays() -> None:
    assert without_chimes(WORDS, played(chime=True), ()) == WORDS
