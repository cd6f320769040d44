from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import AtNode, Covered, Facts, Far, Missing, Own, Words
from smartradio.listening.verdict import DECISION_TABLE, VerdictReason, decide

GOOD = Facts()
GONE = Facts(own=Own.ABSENT, clear=False, covered=Covered.PART, missing=Missing.END)

ROWS = [
    ("not reached", Facts(report=False, clip=False), VerdictCode.UNREACHED),
    ("measured at the node", Facts(clip=False, clip_due=False, at_node=AtNode.GOOD), VerdictCode.AIRED),
    ("nothing to listen to", Facts(clip=False), VerdictCode.UNCLEAR),
    ("nothing to compare with", Facts(recording=False), VerdictCode.UNCLEAR),
    ("clip breaks off", Facts(whole_clip=False), VerdictCode.UNCLEAR),
    ("an old clip again", Facts(replayed=True), VerdictCode.UNCLEAR),
    ("the words without the recording", replace(GONE, text_heard=True, other_sound=True), VerdictCode.UNCLEAR),
    ("something else instead", replace(GONE, other_sound=True), VerdictCode.OTHER),
    ("too loud to tell", replace(GONE, drowned=True), VerdictCode.UNCLEAR),
    ("only another pole", replace(GONE, far=Far.POLE), VerdictCode.SILENT),
    ("only another loudspeaker", replace(GONE, far=Far.SPEAKER), VerdictCode.SILENT),
    ("at a strange delay", replace(GONE, far=Far.ODD), VerdictCode.UNCLEAR),
    ("a sound that is not the recording", replace(GONE, loud=True), VerdictCode.UNCLEAR),
    ("own horn silent", GONE, VerdictCode.SILENT),
    ("a weaker microphone", Facts(own=Own.FAINT, as_clear=True), VerdictCode.UNCLEAR),
    ("far fainter than the own horn", Facts(own=Own.FAINT), VerdictCode.SILENT),
    (
        "a chime, then something else",
        Facts(covered=Covered.LITTLE, missing=Missing.END, other_sound=True),
        VerdictCode.OTHER,
    ),
    ("muffled", Facts(understood=False, muffled=True), VerdictCode.UNINTELLIGIBLE),
    ("too noisy to understand", Facts(understood=False, clear=False), VerdictCode.UNCLEAR),
    ("not understood, and not for noise", Facts(understood=False), VerdictCode.UNINTELLIGIBLE),
    ("words lost in a gap", Facts(words=Words.LOST), VerdictCode.PARTLY_AIRED),
    ("changed words", Facts(words=Words.CHANGED, covered=Covered.PART, other_sound=True), VerdictCode.PARTLY_AIRED),
    (
        "partly, then something else",
        Facts(covered=Covered.PART, missing=Missing.END, other_sound=True),
        VerdictCode.PARTLY_AIRED,
    ),
    ("stopped early", Facts(covered=Covered.PART, missing=Missing.END), VerdictCode.PARTLY_AIRED),
    ("started late", Facts(covered=Covered.PART, missing=Missing.BEGINNING), VerdictCode.PARTLY_AIRED),
    ("with gaps", Facts(covered=Covered.PART, missing=Missing.WITHIN), VerdictCode.PARTLY_AIRED),
    ("other words", Facts(words=Words.DISAGREE), VerdictCode.UNCLEAR),
    ("different words, by the recogniser alone", Facts(words=Words.DIFFER), VerdictCode.UNCLEAR),
    ("words nobody understands", Facts(words=Words.MISSING), VerdictCode.UNCLEAR),
    ("aired, words in doubt", Facts(words=Words.DOUBTFUL), VerdictCode.AIRED),
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


def test_every_verdict_says_why_but_the_good_one_that_all_witnesses_bear_out():
    assert [row.name for row in DECISION_TABLE if not row.reasons] == ["aired"]
    assert all(row.reasons for row in DECISION_TABLE if row.verdict is not VerdictCode.AIRED)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(GONE, text_heard=True), VerdictReason.WORDS_WITHOUT_MATCH),
        (replace(GONE, loud=True), VerdictReason.SOUND_WITHOUT_MATCH),
        (Facts(own=Own.FAINT, as_clear=True), VerdictReason.ODD_LEVEL),
        (Facts(words=Words.DISAGREE), VerdictReason.RECOGNISER_DISAGREES),
        (Facts(words=Words.DIFFER), VerdictReason.WORDS_DIFFER),
        (Facts(words=Words.MISSING), VerdictReason.WORDS_MISSING),
    ],
    ids=["words against match", "level against match", "level against clearness", "all words", "words", "sentence"],
)
def test_witnesses_that_disagree_leave_it_to_a_person_and_name_what_speaks_against_what(facts, reason):
    row = decide(facts)
    assert row.verdict is VerdictCode.UNCLEAR
    assert row.reasons == (reason, VerdictReason.WITNESSES_DISAGREE)


def test_what_the_node_measured_is_no_proof_where_a_clip_was_wanted():
    for facts in (
        Facts(clip=False, at_node=AtNode.GOOD),
        Facts(clip=False, clip_due=False, at_node=AtNode.DOUBTFUL),
        Facts(clip=False, clip_due=False),
    ):
        assert decide(facts).verdict is VerdictCode.UNCLEAR


@pytest.mark.parametrize("heard", [Facts(own=Own.FAINT), replace(GONE, far=Far.SPEAKER)])
def test_another_loudspeaker_is_not_this_one_whatever_its_words(heard):
    for words in Words:
        assert decide(replace(heard, words=words, text_heard=True)).verdict is VerdictCode.SILENT


@pytest.mark.parametrize(
    "doubt",
    [
        {"clip": False},
        {"recording": False},
        {"whole_clip": False},
        {"own": Own.ABSENT},
        {"understood": False},
        {"covered": Covered.PART},
        {"covered": Covered.LITTLE},
        {"words": Words.DISAGREE},
        {"words": Words.CHANGED},
        {"words": Words.DIFFER},
        {"words": Words.LOST},
        {"words": Words.MISSING},
        {"own": Own.FAINT},
        {"replayed": True},
    ],
    ids=lambda doubt: next(iter(doubt)),
)
def test_a_single_doubt_keeps_an_airing_from_being_called_aired(doubt):
    assert decide(replace(GOOD, **doubt)).verdict is not VerdictCode.AIRED


def test_another_pole_never_makes_a_dead_horn_aired_however_loud():
    facts = replace(GONE, far=Far.POLE, words=Words.AGREE)
    assert decide(facts).verdict is VerdictCode.SILENT


def test_words_that_agree_do_not_heal_a_muffled_horn():
    assert decide(Facts(understood=False, muffled=True, words=Words.AGREE)).verdict is VerdictCode.UNINTELLIGIBLE


def test_the_document_names_every_row_in_order_and_every_reason():
    text = (Path(__file__).parents[2] / "docs" / "verdict.md").read_text(encoding="utf-8")
    places = [text.find(f"| {row.name} |") for row in DECISION_TABLE]
    assert -1 not in places
    assert places == sorted(places)
    for row, place in zip(DECISION_TABLE, places, strict=True):
        _, _, _, verdict, reasons, _ = text[place : text.index("\n", place)].split("|")
        assert verdict.strip() == f"`{row.verdict}`", row.name
        assert [f"`{reason}`" in reasons for reason in row.reasons] == [True] * len(row.reasons), row.name
    assert all(f"`{code}`" in text for code in (*VerdictReason, *VerdictCode))
