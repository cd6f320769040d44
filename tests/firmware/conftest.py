"""A node's wheel, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.firmware.packed import build_for_a_node


@pytest.fixture(scope="session")
def node_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_for_a_node(tmp_path_factory.mktemp("node-wheel"))
