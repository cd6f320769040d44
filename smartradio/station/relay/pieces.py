"""A stream cut into pieces of two seconds, each an Opus object brought to our loudness."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from smartradio.audio.cutting import PieceEncoder
from smartradio.audio.levelling import Leveller
from smartradio.audio.levels import rms_dbfs
from smartradio.audio.streaming import RATE
from smartradio.speech.mastering import CODEC_LOSS_LU, TARGET_LUFS
from smartradio.station.relay.placed import PIECE_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

# As of all recordings: nodes pay for their data by the megabyte.
BITRATE: Final = 16_000
# A sample peak: between samples and in the codec it rises by about a decibel and a half.
_CEILING_DBFS: Final = -3.0
# A station that is on the air is never softer than this for long; a dead line hisses below it.
SILENT_DBFS: Final = -55.0


class Cutter:
    """Levels a stream and cuts it; one stream's."""

    def __init__(self) -> None:
        self._leveller = Leveller(RATE, target_lufs=TARGET_LUFS + CODEC_LOSS_LU, ceiling_dbfs=_CEILING_DBFS)
        self._encoder = PieceEncoder(RATE, piece_s=PIECE_S, bitrate=BITRATE)

    def cut(self, pcm: Signal) -> Iterator[bytes]:
        """Yield the next pieces as Opus, each of PIECE_S exactly, made to be joined."""
        yield from self._encoder.push(self._leveller.push(pcm))


def is_silent(pcm: Signal) -> bool:
    """Say whether what came is dead air."""
    return rms_dbfs(pcm) < SILENT_DBFS
