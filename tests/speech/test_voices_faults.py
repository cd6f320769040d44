"""A chain of voices ends in sound: real children that hang, crash, fall silent or do not load."""

from __future__ import annotations

import logging
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from smartradio.speech.voices.chain import VoiceChain
from smartradio.speech.voices.clauses import Clause, clauses
from smartradio.speech.voices.espeak import EspeakVoice
from smartradio.speech.voices.neural import NeuralVoice
from smartradio.speech.voices.port import VoiceError, VoiceRefusedError
from smartradio.supervised import SupervisedWorker
from tests.speech.said_voices import RATE, SENTENCE, SaidVoice

MOST_S = 5.0
# A neural voice's child that does to every sentence what its argument says.
FAULTY = """
    import os, struct, sys, time
    from smartradio.supervised import serve

    fault = sys.argv[1]
    if fault == "hang at start":
        time.sleep(600)
    if fault == "crash at start":
        sys.exit("no such model")

    def speak(request, payload):
        if "warm" in request:
            return {"rate": 16000}, b""
        if fault == "hang":
            time.sleep(600)
        if fault == "slow":
            time.sleep(0.6)
        if fault == "crash":
            os.kill(os.getpid(), 11)
        if fault == "garbage":
            return {"rate": "fast"}, b"123"
        if fault == "error":
            raise RuntimeError("index out of range")
        letters = len(payload.decode())
        tone = [0.3, -0.3] * 600 * letters
        sound = {
            "silence": [0.0] * 48000, "nothing": [], "offset": [0.5] * 48000, "hiss": [0.0004, -0.0004] * 24000,
            "click": [0.0] * 24000 + [1.0] + [0.0] * 24000, "nan": [float("nan")] * 48000,
            "infinity": tone + [float("inf")], "babble": [0.3, -0.3] * 1600000, "stub": [0.3, -0.3] * 2000,
        }.get(fault, tone)
        return {"rate": 16000}, struct.pack(f"<{len(sound)}f", *sound)

    serve(speak)
"""
SILENT = ["silence", "nothing", "offset", "hiss", "click"]


class FaultyVoice(NeuralVoice):
    def __init__(self, folder: Path, fault: str, **timeouts: float) -> None:
        (folder / "faulty_voice.py").write_text(textwrap.dedent(FAULTY), encoding="utf-8")
        worker = SupervisedWorker(
            "faulty_voice", args=[fault], name=fault, start_timeout_s=10, env={"PYTHONPATH": str(folder)}
        )
        super().__init__(f"vits:{fault}", "vi", RATE, worker, **timeouts)

    def _clauses(self, sentence: str, most: int) -> tuple[Clause, ...]:
        return clauses(sentence, most=most)


@pytest.fixture
def espeak() -> Iterator[EspeakVoice]:
    with EspeakVoice("vi") as voice:
        voice.warm()
        yield voice


def _seconds(act: Callable[[], object]) -> float:
    began_s = time.perf_counter()
    act()
    return time.perf_counter() - began_s


@pytest.mark.parametrize("fault", ["hang", "crash", "garbage", "nan", "infinity", *SILENT])
def test_within_five_seconds_of_a_fault_the_next_voice_speaks_and_the_log_says_so(
    tmp_path: Path, espeak: EspeakVoice, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    with VoiceChain([FaultyVoice(tmp_path, fault), espeak]) as chain:
        chain.warm(wait_s=10)
        heard: list[tuple[np.ndarray, int]] = []
        assert _seconds(lambda: heard.append(chain.speak(SENTENCE))) < MOST_S
        assert chain.name == "vi"
        assert np.array_equal(heard[0][0], espeak.speak(SENTENCE)[0])
        assert _seconds(lambda: chain.speak("Xin chào.")) < 1.0, "it waited for the failed voice again"
    (line,) = [each for each in caplog.messages if "left out" in each]
    assert line.startswith(f"voice vits:{fault} is left out for 600 s, vi speaks: ")
    assert line.partition("speaks: ")[2]


def test_a_hang_in_the_base_voice_too_is_given_up_in_time(tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(
        "import time\nfrom smartradio.supervised import serve\nserve(lambda *_: time.sleep(600))\n", encoding="utf-8"
    )
    environment = {"PYTHONPATH": str(tmp_path)}
    with SupervisedWorker("hanging", name="espeak-ng", env=environment, start_timeout_s=2.0) as worker:
        chain = VoiceChain([EspeakVoice("vi", worker=worker), SaidVoice("next")])
        assert _seconds(lambda: chain.speak(SENTENCE)) < MOST_S
    assert chain.name == "next"


@pytest.mark.parametrize(
    ("fault", "told"), [("stub", "spoke only"), ("babble", "took 200.0 s"), ("error", "index out")]
)
def test_a_sentence_that_one_voice_gets_wrong_is_said_by_the_next_and_the_voice_is_asked_again(
    tmp_path: Path, espeak: EspeakVoice, caplog: pytest.LogCaptureFixture, fault: str, told: str
) -> None:
    caplog.set_level(logging.INFO)
    with VoiceChain([FaultyVoice(tmp_path, fault), espeak]) as chain:
        chain.warm(wait_s=10)
        assert _seconds(lambda: chain.speak(SENTENCE)) < MOST_S
        assert chain.name == "vi"
    assert any(line.startswith(f"voice vits:{fault} passes") and told in line for line in caplog.messages)


def test_an_emergency_does_not_wait_for_a_voice_that_loads(tmp_path: Path, espeak: EspeakVoice) -> None:
    with VoiceChain([FaultyVoice(tmp_path, "hang at start"), espeak]) as chain:
        assert _seconds(lambda: chain.speak(SENTENCE)) < 1.0
        assert chain.name == "vi"
        assert _seconds(lambda: chain.warm(wait_s=0.5)) < 1.5


def test_a_voice_speaks_as_soon_as_it_is_loaded(tmp_path: Path, espeak: EspeakVoice) -> None:
    with VoiceChain([FaultyVoice(tmp_path, "well"), espeak]) as chain:
        chain.speak(SENTENCE)
        assert chain.name == "vi"
        chain.warm(wait_s=10)
        chain.speak(SENTENCE)
        assert chain.name == "vits:well"


def test_two_callers_of_one_voice_wait_for_each_other_and_neither_has_it_killed(tmp_path: Path) -> None:
    with FaultyVoice(tmp_path, "slow", answer_timeout_s=1.0) as voice, ThreadPoolExecutor(2) as callers:
        voice.wait_until_ready(10)
        sounds = list(callers.map(lambda _: voice.speak("xin chào")[0], range(2)))
        assert len(sounds) == 2
        assert voice.ready


def test_a_caller_that_would_wait_too_long_is_told_that_the_voice_is_busy(tmp_path: Path) -> None:
    with FaultyVoice(tmp_path, "slow", answer_timeout_s=1.0) as voice, ThreadPoolExecutor(3) as callers:
        voice.wait_until_ready(10)
        calls = [callers.submit(voice.speak, "xin chào") for _ in range(3)]
        errors = [call.exception() for call in calls]
        assert errors.count(None) == 2
        assert isinstance(next(filter(None, errors)), VoiceRefusedError)
        assert voice.ready


def test_a_voice_that_cannot_be_loaded_is_told_once_and_left_out(
    tmp_path: Path, espeak: EspeakVoice, caplog: pytest.LogCaptureFixture
) -> None:
    with VoiceChain([FaultyVoice(tmp_path, "crash at start"), espeak]) as chain:
        for _ in range(3):
            chain.warm(wait_s=10)
            chain.speak(SENTENCE)
    (line,) = [each for each in caplog.messages if "left out" in each]
    assert "could not be loaded" in line
    assert "(no such model)" in line


BROKEN_WHEEL = {
    "no library": "def get_library_path(): return '/nowhere/libespeak-ng.so'\ndef get_data_path(): return '/nowhere'\n",
    "no answer": "def get_library_path(): raise RuntimeError('no data')\n",
    "dies": "import os\nos.abort()\n",
    "hangs": "import time\ntime.sleep(600)\n",
}


@pytest.mark.contract
@pytest.mark.parametrize("wheel", BROKEN_WHEEL.values(), ids=BROKEN_WHEEL.keys())
def test_when_espeaks_wheel_is_broken_the_systems_library_speaks(tmp_path: Path, wheel: str) -> None:
    with EspeakVoice("vi", system=True) as system:
        try:
            system.speak(SENTENCE)
        except VoiceError:
            pytest.skip("the system has no espeak-ng (apt install espeak-ng)")
        (tmp_path / "espeakng_loader.py").write_text(wheel, encoding="utf-8")
        worker = SupervisedWorker(
            "smartradio.speech.voices.espeak_worker", name="espeak-ng", start_timeout_s=2,
            env={"PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        with worker:
            chain = VoiceChain([EspeakVoice("vi", worker=worker), system])
            heard: list[tuple[np.ndarray, int]] = []
            assert _seconds(lambda: heard.append(chain.speak(SENTENCE))) < MOST_S
    assert chain.name == "vi (system)"
    assert np.abs(heard[0][0]).max() > 0.1


def test_without_a_system_library_the_last_resort_is_the_wheels_in_a_fresh_child(tmp_path: Path) -> None:
    # What the bindings do where no library is found, until the wheel's is loaded.
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(
            """
            import ctypes, os
            find = ctypes.cdll.LoadLibrary
            def only_loaded(path):
                if "espeak" in path and "ESPEAK_DATA_PATH" not in os.environ:
                    raise OSError(path)
                return find(path)
            ctypes.cdll.LoadLibrary = only_loaded
            """
        ),
        encoding="utf-8",
    )
    worker = SupervisedWorker(
        "smartradio.speech.voices.espeak_worker", args=["system"], name="espeak-ng", env={"PYTHONPATH": str(tmp_path)}
    )
    with worker, EspeakVoice("vi") as wheel:
        assert np.array_equal(EspeakVoice("vi", worker=worker).speak(SENTENCE)[0], wheel.speak(SENTENCE)[0])
