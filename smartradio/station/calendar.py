"""Keeps the plan in the store: programmes from files, their airings ahead, texts aired at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.programme import Programme, instants
from smartradio.station.layout import replanned
from smartradio.station.planner import ReadyProgramme, with_id
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.scripts import OpenItemsError, Script
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Produced, Studio

if TYPE_CHECKING:
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_LOOK_BACK = timedelta(days=1)
# After a longer absence only so much of what was missed is told, airing by airing.
_MOST_MISSED = timedelta(days=31)
_ATTEMPTS = 1_000


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
        *,
        clock: Callable[[], datetime],
        down: tuple[datetime, datetime] | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._recorder = recorder
        self._studio = studio
        self._clock = clock
        self._down = down
        self._ready: dict[str, tuple[ReadyProgramme, Produced]] | None = None
        self._days: DayCalendar | None = None
        self._planning = asyncio.Lock()

    async def load(self) -> tuple[Airing, ...]:
        """Read the schedule files, make what must be made, and plan; returns airings that were missed.

        Raises BadInputError for the first fault in any file; then the plan stays as it was.
        """
        since = self._clock()
        programmes, days = await asyncio.to_thread(self._read_files, since)
        scripts = [(programme, await self._script(programme, path)) for programme, path in programmes]
        ready = {}
        for programme, script in scripts:
            if not programme.approved_by:
                _logger.warning("programme_not_approved", programme=programme.name, title=programme.title)
            if script.open_places:
                _logger.warning("programme_has_open_items", programme=programme.name, items=len(script.open_places))
            produced = await self._studio.produce(script, programme.voice)
            ready[programme.name] = (
                ReadyProgramme(programme, script.bulletin.id, produced.recording),
                produced,
            )
        await asyncio.to_thread(self._put_programmes, [r for r, _ in ready.values()])
        async with self._planning:
            self._ready, self._days = ready, days
        return await self.replan(since=since)

    async def replan(self, *, since: datetime | None = None) -> tuple[Airing, ...]:
        """Bring the plan up to the horizon; returns airings that were missed while the station was off."""
        async with self._planning:
            if self._ready is None or self._days is None:
                return ()
            now = self._clock()
            start, end = min(since or now, now), now + self._settings.horizon
            if self._down is not None:
                start = min(start, max(self._down[0], now - _MOST_MISSED))
            standing = await asyncio.to_thread(self._store.airings, start=start - _LOOK_BACK)
            settled_before = now + timedelta(seconds=self._settings.doorbell_s)
            found = await asyncio.to_thread(
                replanned,
                [ready for ready, _ in self._ready.values()],
                standing,
                self._settings.nodes_of,
                (start, end),
                self._days,
                settled_before=settled_before,
            )
            for name, at in found.no_room:
                _logger.warning("programme_has_no_room_in_its_slot", programme=name, at=at.isoformat())
            missed = []
            for airing in found.changes.add:
                late = airing.expires_at <= now
                if await self._plan(airing, now, missed=late) and late:
                    missed.append(airing)
            for airing_id in found.changes.withdraw:
                await self._recorder.withdraw(
                    airing_id, Evidence(airing_id, "", Step.SKIPPED, now, "station", Reason.WITHDRAWN)
                )
            self._down = None
            return tuple(missed)

    async def plan_now(
        self, script: Script, produced: Produced, *, by: str, zones: tuple[str, ...], lead_s: float
    ) -> Airing:
        """Plan a text that is aired at once."""
        now = self._clock()
        starts_at = now + timedelta(seconds=lead_s)
        airing = Airing(
            id=secrets.token_hex(16),
            bulletin_id=script.bulletin.id,
            recording_id=produced.recording.id,
            starts_at=starts_at,
            expires_at=starts_at + timedelta(seconds=self._settings.start_tolerance_s),
            priority=script.bulletin.priority,
            zones=zones,
            nodes=self._settings.nodes_of(zones),
        )
        await self._recorder.plan(airing, _first_evidence(airing, produced, f"operator:{by}", by, now))
        return airing

    def check_zones(self, zones: Sequence[str] | None, what: str) -> tuple[str, ...]:
        """Return the zones (None: all); raises BadInputError for an unknown one or one without nodes."""
        known = [zone.name for zone in self._settings.zones]
        wanted = tuple(dict.fromkeys(known if zones is None else zones))
        for zone in wanted:
            if zone not in known:
                raise BadInputError(f"{what}: there is no zone {zone!r}; there are {', '.join(known)}")
        if not self._settings.nodes_of(wanted):
            raise BadInputError(f"{what}: no node stands in {', '.join(wanted) or 'no zone'}")
        return wanted

    async def _plan(self, airing: Airing, now: datetime, *, missed: bool) -> bool:
        assert self._ready is not None
        assert airing.programme is not None
        ready, produced = self._ready[airing.programme]
        by = ready.programme.approved_by or ""
        for attempt in range(_ATTEMPTS):
            candidate = with_id(airing, attempt)
            evidence = _first_evidence(candidate, produced, "schedule", by, now)
            if missed:
                evidence.append(Evidence(candidate.id, "", Step.SKIPPED, now, "station", Reason.STATION_WAS_DOWN))
            if await self._recorder.plan(candidate, evidence):
                return True
            # The id is taken: by an airing withdrawn before, or by one that stands, which `changes` knows.
        raise BadInputError(f"programme {airing.programme}: its airing was withdrawn {_ATTEMPTS} times")

    async def _script(self, programme: Programme, path: Path) -> Script:
        """Read a programme's text or parts; what is refused is told with its file and name."""
        where = f"{path}: programme {programme.name}"
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

    def _read_files(self, now: datetime) -> tuple[list[tuple[Programme, Path]], DayCalendar]:
        from smartradio.station.days import vietnam_days  # noqa: PLC0415 - brings the astronomy
        from smartradio.station.schedule_files import load_schedule  # noqa: PLC0415 - brings the YAML reader

        days = vietnam_days(self._settings.holidays)
        programmes: dict[str, tuple[Programme, Path]] = {}
        for path in self._files():
            for programme in load_schedule(path, now=now, take_sound=self._studio.take_known_sound, days=days):
                if programme.name in programmes:
                    other = programmes[programme.name][1]
                    raise BadInputError(f"{path}: programme {programme.name!r} also stands in {other}")
                zones = self.check_zones(programme.zones, f"{path}: programme {programme.name}")
                # A rule that cannot be read must be told now, not at some later re-planning.
                next(instants(programme, now, now + self._settings.horizon, days), None)
                programmes[programme.name] = (replace(programme, zones=zones), path)
        return list(programmes.values()), days

    def _files(self) -> list[Path]:
        files: list[Path] = []
        for path in self._settings.schedules:
            if path.is_dir():
                files += sorted(path.glob("*.yaml"))
            else:
                files.append(path)
        return files

    def _put_programmes(self, ready: Sequence[ReadyProgramme]) -> None:
        for each in ready:
            self._store.put_programme(each.programme, each.bulletin_id)
        names = {each.programme.name for each in ready}
        for old in self._store.programmes():
            if old.name not in names:
                self._store.drop_programme(old.name)


def _first_evidence(airing: Airing, produced: Produced, source: str, by: str, now: datetime) -> list[Evidence]:
    rendered: Mapping[str, Any] = produced.facts
    approved: dict[str, Any] = {"by": by, "recording": produced.recording.id}
    if produced.script.overridden:
        # Whoever approved it took the uncertain places of an emergency on themselves.
        approved["open_items_overridden"] = len(produced.script.open_places)
    plan = {
        "starts_at": airing.starts_at.isoformat(),
        "expires_at": airing.expires_at.isoformat(),
        "priority": int(airing.priority),
        "zones": list(airing.zones),
        "nodes": list(airing.nodes),
        "programme": airing.programme,
    }
    return [
        Evidence(airing.id, "", Step.RENDERED, produced.at, "station", None, rendered),
        Evidence(airing.id, "", Step.APPROVED, now, source, None, approved),
        Evidence(airing.id, "", Step.PLANNED, now, "station", None, plan),
    ]
