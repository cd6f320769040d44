"""How much of a Raspberry Pi's card a node takes: every arm64 wheel of it, unpacked and compiled, for each Python."""

from __future__ import annotations

import compileall
import sys
import tempfile
from pathlib import Path

from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.firmware.packed import CONSTRAINTS, build_for_a_node, pip
from tests.firmware.test_arm64 import PLATFORMS, wanted_on_a_pi

LIMIT_MB = 260.0
# ext4's blocks: a small file takes a whole one.
BLOCK_BYTES = 4096


def size_mb(folder: Path) -> float:
    """Room that all files below a folder take on ext4, in MB."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(-(-size // BLOCK_BYTES) * BLOCK_BYTES for size in sizes) / 1e6


def main() -> None:
    """Unpack for each Python and print the rows."""
    with tempfile.TemporaryDirectory() as place:
        wheel = build_for_a_node(Path(place))
        row("our own wheel on a node", wheel.stat().st_size / 1e6, "MB")
        for python in ("3.11", "3.12", "3.13"):
            folder = Path(place) / python
            places = [part for platform in PLATFORMS for part in ("--platform", platform)]
            wanted = [f"{each.name}{each.specifier}" for each in wanted_on_a_pi(python)]
            how = ["--only-binary", ":all:", "--implementation", "cp", "--python-version", python, *places]
            pip("install", "--no-compile", "--target", str(folder), *how, "-c", str(CONSTRAINTS), str(wheel), *wanted)
            # By this machine's Python; what another one's would weigh differs by a percent or two.
            compileall.compile_dir(folder, quiet=2)
            row(f"a node installed on arm64, Python {python}", size_mb(folder), "MB", LIMIT_MB)


if __name__ == "__main__":
    main()
