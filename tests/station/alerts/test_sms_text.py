"""SMS: parts are counted as the network counts them, and what does not fit is cut at a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.station.alerts.channels.sms_text import GSM, UNICODE, alphabet_of, fitted, parts_of, plain

VIETNAMESE = "Mực nước sông Lũ lên 4,5 mét, trên báo động hai. Bà con ven sông khẩn trương đến nhà văn hóa."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ũ" * 70, 1),
        ("ũ" * 71, 2),
        ("ũ" * 134, 2),
        ("ũ" * 135, 3),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("a" * 152 + "[" + "a" * 152, 3),
        ("🌊" * 35, 1),
        ("🌊" * 36, 2),
        ("ũ" * 66 + "🌊" + "ũ" * 66, 3),
    ],
    ids=lambda value: value if isinstance(value, int) else f"{len(value)} {value[:1]}",
)
def test_parts_are_counted_as_the_network_counts_them(text: str, parts: int) -> None:
    assert parts_of(text) == parts


def test_vietnamese_goes_out_as_unicode_and_without_its_marks_in_the_small_alphabet() -> None:
    assert (alphabet_of(VIETNAMESE), parts_of(VIETNAMESE)) == (UNICODE, 2)
    assert plain(VIETNAMESE) == (
        "Muc nuoc song Lu len 4,5 met, tren bao dong hai. Ba con ven song khan truong den nha van hoa."
    )
    assert (alphabet_of(plain(VIETNAMESE)), parts_of(plain(VIETNAMESE))) == (GSM, 1)


def test_marks_are_lost_however_they_were_typed() -> None:
    import unicodedata

    assert plain(unicodedata.normalize("NFD", "Đường ngập “sâu” 2 m²…")) == 'Duong ngap "sau" 2 m2...'


def test_what_does_not_fit_is_cut_at_a_word_and_says_so() -> None:
    assert fitted(VIETNAMESE, 1) == "Mực nước sông Lũ lên 4,5 mét, trên báo động hai. Bà con ven sông..."
    assert fitted(VIETNAMESE, 2) == VIETNAMESE


@given(st.text(st.sampled_from("abũ []🌊."), max_size=500), st.integers(1, 4))
def test_whatever_is_cut_fits(text: str, most_parts: int) -> None:
    assert parts_of(fitted(text, most_parts)) <= most_parts


@given(st.text(max_size=200))
def test_what_has_lost_its_marks_is_ascii(text: str) -> None:
    assert plain(text).isascii()
