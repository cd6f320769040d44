"""Pieces of one sound: each as long as it should be, all of them together the sound without a click."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from smartradio.audio.codec import decode_opus, duration_s
from smartradio.audio.cutting import PieceEncoder
from smartradio.audio.errors import AudioError

RATE = 16_000


def tone(seconds: float) -> npt.NDArray[np.float32]:
    return np.asarray(0.2 * np.sin(2 * np.pi * 500 * np.arange(round(seconds * RATE)) / RATE), np.float32)


def pieces(sound: npt.NDArray[np.float32], block: int = 5_000) -> list[bytes]:
    encoder = PieceEncoder(RATE, piece_s=2.0, bitrate=24_000)
    return [piece for at in range(0, len(sound), block) for piece in encoder.push(sound[at : at + block])]


def test_a_piece_has_exactly_its_length() -> None:
    made = pieces(tone(8.5))
    assert len(made) == 4
    for piece in made:
        assert duration_s(piece) == 2.0
        assert len(decode_opus(piece)) == 96_000


def test_a_tone_goes_on_over_the_joints_without_a_click() -> None:
    decoded = [decode_opus(piece) for piece in pieces(tone(10.5))]
    whole = np.concatenate(decoded)
    error = np.abs(whole - 0.2 * np.sin(2 * np.pi * 500 * np.arange(len(whole)) / 48_000))
    joints = [number * 96_000 for number in range(2, len(decoded))]
    at_joints = max(float(error[joint - 480 : joint + 480].max()) for joint in joints)
    elsewhere = float(np.concatenate([error[joint - 40_000 : joint - 4_000] for joint in joints]).max())
    assert at_joints < 1.5 * elsewhere


def test_however_it_comes_the_same_sound_gives_the_same_bytes() -> None:
    assert pieces(tone(4.5)) == pieces(tone(4.5), 777)


def test_what_is_sent_twice_for_the_joints_is_little() -> None:
    noise = np.random.default_rng(1).standard_normal(20 * RATE).astype(np.float32) * np.float32(0.1)
    made = pieces(noise)
    assert sum(map(len, made)) * 8 / (2.0 * len(made)) < 1.2 * 24_000


def test_pieces_are_whole_frames() -> None:
    with pytest.raises(AudioError, match="not whole frames"):
        PieceEncoder(RATE, piece_s=0.03, bitrate=24_000)
