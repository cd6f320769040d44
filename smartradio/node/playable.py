"""Segments made playable: read from the disk and decoded when their turn comes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from smartradio.node.cache import Cache
from smartradio.node.feed import Piece
from smartradio.wire.messages import SegmentRef

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]
    Decode = Callable[[bytes], Signal]


class Playable:
    """Makes pieces of segments; `decode` turns an Opus object into samples at OUTPUT_RATE."""

    def __init__(self, cache: Cache, decode: Decode) -> None:
        self._cache = cache
        self._decode = decode

    def __call__(self, segment: SegmentRef) -> Piece:
        """Return a segment as a piece; its decoding raises OSError when it is gone from the disk."""
        return Piece(partial(self._load, segment.sha256), segment.duration_s, segment.pause_after_s, segment.kind)

    def is_here(self, segment: SegmentRef) -> bool:
        """Say whether a segment is on the disk."""
        return segment.sha256 in self._cache

    def _load(self, sha256: str) -> Signal:
        data = self._cache.load(sha256)
        if data is None:
            raise OSError(f"recording {sha256[:12]} is not whole on the disk any more")
        return self._decode(data)
