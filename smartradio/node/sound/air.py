"""The air between simulated poles: what each horn radiates, shared by the processes of one machine."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

AIR_RATE = 16_000
RING_SAMPLES = 16 * AIR_RATE
_HEADER = struct.Struct("<qq")
_HEADER_BYTES = 64


class Radiated:
    """One horn's sound as a memory-mapped ring, indexed by the machine's monotonic time at AIR_RATE.

    The header holds the first and the end index of what was really written; all outside it is silence, so
    neither an old loop nor a dead process is heard.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        size = _HEADER_BYTES + 4 * RING_SAMPLES
        with path.open("ab") as file:
            file.truncate(size)
        self._map = np.memmap(path, dtype=np.uint8, mode="r+", shape=(size,))
        self._ring: Signal = self._map[_HEADER_BYTES:].view(np.float32)

    def write(self, first: int, block: Signal) -> None:
        """Write samples from index `first` on; a gap since the last write forgets what was before."""
        known_first, known_end = self._span()
        if first != known_end:
            known_first = first
        end = first + block.size
        self._set_span(known_first, first)
        index = np.arange(first, end) % RING_SAMPLES
        self._ring[index] = block
        self._set_span(max(known_first, end - RING_SAMPLES), end)

    def read(self, first: int, count: int) -> Signal:
        """Return samples from index `first` on; what was not radiated is zero."""
        out = np.zeros(count, dtype=np.float32)
        known_first, known_end = self._span()
        start, end = max(first, known_first), min(first + count, known_end)
        if start < end:
            out[start - first : end - first] = self._ring[np.arange(start, end) % RING_SAMPLES]
        return out

    def _span(self) -> tuple[int, int]:
        first, end = _HEADER.unpack(self._map[: _HEADER.size].tobytes())
        return int(first), int(end)

    def _set_span(self, first: int, end: int) -> None:
        self._map[: _HEADER.size] = np.frombuffer(_HEADER.pack(first, end), dtype=np.uint8)
