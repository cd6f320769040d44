from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.codec import decode_opus
from smartradio.audio.errors import AudioError
from smartradio.audio.loudness import integrated_lufs, true_peak_dbtp
from smartradio.domain.errors import BadInputError
from smartradio.speech.rendering import (
    CHIME_PAUSE_S,
    LINE_PAUSE_S,
    MAX_PIECE_CHARACTERS,
    PIECE_PAUSE_S,
    SENTENCE_PAUSE_S,
    RenderedRecording,
    Utterance,
    assemble,
    render,
)
from smartradio.speech.voices.espeak import EspeakVoice
from smartradio.speech.voices.port import VoiceError

BULLETIN = [
    "Ủy ban nhân dân xã Yên Hòa thông báo lịch cắt điện ngày mười hai tháng mười một.",
    "Thời gian từ bảy giờ đến mười một giờ ba mươi phút.",
    Utterance("Đề nghị bà con chủ động dự trữ nước sinh hoạt.", LINE_PAUSE_S),
    "Xin cảm ơn bà con đã lắng nghe.",
]


class HummingVoice:
    """A voice that hums for as long as a sentence is, and remembers what it was given."""

    name = "hum"
    rate = 16_000

    def __init__(self, loudness: float = 0.3, samples_a_character: int = 200) -> None:
        self.heard: list[str] = []
        self._loudness = loudness
        self._samples_a_character = samples_a_character

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[np.ndarray, int]:
        self.heard.append(sentence)
        at_s = np.arange(self._samples_a_character * len(sentence)) / self.rate
        return (self._loudness * np.sin(2 * np.pi * 300 * at_s)).astype(np.float32), self.rate


@pytest.fixture(scope="module")
def voice() -> Iterator[EspeakVoice]:
    with EspeakVoice("vi") as voice:
        yield voice


@pytest.fixture(scope="module")
def recording(voice: EspeakVoice) -> RenderedRecording:
    return render(BULLETIN, voice)


def test_a_chime_comes_first_and_then_one_object_a_sentence(recording: RenderedRecording) -> None:
    assert [segment.kind for segment in recording.segments] == ["chime"] + ["sentence"] * 4
    assert recording.segments[0].spoken == ""
    assert recording.segments[2].spoken == BULLETIN[1]
    assert recording.voice == "vi"


def test_every_object_is_named_by_its_bytes_and_lasts_what_it_says(recording: RenderedRecording) -> None:
    for segment in recording.segments:
        assert segment.sha256 == hashlib.sha256(segment.opus).hexdigest()
        assert segment.duration_s == pytest.approx(len(decode_opus(segment.opus)) / 48_000)


def test_pauses_stand_where_an_announcer_makes_them(recording: RenderedRecording) -> None:
    pauses_s = [segment.pause_after_s for segment in recording.segments]
    assert pauses_s == [CHIME_PAUSE_S, SENTENCE_PAUSE_S, SENTENCE_PAUSE_S, LINE_PAUSE_S, 0.0]
    lengths_s = sum(segment.duration_s for segment in recording.segments)
    assert recording.duration_s == pytest.approx(lengths_s + sum(pauses_s), abs=1e-6)


@pytest.mark.parametrize("name", ["vi", "vi-vn-x-central", "vi-vn-x-south", "vi+f3"])
def test_what_a_node_decodes_has_the_promised_loudness_and_peak(name: str) -> None:
    with EspeakVoice(name) as voice:
        recording = render(BULLETIN, voice)
    heard = assemble(recording.segments, 48_000)
    assert integrated_lufs(heard, 48_000) == pytest.approx(-16, abs=0.6)
    assert recording.loudness_lufs == pytest.approx(integrated_lufs(heard, 48_000), abs=0.1)
    assert true_peak_dbtp(heard, 48_000) <= -1.49
    assert recording.true_peak_dbtp <= -1.5


def test_the_same_text_has_the_same_objects(voice: EspeakVoice, recording: RenderedRecording) -> None:
    assert render(BULLETIN, voice) == recording


def test_a_changed_sentence_leaves_the_others_as_they_were(voice: EspeakVoice, recording: RenderedRecording) -> None:
    changed = render([*BULLETIN[:3], "Xin cảm ơn tất cả bà con."], voice)
    names = [segment.sha256 for segment in recording.segments]
    assert [segment.sha256 for segment in changed.segments[:4]] == names[:4]
    assert changed.segments[4].sha256 != names[4]


def test_a_minute_takes_what_the_data_plan_counts_on(recording: RenderedRecording) -> None:
    bytes_a_minute = 60 * sum(len(s.opus) for s in recording.segments) / recording.duration_s
    assert 80_000 < bytes_a_minute < 140_000


def test_an_emergency_is_told_by_its_chime(voice: EspeakVoice, recording: RenderedRecording) -> None:
    emergency = render(BULLETIN[:1], voice, chime="emergency")
    assert emergency.segments[0].sha256 != recording.segments[0].sha256
    assert integrated_lufs(decode_opus(emergency.segments[0].opus), 48_000) == pytest.approx(-16, abs=1)


def test_the_assembled_recording_holds_every_sample_and_pause(recording: RenderedRecording) -> None:
    heard = assemble(recording.segments, 16_000)
    assert len(heard) == pytest.approx(recording.duration_s * 16_000, abs=len(recording.segments))
    chime = decode_opus(recording.segments[0].opus, 16_000)
    assert heard[: len(chime)] == pytest.approx(chime, abs=1e-4)
    pause = heard[len(chime) : len(chime) + round(CHIME_PAUSE_S * 16_000)]
    assert not pause.any()
    assert len(assemble([])) == 0


@pytest.mark.parametrize("loudness", [0.01, 0.9])
def test_a_whispering_and_a_shouting_voice_end_alike(loudness: float) -> None:
    recording = render(["một hai ba bốn năm sáu"] * 3, HummingVoice(loudness))
    assert recording.loudness_lufs == pytest.approx(-16, abs=0.7)
    assert recording.true_peak_dbtp <= -1.5


def test_a_sentence_of_thirty_thousand_characters_becomes_pieces_and_loses_nothing() -> None:
    sentence = "Bà con ở thôn Đông chú ý, " * 1154 + "hết."
    voice = HummingVoice(samples_a_character=20)
    recording = render([sentence], voice)
    assert max(map(len, voice.heard)) <= MAX_PIECE_CHARACTERS
    assert " ".join(voice.heard) == sentence
    assert {s.pause_after_s for s in recording.segments[1:-1]} == {PIECE_PAUSE_S}
    assert all(piece.endswith((",", ".")) for piece in voice.heard)


def test_a_word_without_end_is_cut_hard() -> None:
    voice = HummingVoice()
    render(["a" * 1000], voice)
    assert [len(piece) for piece in voice.heard] == [400, 400, 200]


@given(st.lists(st.text(st.characters(), max_size=60), max_size=4))
@settings(deadline=None, max_examples=25)
def test_any_text_is_a_recording_or_one_clear_line(texts: list[str]) -> None:
    voice = HummingVoice()
    try:
        recording = render(texts, voice)
    except BadInputError as error:
        assert "nothing to speak" in str(error)
        assert not any(character.isalnum() for text in texts for character in text)
    else:
        assert len(recording.segments) == 1 + len(voice.heard)
        assert not any(ord(character) < 32 for text in voice.heard for character in text)


@pytest.mark.parametrize("texts", [[], [""], ["...", " \n", "😀", "\x00\x07"]], ids=["none", "empty", "signs"])
def test_a_text_without_a_word_is_told(texts: list[str]) -> None:
    with pytest.raises(BadInputError, match="nothing to speak"):
        render(texts, HummingVoice())


def test_a_text_of_a_hundred_thousand_characters_is_told_before_anything_is_spoken() -> None:
    voice = HummingVoice()
    with pytest.raises(BadInputError, match="100000 characters, more than the 50000"):
        render(["a" * 100_000], voice)
    assert voice.heard == []


def test_a_silent_voice_and_an_unknown_chime_are_told() -> None:
    with pytest.raises(VoiceError, match="stayed silent"):
        render(["chào"], HummingVoice(loudness=0))
    with pytest.raises(AudioError, match="no chime"):
        render(["chào"], HummingVoice(), chime="disco")
    with pytest.raises(BadInputError, match="shorter than none"):
        render([Utterance("chào", -1)], HummingVoice())
