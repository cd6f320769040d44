"""Becomes the broker's program, tied to its parent's life: `launch.py PARENT_PID PROGRAM ARGUMENTS...`.

It is run by its path in a bare interpreter, so it may import nothing but the standard library. The tie is
made in the child between start and exec, where a `preexec_fn` in a process with threads may deadlock.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel to end us with our parent, then become the program."""
    parent = int(sys.argv[1])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the program and its arguments are ours


if __name__ == "__main__":
    main()
