from __future__ import annotations

import numpy as np
import pytest

from smartradio.listening import syllables
from smartradio.listening.homophones import folded, folds


def sound(word, voice):
    return tuple(folds(voice)[list(syllables.units_of(word))])


@pytest.mark.parametrize(
    ("voice", "one", "other"),
    [
        ("vi", "trâu", "châu"),
        ("vi", "dành", "rành"),
        ("vi", "giành", "rành"),
        ("vi", "sông", "xông"),
        ("vi", "lưu", "liu"),
        ("vi-vn-x-central", "bàn", "bàng"),
        ("vi-vn-x-south", "tin", "tân"),
        ("vi-vn-x-south", "tân", "tâng"),
        ("vi-vn-x-south", "về", "dề"),
        ("vi+f3", "trâu", "châu"),
    ],
)
def test_words_that_a_voice_speaks_alike_sound_alike(voice, one, other):
    assert sound(one, voice) == sound(other, voice)


@pytest.mark.parametrize(
    ("voice", "one", "other"),
    [
        ("vi", "bàn", "bàng"),
        ("vi", "về", "dề"),
        ("vi-vn-x-central", "trâu", "châu"),
        ("vi-vn-x-south", "ba", "bà"),
        ("vi-vn-x-south", "bảy", "bốn"),
    ],
)
def test_words_that_differ_to_the_ear_stay_apart(voice, one, other):
    assert sound(one, voice) != sound(other, voice)


def test_an_unknown_voice_may_speak_as_any_of_the_known():
    assert sound("trâu", "piper:someone") == sound("châu", "piper:someone")
    assert sound("bàn", "") == sound("bàng", "")
    assert sound("ba", "") != sound("bà", "")


def test_tones_and_letters_are_never_folded():
    for voice in ("", "vi", "vi-vn-x-central", "vi-vn-x-south"):
        classes = folds(voice)
        assert classes[0] == 0
        assert len(set(classes[syllables.FIRST_TONE :])) == syllables.UNITS - syllables.FIRST_TONE
        assert set(classes) == set(range(classes.max() + 1))


def test_what_sounds_alike_adds_up_and_all_of_it_stays_one():
    rng = np.random.default_rng(3)
    p = rng.dirichlet(np.ones(syllables.UNITS), 20)
    classes = folds("vi")
    added = np.exp(folded(np.log(p).astype(np.float16), classes))
    assert added.sum(axis=1) == pytest.approx(np.ones(20), abs=0.01)
    names = syllables.unit_names()
    ch, tr = names.index("onset:ch"), names.index("onset:tr")
    assert added[:, classes[ch]] == pytest.approx(p[:, ch] + p[:, tr], rel=0.02)
