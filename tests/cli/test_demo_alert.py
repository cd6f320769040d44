"""An alert sent from a terminal to the running demo, as its own words say: all nodes sound, and all are heard."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.timeout(420)]

UP_WITHIN_S = 150.0
# From the click to the first sound of the last node, on a machine that may be busy.
SOUNDS_WITHIN_S = 8.0
LINE = re.compile(r"smartradio (alert send --console \S+ --account truc .+)")
PASSWORD = re.compile(r"truc, mật khẩu ([^:\s]+):")


@dataclass
class Demo:
    """A demo with its console up: the line with which to send an alert to it, and the officer's password."""

    line: list[str]
    password: str

    def smartradio(self, *arguments: str, words: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "smartradio", *arguments],
            input=words,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
            env={**os.environ, "SMARTRADIO_PASSWORD": self.password},
        )

    @property
    def console(self) -> tuple[str, ...]:
        return tuple(self.line[2:6])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    bulletin, told = folder / "tin.txt", folder / "told.txt"
    bulletin.write_text("Mời bà con đi họp.", encoding="utf-8")
    options = ("--nodes", "3", "--port", "0", "--recogniser", "none", "--bulletin", str(bulletin))
    command = [sys.executable, "-m", "smartradio", "demo", *options, "--folder", str(folder / "all")]
    with told.open("w", encoding="utf-8") as err:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=err)
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while not (found := LINE.search(told.read_text(encoding="utf-8"))):
            assert process.poll() is None, told.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, told.read_text(encoding="utf-8")
            time.sleep(0.1)
        password = PASSWORD.search(told.read_text(encoding="utf-8"))
        assert password is not None
        yield Demo(shlex.split(found[1]), password[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def reached(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the document of an alert that sounded at all three nodes and was heard at each."""
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["settled"] is True, done.stderr
    assert [node["node"] for node in document["nodes"]] == ["thon-1", "thon-2", "thon-3"]
    assert {node["fate"] for node in document["nodes"]} == {"heard"}, document["nodes"]
    for node in document["nodes"]:
        assert node["delivered_s"] <= node["started_s"] < SOUNDS_WITHIN_S, node
        assert node["started_s"] < node["heard_s"], node
    return document


def test_a_template_and_free_words_reach_all_nodes_and_are_heard_there(demo: Demo) -> None:
    template = reached(demo.smartradio(*demo.line, "--yes", "--json"))
    assert template["alert"]["exercise"] is True
    assert template["said"].startswith("Đây là diễn tập.")

    words = "Vỡ đê thôn 2.\nNước dâng 1,5 m. Bà con lên đồi ngay."
    free = ("alert", "send", *demo.console, "--text", "-", "--repeat-minutes", "0", "--yes", "--json")
    sent = reached(demo.smartradio(*free, words=words))
    assert ("1,5 m", "một phẩy năm mét") in [(each["written"], each["spoken"]) for each in sent["figures"]]
    assert [airing["heard"] for airing in sent["airings"]] == [3]

    listed = demo.smartradio("alert", "list", *demo.console, "--json")
    states = {row["id"]: row["state"] for row in json.loads(listed.stdout)}
    # What is real ends the exercise.
    assert states == {sent["alert"]["id"]: "out", template["alert"]["id"]: "cancelled"}


def test_the_same_line_run_twice_is_one_alert_and_a_cancelled_one_is_over(demo: Demo) -> None:
    line = (*demo.line, "--zone", "thon-2", "--yes", "--json", "--wait", "0")
    once, again = demo.smartradio(*line), demo.smartradio(*line)
    first, second = json.loads(once.stdout), json.loads(again.stdout)
    assert (first["again"], second["again"]) == (False, True), once.stderr + again.stderr
    assert first["alert"]["id"] == second["alert"]["id"]
    gone = demo.smartradio("alert", "cancel", first["alert"]["id"], *demo.console, "--why", "diễn tập xong")
    assert gone.returncode == 0, gone.stderr
    listed = demo.smartradio("alert", "list", *demo.console, "--json")
    states = {row["id"]: row["state"] for row in json.loads(listed.stdout)}
    assert states[first["alert"]["id"]] == "cancelled"
