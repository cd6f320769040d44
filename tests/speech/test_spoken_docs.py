"""The page on reading says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smartradio.speech.spoken.lines import AS_WRITTEN
from smartradio.speech.spoken.text import spoken_line

_PAGE = Path(__file__).parents[2] / "docs" / "spoken.md"
_ROW = re.compile(r"^\| `(?P<written>[^`]+)` \| (?P<read>[^|`]+) \| (?P<rules>[a-z, -]+) \|$", re.MULTILINE)
ROWS = [match.groups() for match in _ROW.finditer(_PAGE.read_text(encoding="utf-8"))]


def test_the_page_shows_at_least_fifty_written_forms() -> None:
    assert len({written for written, _, _ in ROWS}) >= 50


@pytest.mark.parametrize(("written", "read", "rules"), ROWS, ids=[written for written, _, _ in ROWS])
def test_a_form_is_read_as_the_page_says_and_by_the_rules_it_names(written: str, read: str, rules: str) -> None:
    line = spoken_line(written)
    assert line.spoken == f"{read}."
    assert not line.open_items
    named = dict.fromkeys(piece.rule for piece in line.pieces if piece.rule not in (AS_WRITTEN, "punctuation"))
    assert rules == ", ".join(named)
