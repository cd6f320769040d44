"""Palette PNG pictures from arrays, for spectrograms in pages and reports."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def palette_png(levels: npt.NDArray[np.uint8], palette: npt.NDArray[np.uint8]) -> bytes:
    """Return a PNG of palette numbers.

    Shapes: levels [height, width], palette [up to 256, 3] red, green, blue. Raises ValueError for an empty
    picture or a level outside the palette. Source: PNG specification (W3C, third edition), colour type 3.
    """
    if levels.ndim != 2 or levels.size == 0:
        raise ValueError(f"a picture needs height and width, not the shape {levels.shape}")
    if int(levels.max()) >= len(palette):
        raise ValueError(f"level {int(levels.max())} is outside a palette of {len(palette)}")
    height, width = levels.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # the leading byte of a row: no filter
    rows[:, 1:] = levels
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette.astype(np.uint8).tobytes()),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
