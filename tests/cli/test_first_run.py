"""`smartradio station` where there is nothing yet: set up in a browser, served, begun anew."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from smartradio.cli.serving import StationFile
from smartradio.config import load_settings
from smartradio.wire.loopback import free_port

PASSWORD = "ga-gay-sang-som-bo-ao"
_PATIENCE_S = 40.0


class Terminal:
    """The station's process and what it printed."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "station.toml"
        port = str(free_port())
        self._process = subprocess.Popen(
            [sys.executable, "-m", "smartradio", "station", "--config", str(self.config)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "SMARTRADIO_STATION_CONSOLE__PORT": port, "OPENBLAS_NUM_THREADS": "1"},
        )
        self.lines: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines.append(line.strip())

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            found = [match for line in self.lines if (match := re.search(pattern, line))]
            if len(found) >= times:
                return found[-1]
            assert self._process.poll() is None, self.lines
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in {self.lines}")

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(20)
        self._reading.join(5)
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    started = Terminal(tmp_path)
    try:
        yield started
    finally:
        started.end()


def token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def test_a_newcomer_sets_a_station_up_in_a_browser_and_logs_in(terminal: Terminal) -> None:
    address = terminal.wait_for(r"(http://\S+)/thiet-lap\?ma=([a-z2-9-]+)")
    with httpx.Client(base_url=address[1], timeout=20) as browser:
        form = {
            "ma": address[2],
            "commune": "Xã Yên Hòa",
            "hamlets": "Thôn Đông\nThôn 2\n\n",
            "person": "Nguyễn Thị Lan",
            "password": PASSWORD,
            "again": PASSWORD,
        }
        page = browser.get("/thiet-lap", params={"ma": address[2]})
        wrong = browser.post("/thiet-lap", data=form | {"csrf": token(page), "ma": "aaaa-bbbb-cccc-dddd"})
        assert wrong.status_code == 403
        assert "Thôn Đông" in wrong.text
        assert not terminal.config.exists()
        done = browser.post("/thiet-lap", data=form | {"csrf": token(wrong)})
        assert "nguyen-thi-lan" in done.text, done.text

    terminal.wait_for(r"Đài truyền thanh xã Yên Hòa: console at")
    settings = load_settings(StationFile, terminal.config, prefix="SMARTRADIO_TEST_")
    assert (settings.station, [zone.name for zone in settings.zones]) == ("yen-hoa", ["thon-dong", "thon-2"])
    assert terminal.config.stat().st_mode & 0o077 == 0
    with httpx.Client(base_url=address[1], timeout=20, follow_redirects=True) as browser:
        page = browser.get("/login?next=/quan-tri")
        login = {"csrf": token(page), "name": "nguyen-thi-lan", "password": PASSWORD, "next": "/quan-tri"}
        front = browser.post("/login", data=login)
        assert "Khởi động lại đài" in front.text
        again = browser.get("/thiet-lap", params={"ma": address[2]})
        assert "Đài này đã thiết lập xong" in again.text
        restart = browser.post("/quan-tri/khoi-dong-lai", data={"csrf": token(front)})
        assert "Đài đang khởi động lại" in restart.text
    terminal.wait_for(r"console at", times=2)
    assert len([line for line in terminal.lines if "thiet-lap" in line]) == 1
