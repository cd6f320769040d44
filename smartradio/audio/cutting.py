"""A sound that goes on, as Opus objects that join without a click: one encoder, its packets cut into pieces.

Each piece begins with a few packets of the one before, told to the decoder as not to be played (RFC 7845, pre-skip),
so that it is in step where the pieces meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from smartradio.audio.codec import DECODED_RATE, FRAME_MS, OPUS_RATES
from smartradio.audio.errors import AudioError

_FRAME: Final = DECODED_RATE * FRAME_MS // 1_000
# A decoder is in step after 80 ms (RFC 7845, 4.6); of a pure tone, its hardest task, after 200 (measured). One packet
# more brings the end of what the encoder holds back.
_BEFORE: Final = 10
_AFTER: Final = 1
_FIRST_PAGE: Final = 2
_LAST_PAGE: Final = 4
_SERIAL: Final = 1
_POLYNOMIAL: Final = 0x04C11DB7
_TAGS: Final = b"OpusTags" + (10).to_bytes(4, "little") + b"smartradio" + bytes(4)

Signal = npt.NDArray[np.float32]


class PieceEncoder:
    """Encodes one sound that goes on, float32 mono at `rate`, as pieces of `piece_s` (whole frames of 20 ms)."""

    def __init__(self, rate: int, *, piece_s: float, bitrate: int) -> None:
        frames = round(piece_s * 1_000 / FRAME_MS)
        if rate not in OPUS_RATES or frames < 1 or abs(frames * FRAME_MS - 1_000 * piece_s) > 1e-6:
            raise AudioError(f"pieces of {piece_s:g} s at {rate} Hz are not whole frames of Opus")
        self._rate = rate
        self._frames = frames
        coder = av.CodecContext.create("libopus", "w")
        assert isinstance(coder, av.AudioCodecContext)
        coder.sample_rate, coder.layout, coder.format = rate, "mono", "flt"
        coder.bit_rate, coder.time_base = bitrate, Fraction(1, rate)
        coder.options = {"application": "audio", "vbr": "on", "frame_duration": str(FRAME_MS)}
        coder.open()
        self._coder = coder
        self._step = rate * FRAME_MS // 1_000
        # Before the first piece there is silence.
        self._left = np.zeros(_BEFORE * self._step, np.float32)
        self._at = 0
        self._packets: list[bytes] = []

    def push(self, pcm: Signal) -> Iterator[bytes]:
        """Yield the next pieces as Ogg Opus."""
        self._left = np.concatenate((self._left, pcm))
        while len(self._left) >= self._step:
            frame = av.AudioFrame.from_ndarray(self._left[: self._step].reshape(1, -1), format="flt", layout="mono")
            self._left = self._left[self._step :]
            frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._at
            self._at += self._step
            self._packets += [bytes(packet) for packet in self._coder.encode(frame)]
            while len(self._packets) >= _BEFORE + self._frames + _AFTER:
                yield self._piece(self._packets[: _BEFORE + self._frames + _AFTER])
                del self._packets[: self._frames]

    def _piece(self, packets: Sequence[bytes]) -> bytes:
        head = bytearray(self._coder.extradata or b"")
        skip = int.from_bytes(head[10:12], "little") + _BEFORE * _FRAME
        head[10:12] = skip.to_bytes(2, "little")
        ends = skip + self._frames * _FRAME
        return _page([bytes(head)], 0, 0, _FIRST_PAGE) + _page([_TAGS], 1, 0, 0) + _page(packets, 2, ends, _LAST_PAGE)


def _page(packets: Sequence[bytes], number: int, position: int, kind: int) -> bytes:
    """Return packets as one Ogg page (RFC 3533)."""
    lacing = bytearray()
    for packet in packets:
        lacing += b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
    if len(lacing) > 255:
        raise AudioError("a piece has more packets than a page of Ogg holds; make it shorter")
    page = bytearray(b"OggS\x00" + bytes((kind,)))
    page += position.to_bytes(8, "little") + _SERIAL.to_bytes(4, "little") + number.to_bytes(4, "little") + bytes(4)
    page += bytes((len(lacing),)) + lacing + b"".join(packets)
    page[22:26] = _checksum(page).to_bytes(4, "little")
    return bytes(page)


def _table() -> list[int]:
    found = []
    for value in range(256):
        rest = value << 24
        for _ in range(8):
            rest = (rest << 1) ^ (_POLYNOMIAL if rest & 0x80000000 else 0)
        found.append(rest & 0xFFFFFFFF)
    return found


_TABLE: Final = _table()


def _checksum(page: bytes | bytearray) -> int:
    rest = 0
    for byte in page:
        rest = ((rest << 8) & 0xFFFFFFFF) ^ _TABLE[(rest >> 24) ^ byte]
    return rest
