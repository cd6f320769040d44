"""Somebody called people to leave by the button at a pole: the officer is rung, and the node's page shows it.

Nodes tell it when their line is back, so it may be hours old. What was missed by a crash is in the log, and looked at
again at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.node_records import NodeEvent, NodeEventKind

if TYPE_CHECKING:
    from smartradio.station.alarms.desk import AlarmDesk
    from smartradio.station.store.alarms import AlarmShelf

STEPS: Final = frozenset({Step.STARTED, Step.SKIPPED, Step.INTERRUPTED})
"""What a node tells first of a press: that it sounds, or why it does not."""


@dataclass(frozen=True, slots=True)
class PressAt:
    """A press of the button at a node; by a guess of the time where it is `unsure`."""

    node: str
    press: str
    at: datetime
    unsure: bool = False

    @property
    def subject(self) -> str:
        """What an alarm names it by."""
        return f"{self.node}/{self.press}"


def press_of(evidence: Evidence) -> PressAt | None:
    """Return the press that an entry of the log tells of, None for all others."""
    press = evidence.facts.get("button")
    if evidence.airing or not evidence.node or evidence.step not in STEPS or not isinstance(press, str):
        return None
    return PressAt(evidence.node, press[:40], evidence.at, bool(evidence.facts.get("time_unsure")))


class Presses:
    """Rings once a press, however many entries tell of it; for the event loop.

    `note` keeps what the node's page shows, `titles` gives what operators call nodes.
    """

    def __init__(
        self,
        shelf: AlarmShelf,
        desk: AlarmDesk,
        *,
        note: Callable[[NodeEvent], None],
        titles: Callable[[], Mapping[str, str]],
    ) -> None:
        self._shelf = shelf
        self._desk = desk
        self._note = note
        self._titles = titles

    async def look(self) -> None:
        """Ring for every press of the log's latest entries of which nobody was told."""
        for press in await asyncio.to_thread(self._shelf.presses):
            if await asyncio.to_thread(self._shelf.latest, AlarmKind.BUTTON_PRESSED, press.subject) is None:
                await self._tell(press)

    async def _tell(self, press: PressAt) -> None:
        titles = await asyncio.to_thread(self._titles)
        when = f"{press.at.astimezone(WALL_CLOCK):%H:%M %d/%m/%Y}"
        facts = {
            "node": press.node,
            "title": titles.get(press.node, press.node),
            "when": f"~{when}" if press.unsure else when,
            "at": press.at.isoformat(),
        }
        event = NodeEvent(press.node, press.at, NodeEventKind.BUTTON, press.press)
        await asyncio.to_thread(self._note, event)
        await self._desk.raise_(AlarmKind.BUTTON_PRESSED, press.subject, facts)
