"""Microphone recordings: those on their way to the station, and the last ones that stay here in case it asks."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from smartradio.files import write_whole
from smartradio.node.cache import MB
from smartradio.node.journal import Journal, KeptClip, Make
from smartradio.wire.chunks import sha256_hex, split
from smartradio.wire.topics import Topics

_logger = logging.getLogger(__name__)

CHUNKS_A_TICK = 8
ACK_WITHIN_S = 10.0
ACK_CAP_S = 300.0
BUSY_S = 0.05
LINK_WAIT_S = 1.0
# Rule 11: a clip that was asked for waits no longer than this for its station.
SENT_WITHIN = timedelta(days=30)
KEPT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Room:
    """What clips that nobody has asked for may take: how many, bytes together, bytes that stay free on the disk."""

    clips: int = 100
    bytes: int = 100 * MB
    floor_bytes: int = 0


class Clips:
    """Keeps clips on the disk and sends one at a time; one thread's.

    A clip goes out chunk by chunk, again and again, until the station's ack names its hash, and only after the
    station has acknowledged the report that names it. Two clips of one airing (an emergency that played again) share
    a topic, so the second waits while the first is on its way. One that is not to be sent is kept until the station
    asks, for `keep_for` days and within `room`: the oldest goes first.
    """

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        *,
        topics: Topics,
        node: str,
        publish: Callable[[str, bytes], bool],
        room: Room | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._room = room or Room()
        self._days = KEPT_DAYS
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
        self._sweep()

    def _sweep(self) -> None:
        """Delete what a power cut left without its row, or half written: no recording stays unaccounted for."""
        known = self._journal.clip_hashes()
        for path in self._folder.iterdir():
            if path.name not in known:
                path.unlink(missing_ok=True)

    def add(self, clip: bytes, airing: str, at: datetime, make: Make) -> None:
        """Keep a clip together with its report; raises OSError if the disk does not take it."""
        sha256 = sha256_hex(clip)
        write_whole(self._folder / sha256, clip)
        self._journal.measured(make, sha256, airing, at.isoformat())
        self._idle = False

    @property
    def keeps_any(self) -> bool:
        """Whether clips that nobody has asked for are kept at all."""
        return self._days > 0 and self._room.clips > 0 and self._room.bytes > 0

    def keep_for(self, days: int) -> None:
        """Keep clips that nobody has asked for so many days; 0 deletes those that are kept."""
        self._days = days
        if not self.keeps_any:
            for clip in self._journal.kept_clips():
                self._drop_kept(clip)

    def keep(self, clip: bytes, airing: str, at: datetime, make: Make) -> None:
        """Keep a clip here together with its report; raises OSError if the disk has no room to spare."""
        kept = self._journal.kept_clips()
        total = sum(each.size_bytes for each in kept) + len(clip)
        for number, oldest in enumerate(kept):
            if len(kept) - number < self._room.clips and total <= self._room.bytes:
                break
            total -= oldest.size_bytes
            self._drop_kept(oldest)
        if len(clip) > self._room.bytes or shutil.disk_usage(self._folder).free - len(clip) < self._room.floor_bytes:
            raise OSError(errno.ENOSPC, "no room for a clip that nobody has asked for")
        sha256 = sha256_hex(clip)
        write_whole(self._folder / sha256, clip)
        self._journal.kept(make, sha256, airing, at.isoformat(), len(clip))

    def release(self, airing: str) -> tuple[str, ...]:
        """Let an airing's kept clips go out; return the hashes of all that are on their way, none if all are gone.

        Only the journal is written, so it may stand inside a transaction; call `look_again` when that has ended.
        """
        for clip in self._journal.kept_clips():
            if clip.airing == airing and not (self._folder / clip.sha256).is_file():
                self._journal.drop_kept(clip.sha256)
        return self._journal.release(airing)

    def _drop_kept(self, clip: KeptClip) -> None:
        # File first: a row without its file does no harm, a recording without its row would stay for ever.
        (self._folder / clip.sha256).unlink(missing_ok=True)
        self._journal.drop_kept(clip.sha256)

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
        """Delete what has waited in vain for 30 days, and what nobody has asked for in its days."""
        for sha256 in self._journal.clips_before((now - SENT_WITHIN).isoformat()):
            _logger.warning("clip %s was never fetched and is deleted after 30 days", sha256[:12])
            self.acknowledged((sha256,))
        before = (now - timedelta(days=self._days)).isoformat()
        for clip in self._journal.kept_clips():
            if clip.made_at < before:
                self._drop_kept(clip)

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
