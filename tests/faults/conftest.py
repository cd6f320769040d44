"""The commune that the tests of this folder trouble."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.field import Field, new_field


@pytest.fixture
def commune_in_the_field(tmp_path: Path) -> Iterator[Field]:
    field = new_field(tmp_path, starts_in_s=9)
    try:
        yield field
    finally:
        field.stop()
