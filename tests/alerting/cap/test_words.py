"""Whatever is said of a warning has its Vietnamese words, for the officer's pages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import smartradio.alerting.cap
from smartradio.words import words

FILES = sorted(Path(smartradio.alerting.cap.__file__).parent.glob("*.py"))
CALLS = {"CapError": 0, "warn": 1, "refuse": 1, "told": 1, "_remark": 1}


def sentences() -> set[str]:
    """Every sentence that a CapError or a finding is made with."""
    return {said for path in FILES for said in _said(ast.parse(path.read_text(encoding="utf-8")))}


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        value: ast.expr | None = None
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "said":
            value = node.value
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = CALLS.get(called, len(node.args))
            value = node.args[place] if place < len(node.args) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


SENTENCES = sorted(sentences())


def test_the_sentences_are_found() -> None:
    assert "The polygon is not closed: its last point is not its first." in SENTENCES
    assert "There is no time “{text}”." in SENTENCES


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_said_of_a_warning_has_vietnamese_words_with_the_same_places(sentence: str) -> None:
    assert words("vi").has(sentence)
    places = {name: f"[{name}]" for _, name, _, _ in Formatter().parse(sentence) if name}
    said = words("vi")(sentence, **places) if places else words("vi")(sentence)
    assert {name for name, mark in places.items() if mark in said} == set(places)
