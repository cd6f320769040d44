"""Another sample rate for the same sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from smartradio.audio.errors import AudioError

MIN_RATE = 4_000
MAX_RATE = 384_000
_FRAME = 1 << 16
# Longer than libswresample's default of 32 taps: images and aliases below -90 dB up to 0.45 of the rate.
_FILTER = "filter_size=64:cutoff=0.97"


def resample(pcm: npt.NDArray[np.float32], from_rate: int, to_rate: int) -> npt.NDArray[np.float32]:
    """Return `pcm` (float32, mono) at `to_rate` (Hz), neither delayed nor advanced.

    The length is exactly `resampled_length`. libswresample does the work (polyphase windowed sinc): it
    is there with the codec, several times faster than numpy, and the same on a Pi. Raises AudioError.
    """
    if pcm.ndim != 1:
        raise AudioError(f"resampling needs one channel, got an array of shape {pcm.shape}")
    for rate in (from_rate, to_rate):
        if not MIN_RATE <= rate <= MAX_RATE:
            raise AudioError(f"a sample rate of {rate} Hz is outside {MIN_RATE}..{MAX_RATE} Hz")
    pcm = np.ascontiguousarray(pcm, dtype=np.float32)
    wanted = resampled_length(len(pcm), from_rate, to_rate)
    if from_rate == to_rate or wanted == 0:
        return pcm[:wanted].copy()
    out = np.zeros(wanted, dtype=np.float32)
    filled = 0
    for piece in _converted(pcm, from_rate, to_rate):
        taken = min(len(piece), wanted - filled)
        out[filled : filled + taken] = piece[:taken]
        filled += taken
    # The converter may end a sample or two early: hold the last value instead of a step to zero.
    if 0 < filled < wanted:
        out[filled:] = out[filled - 1]
    return out


def resampled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """Return how many samples `samples` become: the nearest whole number, halves up."""
    return (2 * samples * to_rate + from_rate) // (2 * from_rate)


def _converted(pcm: npt.NDArray[np.float32], from_rate: int, to_rate: int) -> Iterator[npt.NDArray[np.float32]]:
    graph = av.filter.Graph()
    graph.threads = 1  # a pool of threads costs more than the work they share
    source = graph.add_abuffer(sample_rate=from_rate, format="flt", layout="mono", time_base=Fraction(1, from_rate))
    converter = graph.add("aresample", f"{to_rate}:{_FILTER}")
    sink = graph.add("abuffersink")
    source.link_to(converter)
    converter.link_to(sink)
    graph.configure()
    # Half an hour as one frame takes gigabytes, and a minute and a half.
    for at in range(0, len(pcm), _FRAME):
        frame = av.AudioFrame.from_ndarray(pcm[at : at + _FRAME].reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = from_rate
        frame.pts = at
        source.push(frame)
        yield from _pulled(sink)
    source.push(None)
    yield from _pulled(sink)


def _pulled(sink: av.filter.context.FilterContext) -> Iterator[npt.NDArray[np.float32]]:
    while True:
        try:
            converted = sink.pull()
        except (av.error.EOFError, av.error.BlockingIOError):
            return
        assert isinstance(converted, av.AudioFrame)
        yield converted.to_ndarray().reshape(-1).astype(np.float32, copy=False)
