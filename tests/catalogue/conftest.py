from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalogue.mirror import Mirror


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as serving:
        yield serving


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"
