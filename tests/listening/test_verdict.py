from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import Covered, Facts, Far, Missing, Own, Words
from smartradio.listening.verdict import DECISION_TABLE, VerdictReason, decide

GOOD = Facts()
GONE = Facts(own=Own.ABSENT, clear=False, covered=Covered.PART, missing=Missing.END)

ROWS = [
    ("not reached", Facts(report=False, clip=False), VerdictCode.UNREACHED),
    ("nothing to listen to", Facts(clip=False), VerdictCode.UNCLEAR),
    ("nothing to compare with", Facts(recording=False), VerdictCode.UNCLEAR),
    ("clip breaks off", Facts(whole_clip=False), VerdictCode.UNCLEAR),
    ("something else instead", replace(GONE, other_sound=True), VerdictCode.OTHER),
    ("too loud to tell", replace(GONE, drowned=True), VerdictCode.UNCLEAR),
    ("only another pole", replace(GONE, far=Far.POLE), VerdictCode.SILENT),
    ("at a strange delay", replace(GONE, far=Far.ODD), VerdictCode.UNCLEAR),
    ("own horn silent", GONE, VerdictCode.SILENT),
    (
        "a chime, then something else",
        Facts(covered=Covered.LITTLE, missing=Missing.END, other_sound=True),
        VerdictCode.OTHER,
    ),
    ("muffled", Facts(muffled=True), VerdictCode.UNINTELLIGIBLE),
    ("too noisy to understand", Facts(clear=False), VerdictCode.UNCLEAR),
    (
        "partly, then something else",
        Facts(covered=Covered.PART, missing=Missing.END, other_sound=True),
        VerdictCode.PARTLY_AIRED,
    ),
    ("stopped early", Facts(covered=Covered.PART, missing=Missing.END), VerdictCode.PARTLY_AIRED),
    ("started late", Facts(covered=Covered.PART, missing=Missing.BEGINNING), VerdictCode.PARTLY_AIRED),
    ("with gaps", Facts(covered=Covered.PART, missing=Missing.WITHIN), VerdictCode.PARTLY_AIRED),
    ("other words", Facts(words=Words.DISAGREE), VerdictCode.UNCLEAR),
    ("aired", GOOD, VerdictCode.AIRED),
]


@pytest.mark.parametrize(("name", "facts", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_decides_its_own_case(name, facts, verdict):
    row = decide(facts)
    assert (row.name, row.verdict) == (name, verdict)


def test_no_row_of_the_table_is_untested():
    assert [row.name for row in DECISION_TABLE] == [name for name, _, _ in ROWS]


def test_every_row_asks_only_for_facts_there_are():
    known = {field.name for field in fields(Facts)}
    assert all(set(row.when) <= known for row in DECISION_TABLE)


def test_every_verdict_but_aired_says_why():
    assert all(bool(row.reasons) == (row.verdict is not VerdictCode.AIRED) for row in DECISION_TABLE)


@pytest.mark.parametrize(
    "doubt",
    [
        {"clip": False},
        {"recording": False},
        {"whole_clip": False},
        {"own": Own.ABSENT},
        {"muffled": True},
        {"clear": False},
        {"covered": Covered.PART},
        {"covered": Covered.LITTLE},
        {"words": Words.DISAGREE},
    ],
    ids=lambda doubt: next(iter(doubt)),
)
def test_a_single_doubt_keeps_an_airing_from_being_called_aired(doubt):
    assert decide(replace(GOOD, **doubt)).verdict is not VerdictCode.AIRED


def test_another_pole_never_makes_a_dead_horn_aired_however_loud():
    facts = replace(GONE, far=Far.POLE, words=Words.AGREE)
    assert decide(facts).verdict is VerdictCode.SILENT


def test_words_that_agree_do_not_heal_a_muffled_horn():
    assert decide(Facts(muffled=True, words=Words.AGREE)).verdict is VerdictCode.UNINTELLIGIBLE


def test_the_document_names_every_row_in_order_and_every_reason():
    text = (Path(__file__).parents[2] / "docs" / "verdict.md").read_text(encoding="utf-8")
    places = [text.find(f"| {row.name} |") for row in DECISION_TABLE]
    assert -1 not in places
    assert places == sorted(places)
    assert all(f"`{code}`" in text for code in (*VerdictReason, *VerdictCode))
