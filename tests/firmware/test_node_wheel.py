"""What a node installs of us: its own code, and nothing that only a station reads."""

from __future__ import annotations

import zipfile
from pathlib import Path


def test_a_nodes_wheel_is_small_and_holds_no_pages_and_no_recogniser(node_wheel: Path) -> None:
    names = zipfile.ZipFile(node_wheel).namelist()
    assert {"smartradio/node/agent.py", "smartradio/wire/client.py", "smartradio/cli/node.py"} <= set(names)
    stations = ("web/static/", "web/templates/", "builtin/model.onnx", "builtin/language_model.npz", "migrations/")
    assert [name for name in names if any(part in name for part in stations)] == []
    assert [name for name in names if name.startswith(("smartradio/schedules/", "smartradio/models/"))] == []
    assert node_wheel.stat().st_size < 2_000_000
