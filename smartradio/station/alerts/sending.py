"""An alert's way out: siren and first sentence at once, the rest while they sound; safe over a crash in between.

First the words, the opening and the airing are committed, then nodes are rung. What is made afterwards is committed
under the same airing and rung again. What a crash leaves unmade is made at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording, up_to_siren
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.calendar import Calendar
from smartradio.station.planner import still_matters
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.scripts import Script
from smartradio.station.studio import Produced, Studio

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

LEAD_S: Final = 0.4
"""So far ahead an alert is planned whose siren is on the nodes: they begin in step."""
FETCH_LEAD_S: Final = 1.0
"""The same where nodes must fetch its first sound: those that have it by then begin in step, the others at once."""
_AGAIN_S: Final = 5.0
_LOOK_BACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be aired, as `Sender.air` is asked for it."""

    script: Script
    airing_id: str
    by: Person
    zones: tuple[str, ...]
    nodes: tuple[str, ...] | None
    siren: str
    replaces: tuple[str, ...]
    valid_until: datetime | None


class Sender:
    """Airs alerts; for the event loop.

    `ring(airing, recording)` puts the order on the wire at once and again when more is made, `refresh` is awaited to
    hand the plan on, `is_kept(sha256)` says whether a sound stays on the nodes.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        studio: Studio,
        calendar: Calendar,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[Airing, Recording], None],
        refresh: Callable[[], Awaitable[None]],
        is_kept: Callable[[str], bool],
        again_s: float = _AGAIN_S,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._studio = studio
        self._calendar = calendar
        self._clock = clock
        self._ring = ring
        self._refresh = refresh
        self._is_kept = is_kept
        self._again_s = again_s
        self._airing: dict[str, asyncio.Future[Airing]] = {}
        self._making: dict[str, asyncio.Task[None]] = {}

    async def stop(self) -> None:
        """Make no more; what is not made is made at the next start."""
        tasks: list[asyncio.Future[Any]] = [*self._making.values(), *self._airing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def air(
        self,
        script: Script,
        *,
        airing_id: str,
        by: Person,
        zones: tuple[str, ...],
        nodes: tuple[str, ...] | None = None,
        siren: str = "",
        replaces: tuple[str, ...] = (),
        valid_until: datetime | None = None,
    ) -> Airing:
        """Air a script at once in the name of `by`, at all nodes of the zones or at some; the plan is handed on.

        Once under its id, however often it is asked for. `siren` names its siren, "" the usual one; `replaces` are
        airings that it ends. It returns when siren and first sentence are on their way. Raises BadInputError for what
        may not be aired and SmartradioError when no voice speaks; then nothing is.
        """
        running = self._airing.get(airing_id)
        if running is None:
            wanted = _Wanted(script, airing_id, by, zones, nodes, siren, replaces, valid_until)
            running = self._airing[airing_id] = asyncio.ensure_future(self._air(wanted))
            running.add_done_callback(lambda _: self._airing.pop(airing_id, None))
        # A page that is left must not leave it half sent.
        return await asyncio.shield(running)

    async def take_up(self) -> None:
        """Make what a crash left unmade, as far as it may still be heard."""
        for airing, opening, script in await self._unmade():
            _logger.warning("alert_taken_up", airing=airing.id)
            self._begin_making(airing, opening, script)

    async def made(self, airing_id: str) -> None:
        """Wait until nothing more is being made of an airing."""
        task = self._making.get(airing_id)
        if task is not None:
            await asyncio.wait([task])

    async def _air(self, wanted: _Wanted) -> Airing:
        standing = await asyncio.to_thread(self._store.airing, wanted.airing_id)
        if standing is not None:
            return standing
        produced = await self._studio.begin(wanted.script, wanted.siren)
        kept = all(self._is_kept(segment.sha256) for segment in up_to_siren(produced.recording.segments))
        airing = await self._calendar.plan_now(
            wanted.script,
            produced,
            by=wanted.by,
            zones=wanted.zones,
            nodes=wanted.nodes,
            lead_s=LEAD_S if kept else FETCH_LEAD_S,
            airing_id=wanted.airing_id,
            replaces=wanted.replaces,
            valid_until=wanted.valid_until,
        )
        self._ring(airing, produced.recording)
        told = {"airing": airing.id, "by": wanted.by.title, "zones": list(airing.zones), "nodes": len(airing.nodes)}
        _logger.warning("alert_sent", **told)
        if airing.grows:
            self._begin_making(airing, produced.recording, wanted.script)
        await self._refresh()
        return airing

    def _begin_making(self, airing: Airing, opening: Recording, script: Script) -> None:
        task = asyncio.create_task(self._make(airing, opening, script), name=f"rest of {airing.id}")
        self._making[airing.id] = task
        task.add_done_callback(lambda _: self._making.pop(airing.id, None))

    async def _make(self, airing: Airing, opening: Recording, script: Script) -> None:
        while still_matters(airing, opening, self._clock()):
            try:
                await self._grow(airing, opening, script)
            except Exception:
                # A full disk, a voice that died, or what nobody foresaw: its opening sounds, and the rest is owed.
                _logger.exception("rest_of_alert_not_made", airing=airing.id, again_in_s=self._again_s)
                await asyncio.sleep(self._again_s)
            else:
                return

    async def _grow(self, airing: Airing, opening: Recording, script: Script) -> None:
        made = await asyncio.to_thread(self._store.recording_facts, opening.id)
        whole = await self._studio.finish(script, opening, str(made.get("siren", "")))
        if not await self._recorder.grow(airing.id, whole.recording.id, [self._told(airing, opening, whole)]):
            _logger.info("alert_ended_before_it_was_made", airing=airing.id)
            return
        self._ring(replace(airing, recording_id=whole.recording.id, grows=False), whole.recording)
        await self._refresh()

    def _told(self, airing: Airing, opening: Recording, whole: Produced) -> Evidence:
        facts = {**whole.facts, "grown_from": opening.id}
        return Evidence(airing.id, "", Step.RENDERED, whole.at, "station", None, facts)

    async def _unmade(self) -> list[tuple[Airing, Recording, Script]]:
        found = []
        for airing in await asyncio.to_thread(lambda: self._store.airings(start=self._clock() - _LOOK_BACK)):
            if not airing.grows:
                continue
            opening = await asyncio.to_thread(self._store.recording, airing.recording_id)
            bulletin = await asyncio.to_thread(self._store.bulletin, airing.bulletin_id)
            if opening is None or bulletin is None or not still_matters(airing, opening, self._clock()):
                continue
            try:
                # Whoever sent it has answered for its reading.
                script = await self._studio.script(
                    bulletin.title,
                    "" if bulletin.parts else bulletin.text,
                    bulletin.priority,
                    parts=bulletin.parts,
                    override_open_items=True,
                )
            except SmartradioError:
                # Other words in the lexicon by now, say: one alert must not keep the station from starting.
                _logger.exception("alert_not_taken_up", airing=airing.id)
                continue
            made = await asyncio.to_thread(self._store.recording_facts, opening.id)
            before = int(made.get("lines_before_siren", 0))
            found.append((airing, opening, replace(script, bulletin=bulletin, lines_before_siren=before)))
        return found
