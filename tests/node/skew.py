"""Measures on a recording when two player processes really began, against the instant they were given."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from smartradio.node.feed import Feed, Piece
from smartradio.node.player import Ended, Player, Started
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.node.sound.portaudio import LATENCY_S, PortAudioSound
from smartradio.node.sound.timeline import Offset, Timeline
from tests.node.null_sink import NullSink

CHANNELS = ("left", "right")
LEAD_S = 3.0
BURST_S = 0.25
GAP_S = 0.4
# The first sample of the burst is at full swing; the sink keeps it as it is.
THRESHOLD = 0.1


def burst() -> np.ndarray[Any, np.dtype[np.float32]]:
    """A cosine, so that its very first sample is loud."""
    time_s = np.arange(int(BURST_S * OUTPUT_RATE)) / OUTPUT_RATE
    return (0.5 * np.cos(2 * np.pi * 440 * time_s)).astype(np.float32)


@dataclass(frozen=True)
class Starts:
    """Milliseconds, one value a start: between the two players, and of each from the planned instant."""

    skew_ms: list[float]
    late_ms: list[float]
    told_ms: list[float]
    underruns: int


def measure(sink: NullSink, count: int, folder: Path) -> Starts:
    """Start two players `count` times from a cold device and read the truth off the sink's monitor."""
    first_s = time.monotonic() + 6.0
    step_s = LEAD_S + BURST_S + 2 * GAP_S
    planned = [first_s + number * step_s for number in range(count)]
    until_s = planned[-1] + 1.5
    recording = folder / "recording.npz"
    recorder = child(sink, "record", str(recording), repr(until_s))
    players = [child(sink, "play", channel, json.dumps(planned)) for channel in CHANNELS]
    told: list[float] = []
    underruns = 0
    for player in players:
        out, _ = player.communicate(timeout=until_s - time.monotonic() + 30)
        if player.returncode:
            raise RuntimeError(f"a player ended with {player.returncode}")
        answer = json.loads(out)
        told += [1000 * (started - at) for started, at in zip(answer["started"], planned, strict=True)]
        underruns += answer["underruns"]
    recorder.communicate(timeout=30)
    if recorder.returncode:
        raise RuntimeError("the recorder failed")
    with np.load(recording) as saved:
        heard, origin_s = saved["heard"], float(saved["origin_s"])
    found = [[_onset_s(heard[:, c], origin_s, at) for at in planned] for c in range(2)]
    return Starts(
        skew_ms=[1000 * abs(a - b) for a, b in zip(*found, strict=True)],
        late_ms=[1000 * (at - due) for channel in found for at, due in zip(channel, planned, strict=True)],
        told_ms=told,
        underruns=underruns,
    )


def _onset_s(heard: np.ndarray[Any, Any], origin_s: float, planned_s: float) -> float:
    start = round((planned_s - 0.5 - origin_s) * OUTPUT_RATE)
    window = np.abs(heard[start : start + OUTPUT_RATE])
    loud = np.flatnonzero(window > THRESHOLD)
    if start < 0 or not loud.size:
        raise RuntimeError("a start is missing in the recording")
    return origin_s + (start + int(loud[0])) / OUTPUT_RATE


def child(sink: NullSink, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.node.skew", *arguments],
        env=sink.environment,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


def _play(channel: str, planned: list[float]) -> None:
    sound = PortAudioSound(channel)
    player = Player(sound, time.monotonic)
    started: list[float] = []
    for number, at_s in enumerate(planned):
        time.sleep(max(at_s - LEAD_S - time.monotonic(), 0))
        player.warm()
        time.sleep(max(at_s - 0.5 - time.monotonic(), 0))
        player.play(str(number), at_s, Feed([Piece(burst, BURST_S)]))
        over = False
        while not over and time.monotonic() < at_s + 5:
            for event in player.poll():
                if isinstance(event, Started):
                    started.append(event.at_s)
                over = over or isinstance(event, Ended)
            time.sleep(0.02)
        time.sleep(LATENCY_S + GAP_S / 2)
        player.cool()
    print(json.dumps({"started": started, "underruns": sound.underruns}))


def _record(path: str, until_s: float) -> None:
    import sounddevice

    blocks: list[np.ndarray[Any, Any]] = []
    origins: list[float] = []
    timeline, offset = Timeline(OUTPUT_RATE), Offset()
    frames_before = 0

    def callback(heard: Any, frames: int, times: Any, status: Any) -> None:
        nonlocal frames_before
        shift_s = offset.update(times.currentTime, time.monotonic())
        at_s = timeline.block(frames, times.inputBufferAdcTime + shift_s)
        origins.append(at_s - frames_before / OUTPUT_RATE)
        frames_before += frames
        blocks.append(heard.copy())

    with sounddevice.InputStream(
        samplerate=OUTPUT_RATE, blocksize=480, device="mic", channels=2, latency=0.1, callback=callback
    ):
        threading.Event().wait(until_s - time.monotonic())
    np.savez(path, heard=np.concatenate(blocks), origin_s=float(np.median(origins)))


if __name__ == "__main__":
    if sys.argv[1] == "play":
        _play(sys.argv[2], json.loads(sys.argv[3]))
    else:
        _record(sys.argv[2], float(sys.argv[3]))
