"""`smartradio report` beside a station's data folder."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store
from tests.station.test_store import AIRING, furnish

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    store = Store.open(tmp_path / "station", clock=lambda: NOON)
    furnish(store)
    store.plan_airing(AIRING, [])
    store.judge(Evidence("a1", "loa-1", Step.HEARD, NOON, "station"), NodeJudgement(VerdictCode.AIRED))
    store.close()
    path = tmp_path / "station.toml"
    path.write_text(
        f'station = "yen-hoa"\ntitle = "Đài xã"\nfolder = "{tmp_path / "station"}"\n'
        '[[zones]]\nname = "thon-1"\ntitle = "Thôn 1"\n',
        encoding="utf-8",
    )
    return path


def run(config: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "smartradio", "report", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def test_a_script_gets_one_document_with_stable_codes(config: Path) -> None:
    done = run(config, "--from", "2026-11-01", "--to", "2026-11-30", "--by", "zone", "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["lines"][0]["key"] == "thon-1"
    assert told["total"]["results"]["aired"] == 1
    assert told["total"]["results"]["waiting"] == 1
    assert told["total"]["proof_rate"] == 1.0


def test_table_and_sheet_are_written_as_files(config: Path, tmp_path: Path) -> None:
    table, sheet = tmp_path / "t.csv", tmp_path / "t.html"
    done = run(config, "--from", "2026-11-01", "--to", "2026-11-30", "--csv", str(table), "--html", str(sheet))
    assert (done.returncode, done.stdout) == (0, b"")
    assert table.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "Đài xã" in sheet.read_text(encoding="utf-8")


def test_the_table_alone_stands_on_standard_output(config: Path) -> None:
    done = run(config, "--from", "2026-11-01", "--to", "2026-11-30", "--csv", "-")
    assert done.stdout.startswith(b"\xef\xbb\xbf")
    assert done.stdout.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--from", "2026-11-31", "--to", "2026-12-01"), "give days as 2026-11-01"),
        (("--from", "2026-12-01", "--to", "2026-11-01"), "give days as 2026-11-01"),
        (("--from", "2026-11-01", "--to", "2026-11-30", "--by", "colour"), "colour"),
        (("--from", "2026-11-01", "--to", "2026-11-30", "--csv", "/nowhere/a.csv"), "cannot be written"),
        (("--from", "2026-11-01", "--to", "2026-11-30", "--csv", "-", "--json"), "give the table a file"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(config: Path, arguments: tuple[str, ...], line: str) -> None:
    done = run(config, *arguments)
    assert done.returncode == 2
    told = done.stderr.decode()
    assert done.stdout == b""
    assert line in told
    assert told.count("\n") == 1 or "\nsmartradio: " in told


def test_a_folder_without_a_store_is_told(tmp_path: Path, config: Path) -> None:
    (tmp_path / "station" / "smartradio.db").unlink()
    done = run(config, "--from", "2026-11-01", "--to", "2026-11-30")
    assert done.returncode == 2
    assert b"there is no smartradio.db" in done.stderr
