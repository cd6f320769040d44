from __future__ import annotations

import io
import subprocess
import sys

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio.babble import babble
from smartradio.audio.codec import decode_opus, decoded_length, duration_s, encode_opus
from smartradio.audio.errors import AudioError
from smartradio.audio.resample import resample


def speechlike(seconds: float, rate: int = 16_000) -> np.ndarray:
    at_s = np.arange(round(seconds * rate)) / rate
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * at_s)
    voice = sum(np.sin(2 * np.pi * 140 * k * at_s) / k for k in range(1, 20))
    return (0.1 * syllables * voice).astype(np.float32)


SENTENCE = encode_opus(speechlike(1.3))


def test_the_same_sound_always_has_the_same_bytes() -> None:
    assert encode_opus(speechlike(1.3)) == SENTENCE


def test_another_process_makes_the_same_bytes() -> None:
    program = (
        "import hashlib, numpy as np; from smartradio.audio.codec import encode_opus;"
        "print(hashlib.sha256(encode_opus(np.linspace(-.5, .5, 20000, dtype='f4'))).hexdigest())"
    )
    names = {subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(names) == 1


@given(samples=st.integers(1, 20_000))
@settings(deadline=None, max_examples=40)
def test_decoding_gives_exactly_the_length_that_was_encoded(samples: int) -> None:
    data = encode_opus(np.full(samples, 0.1, dtype=np.float32))
    assert len(decode_opus(data)) == 3 * samples == decoded_length(samples, 16_000)
    assert len(decode_opus(data, 16_000)) == samples
    assert duration_s(data) == pytest.approx(samples / 16_000, abs=1e-9)


def test_the_decoded_sound_is_where_and_what_it_was() -> None:
    sound = speechlike(3)
    decoded = decode_opus(encode_opus(sound), 48_000)
    original = resample(sound, 16_000, 48_000)
    lags = {lag: np.corrcoef(np.roll(original, lag), decoded)[0, 1] for lag in range(-48, 49)}
    # Within 0.05 ms, which is 2 cm of air.
    assert abs(max(lags, key=lambda lag: lags[lag])) <= 2
    assert lags[0] > 0.97


def test_a_faint_clip_holds_no_burst_that_nobody_recorded() -> None:
    hiss = np.random.default_rng(37).standard_normal(6 * 16_000)
    faint = (babble(6.0, 37) * 10 ** (-42 / 20) + hiss * 10 ** (-78 / 20)).astype(np.float32)
    assert np.abs(decode_opus(encode_opus(faint), 16_000)).max() < 2 * np.abs(faint).max()


def test_more_bits_are_spent_when_they_are_allowed_and_none_on_silence() -> None:
    sizes = [len(encode_opus(speechlike(5), bitrate=rate)) for rate in (8_000, 16_000, 32_000)]
    assert sizes[0] < 0.8 * sizes[1] < 0.6 * sizes[2]
    assert len(encode_opus(np.zeros(80_000, dtype=np.float32))) < 0.5 * sizes[1]


def test_two_channels_are_averaged() -> None:
    sink = io.BytesIO()
    left = speechlike(1)
    with av.open(sink, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=16_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([left, left]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = 16_000, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    decoded = decode_opus(sink.getvalue(), 16_000)
    assert decoded.ndim == 1
    assert np.corrcoef(decoded, left)[0, 1] > 0.95


def other_ogg() -> bytes:
    sink = io.BytesIO()
    with av.open(sink, "w", format="ogg") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1600), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 16_000, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"RIFF" + bytes(100),
        bytes(4096),
        b"\xff" * 4096,
        SENTENCE[:60],
        SENTENCE[100:],
        other_ogg(),
    ],
    ids=["nothing", "magic", "wav", "zeros", "ones", "head", "tail", "flac"],
)
def test_what_is_not_opus_is_told(data: bytes) -> None:
    for read in (decode_opus, duration_s):
        with pytest.raises(AudioError) as caught:
            read(data)
        assert "\n" not in str(caught.value)


@given(st.binary(max_size=400), st.integers(0, len(SENTENCE)), st.integers(0, 300))
@settings(deadline=None, max_examples=150)
def test_damage_gives_sound_or_an_audio_error(noise: bytes, at: int, cut: int) -> None:
    damaged = SENTENCE[:at] + noise + SENTENCE[at + cut :]
    for read in (decode_opus, duration_s):
        try:
            read(damaged)
        except AudioError as error:
            assert str(error)


@pytest.mark.parametrize("seconds", [9.99, 11.0, 21.5, 33.0])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050])
def test_a_long_sound_is_resampled_in_blocks_without_a_seam(seconds: float, rate: int) -> None:
    data = encode_opus(speechlike(seconds))
    wanted = resample(decode_opus(data), 48_000, rate)
    decoded = decode_opus(data, rate)
    assert decoded.shape == wanted.shape
    assert np.abs(decoded - wanted).max() < 1e-5


def test_decoding_needs_little_more_memory_than_the_sound_it_gives() -> None:
    program = (
        "import resource, numpy as np; from smartradio.audio.codec import decode_opus, encode_opus;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024;"
        "minute = encode_opus(np.zeros(16_000 * 60, dtype='f4')); decode_opus(minute, 16_000);"
        "import sys; data = sys.stdin.buffer.read(); before = peak();"
        "size = decode_opus(data, 16_000).nbytes; print((peak() - before) / size)"
    )
    data = encode_opus(np.zeros(16_000 * 900, dtype=np.float32), bitrate=6_000)
    ran = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
    assert float(ran.stdout) < 2


def test_an_object_that_lasts_too_long_is_refused() -> None:
    with pytest.raises(AudioError, match="longer than 1 s"):
        decode_opus(SENTENCE, max_duration_s=1)


@pytest.mark.parametrize(
    ("pcm", "rate", "bitrate"),
    [
        (np.zeros(0), 16_000, 16_000),
        (np.zeros((2, 100)), 16_000, 16_000),
        (np.array([0.0, np.nan]), 16_000, 16_000),
        (np.zeros(100), 22_050, 16_000),
        (np.zeros(100), 16_000, 1),
    ],
    ids=["empty", "two channels", "not a number", "rate", "bit rate"],
)
def test_what_cannot_be_encoded_is_told(pcm: np.ndarray, rate: int, bitrate: int) -> None:
    with pytest.raises(AudioError):
        encode_opus(pcm.astype(np.float32), rate, bitrate=bitrate)
