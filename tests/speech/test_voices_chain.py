"""The rules of a chain: who speaks when another fails, loads or refuses, and for how long one is left out."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from smartradio.speech.voices.chain import VoiceChain
from smartradio.speech.voices.port import Voice, VoiceError, VoiceRefusedError
from tests.speech.said_voices import RATE, SENTENCE, HandClock, SaidVoice, SlowVoice, failing, refusing, tone


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
