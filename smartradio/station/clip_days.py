"""Microphone recordings and relayed streams go after their days, unless somebody disputes what was heard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from smartradio.domain.bulletin import SegmentKind

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()


def delete_old_clips(store: Store, objects: Objects, *, now: datetime, days: int) -> int:
    """Delete the clips of airings that started more than so many days ago; returns how many. Blocking.

    Relayed streams go with them. Verdicts, figures and evidence stay; what waits for its verdict, and what is
    disputed, stays too.
    """
    old = store.clips_before(now - timedelta(days=days))
    for clip in old:
        # File first: what falls between the two lines is found again tomorrow.
        objects.remove(clip.sha256)
        store.forget_clip(clip.airing, clip.node, clip.sha256)
        _logger.info("clip_deleted", airing=clip.airing, node=clip.node, sha256=clip.sha256[:12], after_days=days)
    _delete_old_relays(store, objects, now - timedelta(days=days), days)
    return len(old)


def _delete_old_relays(store: Store, objects: Objects, before: datetime, days: int) -> None:
    """Delete what was relayed, which only clips are held against: a station would fill its disk with it."""
    for recording in store.old_relays(before):
        # What was read in a stream's place belongs to other recordings too.
        pieces = {segment.sha256 for segment in recording.segments if segment.kind is SegmentKind.IMPORTED}
        for sha256 in pieces:
            objects.remove(sha256)
        store.forget_sounds(recording.id)
        _logger.info("relay_deleted", recording=recording.id[:12], pieces=len(pieces), after_days=days)
