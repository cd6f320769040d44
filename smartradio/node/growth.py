"""One airing on the horn of which more comes while it plays: what is laid already, and what is still to come."""

from __future__ import annotations

from dataclasses import replace

from smartradio.node.feed import Piece
from smartradio.node.growing_feed import GrowingFeed
from smartradio.node.playable import Playable
from smartradio.node.stretch import Stretch
from smartradio.wire.messages import SegmentRef


class Growth:
    """The feed of one airing and the segments that are not laid into it yet."""

    def __init__(self, stretch: Stretch, piece: Playable, *, grows: bool, gain: float) -> None:
        self._piece = piece
        self._segments: tuple[SegmentRef, ...] = stretch.played
        self._grows = grows
        self.laid: list[Piece] = []
        self._take_here()
        self.feed = GrowingFeed(self.laid, gain=gain)
        self.look()

    @property
    def complete(self) -> bool:
        """Whether all of it is laid and no more will come."""
        return not self._grows and len(self.laid) == len(self._segments)

    def become(self, stretch: Stretch, *, grows: bool) -> None:
        """Learn the segments that are to be played by now."""
        self._segments, self._grows = stretch.played, grows
        self.look()

    def look(self) -> None:
        """Lay what has come; it is over behind its last segment."""
        for piece in self._take_here():
            self.feed.lay(piece)
        if self.complete:
            self.feed.finish()

    def pieces(self) -> tuple[Piece, ...]:
        """Return what was to be heard so far, with the silence in which the next piece was waited for."""
        waits = self.feed.waits()
        return tuple(
            replace(piece, pause_after_s=piece.pause_after_s + waits.get(number, 0.0))
            for number, piece in enumerate(self.laid)
        )

    def _take_here(self) -> list[Piece]:
        """Take the segments that follow and are on the disk."""
        found: list[Piece] = []
        for segment in self._segments[len(self.laid) :]:
            if not self._piece.is_here(segment):
                break
            found.append(self._piece(segment))
        self.laid += found
        return found
