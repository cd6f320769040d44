from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smartradio.station.store import Store
from tests.station.monitored import Listening
from tests.station.workshop import Workshop


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store in a folder of its own, on the machine's clock."""
    with closing(Store.open(tmp_path)) as opened:
        yield opened


@pytest.fixture
def workshop(tmp_path: Path, store: Store) -> Workshop:
    """A technician's desk with three nodes that have never spoken."""
    return Workshop(tmp_path, store)


@pytest.fixture
def listening(tmp_path: Path, store: Store) -> Listening:
    """A monitor with one planned airing."""
    return Listening(tmp_path, store)
