"""Microphone recordings on their way in: chunks gathered until the hash of the node's signed report is met.

A chunk carries no signature; what makes a clip the node's is its hash in the report. Chunks may come before
that report, twice, or again after a restart of the station.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from smartradio.wire.chunks import Assembly

Key = tuple[str, str]  # airing, node
_MAX_OPEN = 256
_MAX_DONE = 1_024


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
    early: dict[int, bytes] = field(default_factory=dict)
    early_bytes: int = 0
    announced: Announced | None = None
    assembly: Assembly | None = None


class ClipIntake:
    """Gathers clips; the caller stores a whole one and then calls `committed`.

    At most 256 clips are open and each holds at most `max_bytes`; the oldest gives way, its node sends again.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._open: OrderedDict[Key, _Open] = OrderedDict()
        self._done: OrderedDict[Key, str] = OrderedDict()

    def announce(self, airing: str, node: str, announced: Announced) -> WholeClip | None:
        """Learn from a report what a clip must be; returns it if its chunks are already here."""
        key = (airing, node)
        if self._done.get(key) == announced.sha256:
            return None
        clip = self._opened(key)
        if clip.announced != announced:
            clip.announced = announced
            clip.assembly = Assembly(announced.sha256, announced.size_bytes)
        assert clip.assembly is not None
        for number, chunk in clip.early.items():
            clip.assembly.add(number, chunk)
        clip.early.clear()
        clip.early_bytes = 0
        return self._whole(key, clip)

    def add(self, airing: str, node: str, number: int, chunk: bytes) -> WholeClip | None:
        """Take a chunk; returns the clip with its last one."""
        key = (airing, node)
        clip = self._opened(key)
        if clip.assembly is None:
            if number not in clip.early and clip.early_bytes + len(chunk) <= self._max_bytes:
                clip.early[number] = bytes(chunk)
                clip.early_bytes += len(chunk)
            return None
        clip.assembly.add(number, chunk)
        return self._whole(key, clip)

    def is_announced(self, airing: str, node: str) -> bool:
        """Say whether the report of a clip is known here."""
        clip = self._open.get((airing, node))
        return clip is not None and clip.assembly is not None

    def done(self, airing: str, node: str) -> str | None:
        """Return the hash of a clip that was committed, if it is remembered."""
        return self._done.get((airing, node))

    def committed(self, clip: WholeClip) -> None:
        """Remember that a clip is stored."""
        key = (clip.airing, clip.node)
        self._open.pop(key, None)
        self._done[key] = clip.announced.sha256
        self._done.move_to_end(key)
        while len(self._done) > _MAX_DONE:
            self._done.popitem(last=False)

    def _opened(self, key: Key) -> _Open:
        clip = self._open.setdefault(key, _Open())
        self._open.move_to_end(key)
        while len(self._open) > _MAX_OPEN:
            self._open.popitem(last=False)
        return clip

    def _whole(self, key: Key, clip: _Open) -> WholeClip | None:
        assert clip.assembly is not None
        assert clip.announced is not None
        data = clip.assembly.whole()
        if data is None:
            return None
        return WholeClip(airing=key[0], node=key[1], announced=clip.announced, data=data)
