"""Sounds in a row with pauses, by pydub (16 bits)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from smartradio.audio.wavfile import as_int16, from_int16

Signal = npt.NDArray[np.float32]


def in_a_row(parts: Sequence[tuple[Signal, float]], rate: int) -> Signal:
    """Return the parts one after another, each followed by its pause in seconds (whole milliseconds).

    Without a gap, a crossfade or a lost sample; empty for no parts.
    """
    row: list[Any] = []
    for pcm, pause_s in parts:
        row.append(_segment(pcm, rate))
        if pause_s > 0:
            row.append(_pydub().silent(duration=round(1000 * pause_s), frame_rate=rate))
    # In pairs, then pairs of pairs: appending one by one would copy an hour of sound hundreds of times.
    while len(row) > 1:
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [first.append(second, crossfade=0) for first, second in pairs] + row[len(row) & ~1 :]
    return _signal(row[0]) if row else np.zeros(0, dtype=np.float32)


def _pydub() -> Any:
    with warnings.catch_warnings():
        # pydub looks for ffmpeg, which nothing here needs, and imports audioop, which 3.13 gets from a wheel.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment  # noqa: PLC0415 - warns when imported
    return AudioSegment


def _segment(pcm: Signal, rate: int) -> Any:
    return _pydub()(data=as_int16(pcm).tobytes(), sample_width=2, frame_rate=rate, channels=1)


def _signal(segment: Any) -> Signal:
    return from_int16(np.frombuffer(segment.raw_data, dtype="<i2"))
