from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from smartradio.domain.errors import SmartradioError
from smartradio.speech.voices.espeak import VIETNAMESE_VOICES, EspeakVoice
from smartradio.speech.voices.port import Voice, VoiceError
from smartradio.supervised import SupervisedWorker

SENTENCE = "Ủy ban nhân dân xã Yên Hòa thông báo lịch cắt điện ngày mười hai tháng mười một."

# A voice that fails as the text tells it to; `first` fails only in the first child.
FAILING = """
    import os, pathlib, struct, sys, time
    from smartradio.supervised import serve

    def speak(request, payload):
        if "warm" in request:
            return {}, b""
        fault, _, when = payload.decode().partition(" ")
        mark = pathlib.Path(sys.argv[1])
        if when == "first" and mark.exists():
            fault = "well"
        mark.touch()
        if fault == "crash":
            os.kill(os.getpid(), 11)
        if fault == "hang":
            time.sleep(600)
        if fault == "garbage":
            return {"rate": "fast"}, b"123"
        sound = [0] * 8000 if fault == "silent" else [] if fault == "nothing" else [9000, -9000] * 4000
        return {"rate": 16000}, struct.pack(f"<{len(sound)}h", *sound)

    serve(speak)
"""


@pytest.fixture(scope="module")
def worker() -> Iterator[SupervisedWorker]:
    with SupervisedWorker("smartradio.speech.voices.espeak_worker", name="espeak-ng") as worker:
        yield worker


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[EspeakVoice]:
    (tmp_path / "failing_voice.py").write_text(textwrap.dedent(FAILING), encoding="utf-8")
    environment = {"PYTHONPATH": str(tmp_path)}
    with SupervisedWorker("failing_voice", args=[str(tmp_path / "mark")], name="failing", env=environment) as worker:
        yield EspeakVoice("vi", timeout_s=3.0, worker=worker)


@pytest.mark.parametrize("name", [*VIETNAMESE_VOICES, "vi+f3"])
def test_every_vietnamese_voice_speaks(worker: SupervisedWorker, name: str) -> None:
    voice: Voice = EspeakVoice(name, worker=worker)
    sound, rate = voice.speak(SENTENCE, rate_wpm=None)
    assert rate == voice.rate == 22_050
    assert sound.dtype == np.float32
    assert 3 < len(sound) / rate < 7
    assert 0.2 < np.abs(sound).max() < 0.99


def test_voices_and_variants_differ(worker: SupervisedWorker) -> None:
    sounds = {EspeakVoice(n, worker=worker).speak(SENTENCE)[0].tobytes() for n in ("vi", "vi+f3", "vi+m3")}
    assert len(sounds) == 3


def test_a_sentence_sounds_the_same_whatever_was_said_before_it(worker: SupervisedWorker) -> None:
    voice = EspeakVoice("vi", worker=worker)
    first, _ = voice.speak(SENTENCE)
    EspeakVoice("vi+f3", worker=worker).speak("Câu khác hẳn!", rate_wpm=250)
    again, _ = voice.speak(SENTENCE)
    with EspeakVoice("vi") as fresh:
        assert np.array_equal(fresh.speak(SENTENCE)[0], first)
    assert np.array_equal(again, first)


def test_the_speed_holds_for_the_sentence_it_was_asked_for(worker: SupervisedWorker) -> None:
    voice = EspeakVoice("vi", worker=worker)
    slow, fast, own = (len(voice.speak(SENTENCE, rate_wpm=wpm)[0]) for wpm in (100, 300, None))
    assert fast < own < slow
    assert slow == pytest.approx(3 * fast, rel=0.1)


def test_the_child_stays_warm_between_sentences(worker: SupervisedWorker) -> None:
    voice = EspeakVoice("vi", worker=worker)
    voice.speak("Một.")
    pid = worker.pid
    began_s = time.perf_counter()
    voice.speak("Hai.")
    assert worker.pid == pid
    assert time.perf_counter() - began_s < 0.5


@pytest.mark.parametrize(
    "text",
    ["0123", "<speak>xin chào</speak>", "[[a]]", "chào\x00bà con\x07", "\ud800 chào", "😀 chào", "a" * 2000],
)
def test_odd_text_is_spoken_and_not_feared(worker: SupervisedWorker, text: str) -> None:
    assert len(EspeakVoice("vi", worker=worker).speak(text)[0]) > 2000


def test_nothing_after_a_nul_is_lost(worker: SupervisedWorker) -> None:
    voice = EspeakVoice("vi", worker=worker)
    cut, whole = voice.speak("Chào")[0], voice.speak("Chào\x00tất cả bà con trong xã")[0]
    assert len(whole) > 2 * len(cut)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty sentence"),
        (" \n\x00 ", "empty sentence"),
        ("...", "stayed silent"),
        ("a" * 30_000, "too long"),
    ],
    ids=["empty", "blank", "dots", "30,000 characters"],
)
def test_what_cannot_be_spoken_is_one_clear_line(worker: SupervisedWorker, text: str, told: str) -> None:
    with pytest.raises(VoiceError, match=told) as caught:
        EspeakVoice("vi", worker=worker).speak(text)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "told"), [("xx", "no voice 'xx'"), ("vi+zz", "no variant 'zz'"), ("vi-qq", "no voice 'vi-qq'")]
)
def test_an_unknown_voice_is_told_instead_of_a_silent_one(worker: SupervisedWorker, name: str, told: str) -> None:
    with pytest.raises(VoiceError, match=told):
        EspeakVoice(name, language=name[:2], worker=worker).speak(SENTENCE)


@pytest.mark.parametrize("name", ["en", "en-us+f3", "vie", "ko"])
def test_a_voice_of_another_language_is_refused_before_it_mangles_a_bulletin(name: str) -> None:
    with pytest.raises(VoiceError, match="not 'vi'"):
        EspeakVoice(name)


def test_a_voice_of_another_language_is_had_by_asking_for_that_language(worker: SupervisedWorker) -> None:
    assert len(EspeakVoice("en", language="en", worker=worker).speak("good morning")[0]) > 2000


@pytest.mark.parametrize("name", ["", "../vi", "vi; rm", "VI", "vi+"])
def test_what_cannot_be_a_name_is_refused_at_once(name: str) -> None:
    with pytest.raises(VoiceError, match="not an espeak voice"):
        EspeakVoice(name)


@pytest.mark.parametrize("rate_wpm", [0, 79, 451])
def test_an_impossible_speed_is_told(worker: SupervisedWorker, rate_wpm: int) -> None:
    with pytest.raises(VoiceError, match=r"outside 80\.\.450"):
        EspeakVoice("vi", worker=worker).speak(SENTENCE, rate_wpm=rate_wpm)


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_voice_that_fails_once_is_asked_again_in_a_fresh_child(failing: EspeakVoice, fault: str) -> None:
    sound, rate = failing.speak(f"{fault} first")
    assert (len(sound), rate) == (8000, 16_000)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("crash", r"failed on .*SIGSEGV"),
        ("hang", r"failed on .*no answer within"),
        ("silent", "stayed silent"),
        ("nothing", "stayed silent"),
        ("garbage", "not sound"),
    ],
)
def test_a_voice_that_keeps_failing_is_told_in_time(failing: EspeakVoice, fault: str, told: str) -> None:
    began_s = time.perf_counter()
    with pytest.raises(VoiceError, match=told) as caught:
        failing.speak(fault)
    assert time.perf_counter() - began_s < 5
    assert isinstance(caught.value, SmartradioError)
