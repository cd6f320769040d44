from __future__ import annotations

import re

import pytest

from smartradio.domain.bulletin import Bulletin, Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.languages import LANGUAGES, check_language, language_name


def test_every_tag_is_the_short_one_and_every_name_stands_once() -> None:
    assert all(re.fullmatch(r"[a-z]{2,3}", tag) for tag in LANGUAGES)
    # ISO 639-1 has these; the three-letter tags of the same languages are not valid in BCP 47.
    assert not {"vie", "khm", "lao", "zho", "eng"} & set(LANGUAGES)
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Hmông", "hmn"), ("H'Mông", "hmn"), ("Tày", "tyz"), ("tiếng Khmer", "km"), ("Ê Đê", "rad"), ("gia rai", "jra")],
)
def test_a_language_by_its_name_is_refused_with_its_tag(written: str, meant: str) -> None:
    with pytest.raises(BadInputError, match=rf"unknown language .*did you mean '{meant}' \({LANGUAGES[meant]}\)"):
        check_language(written)


def test_a_language_nobody_knows_is_refused_with_examples() -> None:
    with pytest.raises(BadInputError, match=r"unknown language 'klingon'; use a tag such as vi \(Tiếng Việt\), hmn"):
        check_language("klingon")


def test_a_known_tag_passes_and_has_a_name() -> None:
    assert check_language("jra") == "jra"
    assert language_name("jra") == "Gia Rai"
    assert language_name("xx") == "xx"


def test_a_bulletin_without_parts_is_one_part() -> None:
    assert Bulletin("b", "Tin", "Chào.").all_parts == (Part("vi", "Chào."),)
    parts = (Part("hmn", sound="a" * 64), Part("vi", "Chào."))
    assert Bulletin("b", "Tin", "Chào.", parts=parts).all_parts == parts
