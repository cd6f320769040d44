from __future__ import annotations

from dataclasses import replace

import pytest

from smartradio.domain.verdict import JudgedSentence, JudgedWord, WordState
from smartradio.listening.facts import Words
from smartradio.listening.sentences import Coverage, all_missing, clip_spans, fell_silent, held_against, said_otherwise
from smartradio.listening.words import differs, words_of

HEARD, DOUBTFUL, MISSING = WordState.HEARD, WordState.DOUBTFUL, WordState.MISSING
DIFFERENT, UNPROVEN = WordState.DIFFERENT, WordState.UNPROVEN
LINE = "mực nước bốn mét"
PLACES = [(2.0, 2.5), (2.5, 3.0), (3.0, 3.5), (3.5, 4.0)]


def sentence(state, *states, weights=(1.0, 1.0, 3.0, 1.0)):
    words = tuple(
        JudgedWord(text, of, *place, 0.9, weight)
        for text, of, place, weight in zip(LINE.split(), states, PLACES, weights, strict=True)
    )
    return JudgedSentence(LINE, state, words)


def heard_from_to(*stretches, active=None):
    """Two seconds of recording that begin two seconds into the clip, heard in these stretches of the clip."""
    frames = tuple(any(start <= 2.0 + at / 10 < end for start, end in stretches) for at in range(20))
    return Coverage(frames, active or (True,) * 20, 2.0)


ALL = heard_from_to((2.0, 4.0))
GOOD = sentence(HEARD, HEARD, HEARD, HEARD, HEARD)


def states(judged):
    return [word.state for word in judged.words]


def test_words_are_heard_where_the_own_horn_is():
    assert held_against([GOOD], ALL, [(2.0, 4.0)]) == (GOOD,)


def test_a_word_in_a_gap_of_the_own_horn_is_another_pole_s_and_missing():
    (held,) = held_against([GOOD], heard_from_to((2.0, 3.0), (3.5, 4.0)), [(2.0, 4.0)])
    assert states(held) == [HEARD, HEARD, MISSING, HEARD]
    assert held.state is DOUBTFUL
    assert held.words[2].confidence is None


def test_a_word_in_the_pause_after_a_gap_is_a_late_echo_s_and_missing():
    """Of a horn that stopped early the next pole's echo says the last word of each sentence in the pause after it."""
    pause = (True,) * 15 + (False,) * 5
    cut = heard_from_to((2.0, 2.5), active=pause)
    (held,) = held_against([GOOD], cut, [(2.0, 3.5)])
    assert states(held) == [HEARD, MISSING, MISSING, MISSING]
    # A recogniser may draw a word out into the pause; then the horn was heard before it.
    assert held_against([GOOD], heard_from_to((2.0, 3.5), active=pause), [(2.0, 3.5)]) == (GOOD,)


def test_words_nobody_heard_are_missing_where_the_horn_fell_silent_wherever_they_are_looked_for():
    doubted = sentence(DOUBTFUL, HEARD, DOUBTFUL, DOUBTFUL, HEARD)
    # What is left between two heard words draws those that were not said to its edges.
    unheard = (
        replace(doubted.words[1], end_s=2.6, confidence=0.01),
        replace(doubted.words[2], start_s=3.3, confidence=0.4),
    )
    doubted = replace(doubted, words=(doubted.words[0], *unheard, doubted.words[3]))
    silent = heard_from_to((2.0, 2.7), (3.3, 4.0))
    (held,) = held_against([doubted], silent, [(2.0, 4.0)])
    assert states(held) == [HEARD, MISSING, DOUBTFUL, HEARD]
    assert held.words[1].confidence is None
    for nothing in (ALL, replace(silent, loud=(True,) * 20), heard_from_to((2.0, 2.8), (3.2, 4.0))):
        assert held_against([doubted], nothing, [(2.0, 4.0)]) == (doubted,)


def test_what_sounds_as_loud_as_the_own_horn_is_the_recogniser_s_to_tell():
    spoken_anew = replace(heard_from_to((2.0, 3.0)), loud=(True,) * 20)
    assert held_against([GOOD], spoken_anew, [(2.0, 4.0)]) == (GOOD,)
    far = replace(heard_from_to((2.0, 3.0)), loud=(True,) * 10 + (False,) * 10)
    assert states(held_against([GOOD], far, [(2.0, 4.0)])[0]) == [HEARD, HEARD, MISSING, MISSING]


def test_a_sentence_half_of_which_the_horn_never_said_is_missing():
    (held,) = held_against([GOOD], heard_from_to((2.0, 3.0)), [(2.0, 4.0)])
    assert states(held) == [HEARD, HEARD, MISSING, MISSING]
    assert held.state is MISSING


def test_for_an_unknown_voice_the_match_still_tells_what_is_missing_and_proves_no_word():
    unknown = sentence(UNPROVEN, *[UNPROVEN] * 4)
    (held,) = held_against([unknown], heard_from_to((2.0, 2.6)), [(2.0, 4.0)])
    assert (held.state, set(states(held))) == (MISSING, {MISSING})
    assert held_against([unknown], ALL, [(2.0, 4.0)]) == (unknown,)


def test_other_words_stay_other_words_where_the_recording_is_not_heard():
    changed = sentence(DIFFERENT, HEARD, HEARD, DIFFERENT, HEARD)
    gap = heard_from_to((2.0, 3.0), (3.5, 4.0))
    assert held_against([changed], gap, [(2.0, 4.0)]) == (changed,)


def test_other_words_are_borne_out_where_the_horn_sounds_and_the_recording_does_not():
    changed = sentence(DIFFERENT, HEARD, HEARD, DIFFERENT, HEARD)
    gap = heard_from_to((2.0, 3.0), (3.5, 4.0))
    loud = replace(gap, loud=(True,) * 20)
    assert said_otherwise(changed, loud)
    assert not said_otherwise(changed, gap)
    assert not said_otherwise(changed, replace(ALL, loud=(True,) * 20))


def test_words_that_follow_other_ones_are_heard_though_the_recording_is_not():
    moved = sentence(DIFFERENT, HEARD, DIFFERENT, HEARD, HEARD)
    assert said_otherwise(moved, replace(heard_from_to((2.0, 3.0)), loud=(True,) * 20))


def test_another_bulletin_altogether_is_no_bulletin_with_words_changed():
    other = sentence(DIFFERENT, HEARD, DIFFERENT, DIFFERENT, DOUBTFUL)
    assert not said_otherwise(other, replace(heard_from_to((2.0, 2.5)), loud=(True,) * 20))


def test_a_pause_in_the_recording_says_nothing_against_a_word():
    pause = Coverage((False,) * 20, (False,) * 20, 2.0)
    assert held_against([GOOD], pause, [(2.0, 4.0)]) == (GOOD,)
    assert held_against([GOOD], pause, ()) == (GOOD,)


def test_of_a_silent_horn_every_word_is_missing():
    (silent,) = all_missing([GOOD])
    assert (silent.state, set(states(silent))) == (MISSING, {MISSING})
    assert silent.text == LINE


def test_a_sentence_lies_in_the_clip_where_its_recording_began_with_it():
    assert clip_spans([(0.5, 2.0)], 2.25) == ((2.75, 4.25),)


def test_a_horn_falls_silent_where_the_recording_sounds_and_nothing_as_loud_as_it_does():
    gap = heard_from_to((2.0, 3.0), (3.5, 4.0))
    assert fell_silent(gap, (2.0, 4.0))
    assert not fell_silent(gap, (2.0, 3.2))
    assert not fell_silent(replace(gap, loud=(True,) * 20), (2.0, 4.0))
    assert not fell_silent(replace(gap, active=gap.frames), (2.0, 4.0))
    assert not fell_silent(gap, None)


@pytest.mark.parametrize(
    ("judged", "gap", "snr_db", "words"),
    [
        (GOOD, False, 20.0, Words.AGREE),
        (sentence(HEARD, HEARD, DOUBTFUL, HEARD, HEARD), False, 20.0, Words.DOUBTFUL),
        (sentence(DIFFERENT, HEARD, DIFFERENT, HEARD, HEARD), True, 20.0, Words.CHANGED),
        (sentence(DIFFERENT, HEARD, DIFFERENT, HEARD, HEARD), True, 4.0, Words.CHANGED),
        (sentence(DIFFERENT, HEARD, DIFFERENT, HEARD, HEARD), False, 20.0, Words.DIFFER),
        (sentence(DIFFERENT, HEARD, DIFFERENT, HEARD, HEARD), False, 4.0, Words.DOUBTFUL),
        (sentence(DOUBTFUL, HEARD, HEARD, DIFFERENT, HEARD), False, 20.0, Words.DIFFER),
        (sentence(DOUBTFUL, HEARD, HEARD, DIFFERENT, HEARD), False, 4.0, Words.DIFFER),
        (sentence(DOUBTFUL, DOUBTFUL, DOUBTFUL, DIFFERENT, HEARD), False, 4.0, Words.DOUBTFUL),
        (sentence(DOUBTFUL, HEARD, HEARD, MISSING, HEARD), True, 20.0, Words.CHANGED),
        (sentence(DOUBTFUL, HEARD, HEARD, MISSING, HEARD), False, 20.0, Words.MISSING),
        (sentence(DOUBTFUL, HEARD, HEARD, MISSING, HEARD), False, 4.0, Words.MISSING),
        (sentence(DOUBTFUL, DOUBTFUL, DOUBTFUL, MISSING, HEARD), False, 4.0, Words.DOUBTFUL),
        (sentence(MISSING, *[MISSING] * 4), False, 20.0, Words.MISSING),
        (sentence(MISSING, *[MISSING] * 4), False, 4.0, Words.DOUBTFUL),
        (sentence(MISSING, *[MISSING] * 4), False, None, Words.DOUBTFUL),
        (sentence(UNPROVEN, *[UNPROVEN] * 4), False, 20.0, Words.UNKNOWN),
    ],
    ids=[
        "good",
        "doubt",
        "changed",
        "noisy change",
        "differ",
        "noise",
        "number",
        "number amid heard words, much else sounding",
        "number amid doubt, much else sounding",
        "other sound for a number",
        "lost number",
        "lost number amid heard words, much else sounding",
        "lost number amid doubt, much else sounding",
        "missing",
        "noisy",
        "none",
        "unknown",
    ],
)
def test_what_happened_to_the_words_is_one_fact_for_the_table(judged, gap, snr_db, words):
    assert words_of([judged], [gap], [False], None, snr_db) is words


LIGHT = (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (sentence(DOUBTFUL, HEARD, HEARD, MISSING, HEARD), Words.LOST),
        (sentence(DIFFERENT, HEARD, HEARD, MISSING, HEARD), Words.LOST),
        (sentence(DOUBTFUL, HEARD, MISSING, MISSING, HEARD, weights=LIGHT), Words.LOST),
        (sentence(DOUBTFUL, HEARD, MISSING, HEARD, HEARD, weights=LIGHT), Words.DOUBTFUL),
        (sentence(DOUBTFUL, HEARD, DOUBTFUL, HEARD, HEARD), Words.DOUBTFUL),
        (GOOD, Words.AGREE),
    ],
    ids=["number", "negation", "half of it", "one small word", "doubt", "heard"],
)
def test_words_that_matter_are_lost_where_the_horn_fell_silent(judged, words):
    assert words_of([judged], [False], [True], None, 4.0) is words


@pytest.mark.parametrize(("missing", "words"), [(1, Words.DOUBTFUL), (2, Words.LOST)])
def test_two_words_of_a_long_sentence_are_lost_with_the_horn_that_fell_silent_over_them(missing, words):
    lost = [JudgedWord("nhà", MISSING, weight=1.0)] * missing
    heard = [JudgedWord("nhà", HEARD, 2.0, 2.5, 0.9, 1.0)] * (12 - missing)
    judged = JudgedSentence("nhà " * 12, DOUBTFUL, (*heard, *lost))
    assert words_of([judged], [False], [True], None, 4.0) is words
    assert words_of([judged], [False], [False], None, 20.0) is Words.DOUBTFUL


@pytest.mark.parametrize(
    ("other", "words"), [(1, Words.DOUBTFUL), (2, Words.DIFFER), (6, Words.DIFFER), (7, Words.DOUBTFUL)]
)
def test_two_other_words_amid_heard_ones_are_no_noise_however_much_else_sounds(other, words):
    others = [JudgedWord("toàn", DIFFERENT, 2.5, 3.0, 0.001, 1.0)] * other
    heard = [JudgedWord("rừng", HEARD, 2.0, 2.5, 0.9, 1.0)] * (12 - other)
    judged = JudgedSentence("rừng " * 12, DIFFERENT, (*heard, *others))
    assert words_of([judged], [False], [False], None, 4.0) is words
    assert words_of([judged], [False], [False], None, 20.0) is Words.DIFFER


def test_a_third_of_a_sentence_is_too_much_to_miss_for_an_airing_in_doubt():
    half = sentence(DOUBTFUL, HEARD, MISSING, MISSING, HEARD, weights=LIGHT)
    one = sentence(DOUBTFUL, HEARD, MISSING, HEARD, HEARD, weights=LIGHT)
    assert words_of([half], [False], [False], None, 20.0) is Words.MISSING
    assert words_of([one], [False], [False], None, 20.0) is Words.DOUBTFUL


def test_one_other_number_is_another_sentence_and_one_other_small_word_is_none():
    number = sentence(DOUBTFUL, HEARD, HEARD, DIFFERENT, HEARD)
    small = sentence(DOUBTFUL, HEARD, DIFFERENT, HEARD, HEARD)
    assert differs(number)
    assert not differs(small)


def test_hardly_any_of_the_words_in_the_dictation_speaks_against_an_airing_unless_they_are_heard_in_their_place():
    doubted = sentence(DOUBTFUL, DOUBTFUL, HEARD, DOUBTFUL, DOUBTFUL)
    assert words_of([doubted], [False], [False], 0.05, 20.0) is Words.DISAGREE
    assert words_of((), (), (), 0.05, 20.0) is Words.DISAGREE
    assert words_of([GOOD], [False], [False], 0.05, 20.0) is Words.AGREE
    assert words_of((), (), (), 0.6, 20.0) is Words.AGREE
    assert words_of((), (), (), None, 20.0) is Words.UNKNOWN
