from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.babble import babble
from smartradio.listening.recognisers.port import RecogniserError
from smartradio.listening.recognisers.stretches import Stretch, checked, stretches

RATE = 16_000


def speech(seconds: float, level: float = 0.1) -> np.ndarray:
    sound = np.random.default_rng(2).normal(0, level, round(seconds * RATE))
    return sound.astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


@pytest.mark.parametrize("seconds", [0.0, 0.00001, 0.1, 5.0, 1800.0])
def test_silence_of_any_length_is_nothing_to_listen_to(seconds):
    assert stretches(silence(seconds), longest_s=20) == ()


def test_rumble_below_speech_is_silence_too():
    rumble = (0.5 * np.sin(2 * np.pi * 30 * np.arange(5 * RATE) / RATE)).astype(np.float32)
    assert stretches(rumble, longest_s=20) == ()


def test_a_short_sentence_in_half_an_hour_of_silence_is_listened_to_and_little_else():
    clip = np.concatenate([silence(900), speech(2, level=0.003), silence(900)])
    (only,) = stretches(clip, longest_s=20)
    assert 899 * RATE <= only.keep_from <= 900 * RATE
    assert 902 * RATE <= only.keep_to <= 903 * RATE


def test_the_soft_beginning_and_end_of_a_word_stay_with_it():
    clip = np.concatenate([silence(3), 0.0005 * speech(0.3) / 0.1, speech(1), 0.0005 * speech(0.3) / 0.1, silence(3)])
    (only,) = stretches(clip, longest_s=20)
    assert only.keep_from <= 3 * RATE
    assert only.keep_to >= 4.6 * RATE


def test_a_long_clip_is_cut_in_its_pauses():
    sentence = np.concatenate([babble(2.4, 4), speech(0.1, 0.002)])
    clip = np.tile(sentence, 20).astype(np.float32)
    found = stretches(clip, longest_s=20, margin_s=3)
    assert len(found) == 4
    for stretch in found[:-1]:
        near = clip[stretch.keep_to - 160 : stretch.keep_to + 160]
        assert np.sqrt(np.mean(near**2)) < 0.01
    assert found[1].start == found[1].keep_from - 3 * RATE
    assert found[1].end == found[1].keep_to + 3 * RATE


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.tuples(st.booleans(), st.floats(0.01, 30)), min_size=1, max_size=8),
    longest_s=st.floats(2, 20),
    margin_s=st.floats(0, 4),
    grid=st.sampled_from([1, 320, 480, 640]),
)
def test_whatever_sounds_is_kept_once_in_pieces_that_are_short_enough(parts, longest_s, margin_s, grid):
    clip = np.concatenate([speech(length) if loud else silence(length) for loud, length in parts])
    found = stretches(clip, longest_s=longest_s, margin_s=margin_s, grid=grid)
    kept = np.zeros(clip.size, np.int8)
    for stretch in found:
        assert 0 <= stretch.start <= stretch.keep_from < stretch.keep_to <= stretch.end <= clip.size
        assert stretch.keep_to - stretch.keep_from <= longest_s * RATE + grid
        assert stretch.keep_from - stretch.start <= margin_s * RATE + grid
        assert stretch.start % grid == stretch.keep_from % grid == 0
        assert all(end % grid == 0 or end == clip.size for end in (stretch.keep_to, stretch.end))
        kept[stretch.keep_from : stretch.keep_to] += 1
    assert kept.max(initial=0) <= 1
    assert all(one.keep_to <= next_.keep_from for one, next_ in itertools.pairwise(found))
    loud_but_lost = (clip != 0) & (kept == 0)
    # A grid may leave off its last part; what lasts less than a tenth of a second may be below the gate.
    assert loud_but_lost.sum() <= grid * len(parts) + 0.1 * RATE * len(parts)


def test_the_same_clip_is_cut_alike_every_time():
    clip = np.tile(babble(7, 1), 6).astype(np.float32)
    assert stretches(clip, longest_s=10) == stretches(clip.copy(), longest_s=10)
    assert isinstance(stretches(clip, longest_s=10)[0], Stretch)


@pytest.mark.parametrize(
    ("clip", "told"),
    [
        (np.zeros((2, 100), np.float32), r"one channel, got an array of shape \(2, 100\)"),
        (np.array([0.0, np.nan], np.float32), "values that are not numbers"),
        (np.array([np.inf], np.float32), "values that are not numbers"),
        (np.zeros(3_601 * RATE, np.float32), "longer than 3600 s"),
    ],
    ids=["two channels", "NaN", "infinite", "too long"],
)
def test_what_is_no_clip_is_told_in_one_line(clip, told):
    with pytest.raises(RecogniserError, match=f"^ear: .*{told}"):
        checked(clip, "ear")


def test_any_kind_of_number_is_a_clip():
    assert checked(np.array([0.5, -0.5], np.float64), "ear").dtype == np.float32
    assert checked(np.zeros(0, np.float32), "ear").size == 0
