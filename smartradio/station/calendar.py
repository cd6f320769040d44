"""Keeps the plan in the store: programmes from files, their airings ahead, texts aired at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_checks import Finding
from smartradio.domain.priority import Priority
from smartradio.domain.programme import instants
from smartradio.station.admission import Admission, Ready
from smartradio.station.at_once import AtOnce
from smartradio.station.commune_rules import rules_of
from smartradio.station.plan_evidence import Answering, first_evidence
from smartradio.station.plan_inputs import nodes_by_zone
from smartradio.station.plan_writer import PlanWriter, Programmes
from smartradio.station.planner import ReadyProgramme
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.schedule_findings import findings_of, told
from smartradio.station.scripts import OpenItemsError, Script
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Produced, Studio
from smartradio.wire.messages import MOST_REPLACED

if TYPE_CHECKING:
    from smartradio.station.schedule_files import Written
    from smartradio.station.schedule_set import ScheduleSet
    from smartradio.station.store import Store

_logger = structlog.get_logger()


class Calendar:
    """Plans; all methods are for the event loop. `planned` is called after the plan in the store has changed.

    `down` is the time the station was last off: instants of programmes in it that nobody planned are put on
    record as missed.
    """

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        recorder: EvidenceRecorder,
        studio: Studio,
        admission: Admission,
        *,
        clock: Callable[[], datetime],
        down: tuple[datetime, datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recorder = recorder
        self._studio = studio
        self._clock = clock
        self._rules = rules_of(settings)
        self._admission = admission
        self._files: Ready = {}
        self._paths: Mapping[str, Path] = {}
        self._at_once = AtOnce(store, self._rules)
        self._writer = PlanWriter(settings, store, recorder, rules=self._rules, clock=clock, down=down)
        self._programmes: Programmes | None = None
        self._planning = asyncio.Lock()
        self._of_zones: tuple[Finding, ...] = ()
        self._findings: tuple[Finding, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the programmes showed, when they were last looked through, that somebody should know."""
        return self._findings

    @property
    def programmes(self) -> Programmes | None:
        """The programmes that stand, None before any was read; another object as soon as anything of them is."""
        return self._programmes

    @property
    def files(self) -> Mapping[str, Path]:
        """The file each programme of the schedule files stands in, by its name."""
        return self._paths

    async def load(self) -> tuple[Airing, ...]:
        """Read the schedule files, make what must be made, and plan; returns airings that were missed.

        Raises BadInputError for the first fault in any file; then the plan stays as it was.
        """
        # What the programmes that stand have kept off the air is put on record before others take their place.
        missed = await self.replan()
        since = self._clock()
        read, days = await asyncio.to_thread(self._read_files, since)
        paths = {each.programme.name: each.path for each in read.written}
        await asyncio.to_thread(self._admission.check_names, paths)
        scripts = [(each.programme, await self._script(each)) for each in read.written]
        ready = {}
        for programme, script in scripts:
            if not programme.approved_by:
                _logger.warning("programme_not_approved", programme=programme.name, title=programme.title)
            if script.open_places:
                _logger.warning("programme_has_open_items", programme=programme.name, items=len(script.open_places))
            produced = await self._studio.produce(script, programme.voice, rate_wpm=programme.rate_wpm)
            ready[programme.name] = (
                ReadyProgramme(programme, script.bulletin.id, produced.recording),
                produced,
            )
        of_files = [(each.programme, each.bulletin_id) for each, _ in ready.values()]
        await asyncio.to_thread(self._store.put_file_programmes, of_files)
        admitted = await self._admission.admitted(ready, paths)
        async with self._planning:
            self._files, self._paths = ready, paths
            self._of_zones = read.findings
            self._programmes = Programmes(admitted, days)
        return (*missed, *await self.replan(since=since))

    async def take_items(self, *, since: datetime) -> tuple[Airing, ...]:
        """Plan what people have decided on items since an instant; schedule files stay as they were read.

        What was to begin since then is planned however long another planning held this one up. While no file could
        be read, what stands of files in the plan is let be.
        """
        async with self._planning:
            admitted = await self._admission.again(self._files)
            if self._programmes is not None:
                self._programmes = Programmes(admitted, self._programmes.days)
                now_planned = self._programmes
            else:
                names = await asyncio.to_thread(self._admission.console_names)
                now_planned = Programmes(admitted, await asyncio.to_thread(self.days), names)
            return await self._writer.write(now_planned, since=since)

    async def look_through(self) -> None:
        """Look for what somebody should know of the programmes that stand, and log it."""
        if self._programmes is None:
            return
        ready = [each for each, _ in self._programmes.ready.values()]
        found = await asyncio.to_thread(
            findings_of, ready, self._clock(), nodes=nodes_by_zone(self._settings), rules=self._rules, days=self.days()
        )
        self._findings = (*found, *self._of_zones)
        for finding in self._findings:
            _logger.warning("schedule_finding", **told(finding))

    def days(self) -> DayCalendar:
        """Return the commune's calendar of days. Blocking while no schedule was read."""
        from smartradio.station.days import vietnam_days  # noqa: PLC0415 - brings the astronomy

        return self._programmes.days if self._programmes is not None else vietnam_days(self._settings.holidays)

    async def replan(self, *, since: datetime | None = None) -> tuple[Airing, ...]:
        """Bring the plan up to the horizon; returns airings that were missed while the station was off."""
        async with self._planning:
            if self._programmes is None:
                return ()
            return await self._writer.write(self._programmes, since=since or self._clock())

    async def plan_now(
        self,
        script: Script,
        produced: Produced,
        *,
        by: str | Person,
        zones: tuple[str, ...],
        lead_s: float,
        airing_id: str | None = None,
        source: str | None = None,
        valid_until: datetime | None = None,
        nodes: tuple[str, ...] | None = None,
        replaces: tuple[str, ...] = (),
    ) -> Airing:
        """Plan a text that is aired at once; raises BadInputError where the commune's rules do not let it sound.

        Under a given `airing_id` it is planned once, however often it is asked for. `source` is who says so, if it is
        not the operator `by`. After `valid_until` it neither begins nor begins again. `nodes` are all of the zones
        unless they are given; what is produced as an opening grows, and ends at once what it `replaces`, the first of
        them if they are too many for a message.
        """
        now = self._clock()
        starts_at = now + timedelta(seconds=lead_s)
        wanted = Airing(
            id=airing_id or secrets.token_hex(16),
            bulletin_id=script.bulletin.id,
            recording_id=produced.recording.id,
            starts_at=starts_at,
            expires_at=starts_at + self._may_wait(script.bulletin.priority),
            priority=script.bulletin.priority,
            zones=zones,
            nodes=self._settings.nodes_of(zones) if nodes is None else nodes,
            grows=produced.is_opening,
            replaces=replaces[:MOST_REPLACED],
        )
        airing = await asyncio.to_thread(self._at_once.admitted, wanted, produced.recording.duration_s)
        if valid_until is not None:
            last = max(starts_at, valid_until)
            resume_until = None if airing.resume_until is None else min(airing.resume_until, last)
            airing = replace(airing, expires_at=min(airing.expires_at, last), resume_until=resume_until)
        person = Person(by) if isinstance(by, str) else by
        who = Answering(person.title, source or f"operator:{person.title}", person.facts())
        await self._recorder.plan(airing, first_evidence(airing, produced, who, now, rules=self._rules))
        return airing

    def _may_wait(self, priority: Priority) -> timedelta:
        """Return how late a node may begin with what is aired at once.

        An emergency finds a node whose line comes back after a while, or brings its audio slowly, for as long as one
        that was interrupted may begin again.
        """
        wait = timedelta(seconds=self._settings.start_tolerance_s)
        return max(wait, self._rules.resume_within) if priority is Priority.EMERGENCY else wait

    def check_zones(self, zones: Sequence[str] | None, what: str) -> tuple[str, ...]:
        """Return the zones (None: all) by their names of today; BadInputError if one is unknown or none has a node."""
        names = self._settings.zone_names
        wanted, _ = names.settle(names.known if zones is None else zones, what)
        if not self._settings.nodes_of(wanted):
            raise BadInputError(f"{what}: no node stands in {', '.join(wanted) or 'no zone'}")
        return wanted

    async def _script(self, each: Written) -> Script:
        """Read a programme's text or parts; what is refused is told with its file, line and name."""
        programme = each.programme
        where = f"{each.place}: programme {programme.name}"
        try:
            return await self._studio.script(
                programme.title,
                "" if programme.parts else programme.text,
                programme.priority,
                parts=programme.parts,
                # Nobody answers for a programme that nobody approved.
                override_open_items=programme.override_open_items and bool(programme.approved_by),
                times=programme.times,
            )
        except OpenItemsError as error:
            raise error.within(where) from error
        except BadInputError as error:
            raise BadInputError(f"{where}: {error}") from error

    def _read_files(self, now: datetime) -> tuple[ScheduleSet, DayCalendar]:
        from smartradio.station.days import vietnam_days  # noqa: PLC0415 - brings the astronomy
        from smartradio.station.schedule_set import files_in, read_set  # noqa: PLC0415 - brings the YAML reader

        days = vietnam_days(self._settings.holidays)
        read = read_set(
            files_in(self._settings.schedules, empty=True),
            now=now,
            days=days,
            take_sound=self._studio.take_known_sound,
            zones=self._settings.zone_names,
        )
        for each in read.written:
            self.check_zones(each.programme.zones, f"{each.place}: programme {each.programme.name}")
            # A rule that cannot be read must be told now, not at some later re-planning.
            next(instants(each.programme, now, now + self._settings.horizon, days), None)
        return read, days
