from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from smartradio.supervised import (
    SupervisedWorker,
    WorkerCrashedError,
    WorkerRefusedError,
    WorkerTimeoutError,
)

CHILD = """
    import ctypes, os, sys, time
    from smartradio.supervised import serve

    def handler(request, payload):
        match request["do"]:
            case "echo":
                return {"said": request["text"], "pid": os.getpid()}, payload[::-1]
            case "print":
                print("a library prints what it likes")
                ctypes.CDLL(None).puts(b"and so does its C half")
                ctypes.CDLL(None).fflush(None)
                return {}, b""
            case "die":
                print("out of voices", file=sys.stderr, flush=True)
                os._exit(3)
            case "segfault":
                os.kill(os.getpid(), 11)
            case "hang":
                time.sleep(600)
            case "refuse":
                raise ValueError("no such voice:\\n 'xx'")
            case "stumble":
                raise KeyError("lost")
            case "unwritable":
                return {"what": object()}, b""

    serve(handler)
"""


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    (tmp_path / "radio_child.py").write_text(textwrap.dedent(CHILD), encoding="utf-8")
    return tmp_path


@pytest.fixture
def worker(workshop: Path) -> Iterator[SupervisedWorker]:
    with SupervisedWorker("radio_child", name="test voice", env={"PYTHONPATH": str(workshop)}) as worker:
        yield worker


def child_that_writes(workshop: Path, body: str) -> SupervisedWorker:
    (workshop / "odd_child.py").write_text(textwrap.dedent(body), encoding="utf-8")
    return SupervisedWorker("odd_child", name="odd", start_timeout_s=1.5, env={"PYTHONPATH": str(workshop)})


def gone(pid: int, within_s: float = 5.0) -> bool:
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_request_and_its_payload_come_back_from_a_child_started_once(worker: SupervisedWorker) -> None:
    assert worker.pid is None
    first, payload = worker.call({"do": "echo", "text": "Thôn \ud800 Đông"}, b"abc", timeout_s=5)
    assert (first["said"], payload) == ("Thôn \ud800 Đông", b"cba")
    second, _ = worker.call({"do": "echo", "text": ""}, timeout_s=5)
    assert second["pid"] == first["pid"] == worker.pid != os.getpid()


def test_a_payload_larger_than_any_pipe_passes_both_ways(worker: SupervisedWorker) -> None:
    sent = os.urandom(3_000_000)
    assert worker.call({"do": "echo", "text": ""}, sent, timeout_s=10)[1] == sent[::-1]


def test_what_a_library_prints_does_not_break_the_framing(worker: SupervisedWorker) -> None:
    assert worker.call({"do": "print"}, timeout_s=5) == ({}, b"")
    assert worker.call({"do": "echo", "text": "still well"}, timeout_s=5)[0]["said"] == "still well"


@pytest.mark.parametrize(("fault", "told"), [("die", r"exit code 3 .*\(out of voices\)"), ("segfault", "SIGSEGV")])
def test_a_crash_is_told_and_the_next_call_gets_a_new_child(worker: SupervisedWorker, fault: str, told: str) -> None:
    before, _ = worker.call({"do": "echo", "text": ""}, timeout_s=5)
    with pytest.raises(WorkerCrashedError, match=told):
        worker.call({"do": fault}, timeout_s=5)
    assert worker.pid is None
    after, _ = worker.call({"do": "echo", "text": ""}, timeout_s=5)
    assert after["pid"] != before["pid"]


def test_a_child_killed_while_idle_is_replaced_unnoticed(worker: SupervisedWorker) -> None:
    worker.call({"do": "echo", "text": ""}, timeout_s=5)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    deadline_s = time.monotonic() + 5
    while worker.pid is not None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert worker.call({"do": "echo", "text": "back"}, timeout_s=5)[0]["said"] == "back"


def test_a_hanging_child_is_killed_at_its_timeout(worker: SupervisedWorker) -> None:
    worker.call({"do": "echo", "text": ""}, timeout_s=5)
    pid = worker.pid
    began_s = time.monotonic()
    with pytest.raises(WorkerTimeoutError, match=r"no answer within 0\.3 s"):
        worker.call({"do": "hang"}, timeout_s=0.3)
    assert time.monotonic() - began_s < 2
    assert pid is not None
    assert gone(pid)
    assert worker.call({"do": "echo", "text": "back"}, timeout_s=5)[0]["said"] == "back"


def test_a_hanging_child_does_not_hold_a_large_request_for_ever(worker: SupervisedWorker) -> None:
    worker.call({"do": "echo", "text": ""}, timeout_s=5)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerTimeoutError):
        worker.call({"do": "echo", "text": ""}, bytes(2_000_000), timeout_s=0.3)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("refuse", "^test voice: no such voice: 'xx'$"),
        ("stumble", "KeyError: 'lost'"),
        ("unwritable", "TypeError.*not JSON serializable"),
    ],
)
def test_a_refusal_is_one_line_and_leaves_the_child_alive(worker: SupervisedWorker, fault: str, told: str) -> None:
    with pytest.raises(WorkerRefusedError, match=told) as caught:
        worker.call({"do": fault}, timeout_s=5)
    assert "\n" not in str(caught.value)
    assert worker.pid is not None


READY = 'os.write(1, struct.pack("<II", 15, 0) + b\'{"ready": true}\')'


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('import os\nos.write(1, b"Loading model, please wait")', "not a frame"),
        ('import os, struct\nos.write(1, struct.pack("<II", 3, 0) + b"{:(")', "not JSON"),
        ('import os, struct\nos.write(1, struct.pack("<II", 2, 0) + b"[]")', "not a JSON object"),
        ('import os, struct\nos.write(1, struct.pack("<II", 2, 0) + b"{}")', "unknown greeting"),
        (f"import os, struct\n{READY}\nos.read(0, 99)\n{READY}", "neither an answer nor a refusal"),
        (f"import os, struct\n{READY}\nos.read(0, 99)\n{READY[:-1]} * 2)", "more than an answer"),
        ("import no_such_library", "exit code 1 .*No module named 'no_such_library'"),
    ],
)
def test_garbage_from_a_child_is_an_error_and_not_an_answer(workshop: Path, body: str, told: str) -> None:
    with child_that_writes(workshop, body) as odd:
        with pytest.raises(WorkerCrashedError, match=told):
            odd.call({"do": "anything"}, timeout_s=2)
        assert odd.pid is None


def test_a_child_that_never_gets_ready_is_given_up(workshop: Path) -> None:
    with (
        child_that_writes(workshop, "import time\ntime.sleep(600)") as odd,
        pytest.raises(WorkerTimeoutError, match=r"did not start within 1\.5 s"),
    ):
        odd.call({}, timeout_s=5)


def test_callers_in_several_threads_take_turns(worker: SupervisedWorker) -> None:
    answers: dict[str, object] = {}

    def ask(text: str) -> None:
        answers[text] = worker.call({"do": "echo", "text": text}, timeout_s=10)[0]["said"]

    threads = [threading.Thread(target=ask, args=(f"thôn {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=15)
    assert answers == {f"thôn {n}": f"thôn {n}" for n in range(8)}


def test_a_caller_behind_a_hang_is_told_that_the_worker_is_busy(worker: SupervisedWorker) -> None:
    worker.call({"do": "echo", "text": ""}, timeout_s=5)
    failures: list[Exception] = []

    def hang() -> None:
        try:
            worker.call({"do": "hang"}, timeout_s=1.5)
        except WorkerTimeoutError as error:
            failures.append(error)

    first = threading.Thread(target=hang)
    first.start()
    time.sleep(0.3)
    with pytest.raises(WorkerTimeoutError, match="busy"):
        worker.call({"do": "echo", "text": ""}, timeout_s=0.1)
    first.join(timeout=10)
    assert len(failures) == 1


def test_closing_ends_the_child_even_during_a_call(worker: SupervisedWorker) -> None:
    worker.call({"do": "echo", "text": ""}, timeout_s=5)
    pid = worker.pid
    failures: list[Exception] = []

    def hang() -> None:
        try:
            worker.call({"do": "hang"}, timeout_s=60)
        except WorkerCrashedError as error:
            failures.append(error)

    thread = threading.Thread(target=hang)
    thread.start()
    time.sleep(0.2)
    worker.close()
    thread.join(timeout=10)
    assert pid is not None
    assert gone(pid)
    assert "SIGKILL" in str(failures[0])


PARENT = """
    import sys, threading
    from smartradio.supervised import SupervisedWorker
    worker = SupervisedWorker("radio_child", name="voice")
    answer, _ = worker.call({"do": "echo", "text": ""}, timeout_s=10)
    if sys.argv[1] == "busy":
        threading.Thread(target=lambda: worker.call({"do": "hang"}, timeout_s=600), daemon=True).start()
        import time; time.sleep(0.3)
    print(answer["pid"], flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_no_child_is_left_when_the_parent_is_killed(workshop: Path, state: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), state],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(workshop)},
    )
    with parent:
        assert parent.stdout is not None
        child_pid = int(parent.stdout.readline())
        assert psutil.pid_exists(child_pid)
        parent.kill()
    assert gone(child_pid)
