"""Loudness and true peak as a listener and an amplifier meet them (ITU-R BS.1770-4).

pyloudnorm and scipy belong to the station; a node imports this room without them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError
from smartradio.audio.levels import FLOOR_DBFS
from smartradio.audio.resample import resample

# The absolute gate of BS.1770: what never gets louder is called silent.
SILENT_LUFS = -70.0
_BLOCK_S = 0.4
# Five minutes.
_STRETCH_BLOCKS = 3_000
_OVERSAMPLING = 4
_PEAK_BLOCK = 512
_PEAK_MARGIN = 64
# Between samples a tone at a quarter of the rate rises by 3 dB: a sound has its strength below that.
_STRENGTH_BELOW = 0.25


def integrated_lufs(pcm: npt.NDArray[np.float32], rate: int) -> float:
    """Return the gated loudness of `pcm` (float, mono) in LUFS, SILENT_LUFS when all is below the gate.

    A clip shorter than one gating block (0.4 s) is measured as if it went on repeating. Raises
    AudioError when `pcm` is not one channel.
    """
    _expect_mono(pcm)
    shortest = math.ceil(_BLOCK_S * rate) + 1
    if 0 < len(pcm) < shortest:
        pcm = np.tile(pcm, -(-shortest // len(pcm)))
    return _measured(pcm, rate)[0]


def spoken_lufs(pcm: npt.NDArray[np.float32], rate: int) -> float:
    """Return the loudness in LUFS that `pcm` (float, mono) has among pauses, SILENT_LUFS when below the gate.

    Measured with a gating block of silence on either side: so a row of sounds with pauses between, each of this
    loudness, has this loudness as a whole. Below 0.4 s it is the highest momentary value (EBU Tech 3341), or the
    silence around would count for more than the sound. Raises AudioError when `pcm` is not one channel.
    """
    _expect_mono(pcm)
    integrated, momentary = _measured(np.pad(pcm, math.ceil(_BLOCK_S * rate) + 1), rate)
    return momentary if len(pcm) < _BLOCK_S * rate else integrated


def _expect_mono(pcm: npt.NDArray[np.float32]) -> None:
    if pcm.ndim != 1:
        raise AudioError(f"loudness needs one channel, got an array of shape {pcm.shape}")


def _measured(pcm: npt.NDArray[np.float32], rate: int) -> tuple[float, float]:
    """Return the integrated and the highest momentary loudness of at least one gating block."""
    if not np.any(pcm):
        return SILENT_LUFS, SILENT_LUFS
    blocks_lufs = np.concatenate(list(_blocks(pcm, rate)))
    return _gated(blocks_lufs), max(SILENT_LUFS, float(blocks_lufs.max()))


def _blocks(pcm: npt.NDArray[np.float32], rate: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield the loudness of every gating block, some minutes at a time: the meter holds its sound several times."""
    from pyloudnorm import Meter  # noqa: PLC0415 - a node has no scipy

    meter = Meter(rate, block_size=_BLOCK_S)
    hop, span = round(_BLOCK_S / 4 * rate), round(_BLOCK_S * rate)
    stretch = _STRETCH_BLOCKS * hop
    for begin in range(0, max(1, len(pcm) - span + hop), stretch):
        # A block more before it, in which the weighting filters settle.
        lead = min(begin, span)
        meter.integrated_loudness(pcm[begin - lead : begin + stretch + span - hop].astype(np.float64))
        yield np.array(meter.blockwise_loudness[lead // hop :][:_STRETCH_BLOCKS])


def _gated(blocks_lufs: npt.NDArray[np.float64]) -> float:
    """Return the loudness of blocks above the absolute gate and at most 10 LU below their mean (BS.1770-4, 2.8)."""
    heard = blocks_lufs[blocks_lufs >= SILENT_LUFS]
    if len(heard) == 0:
        return SILENT_LUFS
    heard = heard[heard > _mean_lufs(heard) - 10.0]
    return _mean_lufs(heard)


def _mean_lufs(blocks_lufs: npt.NDArray[np.float64]) -> float:
    return float(10 * np.log10(np.mean(10 ** (blocks_lufs / 10))))


def true_peak_dbtp(pcm: npt.NDArray[np.float32], rate: int, *, highest_hz: float | None = None) -> float:
    """Return the highest value between and on the samples of `pcm` (mono) in dBTP, oversampled four times.

    Only where a peak can be: a tone of f Hz rises between samples to at most 1 / cos(π f / rate) times the higher
    of the two. `highest_hz` is what the sound has nothing above, by default a quarter of the rate; the lower, the
    less there is to oversample. FLOOR_DBFS when empty or silent. Raises AudioError when `pcm` is not one channel.
    """
    if pcm.ndim != 1:
        raise AudioError(f"true peak needs one channel, got an array of shape {pcm.shape}")
    highest = float(np.abs(pcm).max()) if len(pcm) else 0.0
    if highest == 0.0:
        return FLOOR_DBFS
    blocks = -(-len(pcm) // _PEAK_BLOCK)
    padded = np.zeros(blocks * _PEAK_BLOCK + 2 * _PEAK_MARGIN, dtype=np.float32)
    padded[_PEAK_MARGIN : _PEAK_MARGIN + len(pcm)] = pcm
    reach = _PEAK_BLOCK + 2 * _PEAK_MARGIN
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach)[::_PEAK_BLOCK]
    share = _STRENGTH_BELOW if highest_hz is None else min(highest_hz / rate, _STRENGTH_BELOW)
    worth = windows[np.abs(windows).max(axis=1) >= math.cos(math.pi * share) * highest]
    # All in one go; at the seams the filter rings, but no further than the margins reach.
    between = np.abs(resample(worth.reshape(-1), rate, rate * _OVERSAMPLING)).reshape(len(worth), -1)
    inner = between[:, _PEAK_MARGIN * _OVERSAMPLING : -_PEAK_MARGIN * _OVERSAMPLING]
    highest = max(highest, float(inner.max()))
    return max(FLOOR_DBFS, 20 * math.log10(highest))
