from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.evidence_log import (
    GENESIS,
    ChainBrokenError,
    Entry,
    Head,
    append,
    entry_hash,
    entry_text,
    instant_text,
    read_entry,
    read_instant,
    walk,
)

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)

words = st.text(st.characters(codec="utf-8"), max_size=12)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words
facts = st.dictionaries(words, plain | st.lists(plain, max_size=3), max_size=3)
instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))]),
)
evidences: st.SearchStrategy[Evidence] = st.builds(
    Evidence,
    airing=words,
    node=words,
    step=st.sampled_from(Step),
    at=instants,
    source=words,
    reason=st.none() | st.sampled_from(Reason) | st.just("in_other_words"),
    facts=facts,
)
chains = st.lists(evidences, min_size=1, max_size=6)


def chained(items: list[Evidence]) -> tuple[list[Entry], Head]:
    entries = append(Head(0, GENESIS), NOON, items)
    return entries, Head(entries[-1].number, entries[-1].hash)


def broken_at(entries: list[Entry], head: Head) -> int:
    with pytest.raises(ChainBrokenError) as caught:
        list(walk(entries, head))
    return caught.value.number


@given(evidences)
def test_an_entry_reads_back_as_it_was_said(evidence: Evidence) -> None:
    text = entry_text(7, NOON, evidence)
    assert read_entry(text) == (7, NOON, evidence)
    assert json.loads(text)["number"] == 7


@given(instants, instants)
def test_instants_as_text_sort_as_they_follow_each_other(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert read_instant(instant_text(one)) == one


@given(chains)
def test_an_untouched_chain_holds_and_gives_back_all_evidence(items: list[Evidence]) -> None:
    entries, head = chained(items)
    assert list(walk(entries, head)) == items


@given(chains, st.data())
def test_any_changed_letter_is_found_at_its_entry(items: list[Evidence], data: st.DataObject) -> None:
    entries, head = chained(items)
    which = data.draw(st.integers(0, len(entries) - 1))
    victim = entries[which]
    place = data.draw(st.integers(0, len(victim.text) - 1))
    letter = data.draw(st.sampled_from("x0 é").filter(lambda other: other != victim.text[place]))
    entries[which] = replace(victim, text=victim.text[:place] + letter + victim.text[place + 1 :])
    assert broken_at(entries, head) == victim.number


@given(chains, st.data())
def test_any_removed_entry_is_found_the_last_ones_too(items: list[Evidence], data: st.DataObject) -> None:
    entries, head = chained(items)
    first = data.draw(st.integers(0, len(entries) - 1))
    last = data.draw(st.integers(first + 1, len(entries)))
    assert broken_at(entries[:first] + entries[last:], head) == first + 1


@given(st.lists(evidences, min_size=2, max_size=6), st.data())
def test_entries_put_in_another_order_are_found(items: list[Evidence], data: st.DataObject) -> None:
    entries, head = chained(items)
    order = data.draw(st.permutations(range(len(entries))).filter(lambda p: p != sorted(p)))
    # Somebody careful gives the moved entries the numbers of their new places.
    moved = [replace(entries[old], number=new + 1) for new, old in enumerate(order)]
    expected = next(new + 1 for new, old in enumerate(order) if new != old)
    assert broken_at(moved, head) == expected


@given(chains, evidences)
def test_an_entry_slipped_in_behind_the_head_is_found(items: list[Evidence], extra: Evidence) -> None:
    entries, head = chained(items)
    assert broken_at(entries + append(head, NOON, [extra]), head) == head.entries + 1


@given(chains, evidences)
def test_a_rewritten_tail_is_found_while_the_head_stays(items: list[Evidence], other: Evidence) -> None:
    entries, head = chained(items)
    before = Head(head.entries - 1, entries[-2].hash if len(entries) > 1 else GENESIS)
    text = entry_text(head.entries, NOON + timedelta(days=1), other)
    forged = Entry(head.entries, text, entry_hash(before.hash, text))
    assert broken_at([*entries[:-1], forged], head) == head.entries


def test_an_entry_that_lies_about_its_number_is_found_though_its_hash_follows() -> None:
    text = entry_text(5, NOON, Evidence("a", "", Step.PLANNED, NOON, "station"))
    digest = entry_hash(GENESIS, text)
    assert broken_at([Entry(1, text, digest)], Head(1, digest)) == 1


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"number": 1, "step": "heard"}'])
def test_an_entry_that_is_none_is_named_though_its_hash_follows(text: str) -> None:
    digest = entry_hash(GENESIS, text)
    assert broken_at([Entry(1, text, digest)], Head(1, digest)) == 1


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), {1, 2}, b"bytes", NOON, "\ud800"])
def test_facts_that_are_no_plain_json_are_refused(wrong: Any) -> None:
    with pytest.raises(BadInputError, match="heard of loa-1: facts are not plain JSON"):
        entry_text(1, NOON, Evidence("a", "loa-1", Step.HEARD, NOON, "station", facts={"x": wrong}))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInputError, match="has no zone"):
        instant_text(datetime(2026, 11, 22))  # noqa: DTZ001


def test_the_hash_is_what_the_description_says() -> None:
    # printf '%064d\n{}' 0 | sha256sum
    assert entry_hash(GENESIS, "{}") == "5649d09ed68c17156095d175eef152856c5b1a81c117c409c1e00f096aa6838e"
