from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.web.differences import Mark, differ, differences

WORDS = st.text(alphabet="ab \n", max_size=60)


@pytest.mark.parametrize(
    ("before", "now", "shown"),
    [
        ("Mất nước từ 7 giờ.", "Mất nước từ 8 giờ.", "Mất nước từ [-7-][+8+] giờ."),
        ("Mời họp.", "Mời họp.\nỞ nhà văn hóa.", "Mời họp.[+\nỞ nhà văn hóa.+]"),
        ("Mời bà con họp.", "Mời họp.", "Mời [-bà con -]họp."),
        ("Mời họp.", "Mời họp.", "Mời họp."),
        ("", "Mời họp.", "[+Mời họp.+]"),
    ],
)
def test_new_words_and_those_they_replace_are_marked(before: str, now: str, shown: str) -> None:
    signs = {Mark.SAME: "{}", Mark.NEW: "[+{}+]", Mark.GONE: "[-{}-]"}
    assert "".join(signs[stretch.mark].format(stretch.text) for stretch in differences(before, now)) == shown


@given(WORDS, WORDS)
def test_what_is_shown_is_both_texts_whole(before: str, now: str) -> None:
    stretches = differences(before, now)
    assert "".join(each.text for each in stretches if each.mark is not Mark.GONE) == now.strip()
    if differ(stretches):
        assert "".join(each.text for each in stretches if each.mark is not Mark.NEW) == before.strip()


def test_a_text_of_an_hour_is_not_compared_word_by_word() -> None:
    long = "mời bà con " * 3_000
    assert not differ(differences(long, long + "họp"))
