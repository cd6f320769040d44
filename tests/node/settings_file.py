"""A node's settings as a technician writes them."""

from __future__ import annotations

from pathlib import Path

from smartradio.config import load_settings
from smartradio.node.settings import NodeSettings


def settings(folder: Path, more: str = "") -> NodeSettings:
    """Return the settings of a file with these lines behind the least that it must have."""
    path = folder / "node.toml"
    least = ["name = 'thon-1'", "zone = 'thon-1'", "station = 'yen-hoa'", f"data = '{folder}'"]
    text = "\n".join([*least, f"station_public_key = '{'0' * 64}'", more, ""])
    path.write_text(text, encoding="utf-8")
    return load_settings(NodeSettings, path, prefix="SMARTRADIO_NODE_")
