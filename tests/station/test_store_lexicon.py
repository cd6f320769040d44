"""The commune's lexicon in the store: what it holds and who said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.speech.spoken.lexicon import Entry, LexiconError
from smartradio.station.store import Store, StoreError
from tests.station.shapes import store_of_shape

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
PLACES = (Entry("Đá Bàn", "đá bàn"), Entry("Ea H'leo", "ê a hờ leo", "buôn"), Entry("K9", "ca chín"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=lambda: NOON)
    yield opened
    opened.close()


def test_a_new_store_has_an_empty_lexicon(store: Store) -> None:
    assert store.lexicon() == ()
    assert list(store.lexicon_changes()) == []


def test_what_was_put_in_comes_back_also_after_reopening(tmp_path: Path) -> None:
    first = Store.open(tmp_path)
    assert first.replace_lexicon(PLACES, "Nguyễn Thị Lan", NOON) == 3
    first.close()
    again = Store.open_read_only(tmp_path)
    try:
        assert sorted(again.lexicon(), key=lambda entry: entry.written) == sorted(
            PLACES, key=lambda entry: entry.written
        )
        with pytest.raises(StoreError):
            again.replace_lexicon((), "ai đó", NOON)
    finally:
        again.close()


def test_putting_a_table_in_place_keeps_the_name_under_what_did_not_change(store: Store) -> None:
    store.replace_lexicon(PLACES, "Lan", NOON)
    changed = store.replace_lexicon((PLACES[0], Entry("K9", "ca số chín")), "Hùng", LATER)
    assert changed == 2
    assert [(each.written, each.spoken_before, each.spoken_after) for each in store.lexicon_changes(2)] == [
        ("K9", "ca chín", "ca số chín"),
        ("Ea H'leo", "ê a hờ leo", None),
    ]
    assert {(each.changed_by, each.changed_at) for each in store.lexicon_changes(2)} == {("Hùng", LATER)}


@pytest.mark.parametrize(
    "bad",
    [
        (Entry("A1", "a một"), Entry("a1", "a nhất")),
        (Entry("K9", "ca 9"),),
        (Entry("K9", ""),),
    ],
)
def test_a_lexicon_with_one_bad_entry_changes_nothing(store: Store, bad: tuple[Entry, ...]) -> None:
    store.replace_lexicon(PLACES, "Lan", NOON)
    with pytest.raises(LexiconError, match="entry"):
        store.replace_lexicon((Entry("Mới", "mới"), *bad), "Hùng", LATER)
    assert len(store.lexicon()) == len(PLACES)
    assert len(store.lexicon_changes()) == len(PLACES)


def test_one_entry_is_set_in_place_of_the_one_that_differs_in_case_alone(store: Store) -> None:
    store.set_lexicon_entry(Entry("K9", "ca chín"), "Lan", NOON)
    store.set_lexicon_entry(Entry("k9", "ca số chín"), "Lan", LATER)
    assert store.lexicon() == (Entry("k9", "ca số chín"),)
    store.set_lexicon_entry(Entry("k9", "ca số chín"), "Hùng", LATER)
    assert len(store.lexicon_changes()) == 2


def test_one_entry_is_removed_by_its_written_form(store: Store) -> None:
    store.replace_lexicon(PLACES, "Lan", NOON)
    assert store.remove_lexicon_entry("ea  h’leo", "Hùng", LATER)
    assert not store.remove_lexicon_entry("Ea H'leo", "Hùng", LATER)
    assert [entry.written for entry in store.lexicon()] == ["K9", "Đá Bàn"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
def test_nobody_changes_the_lexicon_without_a_name(store: Store, name: str) -> None:
    with pytest.raises(BadInputError, match="who changes the lexicon"):
        store.set_lexicon_entry(PLACES[0], name, NOON)
    with pytest.raises(BadInputError, match="who changes the lexicon"):
        store.replace_lexicon(PLACES, name, NOON)
    assert store.lexicon() == ()


def test_a_store_of_the_shape_before_gets_a_lexicon(tmp_path: Path) -> None:
    store_of_shape(tmp_path, "0002")
    with pytest.raises(StoreError, match="shape 0002"):
        Store.open_read_only(tmp_path).lexicon()
    opened = Store.open(tmp_path)
    try:
        opened.set_lexicon_entry(PLACES[0], "Lan", NOON)
        assert opened.lexicon() == PLACES[:1]
    finally:
        opened.close()
