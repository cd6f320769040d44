"""The main job as a newcomer runs it, in real processes, with every fault of the command contract."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from smartradio.listening.recognisers.choosing import has_builtin
from smartradio.listening.words import agreement

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
    if has_builtin():
        said = " ".join(line["spoken"] for line in result["bulletin"]["spoken"]).lower()
        assert agreement(re.findall(r"\w+", said), good["transcript"].split()) > 0.7
    else:  # no transcript is made up
        assert good["transcript"] is None
        assert "no_recogniser" in good["reasons"]
    assert lost["delivered"] is False
    assert [lost[name] for name in ("start_offset_ms", "coverage", "level_db", "snr_db")] == [None] * 4
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert report.count("<audio") == 8, "the recording and a clip of each node that was on the air"
    assert "http://" not in report.replace("http://www.w3.org", "")
    assert left_behind(folder) == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--nodes", "0"], "--nodes 0: between 1 and 30 nodes"),
        (["--fault", "thon-9=silent"], "there is no node 'thon-9'"),
        (["--fault", "thon-1=asleep"], "there is no fault 'asleep'"),
        (["--bulletin", "/nowhere/tin.txt"], "/nowhere/tin.txt: cannot be read"),
        (["--port", "99999"], "'--port'"),
        (["--seed", "-1"], "'--seed'"),
        (["--nodes", "many"], "'--nodes'"),
        (["--loud"], "--loud"),
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


def left_behind(folder: Path) -> list[str]:
    told = (" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
    return [line for line in told if str(folder) in line]


@pytest.mark.faults
@pytest.mark.parametrize("when", ["at once", "Bắt đầu phát"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_a_demo_that_is_stopped_leaves_no_process_and_no_traceback(
    tmp_path: Path, number: signal.Signals, code: int, when: str
) -> None:
    bulletin = tmp_path / "lu.txt"
    bulletin.write_text(BULLETIN, encoding="utf-8")
    folder = tmp_path / "demo"
    arguments = ["demo", "--once", "--nodes", "2", "--bulletin", str(bulletin), "--folder", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "smartradio", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    told = ""
    if when == "at once":
        deadline = time.monotonic() + 20
        while not (folder / "nodes" / "thon-1" / "node.log").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
    else:
        while when not in told:
            line = process.stderr.readline()
            assert line, told
            told += line
    process.send_signal(number)
    _, rest = process.communicate(timeout=30)
    assert process.returncode == code, told + rest
    assert "Traceback" not in told + rest
    assert "exception" not in (told + rest).lower()
    deadline = time.monotonic() + 10
    while left_behind(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind(folder) == []


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = demo("--port", str(taken.getsockname()[1]), "--folder", str(tmp_path / "demo"))
    assert done.returncode == 2
    assert "Address already in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "demo").exists()


def test_a_folder_in_use_or_not_to_be_had_is_told(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("x", encoding="utf-8")
    for folder in (tmp_path, tmp_path / "something", tmp_path / ("n" * 300)):
        done = demo("--once", "--folder", str(folder))
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
