from __future__ import annotations

import numpy as np
import pytest

from smartradio.audio.babble import babble
from smartradio.audio.errors import AudioError
from smartradio.audio.intelligibility import ALIKE, intelligibility
from smartradio.audio.spectrum import band_pass, gain

RATE = 16000


@pytest.fixture(scope="module")
def speech():
    return babble(10.0, 3)


def beside(clip, reference, **more):
    return intelligibility(clip.astype(np.float32), reference, clip_starts_s=0.0, delay_s=0.0, **more)


def in_noise(speech, snr_db, seed=1):
    noise = np.random.default_rng(seed).standard_normal(speech.size)
    return (speech + noise * gain(-18.0 - snr_db)).astype(np.float32)


def through(speech, low_hz, high_hz):
    return np.convolve(speech, band_pass(RATE, low_hz, high_hz))[: speech.size]


def test_the_recording_itself_is_understood_whole(speech):
    assert beside(speech, speech, floor_db=None, weights=ALIKE) == pytest.approx(1.0, abs=1e-6)
    assert beside(speech, speech) > 0.97


@pytest.mark.parametrize(("snr_db", "reference"), [(20, 0.9582), (10, 0.7849), (5, 0.6498), (0, 0.5060), (-5, 0.3614)])
def test_white_noise_costs_what_the_reference_implementation_says(speech, snr_db, reference):
    # ESTOI of pystoi 0.4.1 for these very signals.
    assert beside(in_noise(speech, snr_db), speech, floor_db=None, weights=ALIKE) == pytest.approx(reference, abs=0.005)


def test_more_noise_is_never_better(speech):
    figures = [beside(in_noise(speech, snr_db), speech) for snr_db in (30, 20, 10, 0, -10, -20)]
    assert figures == sorted(figures, reverse=True)
    assert figures[0] > 0.95
    assert figures[-1] < 0.2


def test_a_horns_band_is_no_fault_and_a_closed_door_is(speech):
    assert beside(through(speech, 380.0, 3_500.0), speech) > 0.8
    assert beside(through(speech, 0.0, 400.0), speech) < 0.45


def test_how_loud_the_clip_is_does_not_matter(speech):
    clip = in_noise(speech, 12)
    assert beside(0.01 * clip, speech) == pytest.approx(beside(clip, speech), abs=0.01)


def test_echoes_and_hard_clipping_cost_words(speech):
    echoed = speech.copy()
    for delay_s in (0.09, 0.17, 0.26, 0.38):
        late = round(delay_s * RATE)
        echoed[late:] += speech[:-late]
    assert beside(echoed, speech) < 0.5
    clipped = np.clip(in_noise(speech, 15) * gain(40.0), -1.0, 1.0)
    assert beside(clipped, speech) < beside(in_noise(speech, 15), speech) - 0.15


@pytest.mark.parametrize("drift", [-50e-6, 50e-6])
def test_two_clocks_fifty_millionths_apart_cost_nothing(drift):
    long = babble(60.0, 4)
    at = np.arange(long.size)
    drifted = np.interp(at / (1.0 + drift), at, long).astype(np.float32)
    assert beside(drifted, long, drift=drift) > 0.96


def test_the_clip_is_read_at_the_delay_it_is_given(speech):
    clip = np.pad(speech, (round(2.3 * RATE), RATE)).astype(np.float32)
    own = intelligibility(clip, speech, clip_starts_s=-2.0, delay_s=0.3)
    other = intelligibility(clip, speech, clip_starts_s=-2.0, delay_s=0.0)
    assert own is not None
    assert other is not None
    assert own > 0.97
    assert other < 0.3


def test_only_the_sentences_count(speech):
    spoilt = in_noise(speech, 25)
    spoilt[: 4 * RATE] = in_noise(speech, -10)[: 4 * RATE]
    assert beside(spoilt, speech, spans=[(4.0, 10.0)]) > 0.9
    assert beside(spoilt, speech, spans=[(0.0, 4.0)]) < 0.4


def test_too_little_speech_has_no_figure(speech):
    assert beside(speech, speech, spans=[(1.0, 1.3)]) is None
    assert beside(speech[:100], speech[:100]) is None
    assert beside(speech, np.zeros_like(speech)) is None


def test_a_clip_that_ends_early_is_read_as_silence_after_it(speech):
    figure = beside(speech[: 5 * RATE], speech)
    assert 0.3 < figure < 0.7


def test_samples_that_are_no_numbers_are_refused(speech):
    broken = speech.copy()
    broken[7] = np.nan
    with pytest.raises(AudioError, match="clip"):
        beside(broken, speech)
    with pytest.raises(AudioError, match="recording"):
        beside(speech, np.stack((speech, speech)))
