"""Microphone recordings on their way in: chunks gathered until the hash of the node's signed report is met.

A chunk carries no signature; what makes a clip the node's is its hash in the report. Chunks may come before
that report, twice, or again after a restart of the station.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from smartradio.wire.chunks import chunk_count, chunk_length, sha256_hex

Key = tuple[str, str]  # airing, node
_MAX_OPEN = 256
_MAX_DONE = 1_024
_MAX_ANNOUNCED = 4


@dataclass(frozen=True, slots=True)
class Announced:
    """A clip as the node's signed report tells of it; `starts_s` is relative to the planned instant."""

    sha256: str
    size_bytes: int
    starts_s: float

    @classmethod
    def read(cls, facts: object, *, max_bytes: int) -> Announced | None:
        """Read the `clip` fact of a report, None if it announces none; raises ValueError for a wrong one."""
        if facts is None:
            return None
        if not isinstance(facts, dict):
            raise ValueError("clip is not an object")  # noqa: TRY004 - a wrong value of a message
        sha256, size, starts = facts.get("sha256"), facts.get("size_bytes"), facts.get("starts_s")
        if not isinstance(sha256, str) or len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("clip.sha256 is not 64 hex digits")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= max_bytes:
            raise ValueError(f"clip.size_bytes {size!r} is outside 1..{max_bytes}")
        if not isinstance(starts, int | float) or isinstance(starts, bool) or not -3_600 <= starts <= 3_600:
            raise ValueError(f"clip.starts_s {starts!r} is not a time in seconds near the airing")
        return cls(sha256, size, float(starts))


@dataclass(frozen=True, slots=True)
class WholeClip:
    """A clip that is complete and whose hash is right."""

    airing: str
    node: str
    announced: Announced
    data: bytes


@dataclass
class _Open:
    chunks: dict[int, bytes] = field(default_factory=dict)
    announced: OrderedDict[str, Announced] = field(default_factory=OrderedDict)

    @property
    def held_bytes(self) -> int:
        return sum(len(chunk) for chunk in self.chunks.values())

    def fits(self, number: int, chunk: bytes) -> bool:
        """Say whether a chunk may be one of what was announced; anything may be before that."""
        if not self.announced:
            return True
        return any(chunk_length(a.size_bytes, number) == len(chunk) for a in self.announced.values())


class ClipIntake:
    """Gathers clips; the caller opens those of airings it knows, stores a whole one, then calls `committed`.

    An airing may have several clips, told apart by their hashes. At most 256 are open, and a node's hold at
    most twice `max_bytes`; the oldest gives way, its node sends again.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._done: OrderedDict[Key, tuple[str, ...]] = OrderedDict()

    def open(self, airing: str, node: str) -> None:
        """Take chunks of this airing and node from now on."""
        self._opened((airing, node))

    def is_open(self, airing: str, node: str) -> bool:
        """Say whether chunks of this airing and node are taken."""
        return (airing, node) in self._open

    def announce(self, airing: str, node: str, announced: Announced) -> WholeClip | None:
        """Learn from a report what a clip must be; returns it if its chunks are already here."""
        key = (airing, node)
        if announced.sha256 in self.done(airing, node):
            return None
        clip = self._opened(key)
        clip.announced[announced.sha256] = announced
        clip.announced.move_to_end(announced.sha256)
        while len(clip.announced) > _MAX_ANNOUNCED:
            clip.announced.popitem(last=False)
        return self._whole(key, clip)

    def add(self, airing: str, node: str, number: int, chunk: bytes) -> WholeClip | None:
        """Take a chunk; returns the clip with its last one."""
        key = (airing, node)
        clip = self._opened(key)
        if not chunk or not clip.fits(number, chunk):
            return None
        clip.chunks[number] = bytes(chunk)
        self._make_room(key)
        return self._whole(key, clip)

    def done(self, airing: str, node: str) -> tuple[str, ...]:
        """Return the hashes of the clips that were committed, as far as they are remembered."""
        return self._done.get((airing, node), ())

    def committed(self, clip: WholeClip) -> None:
        """Remember that a clip is stored."""
        key = (clip.airing, clip.node)
        opened = self._open.get(key)
        if opened is not None:
            opened.announced.pop(clip.announced.sha256, None)
            opened.chunks.clear()
            if not opened.announced:
                del self._open[key]
        self._done[key] = (*self.done(*key), clip.announced.sha256)[-_MAX_ANNOUNCED:]
        self._done.move_to_end(key)
        while len(self._done) > _MAX_DONE:
            self._done.popitem(last=False)

    def _opened(self, key: Key) -> _Open:
        clip = self._open.setdefault(key, _Open())
        self._open.move_to_end(key)
        while len(self._open) > _MAX_OPEN:
            self._open.popitem(last=False)
        return clip

    def _make_room(self, key: Key) -> None:
        mine = [(other, clip) for other, clip in self._open.items() if other[1] == key[1] and clip.chunks]
        held = sum(clip.held_bytes for _, clip in mine)
        for other, clip in mine:
            if held <= 2 * self._max_bytes:
                return
            held -= clip.held_bytes
            clip.chunks.clear()
            if other != key:
                del self._open[other]

    @staticmethod
    def _whole(key: Key, clip: _Open) -> WholeClip | None:
        for announced in clip.announced.values():
            numbers = range(chunk_count(announced.size_bytes))
            if any(len(clip.chunks.get(n, b"")) != chunk_length(announced.size_bytes, n) for n in numbers):
                continue
            data = b"".join(clip.chunks[n] for n in numbers)
            if sha256_hex(data) == announced.sha256:
                return WholeClip(airing=key[0], node=key[1], announced=announced, data=data)
            # A wrong one among them: all are asked for again rather than hashed again with every chunk.
            clip.chunks.clear()
        return None
