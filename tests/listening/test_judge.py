from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.pole import Fault, FaultyHorn, SimulatedPole, demo_scene
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import Covered, Facts, Missing, Words
from smartradio.listening.judge import Told, _judgement, judge
from smartradio.listening.recognisers.port import RecogniserError, Transcript, Word
from smartradio.listening.usual import Usual
from smartradio.listening.verdict import VerdictReason

RATE = 16000
SEGMENTS = [(0.0, 2.0), (2.0, 4.0)]
EXPECTED = {
    None: VerdictCode.AIRED,
    Fault.SILENT: VerdictCode.SILENT,
    Fault.NEIGHBOUR: VerdictCode.SILENT,
    Fault.CUT: VerdictCode.PARTLY_AIRED,
    Fault.WRONG: VerdictCode.OTHER,
    Fault.MUFFLED: VerdictCode.UNINTELLIGIBLE,
    Fault.NOISY: VerdictCode.UNCLEAR,
}
REASON = {
    Fault.SILENT: VerdictReason.OWN_HORN_SILENT,
    Fault.NEIGHBOUR: VerdictReason.ONLY_FROM_FAR,
    Fault.CUT: VerdictReason.STOPPED_EARLY,
    Fault.WRONG: VerdictReason.OTHER_SOUND,
    Fault.MUFFLED: VerdictReason.MUFFLED,
    Fault.NOISY: VerdictReason.TOO_NOISY,
}


class FakeRecogniser:
    """Hears what it was told to, and notes the grammar it was asked with."""

    def __init__(self, text="", *, languages=("vi",), voices=("vi",), fails=False):
        self.name = "fake"
        self.voices = voices
        self.languages = frozenset(languages)
        self.asked = []
        self._text = text
        self._fails = fails

    def calibrated_for(self, voice):
        return voice in self.voices

    def recognise(self, clip, *, grammar=None):
        self.asked.append(grammar)
        if self._fails:
            raise RecogniserError("fake: the model is gone")
        words = tuple(Word(word, i * 0.3, i * 0.3 + 0.2, 0.9) for i, word in enumerate(self._text.split()))
        return Transcript(self._text, words)


def placed(signal):
    return np.pad(signal, (2 * RATE, 3 * RATE)).astype(np.float32)


def clip_of(recording, fault, seed, *, neighbours=2):
    horn = FaultyHorn(fault, substitute=babble(recording.size / RATE, seed + 5000))
    horn.begin(recording.size)
    scene = demo_scene(seed % 3 + 1, seed, fault, neighbours=neighbours)
    return SimulatedPole(scene).hear(placed(horn.play(recording)), [placed(recording)] * len(scene.neighbours))


def usually(*, delay_s=0.011, gain_db=-6.0, level_db=-24.0, snr_db=20.0):
    """What a node is like whose past airings were all alike."""
    return Usual(9, delay_s, 0.0005, gain_db, 0.5, level_db, snr_db)


@pytest.fixture(scope="module")
def recording():
    return babble(4.0, 11)


@pytest.fixture(scope="module")
def good_clip(recording):
    return clip_of(recording, None, 3)


@pytest.mark.parametrize("fault", EXPECTED, ids=lambda fault: fault or "good")
def test_every_fault_gives_its_verdict_and_reason_whatever_the_pole(fault):
    for seed in range(20):
        recording = babble(4.0, seed)
        judgement = judge(clip_of(recording, fault, seed), recording, SEGMENTS)
        assert judgement.verdict is EXPECTED[fault], (fault, seed, judgement)
        if fault is not None:
            assert REASON[fault] in judgement.reasons


def test_a_lonely_dead_horn_is_silent_without_talk_of_other_poles(recording):
    for seed in range(5):
        judgement = judge(clip_of(recording, Fault.SILENT, seed, neighbours=0), recording, SEGMENTS)
        assert judgement.verdict is VerdictCode.SILENT
        assert VerdictReason.ONLY_FROM_FAR not in judgement.reasons
        assert judgement.snr_db is None


def test_a_node_never_heard_of_is_unreached_with_no_figure_invented():
    judgement = judge(None, babble(1.0, 1), reported=False)
    assert judgement.verdict is VerdictCode.UNREACHED
    assert judgement.reasons == (VerdictReason.NO_REPORT,)
    assert judgement.coverage is judgement.level_db is judgement.snr_db is judgement.transcript is None


def test_a_report_without_a_clip_is_no_proof():
    judgement = judge(None, babble(1.0, 1), reported=True)
    assert (judgement.verdict, judgement.reasons) == (VerdictCode.UNCLEAR, (VerdictReason.NO_CLIP,))
    assert judgement.coverage is None


def test_a_clip_without_its_recording_has_a_level_only(good_clip):
    judgement = judge(good_clip, None)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert VerdictReason.NO_RECORDING in judgement.reasons
    assert judgement.level_db is not None
    assert judgement.coverage is None


def test_a_clip_that_breaks_off_is_unclear_even_if_all_was_well(recording, good_clip):
    judgement = judge(good_clip[: 5 * RATE], recording, SEGMENTS)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert judgement.reasons[0] is VerdictReason.CLIP_INCOMPLETE


def test_one_sentence_lost_in_a_long_bulletin_is_partly_aired():
    recording = babble(20.0, 8)
    segments = [(at, at + 1.0) for at in range(20)]
    played = recording.copy()
    played[10 * RATE : 11 * RATE] = 0.0
    clip = SimulatedPole(demo_scene(1, 1, neighbours=0)).hear(placed(played))
    judgement = judge(clip, recording, segments)
    assert judgement.coverage > 0.9
    assert judgement.verdict is VerdictCode.PARTLY_AIRED
    assert VerdictReason.GAPS in judgement.reasons


def test_a_second_of_silence_in_a_long_sentence_is_a_gap_and_a_gust_is_none():
    long, noise = babble(20.0, 21), np.random.default_rng(5).standard_normal(round(1.2 * RATE)).astype(np.float32)
    gap = slice(9 * RATE, 9 * RATE + noise.size)
    silent, gust = long.copy(), long.copy()
    silent[gap] = 0.0
    gust[gap] += 0.5 * noise
    segments = [(0.0, 20.0)]
    judgement = judge(clip_of(silent, None, 3), long, segments)
    assert (judgement.verdict, judgement.reasons[0]) == (VerdictCode.PARTLY_AIRED, VerdictReason.GAPS)
    assert judge(clip_of(gust, None, 3), long, segments).verdict is VerdictCode.AIRED


@pytest.mark.parametrize("sentences", [[], SEGMENTS])
def test_the_right_chime_before_other_words_is_other_not_partly_aired(sentences):
    from_s = 1.1
    recording = babble(4.0, 8)
    substitute = babble(4.0, 77)
    substitute[: round(from_s * RATE)] = recording[: round(from_s * RATE)]
    horn = FaultyHorn(Fault.WRONG, substitute=substitute)
    horn.begin(recording.size)
    clip = SimulatedPole(demo_scene(1, 2, neighbours=0)).hear(placed(horn.play(recording)))
    after_the_chime = [(max(start_s, from_s), end_s) for start_s, end_s in sentences]
    judgement = judge(clip, recording, after_the_chime)
    assert judgement.verdict is VerdictCode.OTHER
    assert VerdictReason.OTHER_SOUND in judgement.reasons


def test_a_horn_that_stops_after_the_chime_is_not_called_muffled():
    time = np.arange(RATE) / RATE
    chime = 0.2 * np.sin(2 * np.pi * 523 * time) + 0.2 * np.sin(2 * np.pi * 784 * time)
    recording = np.concatenate((chime.astype(np.float32), babble(5.0, 8)))
    played = recording.copy()
    played[RATE:] = 0.0
    clip = SimulatedPole(demo_scene(1, 2, neighbours=0)).hear(placed(played))
    judgement = judge(clip, recording, [(1.0, 6.0)])
    assert judgement.verdict is VerdictCode.PARTLY_AIRED
    assert judgement.match.tilt_db is None
    assert VerdictReason.STOPPED_EARLY in judgement.reasons


@pytest.mark.parametrize(
    ("missing", "reasons"),
    [
        (Missing.END, ("stopped_early",)),
        (Missing.BEGINNING, ("started_late",)),
        (Missing.WITHIN, ("gaps", "words_missing")),
        (Missing.NOTHING, ("gaps", "words_missing")),
    ],
)
def test_what_a_horn_that_stopped_early_left_unsaid_are_no_gaps(missing, reasons):
    facts = Facts(words=Words.LOST, covered=Covered.PART, missing=missing)
    judgement = _judgement(facts, ())
    assert (judgement.verdict, judgement.reasons) == (VerdictCode.PARTLY_AIRED, reasons)


def test_a_horn_that_comes_in_late_in_the_recording_started_late(recording):
    played = recording.copy()
    played[: 2 * RATE] = 0.0
    clip = SimulatedPole(demo_scene(1, 2, neighbours=0)).hear(placed(played))
    assert VerdictReason.STARTED_LATE in judge(clip, recording, SEGMENTS).reasons


def test_a_start_a_fifth_of_a_second_late_is_a_riddle_not_another_pole(recording):
    late = np.pad(recording, (round(2.15 * RATE), round(2.85 * RATE)))
    clip = SimulatedPole(demo_scene(1, 2, neighbours=0)).hear(late)
    judgement = judge(clip, recording, SEGMENTS)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert VerdictReason.ODD_DELAY in judgement.reasons


def test_a_storm_over_a_dead_horn_is_unclear_not_silent(recording):
    scene = demo_scene(1, 4, Fault.NOISY, neighbours=0)
    clip = SimulatedPole(scene).hear(np.zeros(9 * RATE, np.float32))
    judgement = judge(clip, recording, SEGMENTS)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert VerdictReason.TOO_NOISY in judgement.reasons


def test_a_faint_voice_is_not_the_horn_where_the_usual_level_is_known(recording):
    clip = clip_of(recording, Fault.WRONG, 3, neighbours=0)
    loud = judge(clip, recording, SEGMENTS)
    faint = judge(clip, recording, SEGMENTS, usual=usually(level_db=loud.level_db + 20.0))
    assert loud.verdict is VerdictCode.OTHER
    assert faint.verdict is VerdictCode.SILENT


def test_without_a_recogniser_of_the_language_there_is_no_transcript(recording, good_clip):
    korean = FakeRecogniser("annyeong", languages=("ko",))
    for recogniser in (None, korean):
        judgement = judge(good_clip, recording, SEGMENTS, recogniser)
        assert judgement.transcript is None
        assert judgement.recogniser_name is None
        assert judgement.reasons == (VerdictReason.NO_RECOGNISER,)
        assert judgement.verdict is VerdictCode.AIRED
    assert korean.asked == []


def test_a_recogniser_is_asked_openly_and_its_words_are_kept(recording, good_clip):
    recogniser = FakeRecogniser("nước sông lên nhanh bà con chú ý")
    judgement = judge(good_clip, recording, SEGMENTS, recogniser, told=Told(["Nước sông lên nhanh,", "bà con chú ý!"]))
    assert recogniser.asked == [None]
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.transcript == "nước sông lên nhanh bà con chú ý"
    assert [word.text for word in judgement.words][:2] == ["nước", "sông"]
    assert judgement.recogniser_name == "fake"
    assert judgement.reasons == ()


def test_what_a_recogniser_makes_of_the_chime_is_not_in_the_transcript(recording, good_clip):
    # The eighth to tenth words lie in the recording's first second, where its chime is.
    recogniser = FakeRecogniser("a b c d e g h i chở k nước sông lên nhanh")
    told = Told(["Nước sông lên nhanh"], [(1.0, 4.0)])
    judgement = judge(good_clip, recording, [(1.0, 4.0)], recogniser, told=told)
    assert judgement.transcript == "a b c d e g h nước sông lên nhanh"
    assert judgement.transcript.split() == [word.text for word in judgement.words]


def test_a_recogniser_that_hears_other_words_puts_the_airing_in_doubt(recording, good_clip):
    recogniser = FakeRecogniser("lịch tiêm phòng cho trẻ em ngày mai")
    judgement = judge(good_clip, recording, SEGMENTS, recogniser, told=Told(["Nước sông lên nhanh, bà con chú ý!"]))
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert VerdictReason.RECOGNISER_DISAGREES in judgement.reasons


def test_what_is_heard_of_an_unknown_voice_is_shown_and_says_nothing_against_the_airing(recording, good_clip):
    recogniser = FakeRecogniser("lịch tiêm phòng cho trẻ em ngày mai")
    text = ["Nước sông lên nhanh, bà con chú ý"]
    judgement = judge(good_clip, recording, SEGMENTS, recogniser, told=Told(text, voices=["vi", "piper:vais1000"]))
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.reasons == (VerdictReason.UNKNOWN_VOICE,)
    assert judgement.calibrated is False
    assert judgement.transcript == "lịch tiêm phòng cho trẻ em ngày mai"


def test_what_is_heard_of_a_known_voice_counts(recording, good_clip):
    recogniser = FakeRecogniser("lịch tiêm phòng cho trẻ em ngày mai")
    told = Told(["Nước sông lên nhanh, bà con chú ý"], voices=["vi"])
    judgement = judge(good_clip, recording, SEGMENTS, recogniser, told=told)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert judgement.reasons == (VerdictReason.RECOGNISER_DISAGREES, VerdictReason.WITNESSES_DISAGREE)
    assert judgement.calibrated is True


def test_nobody_can_tell_who_speaks_in_a_clip_without_its_recording(good_clip):
    assert judge(good_clip, None, recogniser=FakeRecogniser("nước sông")).calibrated is None


def test_a_recogniser_that_hears_next_to_nothing_says_nothing(recording, good_clip):
    judgement = judge(good_clip, recording, SEGMENTS, FakeRecogniser("à"), told=Told(["Nước sông lên nhanh quá"]))
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.transcript == "à"


def test_a_recogniser_cannot_make_a_dead_horn_aired(recording):
    said = "nước sông lên nhanh bà con chú ý"
    clip = clip_of(recording, Fault.NEIGHBOUR, 3)
    judgement = judge(clip, recording, SEGMENTS, FakeRecogniser(said), told=Told([said]))
    assert judgement.verdict is VerdictCode.SILENT


def test_a_recogniser_that_fails_leaves_the_verdict_to_the_others(recording, good_clip):
    judgement = judge(good_clip, recording, SEGMENTS, FakeRecogniser(fails=True))
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.transcript is None
    assert judgement.reasons == (VerdictReason.RECOGNISER_FAILED,)


def test_silence_is_not_given_to_a_recogniser_that_would_invent_words(recording):
    recogniser = FakeRecogniser("xin cảm ơn các bạn đã theo dõi")
    judgement = judge(np.full(9 * RATE, 1e-5, np.float32), recording, SEGMENTS, recogniser)
    assert recogniser.asked == []
    assert judgement.transcript == ""


def test_a_sentence_in_ten_silent_minutes_is_given_to_the_recogniser():
    recogniser = FakeRecogniser("nước sông lên nhanh")
    clip = np.zeros(600 * RATE, np.float32)
    clip[300 * RATE : 305 * RATE] = 0.2 * babble(5.0, 1)
    assert judge(clip, None, recogniser=recogniser).transcript == "nước sông lên nhanh"
    assert recogniser.asked == [None]
