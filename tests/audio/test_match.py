from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.errors import AudioError
from smartradio.audio.match import match
from smartradio.audio.noise import NoiseKind
from smartradio.audio.pole import Fault, FaultyHorn, Neighbour, PoleScene, SimulatedPole, Tap

RATE = 16000
BEFORE_S, AFTER_S = 2.0, 3.0
ECHOES = (Tap(0.03, -10.0), Tap(0.1, -14.0))


@pytest.fixture(scope="module")
def recording():
    return babble(6.0, 1)


def placed(signal, late_s=0.0):
    late = round(late_s * RATE)
    before, after = round(BEFORE_S * RATE) + late, round(AFTER_S * RATE) - late
    return np.pad(signal, (before, after)).astype(np.float32)


def heard(recording, scene, fault=None, *, late_s=0.0, substitute=None):
    horn = FaultyHorn(fault, substitute=substitute)
    horn.begin(recording.size)
    own = placed(horn.play(recording), late_s)
    return SimulatedPole(scene).hear(own, [placed(recording)] * len(scene.neighbours))


def test_a_recording_heard_well_is_covered_at_the_own_delay(recording):
    found = match(
        heard(recording, PoleScene(own_delay_s=0.008, echoes=ECHOES)),
        recording,
        clip_starts_s=-BEFORE_S,
        segments=[(0.0, 3.0), (3.0, 6.0)],
    )
    assert found.own_heard
    assert found.delay_s == pytest.approx(0.008, abs=0.001)
    assert found.delay_confidence > 0.9
    assert found.coverage > 0.97
    assert min(found.coverage_by_segment) > 0.95
    assert found.high_band_coverage > 0.8
    assert found.tilt_db == pytest.approx(0.0, abs=5.0)
    assert found.observed == 1.0
    assert found.level_db == pytest.approx(-24.0, abs=1.5)
    assert found.background_db == pytest.approx(-55.0, abs=2.0)


@pytest.mark.parametrize("noise_db", [-44.0, -34.0, -24.0])
def test_the_signal_to_noise_ratio_is_the_true_one(recording, noise_db):
    scene = PoleScene(own_gain_db=-6.0, noise_kind=NoiseKind.TRAFFIC, noise_db=noise_db, seed=3)
    clip = heard(recording, scene)
    noise = SimulatedPole(scene).hear(np.zeros_like(clip))
    speech = (clip - noise)[2 * RATE : 8 * RATE]
    true_db = 10 * np.log10(np.mean(speech**2) / np.mean(noise[2 * RATE : 8 * RATE] ** 2))
    found = match(clip, recording, clip_starts_s=-BEFORE_S)
    # Counted while it speaks and within the horn's band: a little better than over all time and all bands.
    assert true_db - 1.0 <= found.snr_db <= true_db + 5.0


def test_noise_alone_has_no_ratio_no_tilt_and_no_coverage(recording):
    clip = SimulatedPole(PoleScene(noise_kind=NoiseKind.WIND, noise_db=-30)).hear(np.zeros(11 * RATE, np.float32))
    found = match(clip, recording, clip_starts_s=-BEFORE_S)
    assert not found.own_heard
    assert found.delay_s is found.snr_db is found.tilt_db is None
    assert found.coverage == 0.0
    assert not any(found.frames)
    assert found.other_speech < 0.05


@pytest.mark.parametrize("distance_m", [100.0, 220.0, 400.0])
def test_another_pole_is_told_by_its_delay_and_is_not_coverage(recording, distance_m):
    scene = PoleScene(neighbours=(Neighbour.at(distance_m),), noise_db=-60)
    found = match(heard(recording, scene, Fault.NEIGHBOUR), recording, clip_starts_s=-BEFORE_S)
    assert not found.own_heard
    assert found.coverage == 0.0
    assert found.far_delay_s == pytest.approx(distance_m / 343.0, abs=0.005)
    assert found.far_confidence > 0.8


def test_a_jingle_that_repeats_itself_does_not_lend_a_dead_horn_its_neighbours_voice():
    random = np.random.default_rng(0)
    beat = random.standard_normal(8000) * np.exp(-np.arange(8000) / 1500) * 0.5
    jingle = np.concatenate((np.tile(beat, 8), babble(3.0, 2))).astype(np.float32)
    scene = PoleScene(neighbours=(Neighbour(171.5, -10.0),), noise_db=-60)  # half a second, one beat
    found = match(heard(jingle, scene, Fault.SILENT), jingle, clip_starts_s=-BEFORE_S)
    assert found.coverage < 0.02


def test_a_cut_recording_is_heard_up_to_the_cut_with_its_own_ratio(recording):
    scene = PoleScene(echoes=ECHOES, neighbours=(Neighbour.at(150),), noise_db=-50)
    whole = match(heard(recording, scene), recording, clip_starts_s=-BEFORE_S)
    cut = match(heard(recording, scene, Fault.CUT), recording, clip_starts_s=-BEFORE_S)
    assert cut.coverage == pytest.approx(0.6, abs=0.06)
    assert all(there for there, active in zip(cut.frames[:34], cut.active[:34], strict=True) if active)
    assert not any(cut.frames[39:])
    assert cut.snr_db == pytest.approx(whole.snr_db, abs=3.0)


def test_other_speech_is_noticed_while_the_own_horn_says_something_else(recording):
    scene = PoleScene(echoes=ECHOES, neighbours=(Neighbour.at(300),))
    clip = heard(recording, scene, Fault.WRONG, substitute=babble(6.0, 99))
    found = match(clip, recording, clip_starts_s=-BEFORE_S)
    assert not found.own_heard
    assert found.other_speech > 0.15
    assert found.other_db == pytest.approx(found.level_db, abs=1.0)


def test_a_muffled_horn_is_heard_and_tilted(recording):
    found = match(heard(recording, PoleScene(), Fault.MUFFLED), recording, clip_starts_s=-BEFORE_S)
    assert found.coverage > 0.9
    assert found.tilt_db < -30
    assert found.high_band_coverage < 0.3


@pytest.mark.parametrize("ppm", [-50, 50])
def test_clocks_that_run_apart_do_not_blur_the_match(ppm):
    recording = babble(20.0, 4)
    clip = heard(recording, PoleScene(echoes=ECHOES))
    time = np.arange(clip.size) * (1 + ppm * 1e-6)
    found = match(np.interp(time, np.arange(clip.size), clip).astype(np.float32), recording, clip_starts_s=-BEFORE_S)
    assert found.coverage > 0.97
    assert found.snr_db > 10
    assert found.tilt_db > -6


def test_an_emergency_that_starts_thirty_milliseconds_late_is_still_the_own_horn(recording):
    found = match(heard(recording, PoleScene(), late_s=0.03), recording, clip_starts_s=-BEFORE_S)
    assert found.delay_s == pytest.approx(0.036, abs=0.001)
    assert found.coverage > 0.97


def test_a_clip_that_breaks_off_shows_how_much_it_saw(recording):
    clip = heard(recording, PoleScene())[: 5 * RATE]
    found = match(clip, recording, clip_starts_s=-BEFORE_S)
    assert found.observed == pytest.approx(0.5, abs=0.01)
    assert found.coverage == pytest.approx(0.5, abs=0.06)


def test_where_the_clip_starts_is_taken_into_account(recording):
    clip = heard(recording, PoleScene())
    found = match(clip[RATE:], recording, clip_starts_s=-1.0)
    assert found.delay_s == pytest.approx(0.006, abs=0.001)
    assert match(clip[RATE:], recording, clip_starts_s=-BEFORE_S).own_heard is False


def test_a_clip_without_surroundings_has_no_background(recording):
    clip = heard(recording, PoleScene())[2 * RATE : 8 * RATE]
    found = match(clip, recording, clip_starts_s=0.0)
    assert found.background_db is None
    assert found.coverage > 0.9


@pytest.mark.parametrize(
    ("clip", "recording", "says"),
    [
        (np.zeros(100, np.float32), np.zeros(RATE, np.float32), "silent"),
        (np.zeros(100, np.float32), np.ones(10, np.float32), "half a second"),
        (np.full(100, np.nan, np.float32), np.ones(RATE, np.float32), "clip holds samples"),
        (np.zeros((10, 2), np.float32), np.ones(RATE, np.float32), "mono"),
    ],
)
def test_signals_that_cannot_be_compared_are_refused_in_one_line(clip, recording, says):
    with pytest.raises(AudioError, match=says):
        match(clip, recording, clip_starts_s=-2.0)


def test_an_empty_or_digitally_silent_clip_hears_nothing(recording):
    for clip in (np.zeros(0, np.float32), np.zeros(11 * RATE, np.float32)):
        found = match(clip, recording, clip_starts_s=-2.0)
        assert not found.own_heard
        assert found.coverage == 0.0


def test_the_match_loads_nothing_heavy_on_a_node():
    code = "import sys, smartradio.audio.match, smartradio.audio.pole; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
