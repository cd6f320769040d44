"""What stays on every node for alerts to come: sirens, and the sentences that are the same in every alert."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from smartradio.alerting.saying import ALL_CLEAR, BEFORE_SIREN
from smartradio.alerting.templates.template import Template, fixed_of
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING
from smartradio.domain.bulletin import Segment, SegmentKind
from smartradio.domain.errors import SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.alerts.template_folder import Stamp, TemplateFolder
from smartradio.station.standing_notice import Offers
from smartradio.station.studio import Studio
from smartradio.wire.messages import SegmentRef

_logger = structlog.get_logger()

TITLE: Final = "Câu cảnh báo để sẵn"
ALWAYS: Final = (EMERGENCY_SIREN, ALL_CLEAR, QUIET_OPENING)
"""What opens alerts whatever templates there are: the usual siren, that of an end, and what is no siren."""
MOST: Final = 200
"""So many sounds fit into a node's settings."""
# An alert that is sent meanwhile waits for no more than so many.
_AT_ONCE: Final = 3
# What is about to air goes before it: these are for another day.
_NOT_URGENT: Final = timedelta(hours=1)
_TRIED_AGAIN: Final = timedelta(hours=1)


class KeptSounds:
    """The sounds that stay on the nodes; for the event loop. `keep` tells the nodes of them."""

    def __init__(
        self,
        studio: Studio,
        offers: Offers,
        keep: Callable[[Sequence[SegmentRef]], None],
        nodes: Sequence[str],
        *,
        own_templates: Path | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._folder = TemplateFolder(own_templates)
        self._made_of: Stamp | None = None
        self._not_before: datetime | None = None
        self._studio = studio
        self._offers = offers
        self._keep = keep
        self._nodes = tuple(nodes)
        self._clock = clock
        self._known: frozenset[str] = frozenset()
        self._sirens: tuple[Segment, ...] = ()

    def is_kept(self, sha256: str) -> bool:
        """Say whether a sound stays on the nodes."""
        return sha256 in self._known

    async def give_sirens(self) -> None:
        """Tell the nodes of the sirens, at once: they are heard first."""
        await self._make_sirens()
        self._tell(self._sirens)

    async def give_sentences(self, *, of_templates: bool = True) -> None:
        """Make what says before its siren that an alert is an exercise, and the sentences that stand in every alert of
        a template where they are wanted; tell the nodes of all that stays.

        Raises SmartradioError when no voice speaks; the nodes have the sirens by then.
        """
        fixed = fixed_of((await self._templates()).values()).sentences if of_templates else ()
        sentences = tuple(dict.fromkeys((*BEFORE_SIREN, *fixed)))
        made: list[Segment] = []
        for first in range(0, len(sentences), _AT_ONCE):
            text = "\n".join(sentences[first : first + _AT_ONCE])
            # In an alert they stand as they are here: whoever sends it answers for its reading.
            script = await self._studio.script(TITLE, text, Priority.EMERGENCY, override_open_items=True)
            recording = (await self._studio.produce(script)).recording
            made += [segment for segment in recording.segments if segment.kind is SegmentKind.SENTENCE]
        self._tell((*self._sirens, *made))

    async def follow(self, *, of_templates: bool = True) -> None:
        """Make all that stays, unless it is made of the templates as they are now; to be called every so often.

        While no voice speaks it is tried again after an hour, or when a file has changed.
        """
        stamp, now = await asyncio.to_thread(self._folder.stamp), self._clock()
        waits = self._not_before is not None and now < self._not_before
        if stamp == self._made_of and (self._not_before is None or waits):
            return
        first, self._made_of = self._made_of is None, stamp
        self._not_before = now + _TRIED_AGAIN
        try:
            if not first:
                # Told with the sentences: else nodes would throw those away meanwhile.
                await self._make_sirens()
            await self.give_sentences(of_templates=of_templates)
        except SmartradioError as error:
            _logger.error("sentences_not_kept", line=str(error))  # noqa: TRY400 - the line says it all
        else:
            self._not_before = None

    async def _make_sirens(self) -> None:
        templates = await self._templates()
        sirens: list[Segment] = []
        for name in dict.fromkeys((*ALWAYS, *fixed_of(templates.values()).sirens)):
            # One by one: an alert that is sent meanwhile waits for no more than one.
            sirens += await self._studio.sirens((name,))
        self._sirens = tuple(sirens)

    async def _templates(self) -> Mapping[str, Template]:
        # A mistake in the commune's files takes no siren from the nodes.
        return (await asyncio.to_thread(self._folder.read)).by_name

    def _tell(self, segments: Sequence[Segment]) -> None:
        once = list({segment.sha256: segment for segment in segments}.values())[:MOST]
        objects = {segment.sha256: segment.size_bytes for segment in once}
        self._offers.offer(objects, self._clock() + _NOT_URGENT, self._nodes)
        self._keep(tuple(_told(segment) for segment in once))
        self._known = frozenset(objects)
        _logger.info("sounds_kept_on_nodes", sounds=len(once), size_bytes=sum(objects.values()))


def _told(segment: Segment) -> SegmentRef:
    return SegmentRef(
        sha256=segment.sha256, size_bytes=segment.size_bytes, duration_s=segment.duration_s, kind=segment.kind
    )
