"""The main job as a newcomer runs it, in real processes, with every fault of the command contract."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

BULLETIN = (
    "Mực nước sông Hoàng Long lúc 3h ngày 12/9 là 4,52m, trên BĐ3 0,52m và đang lên nhanh.\n"
    "UBND xã yêu cầu bà con thôn 3, 5 và 7 sơ tán ngay đến Trường THCS xã trước 17h30. Cần hỗ trợ, gọi 0912.345.678.\n"
)
FAULTS = {
    "thon-2": ("silent", "silent"),
    "thon-3": ("wrong", "other"),
    "thon-4": ("neighbour", "silent"),
    "thon-5": ("cut", "partly_aired"),
    "thon-6": ("muffled", "unintelligible"),
    "thon-7": ("noisy", "unclear"),
    "thon-8": ("offline", "unreached"),
}


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smartradio", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )


@pytest.mark.faults
@pytest.mark.timeout(180)
def test_every_fault_gets_its_verdict_and_a_good_node_is_aired(tmp_path: Path) -> None:
    bulletin = tmp_path / "lu.txt"
    bulletin.write_text(BULLETIN, encoding="utf-8")
    faults = [f"--fault={node}={kind}" for node, (kind, _) in FAULTS.items()]
    folder = tmp_path / "demo"
    done = demo("--once", "--json", "--nodes", "8", *faults, "--bulletin", str(bulletin), "--folder", str(folder))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {"bulletin", "recording", "nodes"} <= result.keys()
    assert "bốn phẩy năm mươi hai mét" in " ".join(line["spoken"] for line in result["bulletin"]["spoken"])
    wanted = {"thon-1": "aired"} | {node: verdict for node, (_, verdict) in FAULTS.items()}
    assert {node["node"]: node["verdict"] for node in result["nodes"]} == wanted, done.stdout
    good, lost = result["nodes"][0], result["nodes"][-1]
    assert good["delivered"] is True
    assert abs(good["start_offset_ms"]) < 250
    assert good["coverage"] > 0.9
    assert good["snr_db"] > 3
    assert -60 < good["level_db"] < 0
    # No Vietnamese model is installed here: no transcript is made up.
    assert good["transcript"] is None
    assert "no_recogniser" in good["reasons"]
    assert lost["delivered"] is False
    assert [lost[name] for name in ("start_offset_ms", "coverage", "level_db", "snr_db")] == [None] * 4
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert report.count("<audio") == 8, "the recording and a clip of each node that was on the air"
    assert "http://" not in report.replace("http://www.w3.org", "")
    assert [
        each for each in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(each.info["cmdline"] or [])
    ] == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--nodes", "0"], "--nodes 0: between 1 and 30 nodes"),
        (["--fault", "thon-9=silent"], "there is no node 'thon-9'"),
        (["--fault", "thon-1=asleep"], "there is no fault 'asleep'"),
        (["--bulletin", "/nowhere/tin.txt"], "/nowhere/tin.txt: cannot be read"),
    ],
)
def test_a_wrong_option_is_one_line_and_starts_nothing(tmp_path: Path, arguments: list[str], line: str) -> None:
    folder = tmp_path / "demo"
    done = demo("--once", "--json", "--folder", str(folder), *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not folder.exists()
