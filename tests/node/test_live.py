"""Real node processes on a real broker: what a power cut, a second process and a lost broker do to them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from smartradio.domain.evidence import Step
from tests.node.live import RUN, Live

pytestmark = pytest.mark.faults


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    made = Live(tmp_path, ("thon-1", "thon-2"))
    yield made
    made.stop()


def test_two_nodes_with_wrong_clocks_start_together_and_hear_themselves(live: Live) -> None:
    live.start("thon-1", clock_ppm=50, clock_error_s=3600)
    live.start("thon-2", clock_ppm=-50, clock_error_s=-86_400)
    live.wait(lambda: all(any(s.clock_trusted for s in station.states) for station in live.stations.values()), 20)
    idle_mb = max(psutil.Process(process.pid).memory_info().rss for process in live.processes.values()) / 1e6
    airings = {name: station.airing("a1", in_s=5.0, seconds=(2.0,)) for name, station in live.stations.items()}
    for name, station in live.stations.items():
        station.plan(airings[name])
    live.wait(lambda: all(station.clips for station in live.stations.values()), 30)
    for name, station in live.stations.items():
        assert station.told("a1") == ["delivered", "started", "finished", "measured"]
        started = station.report("a1", Step.STARTED)
        assert abs(started.facts["offset_ms"]) < 10
        # The node's own idea of when it began, checked against the machine's real time.
        assert abs((started.at - airings[name].starts_at).total_seconds()) < 0.05
        assert station.report("a1", Step.MEASURED).facts["coverage"] > 0.9
    assert idle_mb < 110


@pytest.mark.parametrize("after_s", [-1.5, -0.3, 0.05, 1.0, 4.5])
def test_kill_9_around_an_airing_neither_loses_nor_doubles_it(live: Live, after_s: float) -> None:
    station = live.stations["thon-1"]
    live.start("thon-1")
    live.wait(lambda: any(s.clock_trusted for s in station.states), 20)
    airing = station.airing("a1", in_s=4.0, seconds=(4.0,))
    station.plan(airing)
    live.wait(lambda: "delivered" in station.told("a1"), 4)
    time.sleep(max(0.0, (airing.starts_at - station.clock.true_utc()).total_seconds() + after_s))
    live.kill("thon-1")
    live.start("thon-1")
    ends = {"finished", "interrupted node_restarted"}
    live.wait(lambda: ends & set(station.told("a1")), 25)
    told = station.told("a1")
    assert told.count("started") <= 1
    assert len(ends & set(told)) == 1
    if after_s == -1.5:
        assert "finished" in told
    if after_s in (0.05, 1.0):
        assert "interrupted node_restarted" in told
    assert sorted(report.seq for report in station.reports) == sorted({r.seq for r in station.reports})


def test_a_broker_killed_in_the_middle_of_an_airing_costs_no_report(live: Live) -> None:
    station = live.stations["thon-1"]
    live.start("thon-1")
    live.wait(lambda: any(s.clock_trusted for s in station.states), 20)
    station.plan(station.airing("a1", in_s=4.0, seconds=(3.0,)))
    live.wait(lambda: "started" in station.told("a1"), 15)
    assert live.broker.pid is not None
    psutil.Process(live.broker.pid).send_signal(signal.SIGKILL)
    live.wait(lambda: station.clips and "measured" in station.told("a1"), 40)
    assert station.told("a1") == ["delivered", "started", "finished", "measured"]


def test_a_node_told_to_end_says_goodbye(live: Live) -> None:
    station = live.stations["thon-1"]
    process = live.start("thon-1")
    live.wait(lambda: any(s.clock_trusted for s in station.states), 20)
    process.terminate()
    assert process.wait(10) == 0
    live.wait(lambda: station.states[-1].status == "offline", 5)


def test_a_second_process_on_the_same_folder_ends_with_one_line(live: Live) -> None:
    station = live.stations["thon-1"]
    live.start("thon-1")
    live.wait(lambda: station.states, 20)
    command = [sys.executable, "-c", RUN, str(live.folder / "thon-1.json")]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode != 0
    assert "belongs to a running node" in second.stderr.splitlines()[-1]
