from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.listening.word_weights import NEGATION, NUMBER, PLACE, TIME, UNIT, USUAL, word_weights


def weights(line):
    words = line.split()
    return dict(zip(words, word_weights(words), strict=True))


def test_every_word_of_a_number_weighs_most():
    found = weights("mực nước lên bốn phẩy hai mươi lăm mét")
    assert {word: found[word] for word in ("bốn", "phẩy", "hai", "mươi", "lăm")} == dict.fromkeys(
        ("bốn", "phẩy", "hai", "mươi", "lăm"), NUMBER
    )
    assert found["mét"] == UNIT
    assert found["mực"] == found["lên"] == USUAL


@pytest.mark.parametrize(
    ("line", "word", "weight"),
    [
        ("hai mươi phần trăm", "phần", UNIT),
        ("hai mươi phần trăm", "trăm", UNIT),
        ("ba trăm linh năm hộ", "linh", NUMBER),
        ("ba trăm linh năm hộ", "hộ", UNIT),
        ("bảy giờ rưỡi", "rưỡi", NUMBER),
        ("bảy giờ rưỡi", "giờ", TIME),
        ("sáng thứ ba tuần sau", "sáng", TIME),
        ("sáng thứ ba tuần sau", "thứ", TIME),
        ("nước lên báo động hai", "động", TIME),
        ("gió giật cấp tám", "cấp", TIME),
        ("chảy về hướng đông bắc", "đông", PLACE),
        ("bà con không qua ngầm tràn", "không", NEGATION),
        ("chưa được về nhà", "chưa", NEGATION),
    ],
)
def test_times_units_ways_and_negations_weigh_more(line, word, weight):
    assert weights(line)[word] >= weight


def test_the_name_after_a_place_weighs_more_by_its_capitals():
    found = weights("Bà con thôn Đông Hải qua cầu Bến Gỗ thì rẽ trái")
    assert min(found[word] for word in ("Đông", "Hải", "Bến", "Gỗ", "trái")) >= PLACE
    assert found["thì"] == found["qua"] == found["rẽ"] == USUAL


def test_without_capitals_one_word_after_a_place_weighs_more():
    assert weights("nước sông trà dâng nhanh") == {
        "nước": USUAL, "sông": USUAL, "trà": PLACE, "dâng": USUAL, "nhanh": USUAL,
    }  # fmt: skip


@pytest.mark.parametrize("line", ["nộp hồ sơ", "nghe bản tin", "gọi đường dây", "họp tổ chức", "triệu tập cuộc họp"])
def test_words_that_only_look_like_places_or_numbers_weigh_as_usual(line):
    assert set(weights(line).values()) == {USUAL}


def test_no_words_weigh_nothing():
    assert word_weights([]) == ()


@given(st.lists(st.text(min_size=1, max_size=8), max_size=20))
def test_any_words_have_a_weight_each_and_none_weighs_less_than_usual(words):
    found = word_weights(words)
    assert len(found) == len(words)
    assert all(weight >= USUAL for weight in found)
