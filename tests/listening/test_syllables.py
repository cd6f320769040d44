from __future__ import annotations

import itertools

import pytest

from smartradio.listening.syllables import (
    BLANK,
    ONSETS,
    RHYMES,
    TONES,
    UNITS,
    spell_syllable,
    split_syllable,
    tones_of,
    unit_names,
    units_of,
    word_of,
)
from smartradio.speech.spoken.syllables import _RIMES

WORDS = """
hòa thủy quý quốc giếng gì gìn giá yên yêu ý nghiêng nghỉ ghế cửa mưa khuya khuỷu thuở quyền quyết mía múa hoàn
ngoài xoáy người tiếng việt kỹ tỷ lệ mỹ hy sĩ qua quả chuyện rượu huyện ơi ừ uống ưu ích yếu giặt đường xoong
que ngoằn oanh im ốc giữ nguyễn tuệ khoẻ
"""


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_comes_back_as_it_is_written(word: str) -> None:
    units = units_of(word)
    assert units is not None
    written = {"khoẻ": "khỏe"}.get(word, word)
    assert word_of(units) == written


def test_what_sounds_alike_by_rule_has_the_same_units() -> None:
    for one, other in (("hoà", "hòa"), ("lí", "lý"), ("thuỷ", "thủy"), ("MỸ", "mĩ"), ("ngành", "nga\u0300nh")):
        assert units_of(one) == units_of(other)


def test_every_syllable_is_its_onset_rhyme_and_tone() -> None:
    for onset, rhyme in itertools.product(("", *ONSETS), RHYMES):
        if onset == "gi" and rhyme[0] in "êi":
            continue  # written as gi + ê and gi + i are: one spelling for two
        for tone in tones_of(rhyme):
            assert split_syllable(spell_syllable(onset, rhyme, tone)) == (onset, rhyme, tone)


def test_a_rhyme_that_ends_in_a_stop_has_two_tones_and_any_other_all_six() -> None:
    assert [TONES[tone] for tone in tones_of("ach")] == ["sắc", "nặng"]
    assert [TONES[tone] for tone in tones_of("anh")] == list(TONES)


def test_the_recogniser_knows_the_rhymes_that_the_reader_knows() -> None:
    assert set(RHYMES) == {f"i{rime[1:]}" if rime[0] == "y" else rime for rime in _RIMES.split()}


def test_foreign_words_are_letters_and_figures_nothing() -> None:
    units = units_of("Wifi")
    assert units is not None
    assert word_of(units) == "wifi"
    assert units_of("35") is None
    assert units_of("") is None
    assert units_of("3km") is None
    assert split_syllable("các") is not None
    assert split_syllable("cac") is None, "a stop has one of two tones"


def test_units_out_of_their_order_make_no_word() -> None:
    onset, rhyme, tone = units_of("làng") or ()
    assert word_of([tone, onset, rhyme]) is None
    assert word_of([]) is None


def test_the_blank_is_the_first_of_the_units() -> None:
    assert unit_names()[BLANK] == "<blank>"
    assert len(unit_names()) == len(set(unit_names())) == UNITS
