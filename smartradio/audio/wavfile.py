"""WAV files: what editors, sound cards and imported recordings speak."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

_FULL_SCALE_16 = 32_767
_PIECE = 1 << 18


def read_wav(path: Path, *, max_duration_s: float = 3600.0) -> tuple[npt.NDArray[np.float32], int]:
    """Return the sound of a PCM WAV file (8, 16, 24 or 32 bits) as float32 mono, and its rate in Hz.

    More channels are averaged. Raises AudioError, naming the file, when it is not there, not PCM WAV,
    empty, or longer than `max_duration_s`.
    """
    try:
        with wave.open(str(path), "rb") as file:
            rate = file.getframerate()
            if rate == 0:
                raise AudioError(f"{path}: not a readable WAV file (a rate of 0 Hz)")
            if file.getnframes() > max_duration_s * rate:
                raise AudioError(f"{path}: lasts longer than {max_duration_s:g} s")
            pcm = _read(file, path)
    except (wave.Error, EOFError, OSError) as error:
        raise AudioError(f"{path}: not a readable WAV file ({str(error) or 'it ends too early'})") from error
    if pcm.size == 0:
        raise AudioError(f"{path}: holds no sound")
    return pcm, rate


def write_wav(path: Path, pcm: npt.NDArray[np.float32], rate: int) -> None:
    """Write `pcm` (float, mono, full scale 1.0) as a 16-bit WAV file; what is louder is clipped.

    Raises AudioError when the signal is not one finite channel or the file cannot be written.
    """
    if pcm.ndim != 1:
        raise AudioError(f"{path}: a WAV file here has one channel, got an array of shape {pcm.shape}")
    if not np.isfinite(pcm).all():
        raise AudioError(f"{path}: the signal holds values that are not numbers")
    try:
        # An open handle, because wave complains a second time about a path it could not open.
        with Path(path).open("wb") as handle, wave.open(handle, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(as_int16(pcm).tobytes())
    except OSError as error:
        raise AudioError(f"{path}: cannot be written ({error.strerror or error})") from error


def as_int16(pcm: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Return `pcm` (full scale 1.0) as little-endian 16-bit samples, clipped."""
    return np.clip(np.rint(pcm * _FULL_SCALE_16), -_FULL_SCALE_16, _FULL_SCALE_16).astype("<i2")


def from_int16(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Return 16-bit samples as float32; the inverse of `as_int16`."""
    return samples.astype(np.float32) / np.float32(_FULL_SCALE_16)


def _read(file: wave.Wave_read, path: Path) -> npt.NDArray[np.float32]:
    """Return the channels' mean, piece by piece: half an hour of studio sound is a gigabyte in its parts."""
    channels, width = file.getnchannels(), file.getsampwidth()
    # The head of a file that was cut tells more than there is.
    most = min(file.getnframes(), path.stat().st_size // (channels * width))
    pcm = np.empty(most, dtype=np.float32)
    filled = 0
    while filled < most:
        raw = file.readframes(min(_PIECE, most - filled))
        raw = raw[: len(raw) - len(raw) % (channels * width)]
        if not raw:
            break
        piece = _as_float(raw, width, path).reshape(-1, channels).mean(axis=1, dtype=np.float32)
        pcm[filled : filled + piece.size] = piece
        filled += piece.size
    return pcm[:filled]


def _as_float(raw: bytes, width: int, path: Path) -> npt.NDArray[np.float32]:
    if width == 2:
        return from_int16(np.frombuffer(raw, dtype="<i2"))
    if width == 1:  # 8-bit WAV is unsigned
        return _scaled(np.frombuffer(raw, dtype=np.uint8).astype(np.int16) - 128, 128)
    if width == 3:
        padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
        padded[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
        return _scaled(padded.view("<i4").reshape(-1), 2**31)
    if width == 4:
        return _scaled(np.frombuffer(raw, dtype="<i4"), 2**31)
    raise AudioError(f"{path}: {8 * width}-bit samples are not supported; save it as 16-bit PCM")


def _scaled(samples: npt.NDArray[np.integer], full_scale: int) -> npt.NDArray[np.float32]:
    return np.asarray(samples / full_scale, dtype=np.float32)
