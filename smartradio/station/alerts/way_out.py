"""An alert's way out, put together: a studio of its own, the sounds that stay on the nodes, and who sends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from smartradio.catalogue.places import models_folder
from smartradio.domain.priority import Priority
from smartradio.station.alerts.kept_sounds import KeptSounds
from smartradio.station.alerts.sending import Sender
from smartradio.station.reader import Reader
from smartradio.station.studio import Studio

if TYPE_CHECKING:
    from smartradio.station.desks import Inside

_FIRST_WORDS: Final = "Báo động."
# So often the commune's templates are looked at. Reading them aloud takes some seconds: what a start needs goes first.
_LOOKED_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class WayOut:
    """Who sends alerts, and the studio in which they are made: no long bulletin is ever in its way."""

    studio: Studio
    sender: Sender


async def way_out(inside: Inside) -> WayOut:
    """Return the way out of alerts; what a crash left unmade is taken up."""
    settings, shelf, parts = inside.settings, inside.shelf, inside.parts
    reader = Reader(settings.models or models_folder(), rate_wpm=settings.rate_wpm)
    inside.stack.push_async_callback(asyncio.to_thread, reader.close)
    studio = Studio(shelf.store, shelf.objects, reader, voice=settings.voice, clock=inside.clock)
    kept = KeptSounds(
        studio,
        inside.dispatcher.wishes,
        inside.dispatcher.keep,
        [node.name for node in settings.nodes],
        own_templates=settings.alerts.templates,
        clock=inside.clock,
    )
    sender = Sender(
        shelf.store,
        parts.recorder,
        studio,
        parts.calendar,
        clock=inside.clock,
        ring=inside.dispatcher.alert,
        refresh=parts.keeper.refresh,
        is_kept=kept.is_kept,
    )
    inside.stack.push_async_callback(sender.stop)
    await sender.take_up()
    inside.errands.run(_be_ready(kept, studio), "sirens kept on nodes")
    follow = inside.errands.errand(
        partial(kept.follow, of_templates=settings.alerts.keep_sentences), "sentences kept on nodes"
    )
    inside.timers.every("sentences kept on nodes", _LOOKED_S, follow)
    return WayOut(studio, sender)


async def _be_ready(kept: KeptSounds, studio: Studio) -> None:
    """Tell nodes of the sirens, then wake reading rules and voice: the first alert must not wait two seconds for them.

    Raises SmartradioError when no voice speaks.
    """
    await kept.give_sirens()
    await studio.read(_FIRST_WORDS)
    await studio.say(_FIRST_WORDS, None, None, Priority.EMERGENCY)
