from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.speech.cutting import MAX_PIECE_S, cut_at_silences
from smartradio.speech.pieces import MAX_FIRST_CHARACTERS, MAX_PIECE_CHARACTERS, pieces

RATE = 1_000


def test_a_sound_is_cut_in_the_middle_of_its_silence() -> None:
    sound = np.ones(40 * RATE, dtype=np.float32)
    sound[22_000:22_400] = 0
    first, second = cut_at_silences(sound, RATE)
    assert 22_000 < len(first) < 22_400
    assert len(first) + len(second) == len(sound)


@given(st.integers(0, 200_000), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_nothing_is_lost_between_the_pieces(samples: int, seed: int) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)
    cut = cut_at_silences(sound, RATE)
    assert np.array_equal(np.concatenate(cut) if cut else sound[:0], sound)
    assert all(0 < len(piece) <= MAX_PIECE_S * RATE for piece in cut)


@given(st.text(st.sampled_from("ab ,. ạ"), max_size=2_000), st.booleans())
@settings(deadline=None)
def test_a_text_in_pieces_loses_no_letter(text: str, is_first: bool) -> None:
    found = pieces(text, first=MAX_FIRST_CHARACTERS if is_first else MAX_PIECE_CHARACTERS)
    assert all(len(piece) <= MAX_PIECE_CHARACTERS for piece in found)
    letters = [character for character in text if character.isalnum()]
    assert [character for piece in found for character in piece if character.isalnum()] == letters
