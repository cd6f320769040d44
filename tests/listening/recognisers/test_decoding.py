from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.listening import syllables
from smartradio.listening.recognisers.decoding import BeamDecoder, BeamSettings
from tests.listening.recognisers.made_up import FRAME_S, posteriors_of

TEXT = "mời bà con thôn ba sơ tán ngay".split()  # noqa: SIM905 - as it is said


class Usually:
    """A language model that knows what is usually said after a word."""

    def __init__(self, **after):
        self.after = after

    def log_p(self, before, word):
        return -0.1 if before and self.after.get(before[-1]) == word else -4.0


def decoded(posteriors, **options):
    decoder = BeamDecoder(FRAME_S, **options)
    decoder.hear(posteriors.log_posteriors.astype(np.float32), 0)
    return decoder.words()


def texts(words):
    return [word.text for word in words]


def test_words_come_back_as_they_were_said_with_their_places():
    words = decoded(posteriors_of(TEXT, before=10, after=10))
    assert texts(words) == TEXT
    at = 10
    for word in words:
        count = len(syllables.units_of(word.text))
        assert word.start_s == pytest.approx(at * FRAME_S, abs=0.07)
        assert word.end_s == pytest.approx((at + 3 * count - 2) * FRAME_S, abs=0.07)
        assert word.start_s < word.end_s
        assert 0.9 < word.confidence <= 1.0
        at += 3 * count


def test_a_word_said_twice_is_two_words():
    assert texts(decoded(posteriors_of(["ba", "ba", "ba"]))) == ["ba", "ba", "ba"]


def test_a_foreign_word_comes_back_in_its_letters():
    assert texts(decoded(posteriors_of(["loa", "wifi", "ở", "thôn"]))) == ["loa", "wifi", "ở", "thôn"]


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_tone_that_the_rhyme_cannot_have_is_not_heard(share):
    # "tát" ends in a stop and has only two tones; the likelier "tàt" is no syllable.
    heard = posteriors_of(["tát"])
    table = np.exp(heard.log_posteriors.astype(np.float64))
    sharp = syllables.units_of("tát")[-1]
    grave = syllables.units_of("tà")[-1]
    frame = int(table[:, sharp].argmax())
    table[frame, grave], table[frame, sharp] = share * table[frame, sharp], (1 - share) * table[frame, sharp]
    heard = type(heard)(np.log(table), FRAME_S, heard.units)
    assert texts(decoded(heard)) == ["tát"]


def test_the_language_model_decides_where_the_sound_does_not():
    doubt = posteriors_of(["sơ", "tán"], doubts={"tán": ("tản", 0.55)})
    assert texts(decoded(doubt)) == ["sơ", "tản"]
    settings = BeamSettings(weight=0.5, bonus=1.0)
    assert texts(decoded(doubt, language_model=Usually(sơ="tán"), settings=settings)) == ["sơ", "tán"]


def test_the_language_model_does_not_talk_the_sound_down_where_it_is_clear():
    clear = posteriors_of(["sơ", "tản"])
    settings = BeamSettings(weight=0.5, bonus=1.0)
    assert texts(decoded(clear, language_model=Usually(sơ="tán"), settings=settings)) == ["sơ", "tản"]


def test_only_allowed_words_are_heard():
    doubt = posteriors_of(["sơ", "tán"], doubts={"tán": ("tản", 0.8)})
    assert texts(decoded(doubt, allowed={"sơ", "tán"})) == ["sơ", "tán"]
    assert decoded(posteriors_of(["bão"]), allowed={"lụt"}) == ()


def test_silence_has_no_words():
    assert decoded(posteriors_of([], after=100)) == ()
    assert BeamDecoder(FRAME_S).words() == ()


def test_half_a_word_at_the_end_is_left_out():
    heard = posteriors_of(["bà", "con"])
    cut = type(heard)(heard.log_posteriors[: len(heard.log_posteriors) - 4], FRAME_S, heard.units)
    assert texts(decoded(cut)) == ["bà"]


def test_the_same_words_come_whatever_pieces_the_frames_come_in():
    rng = np.random.default_rng(4)
    table = posteriors_of(TEXT * 6, sure=0.95, rng=rng).log_posteriors.astype(np.float32)
    whole = BeamDecoder(FRAME_S)
    whole.hear(table, 0)
    pieces = BeamDecoder(FRAME_S)
    for at in range(0, len(table), 37):
        pieces.hear(table[at : at + 37], at)
    assert pieces.words() == whole.words()
    assert texts(whole.words()) == TEXT * 6


def test_what_was_settled_before_a_silence_stays():
    decoder = BeamDecoder(FRAME_S)
    first = posteriors_of(["bà", "con"]).log_posteriors.astype(np.float32)
    decoder.hear(first, 0)
    decoder.rest()
    decoder.hear(first, 1000)
    words = decoder.words()
    assert texts(words) == ["bà", "con", "bà", "con"]
    assert words[2].start_s == pytest.approx(1000 * FRAME_S, abs=0.07)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.02, 0.1, 1.0]))
def test_any_posteriors_give_legal_words_in_their_order(seed, frames, evenness):
    rng = np.random.default_rng(seed)
    table = np.log(rng.dirichlet(np.full(syllables.UNITS, evenness), frames) + 1e-9).astype(np.float32)
    decoder = BeamDecoder(FRAME_S)
    decoder.hear(table, 0)
    words = decoder.words()
    assert all(syllables.units_of(word.text) is not None for word in words)
    assert all(word.start_s < word.end_s and 0 <= word.confidence <= 1 for word in words)
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)
