"""From the command in a ready environment to the table of verdicts, against the bulletin's length."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from _rows import row


def main() -> None:
    begun = time.monotonic()
    command = [sys.executable, "-m", "smartradio", "demo", "--once", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        assert demo.stdout is not None
        first = demo.stdout.readline()
        took_s = time.monotonic() - begun
        result = json.loads(first + demo.stdout.read())
    length_s = result["recording"]["duration_s"]
    verdicts = sorted(node["verdict"] for node in result["nodes"])
    row("demo beyond the bulletin's length", took_s - length_s, "s", 15, f"bulletin {length_s:.1f} s, {verdicts}")
    offsets = [abs(node["start_offset_ms"]) for node in result["nodes"] if node["start_offset_ms"] is not None]
    row("demo: largest reported start offset", max(offsets), "ms")


if __name__ == "__main__":
    main()
