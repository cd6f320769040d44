"""The real sound adapter on a real audio server: a PulseAudio null sink, its monitor as the microphone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.null_sink import NullSink
from tests.node.skew import measure

pytestmark = pytest.mark.contract

# One process that plays and listens as a node does, and says what it heard.
NODE = """
import json, time
import numpy as np
from smartradio.audio.match import match
from smartradio.audio.resample import resample
from smartradio.node.feed import Feed, Piece
from smartradio.node.microphone import Microphone
from smartradio.node.player import Ended, Player, Started
from smartradio.node.sound.portaudio import PortAudioSound
from tests.node.fakes import voice

sound = PortAudioSound("left", "mic")
player, microphone = Player(sound, time.monotonic), Microphone(sound)
pcm = resample(voice(4.0), 16000, 48000)
planned_s = time.monotonic() + 3.5
player.warm()
time.sleep(1.4)
microphone.open("a", planned_s - 2.0)
player.play("a", planned_s, Feed([Piece(lambda: pcm[:96000], 2.0), Piece(lambda: pcm[96000:], 2.0)]))
started = ended = None
while ended is None and time.monotonic() < planned_s + 10:
    for event in player.poll():
        started = event if isinstance(event, Started) else started
        ended = event if isinstance(event, Ended) else ended
    microphone.drain()
    time.sleep(0.05)
time.sleep(3.0)
heard = microphone.cut("a", planned_s + 7.0)
player.cool()
found = match(heard.pcm, voice(4.0), clip_starts_s=heard.starts_s - planned_s)
print(json.dumps({
    "offset_ms": 1000 * (started.at_s - planned_s), "played_s": ended.played_s, "starved_s": ended.starved_s,
    "ending": ended.ending, "coverage": found.coverage, "delay_ms": 1000 * (found.delay_s or 9), "starts_s":
    heard.starts_s - planned_s, "underruns": sound.underruns,
}))
"""

MISSING = """
from smartradio.node.sound.port import SoundError
from smartradio.node.sound.portaudio import PortAudioSound
for name in ("no-such-card", "left"):
    sound = PortAudioSound(name)
    try:
        sound.open_output(lambda out, at_s: out.fill(0))
        print("opened", name)
        sound.close_output()
    except SoundError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NullSink]:
    missing = NullSink.missing()
    if missing:
        pytest.skip(missing)
    made = NullSink(tmp_path_factory.mktemp("pulse"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def run(sink: NullSink, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=sink.environment,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_recording_is_played_whole_at_its_instant_and_heard_by_the_microphone(sink: NullSink) -> None:
    found = json.loads(run(sink, NODE))
    assert abs(found["offset_ms"]) < 1.0
    assert found["played_s"] == pytest.approx(4.0, abs=0.001)
    assert found["starved_s"] == 0.0
    assert found["ending"] == "whole"
    assert found["coverage"] > 0.95
    # The sink's monitor hears what it plays: recording and instant agree to within 10 ms.
    assert abs(found["delay_ms"]) < 10.0
    assert found["starts_s"] == pytest.approx(-2.0, abs=0.2)


def test_two_nodes_start_together_and_on_time(sink: NullSink, tmp_path: Path) -> None:
    starts = measure(sink, 3, tmp_path)
    assert sorted(starts.skew_ms)[1] < 5.0
    assert sorted(abs(late) for late in starts.late_ms)[3] < 10.0
    assert max(abs(told) for told in starts.told_ms) < 1.0


def test_a_card_that_is_not_there_is_told_with_those_that_are(sink: NullSink) -> None:
    first, second = run(sink, MISSING).splitlines()
    assert first.startswith("no sound output named 'no-such-card'; there are: ")
    assert "left" in first
    assert second == "opened left"
