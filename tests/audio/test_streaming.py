"""Streams decoded while they come: whatever radio sends, from wherever it is joined."""

from __future__ import annotations

import io

import numpy as np
import pytest

from smartradio.audio.errors import AudioError
from smartradio.audio.streaming import HEAD_BYTES, RATE, decode_stream, format_of
from tests.station.relay.broadcaster import encoded, voice

SECONDS = 3.0


def decoded(data: bytes, content_type: str = "") -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate(list(decode_stream(io.BytesIO(data), format_of(data[:HEAD_BYTES], content_type))))


@pytest.mark.parametrize("kind", ["mp3", "aac", "ts", "ogg"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_what_radio_sends_is_decoded_to_mono(kind: str, layout: str) -> None:
    sound = decoded(encoded(voice(SECONDS, rate=48_000), kind, rate=48_000, layout=layout))
    assert len(sound) / RATE == pytest.approx(SECONDS, abs=0.15)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(440, abs=5)
    assert np.abs(sound).max() == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("kind", ["mp3", "aac"])
def test_a_stream_is_joined_in_the_middle_of_a_frame(kind: str) -> None:
    data = encoded(voice(SECONDS), kind)[1_111:]
    assert len(decoded(data)) / RATE > SECONDS - 0.5


def test_segments_with_tags_between_are_one_stream() -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10)
    one = tag + encoded(voice(1.0), "aac")
    assert len(decoded(one * 3)) / RATE == pytest.approx(3.0, abs=0.3)


def test_damage_in_the_middle_costs_what_is_damaged() -> None:
    data = bytearray(encoded(voice(SECONDS), "mp3"))
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    assert len(decoded(bytes(data))) / RATE > SECONDS - 0.6


@pytest.mark.parametrize(
    "data", [b"<!DOCTYPE html><html></html>", b'{"error": 1}', b"", b"#EXTM3U\n", bytes(500)], ids=str
)
def test_what_is_no_sound_is_refused_before_it_is_decoded(data: bytes) -> None:
    with pytest.raises(AudioError, match="no sound that is known here"):
        format_of(data)


def test_noise_under_a_radios_name_is_no_stream() -> None:
    noise = np.random.default_rng(7).integers(0, 255, 60_000, dtype=np.uint8).tobytes()
    with pytest.raises(AudioError):
        list(decode_stream(io.BytesIO(noise), "aac"))


def test_what_the_source_raises_comes_out_as_it_is() -> None:
    class Broken:
        def __init__(self) -> None:
            self._data = io.BytesIO(encoded(voice(2.0), "mp3"))

        def read(self, size: int, /) -> bytes:
            piece = self._data.read(size)
            if not piece:
                raise RuntimeError("the line is dead")
            return piece

    heard = 0
    with pytest.raises(RuntimeError, match="the line is dead"):
        for block in decode_stream(Broken(), "mp3"):
            heard += len(block)
    assert heard > RATE
