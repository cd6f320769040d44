from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Origin, Programme
from smartradio.station.items import ChangedMeanwhileError, Item, ItemStep, item_chain
from smartradio.station.objects import Objects
from smartradio.station.store import Store, StoreError
from tests.station.commune import NOON, airing_of, registered, settings, shelved
from tests.station.shapes import store_of_shape

LAN = Person("Lê Thị Lan", "lan", "phien-1")
PROGRAMME = Programme("mat-nuoc", "Báo mất nước", "Mất nước.", ("thon-1",), NOON)
DRAFT = Item(PROGRAMME, Origin.CONSOLE, ItemState.DRAFT, 1, False, LAN.title, NOON)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path, clock=lambda: NOON)) as store:
        yield registered(store, settings(tmp_path))


def step(item: Item, seen: int | None, what: Step = Step.CHANGED) -> ItemStep:
    said = Evidence(item_chain(item.name), "", what, NOON, "operator:lan", None, {"by": "lan"})
    return ItemStep(item, seen, (said,))


def test_an_item_comes_back_as_it_was_written(store: Store, tmp_path: Path) -> None:
    recording = shelved(store, Objects(tmp_path / "objects"), "nuoc", [b"a"])
    whole = replace(
        DRAFT,
        state=ItemState.APPROVED,
        at_once=True,
        submitted_by=LAN,
        submitted_at=NOON,
        recording_id=recording.id,
        bound_sha256="b" * 64,
        approved_by=Person("Nguyễn Thị Hoa"),
        approved_at=NOON + timedelta(hours=1),
        file_sha256="f" * 64,
        note="Ghi rõ giờ",
        bulletin_id="nuoc",
    )
    store.items.take([step(whole, None)])
    assert store.items.item("mat-nuoc") == whole
    assert store.items.all({ItemState.APPROVED}) == [whole]
    assert store.items.all({ItemState.DRAFT}) == []


def test_of_several_steps_all_are_kept_or_none(store: Store) -> None:
    store.items.take([step(DRAFT, None)])
    other = replace(DRAFT, programme=replace(PROGRAMME, name="khac"))
    with pytest.raises(ChangedMeanwhileError):
        store.items.take([step(other, None), step(replace(DRAFT, version=9), 8)])
    assert [item.name for item in store.items.all()] == ["mat-nuoc"]
    assert [e.evidence.step for e in store.chain(item_chain("khac"))] == []
    assert store.verify().ok


def test_an_item_that_is_gone_is_told(store: Store) -> None:
    with pytest.raises(BadInputError, match="no such item any more"):
        store.items.take([step(DRAFT, 1)])


def test_a_programme_that_is_dropped_takes_its_way_along_and_leaves_its_log(store: Store) -> None:
    store.items.take([step(DRAFT, None)])
    assert store.drop_programme("mat-nuoc")
    assert store.items.item("mat-nuoc") is None
    assert len(store.chain(item_chain("mat-nuoc"))) == 1


def test_the_last_decision_counts_and_what_is_none_does_not(store: Store) -> None:
    store.items.take([step(DRAFT, None)])
    store.items.take([step(replace(DRAFT, version=2), 1, Step.SUBMITTED)])
    rendered = Evidence(item_chain("mat-nuoc"), "", Step.RENDERED, NOON, "station")
    store.record([rendered])
    found = store.items.last_decision("mat-nuoc")
    assert found is not None
    assert found.evidence.step is Step.SUBMITTED
    assert store.items.last_decisions() == {"mat-nuoc": found}
    assert store.items.last_decision("khac") is None


def test_what_a_person_took_back_is_told_apart_from_what_the_plan_dropped(store: Store, tmp_path: Path) -> None:
    recording = shelved(store, Objects(tmp_path / "objects"), "nuoc", [b"a"])
    by_hand, by_plan = (airing_of(recording, NOON + timedelta(hours=n), programme="mat-nuoc") for n in (1, 2))
    for airing in (by_hand, by_plan):
        assert store.plan_airing(airing, [])
    assert store.items.on_air(["mat-nuoc", "khac"]) == {"mat-nuoc": (True, False), "khac": (False, False)}
    assert store.withdraw_airing(by_hand.id, [], by="Lê Thị Lan")
    assert store.withdraw_airing(by_plan.id, [])
    assert [airing.id for airing in store.items.taken_back(NOON)] == [by_hand.id]
    assert store.items.taken_back(NOON + timedelta(hours=3)) == []
    assert store.items.on_air(["mat-nuoc"]) == {"mat-nuoc": (False, False)}


def test_a_store_of_the_shape_before_gets_items(tmp_path: Path) -> None:
    store_of_shape(tmp_path, "0006")
    with pytest.raises(StoreError, match="shape 0006"):
        Store.open_read_only(tmp_path)
    with closing(Store.open(tmp_path, clock=lambda: NOON)) as store:
        store.items.take([step(DRAFT, None)])
        assert store.items.item("mat-nuoc") == DRAFT
