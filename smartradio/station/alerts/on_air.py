"""The book of alerts as it is said: what goes on the air under an alert's name, what it ends, what is still owed.

An airing is written into the book before it is planned, and planned once under its id: whatever a crash leaves
between the two is taken up at the next start (`smartradio.station.alerts.turns`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.alerting.saying import Occasion
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert, AlertAct, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.station.alerts import acts
from smartradio.station.alerts.in_the_way import InTheWay, TakesBack
from smartradio.station.alerts.kept import AlertAiring, AlertRefusal, AlertRefusedError, AlertStep, KeptAlert
from smartradio.station.alerts.reads import BookReads
from smartradio.station.alerts.unsaid import unsaid
from smartradio.station.alerts.voicing import Voicing

if TYPE_CHECKING:
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.scripts import Script
    from smartradio.station.store import Store


class BookOnAir(BookReads):
    """The saying half of the book; for the event loop. `listen` is told of what has changed."""

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        voicing: Voicing,
        withdrawals: TakesBack,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(store, clock)
        self._recorder = recorder
        self._voicing = voicing
        self._withdrawals = withdrawals
        self._in_the_way = InTheWay(store.alert_book, recorder, withdrawals, clock=clock)
        self._listeners: list[Callable[[KeptAlert], None]] = []
        # From reading where an alert stands to the commit of what is done to it; nothing is made or sent meanwhile.
        self._turn = asyncio.Lock()
        self._saying: set[str] = set()

    def listen(self, call: Callable[[KeptAlert], None]) -> None:
        """Have `call` told of every alert after each act on it; it must not block."""
        self._listeners.append(call)

    async def script(self, wanted: Alert, *, taken_on: bool) -> Script:
        """Return what would be said of an alert now; raises OpenItemsError, BadInputError. Nothing is kept."""
        old = await self._old(wanted)
        occasion = Occasion.FIRST if old is None else Occasion.UPDATE
        first_at = None if old is None else old.sent_at
        return await self._voicing.script(wanted, occasion, first_at=first_at, taken_on=taken_on)

    async def unsaid(self, kept: KeptAlert) -> None:
        """Put on the air what stands in the book of an alert and was never planned: a crash came between.

        Only the last of them, and only while it matters; raises as `Air` does.
        """
        waiting, by = await self._waiting(kept), kept.answers
        if not waiting or by is None:
            return
        airing = waiting[-1]
        if airing.occasion is Occasion.CANCEL:
            by = Person(airing.by)
        if kept.is_out and airing.nodes is None:
            # Said late, it is said again that much later: never twice in a row.
            async with self._turn:
                kept = await self._one(kept.id)
                if not kept.is_out:
                    return
                kept = await self._commit(AlertStep(replace(kept, said_at=self._clock()), kept.version, ()))
        await self._say(kept, airing, by, replaces=await asyncio.to_thread(self._in_the_way.replaced, kept))

    async def owes(self, kept: KeptAlert) -> bool:
        """Say whether something of an alert is still to be said that nobody is saying now."""
        return bool(await self._waiting(kept))

    async def silence_what_ended(self, kept: KeptAlert) -> None:
        """Take back what still stands of an alert that was cancelled or updated: a crash came between."""
        left = await asyncio.to_thread(self._in_the_way.of, kept.id)
        left = [each for each in left if each.id != kept.cancellation]
        by, why = Person(kept.ended_by), kept.why or kept.state.value
        await self._in_the_way.take_back(left, by, why, replaced_by=kept.replaced_by)

    async def make_way(self, by: Person) -> None:
        """End every exercise in the name of `by`: something goes out that is meant, from the book or beside it."""
        for exercise, left in await asyncio.to_thread(self._in_the_way.exercises):
            await self._break_off(exercise, left, by)

    # -- inside

    async def _say(
        self,
        kept: KeptAlert,
        airing: AlertAiring,
        by: Person,
        *,
        script: Script | None = None,
        replaces: Sequence[Airing] = (),
    ) -> Airing:
        exercises = [] if kept.is_exercise else await asyncio.to_thread(self._in_the_way.exercises)
        gone = tuple(each.id for each in (*replaces, *(each for _, left in exercises for each in left)))
        self._saying.add(airing.airing)
        try:
            aired = await self._voicing.say(kept, airing, by=by, script=script, replaces=gone)
        finally:
            self._saying.discard(airing.airing)
        if airing.occasion is Occasion.UPDATE:
            # Only now: until the newer one could be said the older one was better than nothing.
            for before in await asyncio.to_thread(self._in_the_way.before, kept):
                await self.silence_what_ended(before)
        for exercise, left in exercises:
            await self._break_off(exercise, left, by)
        stands = await asyncio.to_thread(self._shelf.alert, kept.id)
        if stands is not None and stands.state in (AlertState.CANCELLED, AlertState.UPDATED) and kept.is_out:
            # It ended while this was made: what went out a moment ago is called back before it sounds.
            await self.silence_what_ended(stands)
        return aired

    async def _old(self, wanted: Alert) -> KeptAlert | None:
        """Return the alert whose place is taken, if one still holds: of two updates of one alert the later stands."""
        old = await asyncio.to_thread(self._in_the_way.place_taken, wanted) if wanted.supersedes else None
        if old is not None and wanted.status is not AlertStatus.ACTUAL and not old.is_exercise:
            raise AlertRefusedError(AlertRefusal.EXERCISE, "an exercise takes no real alert's place")
        return old

    async def _one(self, name: str) -> KeptAlert:
        kept = await asyncio.to_thread(self._shelf.alert, name)
        if kept is None:
            raise AlertRefusedError(AlertRefusal.UNKNOWN, "there is no such alert")
        return kept

    async def _waiting(self, kept: KeptAlert) -> list[AlertAiring]:
        """Return what was never planned of an alert and still matters, but for what is being said now."""
        airings, now = await asyncio.to_thread(self._shelf.airings_of, kept.id), self._clock()
        return [each for each in unsaid(kept, airings, now) if each.airing not in self._saying]

    async def _break_off(self, exercise: KeptAlert, left: Sequence[Airing], by: Person) -> None:
        """End an exercise of which something sounds, or may: a real alert has gone out."""
        why = "a real alert goes out"
        async with self._turn:
            exercise = await self._one(exercise.id)
            if exercise.is_out:
                exercise = await self._commit(acts.ended(exercise, AlertAct.CANCEL, by=by, at=self._clock(), why=why))
        await self._in_the_way.take_back(left, by, why)

    async def _commit(self, *steps: AlertStep) -> KeptAlert:
        await self._recorder.take_alerts(steps)
        for step in steps:
            for call in self._listeners:
                call(step.kept)
        return steps[0].kept
