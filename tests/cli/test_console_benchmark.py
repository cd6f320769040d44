"""The store that the console is measured with is one that the station itself could have written."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState
from smartradio.domain.approval import ItemState
from smartradio.domain.programme import instants
from smartradio.station.alerts.report import report_of
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.store import Store
from tests.domain.plain_days import PlainDays

START = datetime(2026, 1, 1, tzinfo=UTC)


def loaded(name: str) -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def full_store() -> ModuleType:
    return loaded("_full_store")


@pytest.fixture(scope="module")
def hard_week(full_store: ModuleType) -> ModuleType:
    return loaded("_hard_week")


def test_its_log_holds_and_its_verdicts_are_those_of_the_log(full_store: ModuleType, tmp_path: Path) -> None:
    shape = full_store.Shape(
        zones=5, nodes=20, airings=40, recordings=8, start=START, end=START + timedelta(days=2), wide_every=10,
        with_evidence=40,
    )  # fmt: skip
    store = Store.open(tmp_path)
    try:
        full_store.furnish(store, shape)
        verified = store.verify()
        assert verified.ok, verified.line
        assert verified.entries == 40 * 3 + (36 * 4 + 4 * 20) * 4
        wide = store.airing_view(full_store.airing_id(9))
        assert wide is not None and len(wide.nodes) == 20
        assert store.count_waiting(START) == 36 * 4 + 4 * 20
    finally:
        store.close()


def test_its_newest_alert_was_said_three_times_to_every_node(full_store: ModuleType, tmp_path: Path) -> None:
    full_book = loaded("_full_book")
    shape = full_store.Shape(
        zones=5, nodes=20, airings=40, recordings=8, start=START, end=START + timedelta(days=2), wide_every=10,
        with_evidence=40,
    )  # fmt: skip
    store = Store.open(tmp_path)
    try:
        full_store.furnish(store, shape)
        full_book.fill_book(store, shape)
        report = report_of(store, full_book.NEWEST)
        assert report is not None
        assert [(each.occasion, each.nodes) for each in report.airings] == [
            (Occasion.FIRST, 20), (Occasion.REPEAT, 20), (Occasion.REPEAT, 20),
        ]  # fmt: skip
        assert len(store.alert_book.lately(1_000)) == full_book.ALERTS
        assert [kept.id for kept in store.alert_book.in_states({AlertState.OUT})] == [full_book.NEWEST]
        assert store.verify().ok
    finally:
        store.close()


def test_every_node_is_silent_and_has_an_alarm_that_says_so(
    full_store: ModuleType, hard_week: ModuleType, tmp_path: Path
) -> None:
    shape = full_store.Shape(5, 20, 2, 2, START, START + timedelta(days=2), with_evidence=2)
    store = Store.open(tmp_path)
    try:
        full_store.furnish(store, shape)
        hard_week.darken(store, shape)
        assert {(view.online, view.last_seen) for view in store.node_views()} == {
            (False, shape.end - timedelta(hours=1))
        }
        assert sorted(alarm.subject for alarm in store.alarms.open()) == sorted(f"loa-{n}" for n in range(20))
    finally:
        store.close()


def test_any_week_after_it_is_as_crowded_as_it_says(
    full_store: ModuleType, hard_week: ModuleType, tmp_path: Path
) -> None:
    shape = full_store.Shape(5, 20, 2, 2, START, START + timedelta(days=2), with_evidence=2)
    store = Store.open(tmp_path)
    try:
        full_store.furnish(store, shape)
        hard_week.crowd(store, shape)
        monday = datetime(2026, 1, 12, tzinfo=WALL_CLOCK)
        drafts = [item.programme for item in store.items.all({ItemState.DRAFT})]
        airings = [at for each in drafts for at in instants(each, monday, monday + timedelta(days=7), PlainDays())]
        assert len(airings) == hard_week.SLOTS
        assert {at.astimezone(WALL_CLOCK).hour for at in airings} == set(range(5, 21))
        assert store.verify().ok
    finally:
        store.close()


def test_its_shape_travels_to_another_process(full_store: ModuleType) -> None:
    shape = full_store.Shape(5, 20, 40, 8, START, START + timedelta(days=2))
    assert full_store.Shape.read(shape.write()) == shape
