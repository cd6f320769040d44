"""A chain of voices always ends in sound: real children that hang, crash and fall silent, and fakes for the rules."""

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
from smartradio.speech.voices.port import Voice, VoiceError, VoiceRefusedError
from smartradio.supervised import SupervisedWorker

SENTENCE = "Nước sông đang lên nhanh, bà con khẩn trương di chuyển đến nơi an toàn."
RATE = 16_000
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


class SaidVoice:
    """Says what it is told: a sound, or an error; remembers how often it was asked."""

    def __init__(self, name: str, says: Callable[[str], np.ndarray] | None = None, language: str = "vi") -> None:
        self.name = name
        self.language = language
        self.rate = RATE
        self.own_rate_wpm = 150
        self.says = says or tone
        self.asked: list[str] = []
        self.open = True

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[np.ndarray, int]:
        self.asked.append(sentence)
        return self.says(sentence), self.rate

    def warm(self) -> None:
        pass

    def close(self) -> None:
        self.open = False


class SlowVoice(SaidVoice):
    """A model that is loaded when the test says so."""

    ready = False
    loading = False
    failure: VoiceError | None = None

    def warm(self) -> None:
        self.failure = None
        self.loading = not self.ready

    def wait_until_ready(self, timeout_s: float) -> None:
        self.warm()
        self.loaded()
        if self.failure is not None:
            raise self.failure

    def loaded(self) -> None:
        self.ready, self.loading = True, False

    def failed(self, why: str) -> None:
        self.loading, self.failure = False, VoiceError(why)


class HandClock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def tone(sentence: str) -> np.ndarray:
    return np.tile(np.float32([0.3, -0.3]), 600 * len(sentence))


def failing(sentence: str) -> np.ndarray:
    raise VoiceError("out of breath")


def refusing(sentence: str) -> np.ndarray:
    raise VoiceRefusedError("has no sound for '5'")


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


def test_the_first_voice_that_can_speaks() -> None:
    voices = [SaidVoice("a"), SaidVoice("b")]
    chain = VoiceChain(voices)
    assert (chain.name, chain.names, chain.language, chain.own_rate_wpm) == ("a", ("a", "b"), "vi", 150)
    chain.speak(SENTENCE)
    assert (chain.name, voices[1].asked) == ("a", [])
    as_voice: Voice = chain
    as_voice.close()
    assert not any(voice.open for voice in voices)


def test_a_failed_voice_is_left_out_for_ten_minutes() -> None:
    clock, ill, well = HandClock(), SaidVoice("ill", failing), SaidVoice("well")
    chain = VoiceChain([ill, well], clock=clock)
    for _ in range(3):
        chain.speak(SENTENCE)
    assert len(ill.asked) == 1
    ill.says = tone
    clock.now_s += 599
    chain.speak(SENTENCE)
    assert chain.name == "well"
    clock.now_s += 2
    chain.speak(SENTENCE)
    assert chain.name == "ill"


def test_when_all_others_fail_a_voice_that_was_left_out_is_asked_after_all() -> None:
    first, second = SaidVoice("first", failing), SaidVoice("second")
    chain = VoiceChain([first, second])
    chain.speak(SENTENCE)
    first.says, second.says = tone, failing
    chain.speak(SENTENCE)
    assert chain.name == "first"


def test_when_nobody_speaks_all_reasons_are_told_and_nobody_is_left_out_for_it() -> None:
    voices = [SaidVoice("a", failing), SaidVoice("b", lambda _: np.zeros(RATE, np.float32))]
    chain = VoiceChain(voices)
    for _ in range(2):
        with pytest.raises(VoiceError, match=r"no voice spoke “Nước sông.*: a: out of breath; b: .* stayed silent"):
            chain.speak(SENTENCE)
    assert [len(voice.asked) for voice in voices] == [2, 2]


def test_a_sentence_that_every_voice_refuses_is_refused() -> None:
    with pytest.raises(VoiceRefusedError, match="has no sound for '5'"):
        VoiceChain([SaidVoice("a", refusing), SaidVoice("b", refusing)]).speak("thôn 5")


@pytest.mark.parametrize(
    ("sentence", "rate_wpm", "told"),
    [("...", None, "nothing to say"), ("", None, "nothing to say"), ("a" * 2001, None, "too long"), ("a", 9, "speed")],
)
def test_what_no_voice_can_say_troubles_none(sentence: str, rate_wpm: int | None, told: str) -> None:
    voice = SaidVoice("a")
    with pytest.raises(VoiceRefusedError, match=told):
        VoiceChain([voice]).speak(sentence, rate_wpm=rate_wpm)
    assert voice.asked == []


def test_from_the_last_voice_too_much_or_too_little_is_better_than_nothing() -> None:
    chain = VoiceChain([SaidVoice("a", failing), SaidVoice("b", lambda _: tone("x" * 400))])
    assert len(chain.speak("Xin chào.")[0]) == 480_000


def test_a_second_model_is_not_loaded_while_the_first_loads(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first, second, base = SlowVoice("first"), SlowVoice("second"), SaidVoice("base")
    chain = VoiceChain([first, second, base])
    chain.speak(SENTENCE)
    chain.speak(SENTENCE)
    assert (first.loading, second.loading, chain.name) == (True, False, "base")
    assert [line for line in caplog.messages if "first" in line] == ["voice first is loading, meanwhile base speaks"]
    first.failed("no such file")
    chain.speak(SENTENCE)
    assert second.loading
    second.loaded()
    chain.speak(SENTENCE)
    assert chain.name == "second"


def test_getting_ready_loads_one_model_and_the_next_only_if_that_fails() -> None:
    first, second, base = SlowVoice("first"), SlowVoice("second"), SaidVoice("base")
    chain = VoiceChain([first, second, base])
    chain.warm()
    assert (first.loading, second.loading) == (True, False)
    first.failed("no memory")
    first.loaded = lambda: first.failed("no memory")
    chain.warm(wait_s=1)
    assert (first.ready, second.ready) == (False, True)


def test_a_base_voice_that_does_not_start_is_left_out_and_the_next_gets_ready(caplog: pytest.LogCaptureFixture) -> None:
    broken, base = SaidVoice("broken"), SaidVoice("base")
    broken.warm = lambda: failing("")
    chain = VoiceChain([broken, base])
    chain.warm()
    chain.speak(SENTENCE)
    assert (chain.name, broken.asked) == ("base", [])
    assert caplog.messages == ["voice broken is left out for 600 s, the next speaks: out of breath"]


def test_a_voice_that_could_not_be_loaded_is_loaded_again_after_ten_minutes() -> None:
    clock, slow, base = HandClock(), SlowVoice("slow"), SaidVoice("base")
    chain = VoiceChain([slow, base], clock=clock)
    chain.speak(SENTENCE)
    slow.failed("no memory")
    chain.speak(SENTENCE)
    assert not slow.loading
    clock.now_s += 601
    chain.speak(SENTENCE)
    assert slow.loading
    slow.loaded()
    chain.speak(SENTENCE)
    assert chain.name == "slow"


def test_a_chain_has_voices_and_they_speak_one_language() -> None:
    with pytest.raises(VoiceError, match="at least one"):
        VoiceChain([])
    with pytest.raises(VoiceError, match="one language, not en and vi"):
        VoiceChain([SaidVoice("a"), SaidVoice("b", language="en")])
