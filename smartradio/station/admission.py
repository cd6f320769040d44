"""What may be planned: programmes somebody answers for, each held against what that person approved."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import RELEASED, Act, ItemState, Person, after_act
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.programme import Origin, Programme
from smartradio.station.approvals import made
from smartradio.station.bound import altered, altered_airing, altered_recording, not_decided
from smartradio.station.items import Approval, Item, ItemStep, bound_sha256, item_chain
from smartradio.station.planner import ReadyProgramme
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.scripts import Script, open_places
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Produced, Studio

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence

_logger = structlog.get_logger()

_LOOK_BACK: Final = timedelta(days=1)
_AT_ONCE: Final = 200
_FILE: Final = "schedule"
_IMPORTED: Final = "import"

Ready = dict[str, tuple[ReadyProgramme, Produced]]


@dataclass(frozen=True, slots=True)
class _Held:
    """An item as it was when it was held against its approval, and what of it may be laid out."""

    item: Item
    ready: tuple[ReadyProgramme, Produced]


class Admission:
    """Tells which programmes may be planned; all methods are for the event loop.

    A schedule file's `approved_by` is an approval by itself, unless four eyes are asked for: then the programme
    counts as handed in by that name and waits for somebody else.
    """

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        studio: Studio,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._studio = studio
        self._clock = clock
        self._held: dict[str, _Held] = {}

    async def admitted(self, files: Ready, paths: Mapping[str, Path]) -> Ready:
        """Return all that may be laid out: the programmes of schedule files, and the store's own that are approved.

        `files` by name, in the store already, with the file each stands in. A programme that nobody approved comes
        back without a name under it.
        """
        known = {item.name: item for item in await asyncio.to_thread(self._store.items.all)}
        steps = await asyncio.to_thread(self._file_steps, files, paths, known)
        steps += await self._imported_steps(known)
        for first in range(0, len(steps), _AT_ONCE):
            # Thousands at once would hold up everybody who writes; what is done by then is done.
            await self._recorder.take_items(steps[first : first + _AT_ONCE])
        self._held.clear()
        return await self._checked(files)

    def check_names(self, paths: Mapping[str, Path]) -> None:
        """Raise BadInputError for a programme of a file that has the name of one written at the console. Blocking."""
        for name in self.console_names():
            if name in paths:
                raise BadInputError(f"{paths[name]}: programme {name!r} was written at the console under this name")

    def console_names(self) -> frozenset[str]:
        """Return the names of all that stands in no schedule file. Blocking."""
        stored = self._store.stored_programmes()
        return frozenset(each.programme.name for each in stored if each.origin is not Origin.FILE)

    async def again(self, files: Ready) -> Ready:
        """Return the same after somebody decided on an item; what was held against its approval before is not again."""
        return await self._checked(files)

    async def hold_against_the_log(self) -> None:
        """Take out of the plan what in it is no longer as it was approved and planned; once, before it is sent.

        Airings that can start no more are let be: their nodes have them, signed, as they were.
        """
        now = self._clock()
        for airing, why, taken_back_by in await asyncio.to_thread(self._altered_airings, now):
            _logger.error("airing_not_as_approved", airing=airing.id, why=why)
            line = f"{airing.programme or 'airing'} {airing.id[:12]}: {why}"
            facts = {"line": line, "airing": airing.id}
            said = Evidence(airing.id, "", Step.SKIPPED, now, "station", Reason.NOT_AS_APPROVED, facts)
            if await self._recorder.withdraw(airing.id, said, by=taken_back_by):
                await self._recorder.record([replace(said, airing="", step=Step.REFUSED)])

    def _altered_airings(self, now: datetime) -> list[tuple[Airing, str, str | None]]:
        """Return what is not as the log has it, why, and who had taken it out of the plan by the log, if anybody."""
        standing = [each for each in self._store.airings(start=now - _LOOK_BACK) if each.expires_at > now]
        told = self._store.items.entries_at_planning([airing.id for airing in standing])
        recordings: dict[str, str | None] = {}
        found = []
        for airing in standing:
            entries = told.get(airing.id, {})
            why = altered_airing(airing, entries)
            if why is None:
                if airing.recording_id not in recordings:
                    recordings[airing.recording_id] = self._altered_recording(airing.recording_id)
                why = recordings[airing.recording_id]
            if why is not None:
                gone = entries.get(Step.SKIPPED)
                found.append((airing, why, None if gone is None else gone.facts.get("by")))
        return found

    def _altered_recording(self, name: str) -> str | None:
        recording = self._store.recording(name)
        if recording is None:
            return "its recording is gone from the database"
        return altered_recording(recording, None, self._store, self._objects)

    async def _checked(self, files: Ready) -> Ready:
        """Return the released items that are as they were approved; the others are put on record and sent back."""
        ready, refused = await asyncio.to_thread(self._look, files)
        for item, why in refused:
            await self._refuse(item, why)
        unapproved = {name: (_unnamed(files[name][0]), files[name][1]) for name in files if name not in ready}
        return unapproved | ready

    def _look(self, files: Ready) -> tuple[Ready, list[tuple[Item, str]]]:
        held: dict[str, _Held] = {}
        refused = []
        # Many at once are one question to the log, one alone is another.
        decisions = None if self._held else self._store.items.last_decisions()
        for item in self._store.items.all(RELEASED):
            if item.origin is Origin.FILE and item.name not in files:
                continue
            before = self._held.get(item.name)
            if before is not None and before.item == item:
                held[item.name] = before
                continue
            decision = self._store.items.last_decision(item.name) if decisions is None else decisions.get(item.name)
            why = not_decided(item, decision) or altered(item, self._store, self._objects)
            if why is not None or decision is None:
                refused.append((item, why or "the log holds no approval of it"))
            else:
                held[item.name] = _Held(item, self._ready(item, files.get(item.name), decision))
        self._held = held
        return {name: each.ready for name, each in held.items()}, refused

    def _ready(
        self, item: Item, made_now: tuple[ReadyProgramme, Produced] | None, decision: LoggedEvidence
    ) -> tuple[ReadyProgramme, Produced]:
        by = item.approved_by or Person("")
        # Handed in anew at the console it may sound otherwise than when its file was read.
        as_read = made_now is not None and made_now[1].recording.id == item.recording_id
        produced = made_now[1] if made_now is not None and as_read else self._from_shelf(item)
        # A zone that has merged into another since is aired there.
        zones = self._settings.zone_names.today(item.programme.zones)
        programme = replace(item.programme, approved_by=by.title, zones=zones)
        source = _FILE if item.file_sha256 is not None else f"operator:{by.title}"
        facts: dict[str, Any] = {**by.facts(), "bound_sha256": item.bound_sha256, "entry": decision.number}
        if item.file_sha256 is not None:
            facts["file_sha256"] = item.file_sha256
        bulletin = produced.script.bulletin.id
        return ReadyProgramme(programme, bulletin, produced.recording, Approval(source, facts)), produced

    def _from_shelf(self, item: Item) -> Produced:
        bulletin = self._store.bulletin(item.bulletin_id or "")
        recording = self._store.recording(item.recording_id or "")
        # `altered` has seen both.
        assert bulletin is not None
        assert recording is not None
        spoken = self._store.items.spoken(bulletin.id)
        overridden = item.programme.override_open_items and bool(open_places(spoken))
        script = Script(bulletin, spoken, (), overridden, item.programme.times)
        facts = {**self._store.recording_facts(recording.id), "found_on_shelf": True}
        return Produced(script, recording, facts, self._clock())

    async def _refuse(self, item: Item, why: str) -> None:
        """Take what is not as it was approved off its way, and say so where the console shows it."""
        now = self._clock()
        state = after_act(item.state, Act.REFUSE) or item.state
        after = replace(item, state=state, version=item.version + 1, changed_by="station", changed_at=now, note=why)
        line = f"{item.name}: {why}"
        _logger.error("not_as_approved", programme=item.name, title=item.programme.title, why=why)
        facts = {"title": item.programme.title, "line": line}
        said = [
            Evidence(where, "", step, now, "station", Reason.NOT_AS_APPROVED, facts)
            for where, step in ((item_chain(item.name), Step.RETURNED), ("", Step.REFUSED))
        ]
        await self._recorder.take_items([ItemStep(after, item.version, tuple(said))])

    # -- what is new in files, or was brought into the store by hand

    def _file_steps(self, files: Ready, paths: Mapping[str, Path], known: Mapping[str, Item]) -> list[ItemStep]:
        hashes = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in set(paths.values())}
        steps = []
        for name, (ready, produced) in files.items():
            step = self._step(ready.programme, produced, known.get(name), Origin.FILE, hashes[paths[name]])
            if step is not None:
                steps.append(step)
        return steps

    async def _imported_steps(self, known: Mapping[str, Item]) -> list[ItemStep]:
        steps = []
        for stored in await asyncio.to_thread(self._store.stored_programmes):
            if stored.origin is Origin.FILE or stored.programme.name in known:
                continue
            try:
                produced = await made(self._studio, stored.programme, approved=bool(stored.programme.approved_by))
            except SmartradioError as error:
                # One that cannot be read must not keep the others off the air.
                _logger.exception("imported_programme_not_made", programme=stored.programme.name, why=str(error))
                continue
            step = self._step(stored.programme, produced, None, stored.origin, None)
            if step is not None:
                steps.append(step)
        return steps

    def _only_sounds_otherwise(self, item: Item, programme: Programme) -> bool:
        """Say whether a programme is what was handed in but for its sounds: another voice speaks. Blocking."""
        before = self._store.recording(item.recording_id or "")
        return before is not None and bound_sha256(programme, before.segments, at_once=False) == item.bound_sha256

    def _step(
        self, programme: Programme, produced: Produced, item: Item | None, origin: Origin, file: str | None
    ) -> ItemStep | None:
        """Return what a programme as it is written now does to its item, None for nothing new."""
        bound = bound_sha256(programme, produced.recording.segments, at_once=False)
        wanted = ItemState.DRAFT
        if programme.approved_by:
            wanted = ItemState.SUBMITTED if self._settings.four_eyes else ItemState.APPROVED
        if item is not None and item.bound_sha256 == bound and not _moves_on(item, wanted, programme):
            return None
        if item is not None and item.state in _TURNED_DOWN and self._only_sounds_otherwise(item, programme):
            return None
        now = self._clock()
        source = _FILE if origin is Origin.FILE else _IMPORTED
        by = Person(programme.approved_by or source)
        handed_in, released = wanted is not ItemState.DRAFT, wanted is ItemState.APPROVED
        after = Item(
            programme=programme,
            origin=origin,
            state=wanted,
            version=1 if item is None else item.version + 1,
            at_once=False,
            changed_by=by.title,
            changed_at=now,
            submitted_by=by if handed_in else None,
            submitted_at=now if handed_in else None,
            recording_id=produced.recording.id,
            bulletin_id=produced.script.bulletin.id,
            bound_sha256=bound,
            approved_by=by if released else None,
            approved_at=now if released else None,
            file_sha256=file if released else None,
        )
        facts = {**by.facts(), "title": programme.title, "bound_sha256": bound, "recording": produced.recording.id}
        if file is not None:
            facts["file_sha256"] = file
        step = {ItemState.DRAFT: Step.CHANGED, ItemState.SUBMITTED: Step.SUBMITTED}.get(wanted, Step.APPROVED)
        said = Evidence(item_chain(programme.name), "", step, now, source, None, facts)
        return ItemStep(after, None if item is None else item.version, (said,))


_TURNED_DOWN: Final = frozenset({ItemState.WITHDRAWN, ItemState.RETURNED})


def _moves_on(item: Item, wanted: ItemState, programme: Programme) -> bool:
    """Say whether what holds the same words as before now says something else of who answers for them.

    What a person decided on just these words stands; a file takes back no more than its own word.
    """
    if item.state is ItemState.DRAFT:
        return wanted is not ItemState.DRAFT
    if item.state is ItemState.SUBMITTED:
        written_so = item.submitted_by is None or not item.submitted_by.account
        return wanted is ItemState.APPROVED or (written_so and _says_other(item.submitted_by, wanted, item, programme))
    if item.state is ItemState.APPROVED and item.file_sha256 is not None:
        return _says_other(item.approved_by, wanted, item, programme)
    return False


def _says_other(by: Person | None, wanted: ItemState, item: Item, programme: Programme) -> bool:
    return wanted is not item.state or by is None or by.title != programme.approved_by


def _unnamed(ready: ReadyProgramme) -> ReadyProgramme:
    return replace(ready, programme=replace(ready.programme, approved_by=None), approval=None)
