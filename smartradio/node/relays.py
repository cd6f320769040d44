"""The relays of this node: pieces the station has told of, fetched like every recording, laid into what plays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from smartradio.node.feed import Piece
from smartradio.node.live_feed import GIVE_UP_S, LiveFeed
from smartradio.wire.messages import LivePart, LivePiece, PlannedAiring, SegmentRef

# So much of what was told is remembered of one airing: two hours of pieces of 2 s.
_MOST_PIECES: Final = 3_600
# What plays the recording in its place has waited so long for a first piece.
WAIT_FOR_FIRST: Final = timedelta(seconds=GIVE_UP_S)


@dataclass
class _Growing:
    """What is known of an airing that grows, and the feed it plays from."""

    pieces: dict[float, LivePiece] = field(default_factory=dict)
    ended: bool = False
    feed: LiveFeed | None = None
    laid: set[float] = field(default_factory=set)


class Relays:
    """Airings that grow; one thread's. `here` holds the hashes of what is on the disk, `piece` makes one playable."""

    def __init__(self, here: Collection[str] | Callable[[str], bool], piece: Callable[[SegmentRef], Piece]) -> None:
        self._here = here if callable(here) else here.__contains__
        self._piece = piece
        self._growing: dict[str, _Growing] = {}

    def take(self, part: LivePart) -> None:
        """Learn of pieces."""
        growing = self._growing.setdefault(part.airing, _Growing())
        for piece in part.pieces:
            if len(growing.pieces) < _MOST_PIECES:
                growing.pieces.setdefault(piece.at_s, piece)
        growing.ended = growing.ended or part.ended
        self.look()

    def needed(self) -> Mapping[str, int]:
        """Return the objects of all pieces that are told of (SHA-256 → bytes), the earliest first."""
        pieces = [piece for growing in self._growing.values() for piece in growing.pieces.values()]
        pieces.sort(key=lambda piece: piece.at_s)
        return {piece.segment.sha256: piece.segment.size_bytes for piece in pieces}

    def may_start(self, airing: PlannedAiring, now: datetime, *, recording_here: bool) -> bool:
        """Say whether there is something to play: a piece to come, or the recording after a first wait."""
        if airing.live is None:
            return recording_here
        since_s = (now - airing.starts_at).total_seconds()
        growing = self._growing.get(airing.airing, _Growing())
        if any(at_s + piece.segment.duration_s > since_s for at_s, piece in growing.pieces.items()):
            return True
        waited = growing.ended or now >= airing.starts_at + WAIT_FOR_FIRST
        return waited and recording_here and airing.live.fallback

    def feed(self, airing: PlannedAiring, *, begins_in_s: float, gain: float) -> LiveFeed:
        """Return a feed that begins so long after the airing's instant; it follows what comes from now on."""
        assert airing.live is not None
        growing = self._growing.setdefault(airing.airing, _Growing())
        coming = any(at_s + each.segment.duration_s > begins_in_s for at_s, each in growing.pieces.items())
        length_s = airing.live.length_s
        if airing.ends_by is not None:
            length_s = min(length_s, (airing.ends_by - airing.starts_at).total_seconds())
        feed = LiveFeed(
            length_s,
            gain=gain,
            offset_s=begins_in_s,
            fallback=tuple(self._piece(segment) for segment in airing.segments) if airing.live.fallback else (),
            give_up=not coming,
        )
        growing.feed, growing.laid = feed, set()
        self.look()
        return feed

    def look(self) -> None:
        """Lay what has come into what plays."""
        for growing in self._growing.values():
            feed = growing.feed
            if feed is None:
                continue
            for at_s, piece in growing.pieces.items():
                if at_s not in growing.laid and self._here(piece.segment.sha256):
                    growing.laid.add(at_s)
                    feed.lay(at_s, self._piece(piece.segment))
            if growing.ended:
                feed.finish(max((at_s + each.segment.duration_s for at_s, each in growing.pieces.items()), default=0.0))

    def keep_only(self, airings: Collection[str]) -> None:
        """Forget all other airings."""
        for gone in set(self._growing) - set(airings):
            del self._growing[gone]
