"""The standing notice: what nodes keep on their disk and play in the place of a programme whose audio is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from smartradio.domain.bulletin import Recording
from smartradio.domain.priority import Priority
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Studio
from smartradio.wire.messages import SegmentRef, StandingNotice

_logger = structlog.get_logger()

TITLE: Final = "Thông báo chờ"
# What is about to air goes before it: a notice is for another day.
_NOT_URGENT: Final = timedelta(hours=1)


class Offers(Protocol):
    """Who sends objects that stand in no plan; see `smartradio.station.wishes.Wishes`."""

    def offer(self, objects: Mapping[str, int], at: datetime, nodes: Sequence[str]) -> None:
        """Let nodes wish for objects (SHA-256 → bytes), as urgent as what starts then."""


async def give_standing_notice(
    settings: StationSettings,
    studio: Studio,
    offers: Offers,
    stand_by: Callable[[StandingNotice], None],
    clock: Callable[[], datetime],
) -> None:
    """Have the notice read, if the commune wants one, and hand it to all nodes with their settings.

    Raises SmartradioError when no voice speaks; nodes keep the notice they have.
    """
    text = settings.standing_text.strip()
    if not text:
        return
    script = await studio.script(TITLE, text, Priority.PROGRAMME)
    produced = await studio.produce(script)
    notice = standing_notice(produced.recording)
    objects = {segment.sha256: segment.size_bytes for segment in notice.segments}
    offers.offer(objects, clock() + _NOT_URGENT, [node.name for node in settings.nodes])
    stand_by(notice)
    _logger.info(
        "standing_notice_given", recording=notice.recording, duration_s=round(produced.recording.duration_s, 1)
    )


def standing_notice(recording: Recording) -> StandingNotice:
    """Return a recording in the words of the wire."""
    return StandingNotice(
        recording=recording.id,
        segments=tuple(
            SegmentRef(
                sha256=segment.sha256,
                size_bytes=segment.size_bytes,
                duration_s=segment.duration_s,
                pause_after_s=segment.pause_after_s,
                kind=segment.kind,
            )
            for segment in recording.segments
        ),
    )
