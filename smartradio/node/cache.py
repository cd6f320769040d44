"""Recordings on the node's disk, named by their SHA-256, checked when written and again when played."""

from __future__ import annotations

import errno
import logging
import os
import random
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from smartradio.files import PART_SUFFIX, write_whole
from smartradio.wire.chunks import Assembly, sha256_hex
from smartradio.wire.messages import WantedObject

_logger = logging.getLogger(__name__)

MB = 1_000_000
# Nodes that learn of an airing together do not all wish at once; the station gathers for 200 ms.
FIRST_ASK_S = 0.05
ASK_AGAIN_S = 2.0
ASK_CAP_S = 60.0
# While chunks are coming in, nothing is asked for.
QUIET_S = 1.5
OBJECTS_A_WISH = 200
CHUNKS_A_WISH = 1_000


class Arrival(StrEnum):
    """What a chunk brought."""

    UNWANTED = "unwanted"
    KEPT = "kept"
    UNUSABLE = "unusable"
    ALTERED = "altered"
    DISK_FULL = "disk_full"
    WHOLE = "whole"


@dataclass
class _Missing:
    """An object on its way."""

    assembly: Assembly
    ask_at_s: float
    wait_s: float = ASK_AGAIN_S
    arrived_s: float = field(default=-1e9)


class DiskFullError(OSError):
    """There is no room for a recording."""


class Cache:
    """The node's recordings and the wishes for those that are missing; one thread's.

    `free_bytes` tells the room left on the disk; it can be replaced in tests.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limit_mb: float,
        floor_mb: float,
        free_bytes: Callable[[Path], int] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._limit_bytes = int(limit_mb * MB)
        self._floor_bytes = int(floor_mb * MB)
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
        self._jitter = jitter
        self._missing: dict[str, _Missing] = {}
        self.left_out: frozenset[str] = frozenset()
        # What stays here whatever is needed sooner.
        self.kept: frozenset[str] = frozenset()
        self._sizes: dict[str, int] = {}
        for path in folder.iterdir():
            if path.suffix == PART_SUFFIX:
                path.unlink()
            else:
                self._sizes[path.name] = path.stat().st_size

    @property
    def free_mb(self) -> float:
        """Room left on the disk above the floor."""
        return max(0.0, (self._free_bytes(self._folder) - self._floor_bytes) / MB)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._sizes

    def load(self, sha256: str) -> bytes | None:
        """Return an object, its hash checked again; a spoilt one is removed and None is returned."""
        path = self._folder / sha256
        try:
            data = path.read_bytes()
        except OSError as error:
            _logger.warning("recording %s cannot be read: %s", sha256[:12], error)
            self._sizes.pop(sha256, None)
            return None
        if sha256_hex(data) != sha256:
            _logger.warning("recording %s was spoilt on the disk and is fetched again", sha256[:12])
            self._remove(sha256)
            return None
        os.utime(path)
        return data

    def want(self, objects: Mapping[str, int], now_s: float) -> tuple[set[str], set[str]]:
        """Set what must be here, what is needed first before the others (SHA-256 → bytes).

        Returns (new wishes, dropped ones). What the disk has no room for beside what is needed before it is
        `left_out`: it is not asked for until there is room, so that nothing is paid for twice.
        """
        self.left_out = self._beyond(objects)
        objects = {sha: size for sha, size in objects.items() if sha not in self.left_out}
        gone = {sha for sha in self._missing if sha not in objects}
        for sha in gone:
            del self._missing[sha]
        new = {sha for sha in objects if sha not in self._sizes and sha not in self._missing}
        at_s = now_s + FIRST_ASK_S * self._jitter()
        # Rebuilt in order of need: what airs first is asked for first.
        order = {sha: self._missing.get(sha) for sha in objects if sha in new or sha in self._missing}
        self._missing = {sha: known or _Missing(Assembly(sha, objects[sha]), at_s) for sha, known in order.items()}
        return new, gone

    def _beyond(self, objects: Mapping[str, int]) -> frozenset[str]:
        """Return the objects that are not here and find no room if those before them are to be here too."""
        room = min(self._limit_bytes, self._room_bytes())
        room -= sum(size for sha, size in self._sizes.items() if sha in self.kept)
        beyond = set()
        for sha, size in objects.items():
            if sha in self.kept and sha in self._sizes:
                continue
            if sha not in self._sizes and size > room:
                beyond.add(sha)
            else:
                room -= size
        return frozenset(beyond)

    def _room_bytes(self) -> int:
        """Return what recordings may take on this disk, those that are here included."""
        return self._free_bytes(self._folder) - self._floor_bytes + sum(self._sizes.values())

    def missing(self) -> tuple[str, ...]:
        """Return the objects that are wanted and not here."""
        return tuple(self._missing)

    def ask_now(self, now_s: float) -> None:
        """The link is up again: forget the waiting."""
        for missing in self._missing.values():
            missing.ask_at_s = now_s + FIRST_ASK_S * self._jitter()
            missing.wait_s = ASK_AGAIN_S

    def wishes(self, now_s: float) -> list[WantedObject]:
        """Return what to ask for now, and wait longer each time an object does not come."""
        found: list[WantedObject] = []
        chunks = 0
        for sha, missing in self._missing.items():
            if missing.ask_at_s > now_s or len(found) >= OBJECTS_A_WISH or chunks >= CHUNKS_A_WISH:
                continue
            if now_s - missing.arrived_s < QUIET_S:
                missing.ask_at_s = missing.arrived_s + QUIET_S
                continue
            numbers = missing.assembly.missing()[:CHUNKS_A_WISH]
            chunks += len(numbers)
            found.append(WantedObject(sha256=sha, chunks=numbers))
            missing.ask_at_s = now_s + missing.wait_s * (0.75 + 0.5 * self._jitter())
            missing.wait_s = min(2 * missing.wait_s, ASK_CAP_S)
        return found

    def next_wish_s(self) -> float | None:
        """Return when `wishes` will have something to say."""
        return min((missing.ask_at_s for missing in self._missing.values()), default=None)

    def chunk(self, sha256: str, number: int, data: bytes, now_s: float, keep: Collection[str]) -> Arrival:
        """Take a chunk from the air; `keep` names the objects of the plan, in the order in which they are needed.

        Of those only what is needed later than this one is let go for it.
        """
        missing = self._missing.get(sha256)
        if missing is None:
            return Arrival.UNWANTED
        if not missing.assembly.add(number, data):
            missing.ask_at_s = min(missing.ask_at_s, now_s + missing.wait_s)
            return Arrival.UNUSABLE
        missing.arrived_s = now_s
        if missing.assembly.missing():
            missing.wait_s = ASK_AGAIN_S
            return Arrival.KEPT
        whole = missing.assembly.whole()
        if whole is None:
            missing.arrived_s = -1e9
            missing.ask_at_s = now_s + missing.wait_s
            missing.wait_s = min(2 * missing.wait_s, ASK_CAP_S)
            return Arrival.ALTERED
        try:
            self._store(sha256, whole, keep)
        except DiskFullError as error:
            _logger.warning("recording %s: %s", sha256[:12], error)
            # Its chunks would only fill memory; it is asked for again later.
            size = missing.assembly.size_bytes
            self._missing[sha256] = _Missing(Assembly(sha256, size), now_s + ASK_CAP_S, ASK_CAP_S)
            return Arrival.DISK_FULL
        del self._missing[sha256]
        return Arrival.WHOLE

    def _store(self, sha256: str, data: bytes, keep: Collection[str]) -> None:
        self._make_room(sha256, len(data), keep)
        path = self._folder / sha256
        try:
            write_whole(path, data)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFullError("the disk is full") from error
            raise DiskFullError(f"the disk does not take it: {error}") from error
        self._sizes[sha256] = len(data)

    def _make_room(self, sha256: str, size: int, keep: Collection[str]) -> None:
        def short() -> bool:
            over = sum(self._sizes.values()) + size > self._limit_bytes
            return over or self._free_bytes(self._folder) - size < self._floor_bytes

        if not short():
            return
        for sha in (*self._oldest_first(keep), *self._needed_later(sha256, keep)):
            _logger.info("recording %s is let go to make room", sha[:12])
            self._remove(sha)
            if not short():
                return
        raise DiskFullError(f"no room for {size} bytes, and all that is here is needed sooner")

    def _needed_later(self, sha256: str, keep: Collection[str]) -> list[str]:
        """Return what is here and needed later than an object, what is needed last first."""
        order = list(keep)
        if sha256 not in keep:
            return []
        later = order[order.index(sha256) + 1 :]
        return [sha for sha in reversed(later) if sha in self._sizes and sha not in self.kept]

    def _oldest_first(self, keep: Collection[str]) -> Iterable[str]:
        ages: list[tuple[float, str]] = []
        for sha in self._sizes:
            if sha not in keep and sha not in self.kept:
                path = self._folder / sha
                ages.append((path.stat().st_mtime if path.exists() else 0.0, sha))
        return [sha for _, sha in sorted(ages)]

    def _remove(self, sha256: str) -> None:
        (self._folder / sha256).unlink(missing_ok=True)
        self._sizes.pop(sha256, None)
