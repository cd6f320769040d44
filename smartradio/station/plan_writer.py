"""Brings the plan in the store up to what the programmes and the commune's rules come to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.plan_items import PlanItem
from smartradio.domain.plan_rules import PlanRules
from smartradio.station.layout import Replanned, replanned
from smartradio.station.plan_evidence import answering, first_evidence, kept_off
from smartradio.station.planner import ReadyProgramme, with_id
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings
from smartradio.station.store.planned import PlanChange
from smartradio.station.studio import Produced

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_LOOK_BACK: Final = timedelta(days=1)
# After a longer absence only so much of what was missed is told, airing by airing.
_MOST_MISSED: Final = timedelta(days=31)
_ATTEMPTS: Final = 1_000
# So many are one transaction: what nodes report meanwhile does not wait for a whole first plan.
_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Programmes:
    """The programmes that stand, by name, each with what was made of it, and the calendar they were read by.

    With `among` they are all there is of these names alone: what stands in the plan of others is let be.
    """

    ready: Mapping[str, tuple[ReadyProgramme, Produced]]
    days: DayCalendar
    among: frozenset[str] | None = None

    def speak_of(self, airing: Airing) -> bool:
        """Say whether an airing that stands is one of theirs, wanted or not."""
        return self.among is None or airing.programme in self.among


class PlanWriter:
    """Writes what a planning run finds; for the event loop, one run at a time.

    `down` is the time the station was last off: instants in it that nobody planned are put on record as missed.
    Instants that a rule keeps off the air are put on record once they can no longer change.
    """

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        recorder: EvidenceRecorder,
        *,
        rules: PlanRules,
        clock: Callable[[], datetime],
        down: tuple[datetime, datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recorder = recorder
        self._rules = rules
        self._clock = clock
        self._down = down
        self._told_until: datetime | None = None

    async def write(self, programmes: Programmes, *, since: datetime) -> tuple[Airing, ...]:
        """Bring the plan up to the horizon; returns airings that were missed while the station was off.

        `since` is from when on the programmes count: what was planned before they were read is not missed.
        """
        now = self._clock()
        settled_before = now + timedelta(seconds=self._settings.doorbell_s)
        start = min(since, now)
        if self._down is not None:
            start = min(start, max(self._down[0], now - _MOST_MISSED))
        found = await asyncio.to_thread(self._find, programmes, start, now, settled_before)
        missed = await self._change(programmes, found, now)
        await self._tell_kept_off(programmes, found.kept_off, now)
        self._down = None
        return missed

    def _find(self, programmes: Programmes, start: datetime, now: datetime, settled_before: datetime) -> Replanned:
        # What is kept off since the last run may lie before the span in which something can still be planned.
        look_from = min(start, self._untold_since(start))
        standing = [each for each in self._store.airings(start=look_from - _LOOK_BACK) if programmes.speak_of(each)]
        return replanned(
            [ready for ready, _ in programmes.ready.values()],
            [self._placed_today(each) if each.starts_at < settled_before else each for each in standing],
            self._settings.nodes_of,
            (start, now + self._settings.horizon),
            programmes.days,
            rules=self._rules,
            settled_before=settled_before,
            taken_back=[self._placed_today(each) for each in self._store.items.taken_back(look_from - _LOOK_BACK)],
            written_in=self._written_in,
            kept_off=self._kept_off_before(look_from),
            told_from=look_from,
        )

    def _kept_off_before(self, look_from: datetime) -> list[Airing]:
        """Return what this station put on record before it was last off; in other words it would be another one."""
        if self._told_until is not None:
            return []
        return [self._placed_today(each) for each in self._store.kept_off_air(look_from - _LOOK_BACK)]

    def _placed_today(self, airing: Airing) -> Airing:
        """Return what is past changing in its zones of today: a merger airs nothing twice and nothing taken back."""
        return replace(airing, zones=self._settings.zone_names.today(airing.zones))

    def _written_in(self, bulletin_id: str) -> object:
        """Return what is written in a bulletin, however it is read."""
        bulletin = self._store.bulletin(bulletin_id)
        return bulletin_id if bulletin is None else replace(bulletin, id="")

    def _untold_since(self, start: datetime) -> datetime:
        """Return from when on instants that do not sound are not on record yet."""
        if self._told_until is not None:
            return self._told_until
        # Before it went off the station may have put nothing on record for as long as it plans anew.
        return start - timedelta(seconds=self._settings.replan_s) if self._down is not None else start

    async def _tell_kept_off(self, programmes: Programmes, items: Iterable[PlanItem], now: datetime) -> None:
        told = 0
        for item in items:
            if item.planned_at >= now:
                # Until then the programmes may be changed so that it sounds after all.
                continue
            ready, produced = programmes.ready[item.programme.name]
            airing, evidence = kept_off(item, ready, produced, self._settings.nodes_of, now)
            told += await self._recorder.keep_off(airing, evidence)
        if told:
            _logger.info("kept_off_the_air", instants=told)
        self._told_until = now

    async def _change(self, programmes: Programmes, found: Replanned, now: datetime) -> tuple[Airing, ...]:
        """Write what changes, and return of what is new the airings that are over."""
        gone = [
            (airing_id, [Evidence(airing_id, "", Step.SKIPPED, now, "station", Reason.WITHDRAWN)])
            for airing_id in found.changes.withdraw
        ]
        written: list[Airing] = []
        new = found.changes.add
        while new or gone:
            batch, new = new[:_AT_ONCE], new[_AT_ONCE:]
            # What comes in the place of something is written with it, where a run changes no more than that.
            done = gone if not new else []
            written += await self._write_batch(programmes, batch, done, found.why, now)
            gone = [] if done else gone
        return tuple(airing for airing in written if airing.expires_at <= now)

    async def _write_batch(
        self,
        programmes: Programmes,
        batch: Sequence[Airing],
        gone: Sequence[tuple[str, Sequence[Evidence]]],
        why: Mapping[str, PlanItem],
        now: datetime,
    ) -> list[Airing]:
        """Write airings in one transaction; an id that is taken, by one withdrawn before, is tried with the next."""
        written: list[Airing] = []
        left = [(airing, why.get(airing.id)) for airing in batch]
        for attempt in range(_ATTEMPTS):
            candidates = [with_id(airing, attempt) for airing, _ in left]
            add = [
                (candidate, self._evidence(programmes, candidate, item, now))
                for candidate, (_, item) in zip(candidates, left, strict=True)
            ]
            taken = await self._recorder.change_plan(PlanChange(add, gone if attempt == 0 else ()))
            written += [candidate for candidate in candidates if candidate.id not in taken]
            left = [each for each, candidate in zip(left, candidates, strict=True) if candidate.id in taken]
            if not left:
                return written
        raise BadInputError(f"programme {left[0][0].programme}: its airing was withdrawn {_ATTEMPTS} times")

    def _evidence(self, programmes: Programmes, airing: Airing, item: PlanItem | None, now: datetime) -> list[Evidence]:
        assert airing.programme is not None
        ready, produced = programmes.ready[airing.programme]
        evidence = first_evidence(airing, produced, answering(ready), now, rules=self._rules, item=item)
        if airing.expires_at <= now:
            evidence.append(Evidence(airing.id, "", Step.SKIPPED, now, "station", Reason.STATION_WAS_DOWN))
        return evidence
