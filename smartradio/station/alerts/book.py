"""The book of alerts: drafted, sent, updated, cancelled; each act is committed with its evidence before it sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from smartradio.alerting.saying import Occasion
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert, AlertAct, AlertState
from smartradio.domain.approval import Person, SecondPersonError
from smartradio.station.alerts import acts
from smartradio.station.alerts.by_itself import BookByItself
from smartradio.station.alerts.even_clock import EvenClock
from smartradio.station.alerts.in_the_way import TakesBack
from smartradio.station.alerts.kept import AlertAiring, AlertRefusal, AlertRefusedError, KeptAlert, airing_id, changed
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.alerts.voicing import Voicing

if TYPE_CHECKING:
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.scripts import Script
    from smartradio.station.store import Store

_logger = structlog.get_logger()


class AlertBook(BookByItself):
    """All methods are for the event loop; `listen` is told of what has changed.

    `check_zones` returns zones by their names of today or raises BadInputError. Whether somebody may do what they ask
    is not asked here: PINs are the desk's.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        voicing: Voicing,
        withdrawals: TakesBack,
        settings: AlertSettings,
        *,
        clock: Callable[[], datetime],
        even: EvenClock,
        check_zones: Callable[[Sequence[str] | None, str], tuple[str, ...]],
    ) -> None:
        super().__init__(store, recorder, voicing, withdrawals, settings, clock=clock, even=even)
        self._check_zones = check_zones

    @property
    def two_must_answer(self) -> bool:
        """Whether an alert goes out only on the word of a second person."""
        return self._settings.second_person

    @property
    def usual_repeat(self) -> timedelta | None:
        """How often an alert is said again of which nobody says otherwise; None: it is said once."""
        return timedelta(hours=self._settings.repeat_hours) or None

    # -- before it is out

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        """Keep what somebody is to send or discard; the same id is one alert, however often it comes."""
        alert = self._known(alert)
        async with self._turn:
            stands = await asyncio.to_thread(self._shelf.alert, alert.id)
            if stands is not None:
                return stands
            return await self._commit(acts.drafted(alert, by=by, at=self._clock()))

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        """Put a draft aside that nobody sends; raises BadInputError."""
        why = acts.note(why)
        async with self._turn:
            kept = await self._one(draft)
            return await self._commit(acts.ended(kept, AlertAct.DISCARD, by=by, at=self._clock(), why=why))

    async def hand_in(self, alert: Alert | str, *, by: Person, taken_on: bool = False) -> KeptAlert:
        """Have the first of two persons hand an alert in; nothing sounds until another one lets it out.

        Raises OpenItemsError and BadInputError as `send` does.
        """
        before, wanted = await self._wanted(alert)
        if before is not None and before.is_handed_in(wanted, by):
            return before
        await asyncio.to_thread(self._in_the_way.check_all_clear, wanted)
        wanted = acts.settled(wanted, self._settings, self._clock())
        await self.script(wanted, taken_on=taken_on)
        async with self._turn:
            before = await asyncio.to_thread(self._shelf.alert, wanted.id)
            return await self._commit(acts.handed_in(before, wanted, by=by, at=self._clock(), taken_on=taken_on))

    async def release(self, draft: str, *, by: Person, seen: int | None = None) -> KeptAlert:
        """Let out what another person handed in; SecondPersonError for the same one, BadInputError for what is not.

        `seen` is the version that they have read: of what was changed since nothing goes out.
        """
        kept = await self._one(draft)
        if kept.state is AlertState.OUT and kept.released_by is not None:
            return await self._send(kept.alert, by, taken_on=kept.taken_on)
        if kept.handed_in_by is None:
            raise AlertRefusedError(AlertRefusal.NOT_HANDED_IN, "nobody has handed this alert in")
        if kept.handed_in_by.is_same(by):
            raise SecondPersonError(kept.handed_in_by.title)
        if seen is not None and seen != kept.version:
            raise changed()
        return await self._send(kept.alert, by, first=kept.handed_in_by, taken_on=kept.taken_on)

    # -- out

    async def send(
        self, alert: Alert | str, *, by: Person, taken_on: bool = False, script: Script | None = None
    ) -> KeptAlert:
        """Let an alert out in the name of `by`, or the draft of that id; the same id goes out once.

        One that `supersedes` an alert that is out takes its place: what plays and what is planned of that one ends.
        `script` is what `script` has returned for it a moment ago, which is then not read again.
        Raises OpenItemsError for places whose reading is not certain and that nobody takes on, AlertRefusedError,
        BadInputError; then nothing is aired. SmartradioError when no voice speaks: it is out, and tried again.
        """
        before, wanted = await self._wanted(alert)
        if before is None or not before.is_out:
            await asyncio.to_thread(self._in_the_way.check_all_clear, wanted)
        if self.two_must_answer and by.account:
            raise AlertRefusedError(
                AlertRefusal.TWO, "two must answer for an alert here: hand it in, somebody else lets it out"
            )
        return await self._send(wanted, by, taken_on=taken_on, script=script)

    async def update(self, old: str, new: Alert, *, by: Person, taken_on: bool = False) -> KeptAlert:
        """Let a newer alert take the place of one that is out; raises as `send` does."""
        return await self.send(replace(new, supersedes=old), by=by, taken_on=taken_on)

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        """Silence an alert, and those before it, wherever they sound; with `aloud` its nodes say that it is over.

        Raises AlertRefusedError for one that is not out. What was silenced stays so when no voice speaks.
        """
        why = acts.note(why)
        async with self._turn:
            kept = await self._one(alert)
            left = await asyncio.to_thread(self._in_the_way.of_and_before, kept)
            now = self._clock()
            airing = None
            if aloud:
                airing = AlertAiring(kept.id, kept.cancellation, Occasion.CANCEL, now, by.title)
            taken_back = tuple(self._withdrawals.said(each, by, why) for each in left)
            step = acts.ended(kept, AlertAct.CANCEL, by=by, at=now, why=why, airing=airing, taken_back=taken_back)
            kept = await self._commit(step)
        await self._withdrawals.silenced(left, by, why)
        if airing is not None:
            await self._say(kept, airing, by, replaces=left)
        return kept

    async def send_again(self, alert: str, nodes: Sequence[str], *, by: Person) -> Airing:
        """Say an alert that is out once more at some of its nodes alone; raises BadInputError.

        Asked for twice within a moment it is said once: a second tap, or a form that was sent again.
        """
        async with self._turn:
            kept = await self._one(alert)
            now = self._clock()
            if kept.expired(now):
                raise AlertRefusedError(AlertRefusal.EXPIRED, "the alert's time is over; write it anew")
            wanted = await asyncio.to_thread(self._its_nodes, kept, nodes)
            airing = await asyncio.to_thread(self._in_the_way.again_lately, kept.id, frozenset(wanted), now)
            if airing is None or not kept.is_out:
                key = "\n".join((now.isoformat(), *wanted))
                again = Occasion.REPEAT
                airing = AlertAiring(kept.id, airing_id(kept.id, again, key), again, now, by.title, wanted)
                kept = await self._commit(acts.brought_once_more(kept, airing, by=by))
        return await self._say(kept, airing, by)

    # -- inside

    async def _send(
        self,
        wanted: Alert,
        by: Person,
        *,
        first: Person | None = None,
        taken_on: bool,
        script: Script | None = None,
    ) -> KeptAlert:
        before = await asyncio.to_thread(self._shelf.alert, wanted.id)
        if before is not None and before.is_out:
            await self.unsaid(before)
            return before
        wanted = acts.settled(wanted, self._settings, self._clock())
        old = await self._old(wanted)
        occasion = Occasion.FIRST if old is None else Occasion.UPDATE
        wanted = wanted if old is None else replace(wanted, supersedes=old.id)
        script = script or await self.script(wanted, taken_on=taken_on)
        async with self._turn:
            before = await asyncio.to_thread(self._shelf.alert, wanted.id)
            if before is not None and before.is_out:
                return before
            now = self._clock()
            airing = AlertAiring(wanted.id, airing_id(wanted.id, occasion, ""), occasion, now, by.title)
            steps = [acts.sent(before, wanted, airing, by=by, first=first, taken_on=taken_on)]
            if old is not None:
                old = await self._one(old.id)
                steps.append(acts.ended(old, AlertAct.UPDATE, by=by, at=now, replaced_by=wanted.id))
            kept = await self._commit(*steps)
        _logger.warning("alert_out", alert=kept.id, by=by.title, zones=list(kept.alert.zones), update=old is not None)
        await self._say(
            kept, airing, by, script=script, replaces=await asyncio.to_thread(self._in_the_way.replaced, kept)
        )
        return kept

    async def _wanted(self, alert: Alert | str) -> tuple[KeptAlert | None, Alert]:
        if isinstance(alert, str):
            kept = await self._one(alert)
            return kept, self._known(kept.alert)
        return await asyncio.to_thread(self._shelf.alert, alert.id), self._known(alert)

    def _known(self, alert: Alert) -> Alert:
        return replace(alert, zones=self._check_zones(alert.zones, "the alert"))

    def _its_nodes(self, kept: KeptAlert, nodes: Sequence[str]) -> tuple[str, ...]:
        own = self._voicing.zones_now(kept.alert)
        zones = {view.name: view.zone for view in self._store.node_views()}
        foreign = [node for node in nodes if zones.get(node) not in own]
        if foreign:
            raise AlertRefusedError(
                AlertRefusal.FOREIGN_NODE, f"the alert is not for node {foreign[0]}", node=foreign[0]
            )
        if not nodes:
            raise AlertRefusedError(AlertRefusal.NO_NODE, "choose at least one node")
        return tuple(dict.fromkeys(nodes))
