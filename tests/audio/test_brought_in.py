from __future__ import annotations

import io
import struct
import time
import wave
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.audio import brought_in
from smartradio.audio.brought_in import RATE, decode_brought_in
from smartradio.audio.errors import AudioError

# container, encoder, sample rate, options
KINDS = {
    "wav": ("wav", "pcm_s16le", 44_100, {}),
    "wav 24 bit": ("wav", "pcm_s24le", 48_000, {}),
    "wav 8 bit": ("wav", "pcm_u8", 22_050, {}),
    "wav float": ("wav", "pcm_f32le", 96_000, {}),
    "mp3": ("mp3", "libmp3lame", 44_100, {}),
    "m4a": ("ipod", "aac", 44_100, {}),
    "aac": ("adts", "aac", 32_000, {}),
    "ogg vorbis": ("ogg", "vorbis", 44_100, {"strict": "experimental"}),
    "ogg opus": ("ogg", "libopus", 48_000, {}),
    "flac": ("flac", "flac", 48_000, {}),
    "webm": ("webm", "libopus", 48_000, {}),
}


def voice(duration_s: float, rate: int) -> np.ndarray:
    """A tone that comes and goes like syllables."""
    t = np.arange(round(duration_s * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * 440 * t) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * t))


def encoded(channels: Sequence[np.ndarray], kind: str) -> bytes:
    container, codec, rate, options = KINDS[kind]
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(channels)]
    sink = io.BytesIO()
    with av.open(sink, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout, options=options)
        if codec != "vorbis" and "pcm" not in codec and codec != "flac":
            stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels, np.float32), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        fitting = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        for part in (*fitting.resample(frame), *fitting.resample(None), None):
            for packet in stream.encode(part):
                file.mux(packet)
    return sink.getvalue()


def rms(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(pcm))))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_becomes_mono_at_16_khz(kind: str) -> None:
    rate = KINDS[kind][2]
    tone = voice(2.0, rate)
    found = decode_brought_in(encoded([tone, tone], kind))
    assert found.pcm.dtype == np.float32 and found.pcm.ndim == 1
    assert found.duration_s == pytest.approx(2.0, abs=0.1)
    assert (found.source_rate, found.channels, found.fold) == (48_000 if kind == "ogg opus" else rate, 2, "mean")
    assert rms(found.pcm) == pytest.approx(rms(tone), rel=0.1)
    spectrum = np.abs(np.fft.rfft(found.pcm))
    assert np.argmax(spectrum) * RATE / len(found.pcm) == pytest.approx(440, abs=2)
    assert found.clipped_share == 0


@pytest.mark.parametrize("kind", ["wav", "mp3", "m4a", "flac"])
def test_channels_that_cancel_each_other_are_not_averaged_away(kind: str) -> None:
    tone = voice(2.0, KINDS[kind][2])
    found = decode_brought_in(encoded([tone, -0.9 * tone], kind))
    assert found.fold == "strongest"
    assert rms(found.pcm) == pytest.approx(rms(tone), rel=0.05)


def test_channels_that_cancel_for_a_part_are_not_averaged_either() -> None:
    tone = voice(4.0, 44_100)
    turned = tone.copy()
    turned[: len(tone) // 4] *= -1
    assert decode_brought_in(encoded([tone, turned], "wav")).fold == "strongest"


def test_a_recording_on_one_channel_keeps_its_strength() -> None:
    tone = voice(2.0, 44_100)
    found = decode_brought_in(encoded([np.zeros_like(tone), tone], "wav"))
    assert found.fold == "strongest"
    assert rms(found.pcm) == pytest.approx(rms(tone), rel=0.02)


def test_two_speakers_on_two_channels_are_both_heard() -> None:
    t = np.arange(88_200) / 44_100
    left, right = 0.3 * np.sin(2 * np.pi * 300 * t) * (t < 1), 0.3 * np.sin(2 * np.pi * 900 * t) * (t >= 1)
    found = decode_brought_in(encoded([left, right], "wav"))
    assert found.fold == "mean"
    assert rms(found.pcm[:RATE]) == pytest.approx(rms(found.pcm[RATE:]), rel=0.05)


def test_six_channels_are_mixed_down() -> None:
    tone = voice(1.0, 44_100)
    silent = np.zeros_like(tone)
    found = decode_brought_in(encoded([silent, silent, tone, silent, silent, silent], "wav"))
    assert found.channels == 6
    assert rms(found.pcm) > 0.2 * rms(tone)


def test_dc_is_taken_off_and_samples_that_are_no_numbers_are_silence() -> None:
    tone = voice(1.0, 96_000) + 0.25
    tone[1_000:1_050] = np.nan
    tone[2_000] = np.inf
    found = decode_brought_in(encoded([tone], "wav float"))
    assert np.isfinite(found.pcm).all()
    assert abs(float(found.pcm.mean())) < 1e-4
    assert float(np.abs(found.pcm).max()) < 1.0


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "m4a"])
def test_what_was_cut_off_at_full_scale_is_counted(kind: str) -> None:
    loud = np.clip(6 * voice(2.0, 44_100), -1, 1)
    assert decode_brought_in(encoded([loud], kind)).clipped_share > 0.05
    fair = voice(2.0, 44_100)
    # A lossy codec's ripples hide the shape of a top, so there only what stays below tells.
    highest = 0.999 if kind in ("wav", "flac") else 0.85
    assert decode_brought_in(encoded([fair / np.abs(fair).max() * highest], kind)).clipped_share < 0.002


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "the file is empty"),
        (b"Xin ch\xc3\xa0o b\xc3\xa0 con", "not a sound file that is known here: save it as WAV, MP3, M4A"),
        (b"RIFF\x24\x00\x00\x00WAVE", "damaged or not a whole WAV"),
        (b"OggS" + bytes(60), "damaged or not a whole OGG"),
        (b"fLaC", "damaged or not a whole FLAC"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05abc", "damaged or not a whole MP3"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00", "damaged or not a whole M4A"),
        (b"\x1aE\xdf\xa3" + bytes(40), "damaged or not a whole WebM"),
        (b"MZ\x90\x00" + bytes(60), "a program, whatever its name says: save it as WAV"),
        (b"\x7fELF\x02\x01" + bytes(60), "a program, whatever its name says"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not a sound file"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a sound file"),
    ],
)
def test_what_is_no_sound_is_one_clear_line(data: bytes, line: str) -> None:
    with pytest.raises(AudioError, match=line) as refused:
        decode_brought_in(data)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["wav", "flac", "m4a", "mp3"])
def test_a_file_that_was_cut_on_its_way_is_refused(kind: str) -> None:
    whole = encoded([voice(6.0, KINDS[kind][2])] * 2, kind)
    with pytest.raises(AudioError, match=r"cut short|damaged"):
        decode_brought_in(whole[: len(whole) // 2])


def test_a_wav_without_a_single_sample_is_refused() -> None:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
    with pytest.raises(AudioError, match=r"no sound|damaged"):
        decode_brought_in(sink.getvalue())


def test_a_wav_whose_length_was_left_open_is_taken() -> None:
    data = bytearray(encoded([voice(2.0, 44_100)], "wav"))
    data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFFF)
    assert decode_brought_in(bytes(data)).duration_s == pytest.approx(2.0, abs=0.01)


def test_a_film_without_sound_is_refused() -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 40 * number, np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    with pytest.raises(AudioError, match="no sound in the file, only a picture"):
        decode_brought_in(sink.getvalue())


def test_too_long_and_too_large_are_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded([voice(3.0, 44_100)], "wav")
    with pytest.raises(AudioError, match=r"longer than 0\.03\d* minutes: cut it into parts"):
        decode_brought_in(data, max_duration_s=2.0)
    monkeypatch.setattr(brought_in, "MAX_BYTES", 1_000)
    with pytest.raises(AudioError, match="save it as MP3 or shorter"):
        decode_brought_in(data)


def test_decoding_ends_when_its_time_is_over() -> None:
    data = encoded([voice(30.0, 44_100)], "mp3")
    started = time.monotonic()
    with pytest.raises(AudioError, match="could not be decoded within"):
        decode_brought_in(data, max_decoding_s=0.0)
    assert time.monotonic() - started < 5.0


WHOLE = {kind: encoded([voice(0.5, KINDS[kind][2])], kind) for kind in ("wav", "mp3", "m4a", "ogg opus", "flac")}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_file_hurt_anywhere_gives_sound_or_one_line(kind: str, data: st.DataObject) -> None:
    hurt = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 8))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(hurt)))
    try:
        found = decode_brought_in(bytes(hurt[:cut]))
    except AudioError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(found.pcm).all()
