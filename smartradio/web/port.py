"""What the pages ask of the station; `smartradio.station` answers it, a hand-written fake does in tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import SmartradioError
from smartradio.domain.places import Zone
from smartradio.domain.programme import Programme
from smartradio.station.handed_in_before import Earlier
from smartradio.station.items import Item
from smartradio.station.source_information.exchange import SourceState
from smartradio.station.summaries import By, Summary
from smartradio.station.views import AiringView, LoggedEvidence, NodePlace, NodeView, WaitingVerdict
from smartradio.web.desks_port import DeskSet

Pcm = npt.NDArray[np.float32]
"""Sound as float32 mono at PCM_RATE, full scale 1.0, shape [samples]."""

PCM_RATE = 16_000

Decode = Callable[[bytes], Pcm]
"""Ogg Opus bytes → Pcm; raises ValueError for what is not a whole Ogg Opus object."""


class TrendLike(Protocol):
    """A figure of a node that has moved the wrong way; see `smartradio.listening.trends.Trend`."""

    @property
    def code(self) -> str:
        """weaker, muffled, later or noisier."""

    @property
    def value(self) -> float:
        """What it is now, in `unit`."""

    @property
    def usual(self) -> float:
        """What it was before, in `unit`."""

    @property
    def unit(self) -> str:
        """dB or ms."""

    @property
    def since(self) -> datetime:
        """The first of the airings in which it was seen."""


class ItemDesk(Protocol):
    """Where items are written, decided on and taken back; see `smartradio.station.approval_desk`.

    What is awaited raises BadInputError, ChangedMeanwhileError where an item is no longer as it was `seen`.
    """

    async def draft(self, programme: Programme, *, by: Person, at_once: bool = False) -> Item:
        """Write a new item."""
        ...

    async def change(self, programme: Programme, *, by: Person, seen: int, at_once: bool = False) -> Item:
        """Write an item anew; it is a draft again."""
        ...

    async def submit(self, name: str, *, by: Person, seen: int) -> Item:
        """Make an item audible and hand it in."""
        ...

    async def approve(self, name: str, *, by: Person, seen: int) -> Item:
        """Answer for an item."""
        ...

    async def send_back(self, name: str, *, by: Person, note: str, seen: int) -> Item:
        """Return an item with a note."""
        ...

    async def withdraw_item(self, name: str, *, by: Person, why: str, seen: int | None = None) -> Item:
        """Take an item back with all its airings."""
        ...

    async def withdraw_airing(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take one airing back, also while it sounds."""
        ...

    def items(self) -> list[Item]:
        """Return all items, the one changed last first. Blocking."""
        ...

    def lately(self, most: int) -> list[Item]:
        """Return the items written at the console, at most so many, the one changed last first. Blocking."""
        ...

    def waiting(self) -> list[Item]:
        """Return the items that wait for an approver, the one that has waited longest first. Blocking."""
        ...

    def earlier(self, item: Item) -> Earlier | None:
        """Return what was handed in of an item the time before, None if this is the first. Blocking."""
        ...

    def recording(self, recording_id: str) -> Recording | None:
        """Return what an item sounds like, segment by segment. Blocking."""
        ...

    def item(self, name: str) -> Item | None:
        """Return an item. Blocking."""
        ...

    def next_times(self, programme: Programme, most: int) -> tuple[datetime, ...]:
        """Return the next instants that an approval of a programme stands for. Blocking."""
        ...

    def history(self, name: str) -> list[LoggedEvidence]:
        """Return what the log has of an item. Blocking."""
        ...


class Desk(Protocol):
    """The part of the station that operators work at. Blocking calls are made in threads."""

    async def air_now(
        self, *, title: str, text: str, by: str | Person, zones: Sequence[str] | None = None, times: int = 1
    ) -> Airing:
        """Make, approve in the name of `by`, and plan an airing at once, read so many times. Raises BadInputError."""
        ...

    async def read(self, text: str) -> tuple[Mapping[str, Any], ...]:
        """Return how a text would be read, line by line as in AiringView. Raises BadInputError."""
        ...

    @property
    def desks(self) -> DeskSet:
        """The desks of the console's areas."""
        ...

    @property
    def approval_desk(self) -> ItemDesk:
        """Where items are written, decided on and taken back."""
        ...

    @property
    def schedule_fault(self) -> SmartradioError | None:
        """Why the schedule files could not be taken, None if they were."""
        ...

    async def confirm(self, airing: str, node: str, *, by: str, seen: str | None = None) -> None:
        """Settle a verdict as right. Raises BadInputError when there is none or its mark is no longer `seen`."""
        ...

    async def dispute(self, airing: str, node: str, *, by: str, note: str, seen: str | None = None) -> None:
        """Settle a verdict as doubted. Raises BadInputError as `confirm` does."""
        ...

    async def replay(self, airing: str, node: str, *, by: str | Person) -> Airing:
        """Air the same recording once more at one node. Raises BadInputError where that cannot be."""
        ...

    async def ask_clip(self, airing: str, node: str, *, by: str) -> None:
        """Fetch what a node still keeps of an airing. Raises BadInputError when it keeps nothing."""
        ...

    async def recording_audio(self, recording_id: str) -> bytes:
        """Return a recording as one Ogg Opus file. Raises SmartradioError when it is not held."""
        ...

    async def clip_audio(self, airing: str, node: str, *, by: str | None = None) -> bytes | None:
        """Return what the node's microphone heard as Ogg Opus, or None; with `by` that they listened goes on record."""
        ...

    def board(self, newest: int = 50) -> list[AiringView]:
        """Return the newest airings, newest first, without their chains. Blocking."""
        ...

    def airing_view(
        self,
        id: str,  # noqa: A002  the store's name
        *,
        with_chain: bool = True,
        of: Collection[str] | None = None,
    ) -> AiringView | None:
        """Return one airing with all that is known of it; with `of` only at these nodes. Blocking."""
        ...

    def airing_places(self, id: str) -> list[NodePlace]:  # noqa: A002
        """Return where an airing stands at each of its nodes, without figures, in the order of the plan. Blocking."""
        ...

    def airing_mark(self, id: str) -> str:  # noqa: A002
        """Return a mark that is another one as soon as more is known of an airing. Blocking."""
        ...

    def waiting(self) -> list[WaitingVerdict]:
        """Return the verdicts that wait for a person, worst first; some hundreds at most. Blocking."""
        ...

    def count_waiting(self) -> int:
        """Return how many verdicts wait for a person. Blocking."""
        ...

    def node_views(self) -> list[NodeView]:
        """Return the nodes as last known. Blocking."""
        ...

    def trends(self) -> Mapping[str, Sequence[TrendLike]]:
        """Return by node what has moved the wrong way against its own past. Blocking."""
        ...

    def summary(self, start: datetime, end: datetime, by: By) -> Summary:
        """Return what came of the airings that were to start in [start, end). Blocking."""
        ...

    async def source_state(self) -> SourceState | None:
        """Return how the link to the source-information system stands, None without one."""
        ...

    def zones(self) -> list[Zone]:
        """Return the zones an operator may speak to. Blocking."""
        ...

    def refusals(self, newest: int = 30) -> list[LoggedEvidence]:
        """Return the newest refusals that belong to no airing (a replay, a forgery). Blocking."""
        ...
