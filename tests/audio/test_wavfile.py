from __future__ import annotations

import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest

from smartradio.audio.errors import AudioError
from smartradio.audio.wavfile import as_int16, from_int16, read_wav, write_wav

SOUND = np.linspace(-1, 1, 4001, dtype=np.float32)


def written(path: Path, raw: bytes, *, width: int, channels: int = 1, rate: int = 8000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(raw)
    return path


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", SOUND, 22_050)
    sound, rate = read_wav(tmp_path / "a.wav")
    assert rate == 22_050
    assert sound == pytest.approx(SOUND, abs=1 / 32_767)


def test_sixteen_bits_survive_unchanged() -> None:
    samples = np.arange(-32_767, 32_768).astype("<i2")
    assert np.array_equal(as_int16(from_int16(samples)), samples)


def test_what_is_too_loud_is_clipped_and_does_not_wrap(tmp_path: Path) -> None:
    write_wav(tmp_path / "loud.wav", np.array([3.0, -3.0], dtype=np.float32), 16_000)
    assert read_wav(tmp_path / "loud.wav")[0] == pytest.approx([1.0, -1.0])


@pytest.mark.parametrize(
    ("width", "raw", "wanted"),
    [
        (1, bytes([0, 128, 192]), [-1.0, 0.0, 0.5]),
        (3, b"\x00\x00\x80" + bytes(3) + b"\x00\x00\x40", [-1.0, 0.0, 0.5]),
        (4, b"\x00\x00\x00\x80" + bytes(4) + b"\x00\x00\x00\x40", [-1.0, 0.0, 0.5]),
    ],
    ids=["8 bits", "24 bits", "32 bits"],
)
def test_other_widths_are_read(tmp_path: Path, width: int, raw: bytes, wanted: list[float]) -> None:
    assert read_wav(written(tmp_path / "w.wav", raw, width=width))[0] == pytest.approx(wanted)


def test_two_channels_are_averaged(tmp_path: Path) -> None:
    stereo = as_int16(np.array([0.5, 0.1, 0.5, -0.1], dtype=np.float32)).tobytes()
    path = written(tmp_path / "s.wav", stereo, width=2, channels=2)
    assert read_wav(path)[0] == pytest.approx([0.3, 0.2], abs=1e-4)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"OggS" + bytes(100), b"RIFF\x24\0\0\0WAVEjunk" + bytes(40)])
def test_what_is_not_a_wav_file_is_told_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hỏng.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"hỏng\.wav: not a readable WAV file"):
        read_wav(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"none\.wav: not a readable WAV file .*No such file"):
        read_wav(tmp_path / "none.wav")


def test_a_file_without_sound_and_one_that_lasts_too_long_are_told(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="holds no sound"):
        read_wav(written(tmp_path / "e.wav", b"", width=2))
    write_wav(tmp_path / "a.wav", SOUND, 1000)
    with pytest.raises(AudioError, match="longer than 2 s"):
        read_wav(tmp_path / "a.wav", max_duration_s=2)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"cannot be written .*No such file"):
        write_wav(tmp_path / "no" / "a.wav", SOUND, 16_000)


@pytest.mark.parametrize("pcm", [np.zeros((2, 5)), np.array([np.inf])], ids=["two channels", "infinite"])
def test_what_is_no_signal_is_not_written(tmp_path: Path, pcm: np.ndarray) -> None:
    with pytest.raises(AudioError):
        write_wav(tmp_path / "a.wav", pcm.astype(np.float32), 16_000)
    assert not (tmp_path / "a.wav").exists()


def test_a_long_file_of_two_channels_takes_little_more_memory_than_its_mean(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        for second in range(60):
            file.writeframes(np.full(2 * 48_000, 100 * second, "<i2").tobytes())
    tracemalloc.start()
    pcm, _ = read_wav(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pcm.size == 60 * 48_000
    assert most < 2 * pcm.nbytes
    assert pcm[::48_000] == pytest.approx(100 * np.arange(60) / 32_767, abs=1e-5)
