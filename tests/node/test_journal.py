"""The journal forgets nothing, whatever happens to the process or the power."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.errors import SmartradioError
from smartradio.node.journal import REFUSALS_KEPT, Journal, Make, Progress

LATER = "2030-01-01T00:00:00+00:00"


def report(name: str) -> Make:
    def build(seq: int) -> tuple[str, Mapping[str, Any]]:
        return name, {"seq": seq}

    return build


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    made = Journal(tmp_path / "journal.db")
    yield made
    made.close()


def test_an_airing_starts_once(journal: Journal) -> None:
    journal.know("a1", "{}", LATER)
    assert journal.begin("a1")
    assert not journal.begin("a1")
    journal.end("a1", Progress.FINISHED, report("r1"))
    assert not journal.begin("a1")
    journal.know("a1", "{}", LATER)
    assert not journal.begin("a1")


def test_an_airing_that_is_not_in_the_plan_does_not_start(journal: Journal) -> None:
    assert not journal.begin("unknown")


def test_an_airing_has_one_end_and_one_report_of_it(journal: Journal) -> None:
    journal.know("a1", "{}", LATER)
    journal.begin("a1")
    assert journal.end("a1", Progress.INTERRUPTED, report("r1"))
    assert not journal.end("a1", Progress.FINISHED, report("r2"))
    assert [queued.report for queued in journal.waiting(10)] == ["r1"]


def test_only_an_interrupted_airing_can_begin_again(journal: Journal) -> None:
    for name, end in (("a", Progress.FINISHED), ("b", Progress.SKIPPED), ("c", Progress.INTERRUPTED)):
        journal.know(name, "{}", LATER)
        journal.end(name, end, report(name))
    assert [journal.begin_again(name) for name in ("a", "b", "c")] == [False, False, True]
    assert journal.begin("c")


def test_a_report_that_cannot_be_made_leaves_the_airing_as_it_was(journal: Journal) -> None:
    journal.know("a1", "{}", LATER)
    journal.begin("a1")

    def broken(seq: int) -> tuple[str, Mapping[str, Any]]:
        raise ValueError("no report")

    with pytest.raises(ValueError, match="no report"):
        journal.end("a1", Progress.FINISHED, broken)
    assert [entry.airing for entry in journal.unfinished()] == ["a1"]


def test_numbers_of_reports_grow_over_the_nodes_whole_life(tmp_path: Path) -> None:
    seen = []
    for start in range(3):
        journal = Journal(tmp_path / "journal.db")
        for number in range(3):
            journal.report(report(f"{start}-{number}"))
        seen += [queued.seq for queued in journal.waiting(10)]
        journal.acknowledged([queued.report for queued in journal.waiting(10)])
        journal.close()
    assert seen == list(range(1, 10))


def test_refusals_of_junk_are_limited_and_evidence_is_not(journal: Journal) -> None:
    for number in range(REFUSALS_KEPT + 50):
        journal.report(report(f"junk-{number}"), evidence=False)
        if number % 10 == 0:
            journal.report(report(f"evidence-{number}"))
    waiting = [queued.report for queued in journal.waiting(10_000)]
    assert sum(name.startswith("evidence") for name in waiting) == (REFUSALS_KEPT + 50) // 10
    assert sum(name.startswith("junk") for name in waiting) == REFUSALS_KEPT
    assert f"junk-{REFUSALS_KEPT + 49}" in waiting


def test_a_clip_goes_out_only_after_its_report_was_acknowledged(journal: Journal) -> None:
    journal.measured(report("r1"), "a" * 64, "a1", "2026-11-22T05:00:00+00:00")
    assert journal.clips() == []
    journal.acknowledged(["r1"])
    assert journal.clips() == [("a" * 64, "a1")]
    assert journal.clip_done("a" * 64)
    assert not journal.clip_done("a" * 64)


def test_what_is_long_over_is_forgotten_and_what_is_open_is_not(journal: Journal) -> None:
    for name in ("done", "open"):
        journal.know(name, "{}", "2026-01-01T00:00:00+00:00")
    journal.end("done", Progress.FINISHED, report("r"))
    journal.see_order("o1", "2026-01-01T00:00:00+00:00")
    journal.forget_before("2026-06-01T00:00:00+00:00")
    assert journal.entry("done") is None
    assert journal.entry("open") is not None
    assert not journal.order_seen("o1")


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(SmartradioError, match=r"journal\.db"):
        Journal(tmp_path / "journal.db")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["know", "begin", "finish", "interrupt", "skip", "again", "restart", "ack"]),
        st.sampled_from(["a", "b"]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happens_no_airing_starts_twice_and_no_end_goes_untold(
    tmp_path: Path, steps: list[tuple[str, str]]
) -> None:
    path = tmp_path / "journal.db"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    starts: dict[str, int] = {"a": 0, "b": 0}
    again: dict[str, int] = {"a": 0, "b": 0}
    made, acknowledged = 0, 0
    ends = {"finish": Progress.FINISHED, "interrupt": Progress.INTERRUPTED, "skip": Progress.SKIPPED}
    try:
        for number, (step, airing) in enumerate(steps):
            if step == "know":
                journal.know(airing, "{}", LATER)
            elif step == "begin":
                starts[airing] += journal.begin(airing)
            elif step == "again":
                again[airing] += journal.begin_again(airing)
            elif step == "restart":
                journal.close()
                journal = Journal(path)
            elif step == "ack":
                acknowledged += journal.acknowledged([queued.report for queued in journal.waiting(1)])
            else:
                made += journal.end(airing, ends[step], report(str(number)))
        for airing, count in starts.items():
            assert count <= 1 + again[airing]
        assert len(journal.waiting(100)) == made - acknowledged
        numbers = [queued.seq for queued in journal.waiting(100)]
        assert numbers == sorted(set(numbers))
    finally:
        journal.close()


WRITER = """
import sys
from pathlib import Path
from smartradio.node.journal import Journal, Progress
journal = Journal(Path(sys.argv[1]))
number = int(journal.get("next") or 0)
while True:
    name = f"a{number}"
    journal.know(name, "{}", "2030-01-01T00:00:00+00:00")
    assert journal.begin(name)
    print("begun", number, flush=True)
    journal.end(name, Progress.FINISHED, lambda seq: (name, {"seq": seq}))
    print("ended", number, flush=True)
    number += 1
    journal.put({"next": str(number)})
"""


@pytest.mark.faults
def test_kill_9_at_any_moment_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    begun: set[int] = set()
    ended: set[int] = set()
    for life in range(6):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        lines = [writer.stdout.readline()]
        time.sleep(0.02 + 0.013 * life)
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.stdout.read().splitlines()
        writer.stdout.close()
        writer.wait(5)
        for line in lines:
            words = line.split()
            if len(words) == 2 and words[1].isdecimal():
                {"begun": begun, "ended": ended}[words[0]].add(int(words[1]))
        # What the killed process had said is written; what it had begun is found unfinished, once.
        journal = Journal(path)
        unfinished = {int(entry.airing[1:]) for entry in journal.unfinished()}
        assert begun - ended <= unfinished | {int(q.report[1:]) for q in journal.waiting(10_000)}
        for number in begun:
            assert not journal.begin(f"a{number}")
        told = {int(queued.report[1:]) for queued in journal.waiting(10_000)}
        assert ended <= told
        for entry in journal.unfinished():
            journal.end(entry.airing, Progress.INTERRUPTED, lambda seq, name=entry.airing: (name, {"seq": seq}))
        journal.put({"next": str(max(begun) + 2)})
        journal.close()
    assert len(begun) > 6


def test_half_a_year_of_airings_leaves_a_journal_no_larger_than_a_month_of_them(journal: Journal) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    sizes = []
    for day in range(180):
        midnight = start + timedelta(days=day)
        # As the agent does every hour: what ended fourteen days ago is forgotten.
        with journal.together():
            journal.forget_before((midnight - timedelta(days=14)).isoformat())
            for number in range(20):
                key, expires_at = f"a{day}-{number}", midnight.isoformat()
                journal.know(key, "{}" * 100, expires_at, (1, day))
                journal.see_order(f"o{day}-{number}", expires_at)
                journal.delivered(key, report(f"{key}-delivered"))
                journal.begin(key)
                journal.end(key, Progress.FINISHED, report(f"{key}-finished"))
            journal.acknowledged([f"a{day}-{n}-{step}" for n in range(20) for step in ("delivered", "finished")])
        sizes.append(journal._db.execute("PRAGMA page_count").fetchone()[0])
    assert max(sizes) <= 1.25 * sizes[40]
