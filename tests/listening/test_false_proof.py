"""What could pass for this node's horn and is not it: the required answer is never `aired`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.pole import Neighbour, PoleScene, SimulatedPole, Tap
from smartradio.domain.verdict import VerdictCode, WordState
from smartradio.listening.judge import Told, judge
from smartradio.listening.recognisers.port import Transcript, Word
from smartradio.listening.usual import Usual
from smartradio.listening.verdict import VerdictReason

RATE = 16_000
LENGTH_S = 3.0
SEGMENTS = [(0.0, 1.5), (1.5, 3.0)]
TEXT = Told(["nước sông lên nhanh quá rồi", "bà con chú ý nghe loa"], SEGMENTS)
SAID = " ".join(TEXT.lines)
POLE = PoleScene(echoes=(Tap(0.03, -12.0),), noise_db=-55.0, seed=7)
USUAL = Usual(12, POLE.own_delay_s, 0.0004, POLE.own_gain_db, 0.4, -24.0, 22.0)
"""What the good airing of this pole measures; a test holds that."""


@pytest.fixture(scope="module")
def recording():
    return babble(LENGTH_S, 21)


def placed(sound, *, late_s=0.0, gain_db=0.0):
    late = round(late_s * RATE)
    whole = np.pad(sound, (2 * RATE + late, 3 * RATE - late)) * 10.0 ** (gain_db / 20.0)
    return whole.astype(np.float32)


def dead(recording):
    return np.zeros_like(placed(recording))


def heard(own, neighbours=(), *, scene=POLE, poles=()):
    return SimulatedPole(replace(scene, neighbours=tuple(poles))).hear(own, neighbours)


def judged(clip, recording, *, usual=USUAL, **more):
    return judge(clip, recording, SEGMENTS, usual=usual, told=TEXT, **more)


class Dictation:
    """A recogniser that hears what it was told to."""

    name, languages = "dictation", frozenset({"vi"})

    def __init__(self, said):
        self.said = said

    def calibrated_for(self, voice):
        return True

    def recognise(self, clip, *, grammar=None):
        words = tuple(Word(word, at * 0.3, at * 0.3 + 0.2, 0.9) for at, word in enumerate(self.said.split()))
        return Transcript(self.said, words)


def test_the_own_horn_as_it_always_was_is_aired_with_its_figures(recording):
    judgement = judged(heard(placed(recording)), recording)
    assert judgement.verdict is VerdictCode.AIRED
    assert judgement.delay_ms == pytest.approx(1_000 * USUAL.delay_s, abs=2.0)
    assert judgement.gain_db == pytest.approx(USUAL.gain_db, abs=2.0)
    assert judgement.background_db == pytest.approx(POLE.noise_db, abs=3.0)
    assert judgement.snr_db > USUAL.snr_db - 6.0
    assert judgement.intelligibility > 0.5


@pytest.mark.parametrize("usual", [None, USUAL], ids=["new node", "known node"])
@pytest.mark.parametrize("distance_m", [100.0, 240.0, 400.0])
def test_a_dead_horn_with_the_neighbour_s_audible_is_silent_and_not_a_word_is_heard(recording, usual, distance_m):
    clip = heard(dead(recording), [placed(recording)], poles=[Neighbour.at(distance_m)])
    judgement = judged(clip, recording, usual=usual, recogniser=Dictation(SAID))
    assert judgement.verdict is VerdictCode.SILENT
    assert VerdictReason.ONLY_FROM_FAR in judgement.reasons
    assert judgement.far_delay_ms == pytest.approx(1_000 * distance_m / 343.0, abs=10.0)
    assert {sentence.state for sentence in judgement.sentences} == {WordState.MISSING}


def test_a_neighbour_whose_clock_is_early_arrives_when_the_own_horn_would_and_is_told_by_its_level(recording):
    distance_m = 120.0
    early_s = distance_m / 343.0 - POLE.own_delay_s
    clip = heard(dead(recording), [placed(recording, late_s=-early_s)], poles=[Neighbour.at(distance_m)])
    judgement = judged(clip, recording)
    assert judgement.delay_ms == pytest.approx(1_000 * POLE.own_delay_s, abs=2.0)
    assert judgement.verdict is VerdictCode.SILENT
    assert VerdictReason.BELOW_USUAL in judgement.reasons


@pytest.mark.parametrize("late_s", [0.07, 0.15, -0.03])
def test_the_same_bulletin_from_another_office_s_loudspeaker_is_not_this_horn(recording, late_s):
    clip = heard(placed(recording, late_s=late_s, gain_db=-16.0))
    judgement = judged(clip, recording)
    assert judgement.verdict is VerdictCode.SILENT
    assert judgement.reasons[:2] == (VerdictReason.OWN_HORN_SILENT, VerdictReason.BELOW_USUAL)


@pytest.mark.parametrize("late_s", [0.1, 0.45])
def test_the_own_horn_late_but_as_loud_as_ever_is_a_riddle_for_a_person(recording, late_s):
    judgement = judged(heard(placed(recording, late_s=late_s)), recording)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert VerdictReason.ODD_DELAY in judgement.reasons


def test_a_horn_that_lost_half_its_loudness_still_airs(recording):
    assert judged(heard(placed(recording, gain_db=-6.0)), recording).verdict is VerdictCode.AIRED


def test_a_weaker_microphone_is_not_taken_for_a_dead_horn(recording):
    clip = heard(placed(recording)) * np.float32(10.0 ** (-14.0 / 20.0))
    judgement = judged(clip, recording)
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert judgement.reasons[:2] == (VerdictReason.ODD_LEVEL, VerdictReason.WITNESSES_DISAGREE)


@pytest.mark.parametrize(("gain_db", "verdict"), [(-26.0, VerdictCode.SILENT), (-6.0, VerdictCode.OTHER)])
def test_a_television_near_by_is_not_the_bulletin(recording, gain_db, verdict):
    television = placed(babble(LENGTH_S, 99), gain_db=gain_db)
    assert judged(heard(television), recording).verdict is verdict


def test_a_television_beside_a_working_horn_takes_nothing_from_it(recording):
    clip = heard(placed(recording) + placed(babble(LENGTH_S, 99), gain_db=-20.0))
    assert judged(clip, recording).verdict is VerdictCode.AIRED


def test_somebody_else_who_reads_the_same_text_is_a_riddle_and_no_proof(recording):
    judgement = judged(heard(placed(babble(LENGTH_S, 5))), recording, recogniser=Dictation(SAID))
    assert judgement.verdict is VerdictCode.UNCLEAR
    assert judgement.reasons[:2] == (VerdictReason.WORDS_WITHOUT_MATCH, VerdictReason.WITNESSES_DISAGREE)


def test_yesterday_s_clip_sent_again_is_found_by_its_background(recording):
    yesterday = heard(placed(recording))
    again = decode_opus(encode_opus(0.9 * np.roll(yesterday, 200), RATE), RATE)
    today = heard(placed(recording), scene=replace(POLE, seed=8))
    judgement = judged(again, recording, before=[yesterday])
    assert (judgement.verdict, judgement.reasons[0]) == (VerdictCode.UNCLEAR, VerdictReason.REPLAYED)
    assert judged(today, recording, before=[yesterday]).verdict is VerdictCode.AIRED


def test_a_horn_that_stops_has_the_sentence_it_never_said_named_also_for_an_unknown_voice(recording):
    cut = recording.copy()
    cut[round(1.5 * RATE) :] = 0.0
    judgement = judged(heard(placed(cut)), recording)
    assert judgement.verdict is VerdictCode.PARTLY_AIRED
    assert [sentence.state for sentence in judgement.sentences] == [WordState.UNPROVEN, WordState.MISSING]
