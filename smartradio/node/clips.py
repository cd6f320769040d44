"""Microphone recordings on their way to the station: chunks, again and again, until its ack names the hash."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from smartradio.files import write_whole
from smartradio.node.journal import Journal, Make
from smartradio.wire.chunks import sha256_hex, split
from smartradio.wire.topics import Topics

_logger = logging.getLogger(__name__)

CHUNKS_A_TICK = 8
ACK_WITHIN_S = 10.0
ACK_CAP_S = 300.0
BUSY_S = 0.05
LINK_WAIT_S = 1.0
# Rule 11.
KEPT = timedelta(days=30)


class Clips:
    """Keeps clips on the disk and sends one at a time; one thread's.

    A clip goes out only after the station has acknowledged the report that names its hash. Two clips of one
    airing (an emergency that played again) share a topic, so the second waits while the first is on its way.
    """

    def __init__(
        self, folder: Path, journal: Journal, *, topics: Topics, node: str, publish: Callable[[str, bytes], bool]
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._journal = journal
        self._topics = topics
        self._node = node
        self._publish = publish
        self._sending: tuple[str, str, list[bytes]] | None = None
        self._next_chunk = 0
        self._not_before_s: dict[str, float] = {}
        self._wait_s: dict[str, float] = {}
        self._airings: dict[str, str] = {}
        self._idle = False

    def add(self, clip: bytes, airing: str, at: datetime, make: Make) -> None:
        """Keep a clip together with its report; raises OSError if the disk does not take it."""
        sha256 = sha256_hex(clip)
        write_whole(self._folder / sha256, clip)
        self._journal.measured(make, sha256, airing, at.isoformat())
        self._idle = False

    def look_again(self) -> None:
        """Reports were acknowledged or the link is up: a clip may be ready to go."""
        self._idle = False

    def link_up(self) -> None:
        """The link is new: begin the clip on its way from its first chunk."""
        self._sending = None
        self._not_before_s.clear()
        self._wait_s.clear()
        self._airings.clear()
        self._idle = False

    def acknowledged(self, clips: tuple[str, ...]) -> None:
        """The station has committed these."""
        for sha256 in clips:
            if self._journal.clip_done(sha256):
                (self._folder / sha256).unlink(missing_ok=True)
            self._not_before_s.pop(sha256, None)
            self._wait_s.pop(sha256, None)
            self._airings.pop(sha256, None)
            if self._sending is not None and self._sending[0] == sha256:
                self._sending = None
        self._idle = False

    def forget_old(self, now: datetime) -> None:
        """Delete what has waited in vain for 30 days."""
        for sha256 in self._journal.clips_before((now - KEPT).isoformat()):
            _logger.warning("clip %s was never fetched and is deleted after 30 days", sha256[:12])
            self.acknowledged((sha256,))

    def tick(self, now_s: float) -> float | None:
        """Send the next chunks; return when to come back, None if nothing waits."""
        if self._idle:
            return None
        if self._sending is None and not self._choose(now_s):
            due_s = min(self._not_before_s.values(), default=None)
            self._idle = due_s is None
            return due_s
        assert self._sending is not None
        sha256, airing, chunks = self._sending
        for _ in range(CHUNKS_A_TICK):
            if self._next_chunk >= len(chunks):
                self._sending = None
                self._not_before_s[sha256] = now_s + self._wait_s.get(sha256, ACK_WITHIN_S)
                self._airings[sha256] = airing
                self._wait_s[sha256] = min(2 * self._wait_s.get(sha256, ACK_WITHIN_S), ACK_CAP_S)
                return now_s
            topic = self._topics.clip(self._node, airing, self._next_chunk)
            if not self._publish(topic, chunks[self._next_chunk]):
                return now_s + LINK_WAIT_S
            self._next_chunk += 1
        return now_s + BUSY_S

    def _choose(self, now_s: float) -> bool:
        waits = {sha256 for sha256, due_s in self._not_before_s.items() if due_s > now_s}
        unanswered = {self._airings[sha256] for sha256 in waits}
        # What was never sent goes before what was sent in vain: no clip shuts out another of its airing.
        for sha256, airing in sorted(self._journal.clips(), key=lambda clip: self._wait_s.get(clip[0], 0.0)):
            if sha256 in waits or airing in unanswered:
                continue
            self._not_before_s.pop(sha256, None)
            try:
                data = (self._folder / sha256).read_bytes()
            except OSError as error:
                _logger.warning("clip %s is lost: %s", sha256[:12], error)
                data = b""
            if sha256_hex(data) != sha256:
                self._journal.clip_done(sha256)
                (self._folder / sha256).unlink(missing_ok=True)
                continue
            self._sending, self._next_chunk = (sha256, airing, list(split(data))), 0
            return True
        return False
