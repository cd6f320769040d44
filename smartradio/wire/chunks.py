"""Content-addressed objects in pieces small enough for every broker and for a weak link."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

CHUNK_BYTES = 32 * 1024
MAX_OBJECT_BYTES = 64 * 1024 * 1024


def sha256_hex(data: bytes) -> str:
    """Return the name of an object: its SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def chunk_count(size_bytes: int) -> int:
    """Return how many chunks an object of this size travels in."""
    return -(-size_bytes // CHUNK_BYTES)


def chunk_length(size_bytes: int, number: int) -> int:
    """Return the exact length in bytes of chunk `number` (from 0) of an object; 0 beyond its end."""
    return max(0, min(CHUNK_BYTES, size_bytes - number * CHUNK_BYTES))


def split(data: bytes) -> Iterator[bytes]:
    """Yield the chunks of an object in order."""
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]


class Assembly:
    """Gathers the chunks of one object, in any order, with duplicates, and checks the whole by its name."""

    def __init__(self, sha256: str, size_bytes: int) -> None:
        if not 0 < size_bytes <= MAX_OBJECT_BYTES:
            raise ValueError(f"object {sha256[:12]}: {size_bytes} bytes is outside 1..{MAX_OBJECT_BYTES}")
        self.sha256 = sha256
        self.size_bytes = size_bytes
        self._chunks: dict[int, bytes] = {}

    def add(self, number: int, chunk: bytes) -> bool:
        """Take a chunk; return False for one of a wrong number or length, which is not kept."""
        if number < 0 or chunk_length(self.size_bytes, number) != len(chunk) or not chunk:
            return False
        self._chunks[number] = bytes(chunk)
        return True

    def missing(self) -> tuple[int, ...]:
        """Return the numbers of the chunks not yet here."""
        return tuple(n for n in range(chunk_count(self.size_bytes)) if n not in self._chunks)

    def whole(self) -> bytes | None:
        """Return the object once it is complete and its hash is right; a wrong hash drops all chunks."""
        if self.missing():
            return None
        data = b"".join(self._chunks[n] for n in range(chunk_count(self.size_bytes)))
        if sha256_hex(data) == self.sha256:
            return data
        self._chunks.clear()
        return None
