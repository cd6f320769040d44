"""10,000 warnings broken and poisoned: none crashes the reader, holds it up, fills the memory or leads it out.

They are made here and read in a process of its own, whose memory and openings are watched.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

from _cap_mutations import SOURCES, handle, mutated
from _rows import row

FILES = 10_000
LONGEST_S = 1.0
MOST_MB = 200
_GIVEN_UP_S = 60.0
_SECRET = "SECRET-OF-THE-STATION"
_LEAVING = frozenset(("open", "socket.connect", "socket.getaddrinfo", "urllib.Request"))


def read_all(pipe: Connection) -> None:
    """Read what comes through the pipe until nothing comes, and tell what became of each file."""
    opened: list[str] = []
    watching = False
    sys.addaudithook(lambda event, _: opened.append(event) if watching and event in _LEAVING else None)
    # Modules that the first readings import are no part of it.
    for coding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        handle(SOURCES[0].read_text(encoding="utf-8").encode(coding))
    while data := pipe.recv_bytes():
        watching = True
        begun = time.perf_counter()
        outcome = handle(data[1:])
        taken_s = time.perf_counter() - begun
        watching = False
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        leaked = _SECRET in outcome.line
        pipe.send((outcome.kind, outcome.line[:200], taken_s, peak_mb, len(opened) + leaked))


def main() -> None:
    sources = [path.read_bytes() for path in SOURCES]
    outcomes: Counter[str] = Counter()
    longest_s, peak_mb, opened = 0.0, 0.0, 0
    here, there = multiprocessing.get_context("spawn").Pipe()
    reader = multiprocessing.get_context("spawn").Process(target=read_all, args=(there,), daemon=True)
    reader.start()
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret.txt"
        secret.write_text(_SECRET, encoding="utf-8")
        for seed in range(FILES):
            # A byte before each, for a message of none would end the reading.
            here.send_bytes(b"." + mutated(seed, sources, secret.as_uri() if seed % 2 else "http://127.0.0.1:9/x.dtd"))
            if not here.poll(_GIVEN_UP_S):
                raise SystemExit(f"seed {seed}: not read within {_GIVEN_UP_S:.0f} s")
            kind, line, taken_s, peak_mb, opened = here.recv()
            longest_s = max(longest_s, taken_s)
            outcomes[kind] += 1
            if kind == "crashed":
                print(f"seed {seed}: {line}", file=sys.stderr)
    here.send_bytes(b"")
    reader.join(_GIVEN_UP_S)
    note = f"{outcomes['refused']:,} refused, {outcomes['read']:,} read"
    row(f"warnings in CAP, {FILES:,} mutated files: crashes", outcomes["crashed"], "files", 0, note)
    row("the slowest of them, with rules, places, draft and writing", longest_s, "s", LONGEST_S)
    row("memory of their reader at most, interpreter included", peak_mb, "MB", MOST_MB)
    row("files and addresses opened for them", opened, "times", 0)


if __name__ == "__main__":
    main()
