"""Audio on its way to the node: wishes go out, chunks come in, what goes wrong is told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from smartradio.domain.evidence import Reason, Step
from smartradio.node.cache import Arrival, Cache
from smartradio.node.lineup import Lineup
from smartradio.node.link_port import Incoming
from smartradio.node.reports import Reports
from smartradio.wire.messages import Want, write_plain
from smartradio.wire.signing import RefusedError
from smartradio.wire.topics import Topics

_logger = logging.getLogger(__name__)

# One siren: two seconds of a weak mobile line.
KEPT_AT_A_TIME_BYTES = 16_000


class Delivery:
    """Keeps the cache filled with what is to be played; one thread's.

    `subscribe` and `unsubscribe` take topics, `publish(topic, payload)` says whether the link took it.
    """

    def __init__(
        self,
        node: str,
        topics: Topics,
        cache: Cache,
        lineup: Lineup,
        reports: Reports,
        *,
        subscribe: Callable[[str], None],
        unsubscribe: Callable[[str], None],
        publish: Callable[[str, bytes], bool],
    ) -> None:
        self._node = node
        self._topics = topics
        self._cache = cache
        self._lineup = lineup
        self._reports = reports
        self._subscribe = subscribe
        self._unsubscribe = unsubscribe
        self._publish = publish
        self._told_full: set[str] = set()
        self._needed: dict[str, int] = {}

    def subscriptions(self) -> list[str]:
        """Return the topics of all objects on their way."""
        return [self._topics.audio_object(sha256) for sha256 in self._cache.missing()]

    def renew(self, now_s: float) -> None:
        """Look at what is needed now: listen for what is new, leave what is no longer wanted."""
        needed = self._lineup.needed()
        kept = {each.sha256: each.size_bytes for each in self._lineup.kept if each.sha256 not in needed}
        self._needed = needed | kept
        new, gone = self._cache.want(needed | self._kept_next(needed, kept), now_s)
        for sha256 in gone:
            self._unsubscribe(self._topics.audio_object(sha256))
        self._lineup.left_out(self._cache.left_out, self._cache.free_mb)
        for sha256 in new:
            self._subscribe(self._topics.audio_object(sha256))

    def _kept_next(self, needed: Mapping[str, int], kept: Mapping[str, int]) -> dict[str, int]:
        """Return what is asked for of the sounds kept for alerts to come: on a slow line they hold nothing up.

        Nothing as long as anything else is missing, and then a little at a time.
        """

        no_room = self._cache.left_out
        # What has no room is named all the same: the cache takes it when there is some.
        found = {sha256: size for sha256, size in kept.items() if sha256 in no_room}
        if any(sha256 not in self._cache and sha256 not in no_room for sha256 in needed):
            return found
        asked_bytes = 0
        for sha256, size in kept.items():
            if sha256 not in self._cache and sha256 not in no_room and asked_bytes < KEPT_AT_A_TIME_BYTES:
                found[sha256] = size
                asked_bytes += size
        return found

    def wish(self, now_s: float) -> float | None:
        """Ask for what is due to be asked for; return when to come back."""
        objects = self._cache.wishes(now_s)
        if objects:
            want = Want(node=self._node, objects=tuple(objects))
            self._publish(self._topics.node(self._node, "want"), write_plain(want))
        return self._cache.next_wish_s()

    def take(self, sha256: str, number: str, message: Incoming) -> None:
        """Take a chunk; raises RefusedError for one without a number or of an altered recording."""
        if not number.isdecimal() or len(number) > 6:
            raise RefusedError(Reason.MALFORMED, f"chunk number {number[:20]!r}")
        match self._cache.chunk(sha256, int(number), message.payload, message.at_s, self._needed):
            case Arrival.WHOLE:
                self._unsubscribe(self._topics.audio_object(sha256))
                self._told_full.clear()
                self._lineup.look_delivered()
                if not self._cache.missing():
                    self.renew(message.at_s)
            case Arrival.ALTERED:
                named = ", ".join(self._lineup.airings_with(sha256)[:10])
                line = f"recording {sha256[:12]} of {named} arrived altered and is asked for again"
                raise RefusedError(Reason.ALTERED_RECORDING, line)
            case Arrival.UNUSABLE:
                _logger.info("chunk %s of %s is truncated or none of it", number, sha256[:12])
            case Arrival.DISK_FULL:
                self._disk_is_full(sha256)
            case Arrival.KEPT | Arrival.UNWANTED:
                return

    def _disk_is_full(self, sha256: str) -> None:
        for airing in self._lineup.airings_with(sha256):
            self._lineup.hinder(airing, Reason.DISK_FULL)
            if airing not in self._told_full:
                self._told_full.add(airing)
                facts = {"free_mb": round(self._cache.free_mb, 1)}
                self._reports.add(Step.REFUSED, airing, reason=Reason.DISK_FULL, facts=facts)
