"""The service file: what systemd itself thinks of it."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from smartradio.node.watchdog import SIGNS
from tests.firmware.packed import ROOT

UNIT = ROOT / "firmware/systemd/smartradio-node.service"
# "OK" to systemd: sound, pins and network are what a node is for.
MOST_EXPOSED = 2.0


class Unit(configparser.RawConfigParser):
    """One value a key is enough here: the last."""

    def __init__(self) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string(UNIT.read_text(encoding="utf-8"))


def analyze(*arguments: str) -> str:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("apt install systemd")
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    # The program it starts is not here.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    said = analyze("verify", "--man=no", str(copy))
    assert [line for line in said.splitlines() if copy.stem in line] == []


def test_the_sandbox_is_as_tight_as_it_was() -> None:
    said = analyze("security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", str(UNIT))
    exposed = re.search(r"exposure level for smartradio-node.service: ([\d.]+)", said)
    assert exposed is not None
    assert float(exposed.group(1)) <= MOST_EXPOSED


def test_a_horn_is_never_given_up() -> None:
    unit = Unit()
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert not {"RestartPreventExitStatus", "SuccessExitStatus"} & set(unit["Service"])


def test_a_node_may_begin_slowly_and_signs_come_often_enough() -> None:
    service = Unit()["Service"]
    assert service["Type"] == "notify"
    # A step may take a slow disk's seconds, and the next sign still comes.
    assert float(service["WatchdogSec"]) / SIGNS + 10.0 < float(service["WatchdogSec"])
    assert float(service["TimeoutStartSec"]) >= 60


def test_it_may_ask_whether_ntp_keeps_the_clock_and_never_set_it() -> None:
    service = Unit()["Service"]
    assert "ProtectClock" not in service
    # The last line of several: what it names is let through again.
    assert {"adjtimex", "clock_adjtime"} <= set(service["SystemCallFilter"].split())
    assert service["CapabilityBoundingSet"] == ""


def test_the_sound_library_may_make_its_callback() -> None:
    # With it, opening the loudspeaker ends in "Cannot allocate write+execute memory for ffi.callback()".
    assert "MemoryDenyWriteExecute" not in Unit()["Service"]
