"""Microphone recordings go after their days, unless somebody disputes what was heard."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()


def delete_old_clips(store: Store, objects: Objects, *, now: datetime, days: int) -> int:
    """Delete the clips of airings that started more than so many days ago; returns how many. Blocking.

    Verdicts, figures and evidence stay. What waits for its verdict, and what is disputed, stays too.
    """
    old = store.clips_before(now - timedelta(days=days))
    for clip in old:
        # File first: what falls between the two lines is found again tomorrow.
        objects.remove(clip.sha256)
        store.forget_clip(clip.airing, clip.node, clip.sha256)
        _logger.info("clip_deleted", airing=clip.airing, node=clip.node, sha256=clip.sha256[:12], after_days=days)
    return len(old)
