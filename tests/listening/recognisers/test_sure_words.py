"""What a network makes of mere noise is not read to anyone."""

from __future__ import annotations

import itertools

from smartradio.listening.recognisers.port import Word
from smartradio.listening.recognisers.sure_words import sure_words


def heard(*confidences: float, apart_s: float = 0.3) -> tuple[Word, ...]:
    return tuple(
        Word(f"từ{place}", place * apart_s, place * apart_s + 0.2, confidence)
        for place, confidence in enumerate(confidences)
    )


def test_syllables_found_in_wind_are_left_out() -> None:
    assert sure_words(heard(0.1, 0.05, 0.29, 0.12)) == ()


def test_a_soft_word_between_clear_ones_stays() -> None:
    words = heard(0.9, 0.1, 0.95)
    assert sure_words(words) == words


def test_a_faint_word_far_from_any_clear_one_goes() -> None:
    clear, faint = heard(0.9, 0.1, apart_s=2.0)
    assert sure_words((clear, faint)) == (clear,)
    assert sure_words(()) == ()


def test_only_a_neighbour_speaks_for_a_faint_word() -> None:
    words = heard(0.9, 0.1, 0.1, 0.1, 0.8)
    kept = sure_words(words)
    assert [word.text for word in kept] == ["từ0", "từ1", "từ3", "từ4"]
    assert all(one.start_s < other.start_s for one, other in itertools.pairwise(kept))
