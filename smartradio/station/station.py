"""The commune's server, put together: one process, one event loop, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Part
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Zone
from smartradio.domain.priority import Priority
from smartradio.station.accounts import Accounts
from smartradio.station.approval_desk import ApprovalDesk
from smartradio.station.assembly import Parts, assemble, open_shelf
from smartradio.station.desks import Desks
from smartradio.station.objects import Objects
from smartradio.station.outcome_days import OutcomeDays
from smartradio.station.player_files import one_file
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.station.studio import TakenSound
from smartradio.station.summaries import By, Summary, summarise
from smartradio.station.surroundings import Outside
from smartradio.station.views import AiringView, LoggedEvidence, NodePlace, NodeView, WaitingVerdict
from smartradio.station.waiting_row import WaitingRow
from smartradio.wire.client import LinkState

if TYPE_CHECKING:
    from smartradio.domain.plan_checks import Finding
    from smartradio.listening.recognisers.port import Recogniser
    from smartradio.listening.trends import Trend
    from smartradio.station.source_information.exchange import SourceState

_logger = structlog.get_logger()

_KEPT_FILES = 4


def utc_now() -> datetime:
    """Return the time of the machine's clock."""
    return datetime.now(UTC)


class Station:
    """One commune's station. `start` and `stop` once each; the other methods between them.

    `recogniser` turns clips into words; without it the one of the settings is used, if there is one. `outside` is for
    simulations: how link and timers are made.
    `store`, `objects`, `accounts`, `public_key_hex` and `desks` stand after `start`.
    """

    store: Store
    objects: Objects
    accounts: Accounts
    public_key_hex: str
    desks: Desks

    def __init__(
        self,
        settings: StationSettings,
        *,
        clock: Callable[[], datetime] = utc_now,
        recogniser: Recogniser | None = None,
        outside: Outside | None = None,
    ) -> None:
        self.settings = settings
        self._outside = outside or Outside()
        self._clock = clock
        self._recogniser = recogniser
        self._stack: AsyncExitStack | None = None
        self._parts_now: Parts | None = None
        self._player_files: OrderedDict[str, bytes] = OrderedDict()
        self._schedule_fault: SmartradioError | None = None

    # -- life

    async def start(self) -> None:
        """Open the store, start broker and link, take up what stands in the plan.

        Raises SmartradioError; then nothing is left running.
        """
        if self._stack is not None:
            raise SmartradioError("the station was started before")
        async with AsyncExitStack() as stack:
            shelf = await open_shelf(self.settings, self._clock, stack)
            self.store, self.objects, self.accounts = shelf.store, shelf.objects, shelf.accounts
            self.public_key_hex = shelf.key.public_hex
            self._outcomes = OutcomeDays(shelf.store)
            self._waiting = WaitingRow(shelf.store, self._clock, max(1, self.settings.clip_days))
            self.settings = shelf.settings
            self._parts_now, self.desks = await assemble(
                self.settings,
                shelf,
                stack,
                clock=self._clock,
                recogniser=self._recogniser,
                outside=self._outside,
            )
            self._stack = stack.pop_all()
        _logger.info("station_started", station=self.settings.station, nodes=len(self.settings.nodes))

    async def stop(self) -> None:
        """Stop everything; what was not finished is taken up at the next start."""
        stack, self._stack = self._stack, None
        if stack is not None:
            try:
                await stack.aclose()
            finally:
                self._parts_now = None

    # -- what operators do

    async def load_schedules(self) -> None:
        """Read the schedule files of the settings and plan them.

        Raises BadInputError with file and line, SmartradioError when no voice speaks; then the plan stays as it was
        and `schedule_fault` tells why until a later reading is good.
        """
        self._schedule_fault = None
        try:
            await self._parts.load_schedules()
        except SmartradioError as error:
            self._schedule_fault = error
            raise

    @property
    def schedule_fault(self) -> SmartradioError | None:
        """Why the schedule files could not be taken, None if they were."""
        return self._schedule_fault

    @property
    def schedule_findings(self) -> tuple[Finding, ...]:
        """What the schedules show that somebody should know, by the last reading; none stops anything."""
        return self._parts.calendar.findings

    async def air_now(
        self,
        *,
        title: str,
        by: str | Person,
        text: str = "",
        parts: Sequence[Part] = (),
        zones: Sequence[str] | None = None,
        priority: Priority = Priority.PROGRAMME,
        lead_s: float | None = None,
        override_open_items: bool = False,
        times: int = 1,
    ) -> Airing:
        """Read, make, approve in the name of `by`, and plan a text or parts to be aired at once.

        `times` is how often it is read in this one airing; `override_open_items` says that `by` takes the places of
        an emergency on themselves whose reading is not certain. Raises BadInputError for what cannot be aired
        (OpenItemsError for such an emergency without it) and SmartradioError when no voice speaks; then nothing is
        planned. Where two must answer for what is aired, only an emergency goes out on one person's word.
        """
        person = Person(by.strip()) if isinstance(by, str) else by
        if not person.title:
            raise BadInputError("somebody must answer for what is aired: give a name")
        if self.settings.four_eyes and priority < Priority.EMERGENCY:
            raise BadInputError("two people must answer for what is aired here: hand it in, somebody else approves it")
        calendar, studio = self._parts.calendar, self._parts.studio
        known = calendar.check_zones(zones, f"bulletin {title!r}")
        script = await studio.script(
            title, text, priority, parts=parts, override_open_items=override_open_items, times=times
        )
        produced = await studio.produce(script)
        lead_s = self.settings.lead_s if lead_s is None else lead_s
        airing = await calendar.plan_now(script, produced, by=person, zones=known, lead_s=lead_s)
        await self._parts.keeper.refresh()
        return airing

    @property
    def approval_desk(self) -> ApprovalDesk:
        """Where items are written, handed in, approved and taken back."""
        return self._parts.approval_desk

    async def withdraw(self, airing: str, *, by: str | Person, why: str) -> Airing:
        """Take an airing back, also while it sounds; nodes that are reached fall silent. Raises BadInputError."""
        return await self.approval_desk.withdraw_airing(airing, by=Person(by) if isinstance(by, str) else by, why=why)

    async def read(self, text: str) -> tuple[Mapping[str, Any], ...]:
        """Return how a text would be read, line by line as in AiringView; raises BadInputError. Nothing is kept."""
        return await self._parts.studio.read(text)

    async def bring_in(self, data: bytes, name: str) -> TakenSound:
        """Check a sound file and keep it for the parts of a bulletin; raises BadInputError, then nothing is kept."""
        return await asyncio.to_thread(self._parts.studio.take_sound, data, name)

    async def confirm(self, airing: str, node: str, *, by: str, seen: str | None = None) -> None:
        """Settle a verdict as right; raises BadInputError when there is none.

        With `seen`, the `NodeAiring.mark` of what `by` looked at, also when it has changed since.
        """
        await self._settle(airing, node, Step.CONFIRMED, {"by": by}, seen)

    async def dispute(self, airing: str, node: str, *, by: str, note: str, seen: str | None = None) -> None:
        """Settle a verdict as doubted; raises BadInputError as `confirm` does."""
        said = {"by": by, "note": " ".join(note.split())[:2_000]}
        await self._settle(airing, node, Step.DISPUTED, said, seen)
        await self._parts.clips.disputed(airing, node, by=by)

    async def replay(self, airing: str, node: str, *, by: str | Person) -> Airing:
        """Air the same recording once more at one node, in the name of `by`; raises BadInputError where it cannot be.

        See `Replays.at_node`; both airings have it in their chains.
        """
        again = await self._parts.replays.at_node(airing, node, by=by)
        await self._parts.keeper.refresh()
        return again

    async def _settle(self, airing: str, node: str, step: Step, said: dict[str, str], seen: str | None) -> None:
        evidence = Evidence(airing, node, step, self._clock(), f"operator:{said['by']}", None, said)
        await self._parts.recorder.settle(evidence, seen=seen)

    # -- what operators see and hear

    def events(self) -> AsyncIterator[Evidence]:
        """Return every evidence committed from now on; ends when the station stops."""
        return self._parts.recorder.listen()

    async def settled(self, airing: str, timeout_s: float) -> AiringView:
        """Wait until every node has a verdict; raises SmartradioError when that takes longer."""
        listening = self.events()
        waiting: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    view = await asyncio.to_thread(self.airing_view, airing)
                    if view is None:
                        raise BadInputError(f"there is no airing {airing}")
                    waiting = [node.node for node in view.nodes if node.verdict is None]
                    if not waiting:
                        return view
                    async for evidence in listening:
                        if evidence.airing == airing:
                            break
                    else:
                        raise SmartradioError("the station stopped before every node had a verdict")
        raise SmartradioError(f"no verdict of {', '.join(waiting) or airing} within {timeout_s:g} s")

    async def recording_audio(self, recording_id: str) -> bytes:
        """Return a whole recording as one Ogg Opus file; raises SmartradioError when it is not held."""
        kept = self._player_files.get(recording_id)
        if kept is None:
            kept = await asyncio.to_thread(one_file, self.store, self.objects, recording_id)
            self._player_files[recording_id] = kept
            while len(self._player_files) > _KEPT_FILES:
                self._player_files.popitem(last=False)
        return kept

    async def clip_audio(self, airing: str, node: str, *, by: str | None = None) -> bytes | None:
        """Return what a node's microphone heard as Ogg Opus, None if nothing is held.

        `by` is who listens; it goes into the evidence log.
        """
        audio = await asyncio.to_thread(self._clip, airing, node)
        if audio is not None and by is not None:
            await self._parts.clips.listened(airing, node, by=by)
        return audio

    def _clip(self, airing: str, node: str) -> bytes | None:
        view = self.airing_view(airing, with_chain=False, of=(node,))
        if view is None:
            return None
        # A clip that came after somebody settled the verdict stands in no figures.
        clip = next((n.clip for n in view.nodes if n.node == node), None) or self.store.clip_of(airing, node)
        return self.objects.get(clip) if clip is not None else None

    async def ask_clip(self, airing: str, node: str, *, by: str) -> None:
        """Fetch what a node keeps of an airing, in the name of `by`; raises BadInputError when it keeps nothing.

        The clip comes when the node answers, and is judged like every other.
        """
        await self._parts.clips.ask(airing, node, by=by)

    def airing_view(
        self,
        id: str,  # noqa: A002
        *,
        with_chain: bool = True,
        of: Collection[str] | None = None,
    ) -> AiringView | None:
        """Return one airing with all that is known of it, or of it at some nodes. Blocking."""
        return self.store.airing_view(id, with_chain=with_chain, of=of)

    def airing_places(self, id: str) -> list[NodePlace]:  # noqa: A002
        """Return where an airing stands at each of its nodes. Blocking."""
        return self.store.airing_places(id)

    def airing_mark(self, id: str) -> str:  # noqa: A002
        """Return a mark that is another one as soon as more is known of an airing. Blocking."""
        return self.store.airing_mark(id)

    def board(self, newest: int = 50) -> list[AiringView]:
        """Return the newest airings, newest first, without their chains. Blocking."""
        return self.store.board(newest)

    def waiting(self) -> list[WaitingVerdict]:
        """Return the worst 200 verdicts that wait for a person, of the days whose clips are kept. Blocking."""
        return self._waiting.worst()

    def count_waiting(self) -> int:
        """Return how many verdicts wait for a person. Blocking."""
        return self._waiting.count()

    def node_views(self) -> list[NodeView]:
        """Return the nodes as last known. Blocking."""
        return self.store.node_views()

    def trends(self) -> dict[str, tuple[Trend, ...]]:
        """Return by node what has moved the wrong way against its own past. Blocking."""
        return self.store.trends()

    def summary(self, start: datetime, end: datetime, by: By) -> Summary:
        """Return what came of the airings that were to start in [start, end). Blocking."""
        return summarise(self._outcomes.outcomes(start, end), by, start, end)

    async def source_state(self) -> SourceState | None:
        """Return how the link to the source-information system stands, None without one."""
        return None if self._parts.exchange is None else await self._parts.exchange.state()

    def zones(self) -> list[Zone]:
        """Return the zones an operator may speak to. Blocking."""
        return self.store.zones()

    def refusals(self, newest: int = 30) -> list[LoggedEvidence]:
        """Return the newest refusals that belong to no airing, newest first. Blocking."""
        return self.store.nodes.refused(newest)

    @property
    def link_state(self) -> LinkState:
        """Where the link to the broker stands."""
        return self._parts.link.state

    @property
    def _parts(self) -> Parts:
        if self._parts_now is None:
            raise SmartradioError("the station is not running")
        return self._parts_now
