"""Snapcast's server and two clients beside two players of ours, on the same null sinks behind the same bad line."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from _in_step_player import PLANNED_BEFORE_S, answer_with_the_time
from _rows import row

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smartradio.node.sound.port import OUTPUT_RATE
from tests.node.jitter import JitteringLine
from tests.node.null_sink import NullSink
from tests.node.skew import CHANNELS, THRESHOLD, burst, child

# Snapcast keeps a second of sound ahead; a client is in step some seconds after that.
SETTLE_S = 20.0
LISTEN_S = 60.0
EVERY_S = 2.0
PORT = 41704
LEAST_S, MOST_S = 0.02, 0.2
# A node has learnt the line and its crystal's speed by then.
LEARN_S = 300.0
APART_MS = 10.0


def main() -> None:
    """Measure on the recording of the sink's monitor and print the rows; Snapcast's have no limit."""
    absent = [program for program in ("snapserver", "snapclient") if shutil.which(program) is None]
    missing = NullSink.missing() or (f"not installed: {', '.join(absent)}" if absent else None)
    if missing:
        sys.exit(
            f"snapcast: {missing}: apt install snapserver snapclient pulseaudio pulseaudio-utils libasound2-plugins"
        )
    _row("Snapcast, two clients on one machine, apart, p95", None, with_a_sink(clients, None))
    bad = (LEAST_S, MOST_S)
    _row("Snapcast, two clients behind 20-200 ms, apart, p95", None, with_a_sink(clients, bad))
    _row(
        "two players of ours behind 20-200 ms, 5 min after they began to ask, apart, p95",
        APART_MS,
        with_a_sink(ours, bad),
    )


def _row(name: str, limit_ms: float | None, apart_ms: list[float]) -> None:
    note = f"{len(apart_ms)} beats, median {np.median(apart_ms):.2g} ms, worst {max(apart_ms):.2g} ms"
    row(name, float(np.percentile(apart_ms, 95)), "ms", limit_ms, note)


Delays = tuple[float, float] | None


def with_a_sink(play: Callable[[ExitStack, Path, NullSink, Delays], float], delays: Delays) -> list[float]:
    """Return by how many ms two players were apart at each beat; `play` starts them and says when to listen from."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sink = NullSink(Path(folder) / "pulse")
        stack.callback(sink.stop)
        sink.start()
        from_s = play(stack, Path(folder), sink, delays)
        recording = Path(folder) / "recording.npz"
        time.sleep(max(0.0, from_s - 2.0 - time.monotonic()))
        recorder = child(sink, "record", str(recording), repr(from_s + LISTEN_S))
        recorder.communicate(timeout=LISTEN_S + SETTLE_S + 60.0)
        with np.load(recording) as saved:
            heard, origin_s = saved["heard"], float(saved["origin_s"])
    start = max(0, round((from_s - origin_s) * OUTPUT_RATE))
    first, second = (onsets(heard[start:, channel]) for channel in range(2))
    pairs = [(a, min(second, key=lambda b: abs(b - a))) for a in first] if second else []
    apart = [1000 * abs(a - b) / OUTPUT_RATE for a, b in pairs if abs(a - b) < OUTPUT_RATE * EVERY_S / 2]
    if len(apart) < LISTEN_S / EVERY_S / 2:
        raise RuntimeError(f"only {len(apart)} beats were heard from both")
    return apart


def ways(stack: ExitStack, port: int, delays: Delays) -> list[int]:
    """Return the port for each player: of a line of its own, or that of the server itself."""
    if delays is None:
        return [port for _ in CHANNELS]
    lines = [JitteringLine(("127.0.0.1", port), *delays, seed=seed) for seed, _ in enumerate(CHANNELS)]
    for line in lines:
        stack.callback(line.close)
    return [line.port for line in lines]


def clients(stack: ExitStack, folder: Path, sink: NullSink, delays: Delays) -> float:
    """Start Snapcast's server and clients."""
    stack.enter_context(server(folder, sink))
    for channel, port in zip(CHANNELS, ways(stack, PORT, delays), strict=True):
        words = ["snapclient", "-h", "127.0.0.1", "-p", str(port), "--hostID", channel, "-s", channel]
        stack.enter_context(running(folder / f"{channel}.log", sink, [*words, "--player", "alsa"]))
    return time.monotonic() + SETTLE_S


def ours(stack: ExitStack, folder: Path, sink: NullSink, delays: Delays) -> float:
    """Start two players of ours and what tells them the time."""
    listener = socket.create_server(("127.0.0.1", 0))
    stack.callback(listener.close)
    threading.Thread(target=answer_with_the_time, args=(listener,), daemon=True).start()
    program = str(Path(__file__).with_name("_in_step_player.py"))
    begins_at, from_s = (now() + LEARN_S + PLANNED_BEFORE_S for now in (time.time, time.monotonic))
    for channel, port in zip(CHANNELS, ways(stack, listener.getsockname()[1], delays), strict=True):
        rest = [str(port), repr(begins_at), repr(LISTEN_S + 5.0), repr(EVERY_S)]
        stack.enter_context(running(folder / f"{channel}.log", sink, [sys.executable, program, channel, *rest]))
    return from_s


def onsets(heard: np.ndarray[Any, Any]) -> list[int]:
    """Return the samples at which a burst begins: the first loud one after half a beat of silence."""
    loud = np.flatnonzero(np.abs(heard) > THRESHOLD)
    firsts = loud[np.flatnonzero(np.diff(loud, prepend=-OUTPUT_RATE) > OUTPUT_RATE * EVERY_S / 2)]
    return [int(each) for each in firsts]


@contextmanager
def server(folder: Path, sink: NullSink) -> Iterator[None]:
    """Run a server that plays a burst every EVERY_S, uncompressed."""
    pipe = folder / "pipe"
    lines = ["[http]", "enabled = false", "[tcp]", "enabled = false"]
    lines += [
        "[stream]",
        f"port = {PORT}",
        "codec = pcm",
        f"source = pipe://{pipe}?name=beats&sampleformat=48000:16:2",
    ]
    (folder / "snapserver.conf").write_text("\n".join(lines) + "\n")
    words = ["snapserver", "-c", str(folder / "snapserver.conf"), "--server.datadir", str(folder)]
    with (
        running(folder / "server.log", sink, words),
        running(folder / "beats.log", sink, [sys.executable, __file__, "beats", str(pipe)]),
    ):
        yield


@contextmanager
def running(log: Path, sink: NullSink, words: list[str]) -> Iterator[None]:
    """Run a program beside ours."""
    with log.open("wb") as out:
        process = subprocess.Popen(words, env=sink.environment, stdout=out, stderr=out)
    try:
        time.sleep(0.5)
        if process.poll() is not None:
            raise RuntimeError(f"{words[0]} ended: {log.read_text()[-500:]}")
        yield
    finally:
        process.terminate()
        process.wait(10)


def beats(pipe: Path) -> None:
    """Write bursts in both channels, as fast as they are to be heard."""
    one = np.zeros((round(EVERY_S * OUTPUT_RATE), 2), dtype="<i2")
    sound = burst()
    one[: sound.size] = np.rint(sound * 32_767)[:, None]
    data = one.tobytes()
    piece = len(data) // 100
    begun_s, number = time.monotonic(), 0
    with pipe.open("wb", buffering=0) as out:
        while True:
            place = number % 100 * piece
            out.write(data[place : place + piece])
            number += 1
            time.sleep(max(0.0, begun_s + number * EVERY_S / 100 - time.monotonic()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["beats"]:
        beats(Path(sys.argv[2]))
    else:
        main()
