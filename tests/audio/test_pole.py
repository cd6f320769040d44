from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.babble import babble
from smartradio.audio.errors import AudioError
from smartradio.audio.noise import NoiseKind
from smartradio.audio.pole import (
    Fault,
    FaultyHorn,
    Neighbour,
    PoleScene,
    SimulatedPole,
    Tap,
    demo_scene,
)
from smartradio.audio.spectrum import band_level_db

RATE = 16000
STILL = -200.0


def in_blocks(signal, sizes):
    at = 0
    for size in sizes:
        yield signal[at : at + size]
        at += size
    yield signal[at:]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 5000), max_size=12), st.integers(0, 2**16))
def test_blocks_of_any_size_sound_the_same(sizes, seed):
    scene = demo_scene(1, seed)
    speech, near = babble(1.5, seed), babble(1.5, seed + 1)
    whole = SimulatedPole(scene).hear(speech, [near, near])
    pole = SimulatedPole(scene)
    pieces = [
        pole.hear(own, [other, other])
        for own, other in zip(in_blocks(speech, sizes), in_blocks(near, sizes), strict=True)
    ]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)


def test_the_own_horn_is_heard_after_its_delay_with_its_echo_behind_it():
    scene = PoleScene(own_gain_db=0.0, own_delay_s=0.01, echoes=(Tap(0.1, -12.0),), noise_db=STILL)
    click = np.zeros(RATE, dtype=np.float32)
    click[0] = 1.0
    heard = np.abs(SimulatedPole(scene).hear(click))
    assert abs(int(heard[:1000].argmax()) - 160) <= 4
    assert abs(int(heard[1000:].argmax()) + 1000 - 1760) <= 4
    assert heard[1000:].max() / heard[:1000].max() == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize(("distance_m", "delay_s"), [(100.0, 0.2915), (400.0, 1.1662)])
def test_a_neighbour_is_late_by_its_distance_and_quieter(distance_m, delay_s):
    scene = PoleScene(own_gain_db=0.0, neighbours=(Neighbour.at(distance_m),), noise_db=STILL)
    click = np.zeros(2 * RATE, dtype=np.float32)
    click[0] = 1.0
    heard = np.abs(SimulatedPole(scene).hear(np.zeros_like(click), [click]))
    assert int(heard.argmax()) / RATE == pytest.approx(delay_s, abs=0.0005)
    assert heard.max() < 0.2


def test_a_horn_gives_neither_rumble_nor_hiss():
    noise = np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32) * 0.1
    heard = SimulatedPole(PoleScene(noise_db=STILL)).hear(noise)
    middle = band_level_db(heard, RATE, 800, 1200)
    assert band_level_db(heard, RATE, 50, 100) < middle - 25
    assert band_level_db(heard, RATE, 7400, 7800) < middle - 8


def test_a_dead_horn_gives_nothing_and_a_good_one_everything():
    speech = babble(1.0, 1)
    assert not FaultyHorn(Fault.SILENT).play(speech).any()
    assert not FaultyHorn(Fault.NEIGHBOUR).play(speech).any()
    assert np.array_equal(FaultyHorn(None).play(speech), speech)


def test_a_cut_recording_stops_at_sixty_percent_whatever_the_blocks():
    speech = np.ones(10_000, dtype=np.float32)
    horn = FaultyHorn(Fault.CUT)
    horn.begin(speech.size)
    heard = np.concatenate([horn.play(block) for block in in_blocks(speech, [100, 5800, 300, 37])])
    assert heard[:6000].all()
    assert not heard[6000:].any()


def test_wrong_speech_takes_the_place_of_the_recording_and_ends_with_it():
    speech, other = babble(1.0, 1), babble(2.0, 2)
    horn = FaultyHorn(Fault.WRONG, substitute=other)
    horn.begin(speech.size)
    played = np.concatenate((speech, np.zeros(5000, dtype=np.float32)))
    heard = np.concatenate([horn.play(block) for block in in_blocks(played, [7000, 9500])])
    assert np.array_equal(heard[: speech.size], other[: speech.size])
    assert not heard[speech.size :].any()


def test_wrong_speech_begins_again_where_the_recording_is_longer():
    speech, other = babble(3.0, 1), babble(1.0, 2)
    horn = FaultyHorn(Fault.WRONG, substitute=other)
    horn.begin(speech.size)
    heard = np.concatenate([horn.play(block) for block in in_blocks(speech, [7000, 9500])])
    assert np.array_equal(heard, np.tile(other, 3))


def test_wrong_speech_needs_something_to_say():
    with pytest.raises(AudioError, match="other speech"):
        FaultyHorn(Fault.WRONG)


def test_a_muffled_horn_keeps_the_lows_and_loses_the_words():
    noise = np.random.default_rng(1).standard_normal(4 * RATE).astype(np.float32) * 0.1
    heard = FaultyHorn(Fault.MUFFLED).play(noise)
    assert band_level_db(heard, RATE, 200, 300) == pytest.approx(band_level_db(noise, RATE, 200, 300), abs=1.0)
    assert band_level_db(heard, RATE, 1500, 4000) < band_level_db(noise, RATE, 1500, 4000) - 40


def test_the_noisy_scene_has_wind_ten_decibels_above_the_speech():
    speech = babble(20.0, 3)
    loudness_db = band_level_db(speech, RATE, 200, 5500)
    ratios = []
    for seed in range(8):
        scene = demo_scene(1, seed, Fault.NOISY, neighbours=0, speech_db=loudness_db)
        wind = SimulatedPole(scene).hear(np.zeros_like(speech))
        assert scene.noise_kind is NoiseKind.WIND
        ratios.append(band_level_db(wind, RATE, 200, 5500) - (loudness_db + scene.own_gain_db))
    assert np.mean(ratios) == pytest.approx(10.0, abs=1.5)


def test_a_demo_scene_is_the_same_for_the_same_node_and_seed_only():
    assert demo_scene(2, 7) == demo_scene(2, 7)
    assert demo_scene(2, 7) != demo_scene(3, 7)
    assert demo_scene(2, 7) != demo_scene(2, 8)


def test_the_neighbour_fault_has_a_neighbour_even_on_a_lonely_pole():
    assert len(demo_scene(1, 0, Fault.NEIGHBOUR, neighbours=0).neighbours) == 1


def test_a_pole_refuses_neighbours_it_does_not_have_and_blocks_that_differ():
    block = np.zeros(10, dtype=np.float32)
    with pytest.raises(AudioError, match="0 neighbours, 1 were given"):
        SimulatedPole(PoleScene()).hear(block, [block])
    with pytest.raises(AudioError, match="as long as"):
        SimulatedPole(PoleScene(neighbours=(Neighbour.at(200),))).hear(block, [block[:5]])


def test_a_scene_out_of_this_world_is_refused():
    with pytest.raises(AudioError, match="between 0 and 1 s"):
        PoleScene(echoes=(Tap(3.0, -6.0),))
    with pytest.raises(AudioError, match="distance"):
        PoleScene(neighbours=(Neighbour(distance_m=0.0, gain_db=-6.0),))
