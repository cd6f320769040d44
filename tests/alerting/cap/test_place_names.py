"""Hamlets in the words of a warning, as people write them."""

from __future__ import annotations

import unicodedata

import pytest

from smartradio.alerting.cap.place_names import named, place_key

TITLES = (
    "Thôn 1",
    "Thôn 2",
    "Thôn 3",
    "Thôn 12",
    "Thôn Đông",
    "Thôn Đông Hòa",
    "Tổ dân phố số 5",
    "Xóm Trại",
    "Khu 07",
)

NAMED = {
    "thôn 3": {"Thôn 3"},
    "THÔN 03, XÃ YÊN HÒA": {"Thôn 3"},
    "Thôn 31, thôn 123": set(),
    "các thôn 1, 2 và 12": {"Thôn 1", "Thôn 2", "Thôn 12"},
    "thôn 1; thôn 3": {"Thôn 1", "Thôn 3"},
    "từ thôn 1 đến thôn 3": {"Thôn 1", "Thôn 2", "Thôn 3"},
    "thôn 1-3": {"Thôn 1", "Thôn 2", "Thôn 3"},
    "thôn số 2": {"Thôn 2"},
    "thôn Đông Hoà": {"Thôn Đông Hòa"},
    "thôn Đông và thôn Đông Hòa": {"Thôn Đông", "Thôn Đông Hòa"},
    "thôn Động": set(),
    "tổ dân phố 5": {"Tổ dân phố số 5"},
    "Tổ dân phố số 5.": {"Tổ dân phố số 5"},
    "khu 7 (xóm trại)": {"Khu 07", "Xóm Trại"},
    "3 thôn ven sông": set(),
    "thôn 9 đến thôn 2": {"Thôn 2"},
    "": set(),
}


@pytest.mark.parametrize("text", sorted(NAMED))
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_text_names_the_hamlets_that_stand_in_it(text: str, form: str) -> None:
    assert named(unicodedata.normalize(form, text), TITLES) == NAMED[text]  # type: ignore[arg-type]


def test_a_text_of_a_hundred_thousand_characters_is_looked_through() -> None:
    assert named("thôn 1, " * 12_000 + "và thôn", TITLES) == {"Thôn 1"}
    assert named("thôn " * 20_000, TITLES) == set()


@pytest.mark.parametrize(
    ("one", "other"), [("Thôn 3", "THÔN SỐ 03"), ("Thôn Hoà", "thôn  Hòa"), ("Bản Mới", "bản mới")]
)
def test_a_name_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert place_key(one) == place_key(unicodedata.normalize("NFD", other))


@pytest.mark.parametrize(("one", "other"), [("Thôn 3", "Thôn 31"), ("Thôn 3", "Khu 3"), ("Bản Mới", "Bản Mỏi")])
def test_names_that_differ_by_a_number_or_a_mark_are_two(one: str, other: str) -> None:
    assert place_key(one) != place_key(other)
