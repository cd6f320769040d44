"""The recordings that come with a node say what their texts say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smartradio.audio.codec import decode_opus
from smartradio.audio.match import RATE, match
from smartradio.node.local_sound import EVACUATE, SHIPPED

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "firmware" / "sounds" / "sounds.tsv"
NAMES = [line.split("\t")[0] for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    make = [str(ROOT / "firmware" / "sounds" / "make"), str(folder)]
    subprocess.run(make, check=True, timeout=120, cwd=ROOT, env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"})
    return folder


def test_each_line_of_the_table_is_a_recording_and_no_other_is_shipped() -> None:
    assert sorted(path.stem for path in SHIPPED.iterdir()) == sorted(NAMES)
    assert EVACUATE in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shipped_is_what_the_script_makes_of_the_text(name: str, made_again: Path) -> None:
    shipped = decode_opus((SHIPPED / f"{name}.opus").read_bytes(), RATE)
    again = decode_opus((made_again / f"{name}.opus").read_bytes(), RATE)
    found = match(shipped, again, clip_starts_s=0.0)
    assert found.own_heard
    assert found.coverage > 0.97
    assert shipped.size == pytest.approx(again.size, rel=0.01)
    assert (SHIPPED / f"{name}.opus").stat().st_size < 200_000
