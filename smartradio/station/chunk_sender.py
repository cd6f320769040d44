"""Sends the chunks that nodes wish for, a few at a time, so that something more urgent gets its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.station.wishes import Wishes
from smartradio.wire.chunks import CHUNK_BYTES
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.station.objects import Objects

_logger = structlog.get_logger()

_BATCH: Final = 8


class ChunkSender:
    """Hands chunks to the link; `hand_over(topic, payload)` blocks and says whether the link took it."""

    def __init__(
        self, wishes: Wishes, objects: Objects, topics: Topics, hand_over: Callable[[str, bytes], bool]
    ) -> None:
        self._wishes = wishes
        self._objects = objects
        self._topics = topics
        self._hand_over = hand_over
        self._object: tuple[str, bytes] | None = None

    async def send(self, *, up: bool) -> bool:
        """Send what goes next; False if the link took nothing. Not `up`: all is put back."""
        batch = self._wishes.take(_BATCH)
        done = 0
        try:
            if up:
                done = await asyncio.to_thread(self._send, [(e[2], e[3]) for e in batch])
        finally:
            self._wishes.done(batch[:done])
            self._wishes.put_back(batch[done:])
        return done > 0

    def _send(self, chunks: Sequence[tuple[str, int]]) -> int:
        """Send chunks until the link takes no more; returns how many are done with."""
        for done, (sha256, number) in enumerate(chunks):
            data = self._data(sha256)
            if data is None:
                _logger.error("object_missing", sha256=sha256, reason="the file is gone or altered")
                continue
            chunk = data[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
            if not self._hand_over(self._topics.audio(sha256, number), chunk):
                return done
        return len(chunks)

    def _data(self, sha256: str) -> bytes | None:
        if self._object is None or self._object[0] != sha256:
            data = self._objects.get(sha256)
            self._object = (sha256, data) if data is not None else None
        return self._object[1] if self._object is not None else None
