from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.audio.noise import NoiseKind
from smartradio.audio.pole import SimulatedPole, demo_scene
from smartradio.listening.replays import moved, same_background

RATE = 16_000


def through_opus(sound):
    return decode_opus(encode_opus(np.clip(sound, -1.0, 1.0).astype(np.float32)), RATE)


def placed(sound):
    return np.pad(sound, (2 * RATE, 3 * RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def recording():
    return babble(3.0, 4)


def clip_on(recording, day, kind=NoiseKind.QUIET):
    """The clip of a pole with two neighbours; every day has its own weather."""
    scene = replace(demo_scene(1, 3), seed=day, noise_kind=kind)
    return through_opus(SimulatedPole(scene).hear(placed(recording), [placed(recording)] * len(scene.neighbours)))


@pytest.mark.parametrize("kind", NoiseKind)
def test_two_days_of_the_same_place_are_two_clips(recording, kind):
    today, yesterday = clip_on(recording, 2, kind), clip_on(recording, 1, kind)
    assert not same_background(today, yesterday, recording.size, -2.0)


@pytest.mark.parametrize("kind", NoiseKind)
def test_yesterday_s_clip_is_known_again_louder_shifted_and_through_the_codec_once_more(recording, kind):
    yesterday = clip_on(recording, 1, kind)
    again = through_opus(1.3 * np.roll(yesterday, 431))
    assert not np.array_equal(again, yesterday)
    assert same_background(again, yesterday, recording.size, -2.0)


def test_a_hum_and_a_cricket_that_are_there_every_day_are_no_copy(recording):
    time = np.arange(8 * RATE) / RATE
    hum = 0.005 * sum(np.sin(2 * np.pi * hz * time) for hz in (250.0, 350.0, 4_100.0))
    days = [through_opus(clip_on(recording, day) + hum[: 8 * RATE]) for day in (1, 2)]
    assert not same_background(*days, recording.size, -2.0)


def test_the_same_bulletins_before_and_after_every_day_are_no_copy(recording):
    neighbours = babble(8.0, 9)
    neighbours[2 * RATE : 5 * RATE] = recording
    noise = [np.random.default_rng(day).normal(0.0, 0.003, neighbours.size) for day in (1, 2)]
    days = [(0.4 * neighbours + each).astype(np.float32) for each in noise]
    assert not same_background(*days, recording.size, -2.0)


def test_clips_with_nothing_around_the_airing_tell_nothing(recording):
    clip = clip_on(recording, 1)
    assert not same_background(clip[2 * RATE :], clip[2 * RATE :], recording.size, 0.0)
    assert not same_background(clip[: 5 * RATE], clip[: 5 * RATE], recording.size, -2.0)
    assert not same_background(np.zeros(100, np.float32), clip, recording.size, -2.0)


def test_a_clip_is_moved_to_begin_with_another():
    clip = np.arange(1, 6, dtype=np.float32)
    assert moved(clip, 2).tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert moved(clip, -2).tolist() == [3, 4, 5]
    assert moved(clip, 0).tolist() == clip.tolist()
