from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.codec import decode_opus
from smartradio.audio.errors import AudioError
from smartradio.audio.loudness import integrated_lufs, spoken_lufs, true_peak_dbtp
from smartradio.domain.errors import BadInputError
from smartradio.speech.rendering import (
    CHIME_PAUSE_S,
    ENDING_PAUSE_S,
    LINE_PAUSE_S,
    MAX_PIECE_CHARACTERS,
    NO_CHIME,
    PIECE_PAUSE_S,
    REPEAT_PAUSE_S,
    REPEAT_WORDS,
    SENTENCE_PAUSE_S,
    ImportedSound,
    Pace,
    RenderedRecording,
    Utterance,
    assemble,
    one_object,
    render,
    render_segments,
)
from smartradio.speech.voices.espeak import EspeakVoice
from smartradio.speech.voices.port import VoiceError
from tests.speech.humming import HummingVoice

BULLETIN = [
    "Ủy ban nhân dân xã Yên Hòa thông báo lịch cắt điện ngày mười hai tháng mười một.",
    "Thời gian từ bảy giờ đến mười một giờ ba mươi phút.",
    Utterance("Đề nghị bà con chủ động dự trữ nước sinh hoạt.", LINE_PAUSE_S),
    "Xin cảm ơn bà con đã lắng nghe.",
]


@pytest.fixture(scope="module")
def voice() -> Iterator[EspeakVoice]:
    with EspeakVoice("vi") as voice:
        yield voice


@pytest.fixture(scope="module")
def recording(voice: EspeakVoice) -> RenderedRecording:
    return render(BULLETIN, voice)


def test_a_chime_comes_first_then_one_object_a_sentence_and_a_chime_closes(recording: RenderedRecording) -> None:
    assert [segment.kind for segment in recording.segments] == ["chime"] + ["sentence"] * 4 + ["chime"]
    assert recording.segments[0].sha256 != recording.segments[-1].sha256
    assert recording.segments[0].spoken == ""
    assert recording.segments[2].spoken == BULLETIN[1]
    assert recording.voice == "vi"
    assert [segment.voice for segment in recording.segments] == ["", "vi", "vi", "vi", "vi", ""]


def test_every_object_is_named_by_its_bytes_and_lasts_what_it_says(recording: RenderedRecording) -> None:
    for segment in recording.segments:
        assert segment.sha256 == hashlib.sha256(segment.opus).hexdigest()
        assert segment.duration_s == pytest.approx(len(decode_opus(segment.opus)) / 48_000)


def test_pauses_stand_where_an_announcer_makes_them(recording: RenderedRecording) -> None:
    pauses_s = [segment.pause_after_s for segment in recording.segments]
    assert pauses_s == [CHIME_PAUSE_S, SENTENCE_PAUSE_S, SENTENCE_PAUSE_S, LINE_PAUSE_S, ENDING_PAUSE_S, 0.0]
    lengths_s = sum(segment.duration_s for segment in recording.segments)
    assert recording.duration_s == pytest.approx(lengths_s + sum(pauses_s), abs=1e-6)


@pytest.mark.parametrize("name", ["vi", "vi-vn-x-central", "vi-vn-x-south", "vi+f3"])
def test_what_a_node_decodes_has_the_promised_loudness_and_peak(name: str) -> None:
    with EspeakVoice(name) as voice:
        recording = render(BULLETIN, voice)
    heard = assemble(recording.segments, 48_000)
    assert integrated_lufs(heard, 48_000) == pytest.approx(-16, abs=0.5)
    assert recording.loudness_lufs == pytest.approx(integrated_lufs(heard, 48_000), abs=0.1)
    assert true_peak_dbtp(heard, 48_000) <= -1.5
    assert recording.true_peak_dbtp <= -1.5


def test_the_same_text_has_the_same_objects(voice: EspeakVoice, recording: RenderedRecording) -> None:
    assert render(BULLETIN, voice) == recording


def test_a_changed_sentence_leaves_the_others_as_they_were(voice: EspeakVoice, recording: RenderedRecording) -> None:
    changed = render([*BULLETIN[:3], "Xin cảm ơn tất cả bà con."], voice)
    names = [segment.sha256 for segment in recording.segments]
    assert [segment.sha256 for segment in changed.segments[:4]] == names[:4]
    assert changed.segments[4].sha256 != names[4]


def test_a_sentence_has_the_same_object_in_whatever_bulletin_it_stands(
    voice: EspeakVoice, recording: RenderedRecording
) -> None:
    elsewhere = render(["Mời bà con nghe tin vắn.", "Trời sắp mưa to.", BULLETIN[1]], voice)
    assert elsewhere.segments[3].sha256 == recording.segments[2].sha256


def test_a_minute_takes_what_the_data_plan_counts_on(recording: RenderedRecording) -> None:
    bytes_a_minute = 60 * sum(len(s.opus) for s in recording.segments) / recording.duration_s
    assert 80_000 < bytes_a_minute < 140_000


def test_an_emergency_is_told_by_its_chime(voice: EspeakVoice, recording: RenderedRecording) -> None:
    emergency = render(BULLETIN[:1], voice, chime="emergency")
    assert emergency.segments[0].sha256 != recording.segments[0].sha256
    assert integrated_lufs(decode_opus(emergency.segments[0].opus), 48_000) == pytest.approx(-16, abs=1)


def test_what_must_be_known_before_a_siren_is_said_once_before_it_and_is_the_object_it_is_elsewhere(
    voice: EspeakVoice,
) -> None:
    known = [Utterance("Đây là diễn tập.", LINE_PAUSE_S)]
    drill = render(BULLETIN[:1], voice, chime="siren_flood", times=2, before_chime=known, pace=Pace.ALERT)
    kinds = [segment.kind for segment in drill.segments]
    assert kinds == ["sentence", "chime", "sentence", "sentence", "sentence", "chime"]
    assert [segment.spoken for segment in drill.segments].count("Đây là diễn tập.") == 1
    meant = render([*known, BULLETIN[0]], voice, chime="siren_flood", pace=Pace.ALERT)
    assert [drill.segments[at].sha256 for at in (1, 0, 2)] == [segment.sha256 for segment in meant.segments[:3]]
    assert drill.segments[0].pause_after_s == LINE_PAUSE_S * Pace.ALERT.pause_factor
    assert drill.true_peak_dbtp <= -1.5


def test_before_a_siren_only_what_can_be_said_is_taken(voice: EspeakVoice) -> None:
    with pytest.raises(BadInputError, match="nothing to speak"):
        render(BULLETIN[:1], voice, before_chime=["..."])


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
    recording = render(["một hai ba bốn năm sáu"] * 3, HummingVoice(loudness, samples_a_character=1000))
    assert recording.loudness_lufs == pytest.approx(-16, abs=0.5)
    assert recording.true_peak_dbtp <= -1.5


def test_a_sentence_of_thirty_thousand_characters_becomes_pieces_and_loses_nothing() -> None:
    sentence = "Bà con ở thôn Đông chú ý, " * 1154 + "hết."
    voice = HummingVoice(samples_a_character=20)
    recording = render([sentence], voice)
    assert max(map(len, voice.heard)) <= MAX_PIECE_CHARACTERS
    assert " ".join(voice.heard) == sentence
    assert {s.pause_after_s for s in recording.segments[1:-2]} == {PIECE_PAUSE_S}
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
        recording = render(texts, voice, chime=NO_CHIME)
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


def test_every_segment_is_ready_before_the_next_is_begun() -> None:
    voice = HummingVoice()
    segments = render_segments(["một hai ba", "bốn năm sáu"], voice)
    assert next(segments).kind == "chime"
    assert voice.heard == []
    assert next(segments).spoken == "một hai ba"
    assert voice.heard == ["một hai ba"]
    assert [segment.kind for segment in segments] == ["sentence", "chime"]


def test_what_is_streamed_is_what_is_rendered_whole() -> None:
    given = ["một hai ba", Utterance("bốn năm", LINE_PAUSE_S)]
    assert tuple(render_segments(given, HummingVoice(), times=2)) == render(given, HummingVoice(), times=2).segments


def test_what_cannot_be_rendered_is_told_at_the_call_and_not_at_the_first_segment() -> None:
    with pytest.raises(BadInputError, match="nothing to speak"):
        render_segments(["..."], HummingVoice())
    with pytest.raises(AudioError, match="no chime 'disco'"):
        render_segments(["chào"], HummingVoice(), chime="disco")
    with pytest.raises(BadInputError, match="1 to 5 times, not 0"):
        render_segments(["chào"], HummingVoice(), times=0)


def test_a_long_first_sentence_is_cut_at_a_comma_so_that_the_first_segment_comes_early() -> None:
    sentence = "Kính thưa toàn thể bà con, " * 12 + "xin bắt đầu."
    voice = HummingVoice(samples_a_character=20)
    render(["Kính thưa bà con. " + sentence, sentence], voice)
    assert len(voice.heard[0]) <= 160
    assert voice.heard[0].endswith(",")
    assert voice.heard[2] == sentence
    assert " ".join(voice.heard[:2]) == "Kính thưa bà con. " + sentence


def test_a_first_sentence_without_a_comma_is_left_whole() -> None:
    sentence = " ".join(["bà con"] * 40)
    voice = HummingVoice(samples_a_character=20)
    render([sentence], voice)
    assert voice.heard == [sentence]


def test_twice_means_the_same_objects_again_after_the_words_that_announce_it() -> None:
    voice = HummingVoice()
    segments = render(["một hai ba", "bốn năm sáu"], voice, times=2).segments
    assert [s.spoken for s in segments] == [
        "",
        "một hai ba",
        "bốn năm sáu",
        REPEAT_WORDS,
        "một hai ba",
        "bốn năm sáu",
        "",
    ]
    assert [s.sha256 for s in segments[1:3]] == [s.sha256 for s in segments[4:6]]
    assert voice.heard == ["một hai ba", "bốn năm sáu", REPEAT_WORDS]
    assert [segments[2].pause_after_s, segments[5].pause_after_s] == [REPEAT_PAUSE_S, ENDING_PAUSE_S]


def test_an_alert_is_slow_and_widely_spaced_and_a_given_speed_wins() -> None:
    voice = HummingVoice()
    segments = render(["một", Utterance("hai", LINE_PAUSE_S), "ba"], voice, pace=Pace.ALERT).segments
    assert set(voice.speeds_wpm) == {120}
    assert [s.pause_after_s for s in segments[1:3]] == [2 * SENTENCE_PAUSE_S, 2 * LINE_PAUSE_S]
    faster = HummingVoice()
    render(["một"], faster, pace=Pace.ALERT, rate_wpm=140)
    assert faster.speeds_wpm == [140]
    usual = HummingVoice()
    render(["một"], usual)
    assert usual.speeds_wpm == [None]


def test_a_recording_can_do_without_chime_and_ending() -> None:
    (segment,) = render(["một hai ba"], HummingVoice(), chime=NO_CHIME, ending=False).segments
    assert (segment.kind, segment.pause_after_s) == ("sentence", 0.0)


@pytest.mark.parametrize(
    ("sound", "words"),
    [
        (np.full(16_000, np.nan, np.float32), "values that are not numbers"),
        (np.zeros((2, 16_000), np.float32), "cannot be used: resampling needs one channel"),
        (np.zeros(0, np.float32), "stayed silent"),
    ],
)
def test_a_voice_that_gives_no_sound_is_named(sound: np.ndarray, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    voice = HummingVoice()
    monkeypatch.setattr(voice, "speak", lambda sentence, *, rate_wpm=None: (sound, 22_050))
    with pytest.raises(VoiceError, match=f"the voice hum .*{words}"):
        render(["chào bà con"], voice)


class RelayedVoice(HummingVoice):
    """A chain whose first voice gives up after the first sentence."""

    def speak(self, sentence: str, *, rate_wpm: int | None = None) -> tuple[np.ndarray, int]:
        self.name = "second" if self.heard else "first"
        return super().speak(sentence, rate_wpm=rate_wpm)


def test_every_sentence_names_the_voice_that_spoke_it() -> None:
    recording = render(["một", "hai", "ba"], RelayedVoice())
    assert [s.voice for s in recording.segments[1:4]] == ["first", "second", "second"]
    assert recording.voice == "first, second"


def sound_of(seconds: float, loudness: float = 0.05) -> np.ndarray:
    return HummingVoice(loudness).speak("x" * round(80 * seconds))[0]


def test_a_sound_brought_in_is_mastered_like_a_voice() -> None:
    parts = ["một hai ba bốn", ImportedSound(sound_of(4), 0.8, "lời người dân tộc"), "năm sáu bảy tám"]
    recording = render(parts, HummingVoice(0.6))
    brought_in = recording.segments[2]
    assert (brought_in.kind, brought_in.spoken, brought_in.voice) == ("imported", "lời người dân tộc", "")
    assert brought_in.pause_after_s == 0.8
    assert spoken_lufs(decode_opus(brought_in.opus), 48_000) == pytest.approx(-16, abs=0.5)
    assert recording.loudness_lufs == pytest.approx(-16, abs=0.5)


def test_the_pauses_of_a_sound_brought_in_are_its_speakers_own_at_any_pace() -> None:
    parts = [ImportedSound(sound_of(4), 0.8), "một hai ba bốn"]
    recording = render(parts, HummingVoice(), chime=NO_CHIME, ending=False, pace=Pace.ALERT)
    assert recording.segments[0].pause_after_s == 0.8


@pytest.mark.parametrize(
    ("pcm", "words"),
    [
        (np.zeros(16_000, np.float32), "is silent"),
        (np.zeros(0, np.float32), "is silent"),
        (np.full(16_000, np.nan, np.float32), "finite"),
        (np.zeros((2, 16_000), np.float32), "one channel"),
        (np.full(16_000, 0.3, np.float32), "nothing that a horn can carry"),
    ],
)
def test_a_sound_that_cannot_be_heard_is_told(pcm: np.ndarray, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        render([ImportedSound(pcm)], HummingVoice())


def test_a_language_that_the_voice_does_not_read_asks_for_a_recording() -> None:
    with pytest.raises(BadInputError, match="reads 'vi', not 'hmn'; bring in a recording"):
        render([Utterance("nyob zoo", language="hmn")], HummingVoice())


def test_a_file_holds_the_whole_recording_and_its_peaks(recording: RenderedRecording) -> None:
    heard = decode_opus(one_object(recording.segments))
    assert len(heard) / 48_000 == pytest.approx(recording.duration_s, abs=0.01)
    assert integrated_lufs(heard, 48_000) == pytest.approx(-16, abs=0.5)
    assert true_peak_dbtp(heard, 48_000) <= -1.5


@pytest.mark.parametrize("samples", [3, 50, 400, 3_000])
def test_a_cry_of_a_few_samples_does_not_crash_the_meter(samples: int) -> None:
    cry = np.random.default_rng(samples).uniform(-0.5, 0.5, samples).astype(np.float32)
    (segment,) = render([ImportedSound(cry)], HummingVoice(), chime=NO_CHIME, ending=False).segments
    assert true_peak_dbtp(decode_opus(segment.opus), 48_000) <= -1.5


@given(st.text(st.characters(), max_size=20_000))
@settings(deadline=None, max_examples=15)
def test_twenty_thousand_characters_of_anything_end_in_sound_or_a_reason(text: str) -> None:
    voice = HummingVoice(samples_a_character=2)
    try:
        recording = render([text], voice)
    except BadInputError as error:
        assert "nothing to speak" in str(error)
    else:
        assert recording.duration_s > 0
        assert sum(segment.kind == "sentence" for segment in recording.segments) == len(voice.heard)


@pytest.mark.parametrize(
    "text",
    [
        "A" * 300 + " b",
        "1" * 900,
        "Ω≈ç√∫ " * 50,
        "<speak>xin</speak> [[h@'l0U]] &amp;",
        "ỷ ỵ ỹ ẫ",
        "a\u0300\u0301" * 90,
    ],
    ids=["capitals", "digits", "signs", "markup", "marks", "combining"],
)
def test_the_base_voice_makes_sound_of_what_nobody_would_write(voice: EspeakVoice, text: str) -> None:
    assert render([text], voice).duration_s > 4
