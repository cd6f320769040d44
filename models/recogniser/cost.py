"""What the product's recogniser costs on this machine: time to load, CPU time, memory; Linux only."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.recogniser.figures import Cost
from smartradio.listening.recognisers.ctc import CtcRecogniser
from smartradio.listening.recognisers.port import RATE

Signal = NDArray[np.float32]

_LOOK_S = 0.01
_IDLE = "import sys; print(flush=True); sys.stdin.read()"


class _Watched(CtcRecogniser):
    """The product's recogniser, and which process does its work."""

    @property
    def pid(self) -> int:
        """Process id of the child, which lives from the first clip on."""
        pid = self._worker.pid
        assert pid is not None
        return pid


def cost_of(folder: Path, clips: Sequence[Signal]) -> Cost:
    """Return what it costs to recognise these clips (float32 [n] at RATE), then all of them as one.

    Time is CPU time, the child's and this process's, so that others on the machine do not count; the time to load is
    by the clock, as somebody waits for it.
    """
    with _Watched(folder) as recogniser:
        first_s, second_s = (_took_s(recogniser, clips[0]) for _ in range(2))
        pid = recogniser.pid
        busy_s = -_cpu_s(pid) - time.thread_time()
        for clip in clips:
            recogniser.recognise(clip)
        busy_s += _cpu_s(pid) + time.thread_time()
        peak_mb = _peak_mb(recogniser, np.concatenate(clips))
        memory_mb, idle_mb = _memory_mb(pid), _idle_mb()
    heard_s = sum(clip.size for clip in clips) / RATE
    return Cost(busy_s / heard_s, max(0.0, first_s - second_s), memory_mb - idle_mb, peak_mb - idle_mb)


def _took_s(recogniser: CtcRecogniser, clip: Signal) -> float:
    start_s = time.perf_counter()
    recogniser.recognise(clip)
    return time.perf_counter() - start_s


def _peak_mb(recogniser: _Watched, clip: Signal) -> float:
    """Return the most that the child held while it heard a clip."""
    pid = recogniser.pid
    seen_mb = [_memory_mb(pid)]
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_S):
            seen_mb.append(_memory_mb(pid))

    watch = threading.Thread(target=look, name="memory")
    watch.start()
    try:
        recogniser.recognise(clip)
    finally:
        over.set()
        watch.join()
    return max(seen_mb)


def _idle_mb() -> float:
    """Return what an interpreter holds that does nothing."""
    with subprocess.Popen([sys.executable, "-c", _IDLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as idle:
        assert idle.stdout is not None
        idle.stdout.readline()
        return _memory_mb(idle.pid)


def _memory_mb(pid: int) -> float:
    """Return a process's proportional share of memory: what several share is counted once."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1_024 / 1e6


def _cpu_s(pid: int) -> float:
    """Return the CPU time a process has used, of user and system."""
    # The program's name, in brackets, may hold blanks itself.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
