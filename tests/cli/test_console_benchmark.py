"""The store that the console is measured with is one that the station itself could have written."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from smartradio.station.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def full_store() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "_full_store.py"
    spec = importlib.util.spec_from_file_location("_full_store", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules["_full_store"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def test_its_shape_travels_to_another_process(full_store: ModuleType) -> None:
    shape = full_store.Shape(5, 20, 40, 8, START, START + timedelta(days=2))
    assert full_store.Shape.read(shape.write()) == shape
