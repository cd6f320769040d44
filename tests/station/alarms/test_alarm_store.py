"""Alarms and rings in the store: nothing told twice, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alarm import FLAP_WITHIN, Alarm, AlarmKind, AlarmState, closed, seen
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence
from smartradio.station.administered import Change, administered
from smartradio.station.alarms.rules import DueRing
from smartradio.station.store import Store
from smartradio.station.store.ringing import RingEvent
from tests.station.commune import NOON, Clock
from tests.station.shapes import store_of_shape

TECHNICIAN = Person("Anh Tư", "tu")
SILENT = AlarmKind.NODE_SILENT


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path, clock=clock)
    yield opened
    opened.close()


def at_once(alarm: Alarm, now: object) -> list[DueRing]:
    return [DueRing("ky-thuat", alarm.last_at)]


def to_nobody(alarm: Alarm, now: object) -> list[DueRing]:
    return []


def events(store: Store) -> list[RingEvent]:
    return [ring.event for ring in store.alarms.due_rings("ky-thuat")]


def told(store: Store, batch: str) -> None:
    store.alarms.begin_ringing(store.alarms.due_rings("ky-thuat"), batch)
    store.alarms.rung(batch)


def on_record(before: Alarm, after: Alarm) -> Evidence:
    return administered("alarm", str(before.id), Change.CHANGED, by=TECHNICIAN, at=NOON, after=after.state.value)


class TestAlarms:
    def test_what_is_told_again_and_again_is_one_alarm(self, store: Store, clock: Clock) -> None:
        first, fresh = store.alarms.raise_(SILENT, "thon-1", {"title": "Thôn 1"}, to_nobody)
        clock.pass_s(10)
        second, changed = store.alarms.raise_(SILENT, "thon-1", {"title": "Thôn 1"}, to_nobody)
        assert (fresh, changed, second.id) == (True, False, first.id)
        assert [each.id for each in store.alarms.open()] == [first.id]

    def test_a_round_raises_what_is_new_and_ends_what_is_over(self, store: Store) -> None:
        kinds = frozenset({SILENT})
        store.alarms.raise_(AlarmKind.FORGED, "thon-1", {}, to_nobody)
        assert store.alarms.round({(SILENT, "thon-1"): {}, (SILENT, "thon-2"): {}}, kinds, to_nobody)
        assert not store.alarms.round({(SILENT, "thon-1"): {}, (SILENT, "thon-2"): {}}, kinds, to_nobody)
        assert store.alarms.round({(SILENT, "thon-2"): {}}, kinds, to_nobody)
        assert {(each.kind, each.subject) for each in store.alarms.open()} == {
            (SILENT, "thon-2"),
            (AlarmKind.FORGED, "thon-1"),
        }
        assert [each.subject for each in store.alarms.ended()] == ["thon-1"]

    def test_what_a_person_does_with_one_stands_in_the_evidence_log(self, store: Store) -> None:
        alarm, _ = store.alarms.raise_(AlarmKind.FORGED, "thon-1", {}, to_nobody)
        taken = store.alarms.act(alarm.id, lambda known: closed(known, "Anh Tư", NOON), on_record)
        assert taken is not None
        assert taken.state is AlarmState.ENDED
        assert store.alarms.act(alarm.id, lambda known: closed(known, "Anh Tư", NOON), on_record) is None
        (entry,) = store.chain("")
        assert (entry.evidence.facts["by"], entry.evidence.facts["after"]) == ("Anh Tư", "ended")

    def test_they_outlive_a_restart(self, store: Store, tmp_path: Path, clock: Clock) -> None:
        store.alarms.raise_(SILENT, "thon-1", {"title": "Thôn 1"}, at_once)
        before = store.alarms.open()
        store.close()
        again = Store.open(tmp_path, clock=clock)
        try:
            assert again.alarms.open() == before
            assert events(again) == [RingEvent.RAISED]
            assert again.alarms.counts() == {AlarmState.RAISED: 1}
        finally:
            again.close()


class TestRings:
    def test_what_is_over_before_anybody_was_told_is_not_told(self, store: Store) -> None:
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        store.alarms.gone(SILENT, "thon-1")
        assert events(store) == []

    def test_what_happened_is_told_although_it_is_over(self, store: Store) -> None:
        alarm, _ = store.alarms.raise_(AlarmKind.EMERGENCY_NOT_HEARD, "a/thon-1", {}, at_once)
        store.alarms.gone(alarm.kind, alarm.subject)
        assert events(store) == [RingEvent.RAISED]

    def test_the_end_is_told_to_who_was_told_once_it_is_sure(self, store: Store, clock: Clock) -> None:
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        told(store, "one")
        store.alarms.gone(SILENT, "thon-1")
        assert events(store) == []
        clock.now += FLAP_WITHIN
        assert events(store) == [RingEvent.ENDED]

    def test_what_comes_back_before_its_end_was_told_rings_nobody(self, store: Store, clock: Clock) -> None:
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        told(store, "one")
        store.alarms.gone(SILENT, "thon-1")
        clock.pass_s(60)
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        clock.now += 2 * FLAP_WITHIN
        assert events(store) == []

    def test_what_comes_back_after_it_was_held_back_is_told_after_all(self, store: Store, clock: Clock) -> None:
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        store.alarms.gone(SILENT, "thon-1")
        clock.pass_s(60)
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        assert events(store) == [RingEvent.RAISED]

    def test_a_batch_that_failed_is_tried_again_as_it_was(self, store: Store, clock: Clock) -> None:
        store.alarms.raise_(SILENT, "thon-1", {}, at_once)
        store.alarms.begin_ringing(store.alarms.due_rings("ky-thuat"), "one")
        store.alarms.not_rung("one", "no answer", clock.now + timedelta(seconds=30))
        store.alarms.raise_(SILENT, "thon-2", {}, at_once)
        assert events(store) == []
        clock.pass_s(30)
        (again,) = store.alarms.due_rings("ky-thuat")
        assert (again.batch, again.attempts) == ("one", 1)
        (fault,) = store.alarms.unanswered()
        assert (fault.target, fault.answer) == ("ky-thuat", "no answer")
        store.alarms.rung("one")
        assert [ring.batch for ring in store.alarms.due_rings("ky-thuat")] == [None]
        assert store.alarms.last_rung("ky-thuat") == clock.now

    def test_who_is_told_only_of_what_nobody_has_seen_is_let_be(self, store: Store, clock: Clock) -> None:
        later = clock.now + timedelta(minutes=15)
        alarm, _ = store.alarms.raise_(
            SILENT, "thon-1", {}, lambda _alarm, _now: [DueRing("chu-tich", later, unless_seen=True)]
        )
        store.alarms.act(alarm.id, lambda known: seen(known, "Anh Tư", clock.now), on_record)
        clock.now = later
        assert store.alarms.due_rings("chu-tich") == []


def test_a_store_of_the_version_before_takes_alarms_and_keeps_its_places(tmp_path: Path) -> None:
    places = (
        "INSERT INTO zones (name, title) VALUES ('thon-1', 'Thôn 1')",
        f"INSERT INTO nodes (name, zone, title, public_key) VALUES ('cum-1', 'thon-1', 'Cụm loa 1', '{'0' * 64}')",
    )
    store_of_shape(tmp_path, "0011", places)
    store = Store.open(tmp_path, clock=Clock())
    try:
        store.alarms.raise_(SILENT, "cum-1", {}, to_nobody)
        assert [node.title for node in store.node_views()] == ["Cụm loa 1"]
        assert [zone.title for zone in store.zones()] == ["Thôn 1"]
    finally:
        store.close()
