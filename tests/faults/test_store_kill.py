from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from smartradio.station.store import Store

pytestmark = pytest.mark.faults

# Four threads plan, report and judge as fast as they can; each result is told once it is acknowledged.
WORKER = """
import sys, threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import NodeJudgement, Store

run, store = sys.argv[2], Store.open(Path(sys.argv[1]))
now = datetime.now(UTC)
store.put_bulletin(Bulletin("b", "Tin", "Chào bà con."), [])
store.put_recording(Recording("r" * 64, "b", "espeak:vi", ()), {}, now)

def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\\n")
    sys.stdout.flush()

def work(thread):
    for n in range(100_000):
        key = f"{run}-{thread}-{n}"
        store.plan_airing(
            Airing(key, "b", "r" * 64, now, now + timedelta(minutes=1), Priority.PROGRAMME, ("z",), ("loa",)),
            [Evidence(key, "", Step.PLANNED, now, "station")],
        )
        say("planned", key)
        reported = [Evidence(key, "loa", step, now, "node:loa") for step in (Step.DELIVERED, Step.STARTED)]
        store.record(reported, report_id=key)
        say("reported", key)
        judgement = NodeJudgement(VerdictCode.AIRED, coverage=n / 100_000)
        store.judge(Evidence(key, "loa", Step.HEARD, now, "station"), judgement)
        say("judged", key)
        say("counter", *store.next_counter())

say("ready")
for thread in range(4):
    threading.Thread(target=work, args=(thread,), daemon=True).start()
threading.Event().wait()
"""


def killed_after(folder: Path, run: str, seconds: float) -> list[list[str]]:
    """Let a station write, kill it without warning, and return what it had acknowledged."""
    out = folder / f"told-{run}"
    with out.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(folder / "data"), run], stdout=file)
        try:
            deadline = time.monotonic() + 60
            while b"ready" not in out.read_bytes():
                assert process.poll() is None, "the writing process ended by itself"
                assert time.monotonic() < deadline, "the writing process never began"
                time.sleep(0.02)
            time.sleep(seconds)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)
    lines = out.read_text().split("\n")[:-1]
    return [line.split() for line in lines if line != "ready"]


def test_whatever_was_acknowledged_before_kill_9_is_there_and_the_log_holds(tmp_path: Path) -> None:
    planned: set[str] = set()
    reported: set[str] = set()
    judged: set[str] = set()
    counters: list[tuple[int, int]] = []
    for run, seconds in enumerate((0.0, 0.013, 0.07, 0.31, 0.5)):
        highest = max(counters, default=(0, 0))
        told = killed_after(tmp_path, str(run), seconds)
        drawn = [(int(words[1]), int(words[2])) for words in told if words[0] == "counter"]
        assert all(pair > highest for pair in drawn), "a counter was given out again after the kill"
        counters += drawn
        planned |= {words[1] for words in told if words[0] == "planned"}
        reported |= {words[1] for words in told if words[0] == "reported"}
        judged |= {words[1] for words in told if words[0] == "judged"}

        store = Store.open(tmp_path / "data")
        try:
            found = store.verify()
            assert found.ok, found.line
            assert planned <= {airing.id for airing in store.airings()}
            for key in sorted(reported):
                steps = [item.evidence.step for item in store.chain(key)]
                assert steps[:3] == [Step.PLANNED, Step.DELIVERED, Step.STARTED]
                assert not store.record([], report_id=key), "a report acknowledged before counts as new"
            for key in sorted(judged):
                view = store.airing_view(key)
                assert view is not None
                assert view.nodes[0].verdict == "aired"
        finally:
            store.close()
    assert len(judged) > 20
    assert len(set(counters)) == len(counters)
