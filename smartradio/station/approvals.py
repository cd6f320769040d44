"""Items written at the console: drafted, handed in, approved by name or sent back; each step in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Act, ItemState, Person, after_act, check_second_person
from smartradio.domain.days import DayCalendar
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import check_name
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme, instants
from smartradio.station.at_once import AtOnce
from smartradio.station.bound import altered
from smartradio.station.commune_rules import rules_of
from smartradio.station.handed_in_before import told_of
from smartradio.station.items import (
    ChangedMeanwhileError,
    Item,
    ItemRefusedError,
    ItemStep,
    bound_sha256,
    item_chain,
)
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings
from smartradio.station.studio import Produced, Studio

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_A_YEAR: Final = timedelta(days=366)
_LONGEST_NOTE: Final = 2_000
_SAYS_NOTHING: Final = "{act} may not be done to it: it is {state}"

CheckZones = Callable[[Sequence[str] | None, str], tuple[str, ...]]


class Approvals:
    """What people do to items; all methods are for the event loop.

    `check_zones` returns the zones of an item or raises BadInputError; `changed` is awaited after a step that
    changes what may be planned, with its instant; `days` gives the calendar of days.
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
        check_zones: CheckZones,
        changed: Callable[[datetime], Awaitable[None]],
        days: Callable[[], DayCalendar],
    ) -> None:
        self._settings = settings
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._studio = studio
        self._clock = clock
        self._check_zones = check_zones
        self._changed = changed
        self._days = days
        self._at_once = AtOnce(store, rules_of(settings))

    async def draft(self, programme: Programme, *, by: Person, at_once: bool = False) -> Item:
        """Write a new item; BadInputError for a name that is taken or what could never be aired.

        With `at_once` it goes on air as soon as it is approved, whatever its `first_at`.
        """
        check_name(programme.name, "programme")
        if await asyncio.to_thread(self._is_taken, programme.name):
            raise ItemRefusedError(programme.name, "another programme has this name; choose another")
        return await self._write(None, programme, by, at_once=at_once)

    async def change(self, programme: Programme, *, by: Person, seen: int, at_once: bool = False) -> Item:
        """Write an item anew: it is a draft again and nothing of it is planned any more.

        `seen` is the version it was changed from. Raises ChangedMeanwhileError when that is not the last.
        """
        item = await self._seen(programme.name, seen)
        if item.origin is Origin.FILE:
            raise ItemRefusedError(programme.name, "it stands in a schedule file; change it there")
        return await self._write(item, programme, by, at_once=at_once)

    async def submit(self, name: str, *, by: Person, seen: int) -> Item:
        """Make an item audible and hand it in; BadInputError as `Studio.script` raises it, then it stays a draft."""
        item = await self._seen(name, seen)
        state = _after(item, Act.SUBMIT)
        self._check_time(item, self._clock())
        produced = await made(self._studio, item.programme, approved=True)
        now = self._clock()
        bound = bound_sha256(item.programme, produced.recording.segments, at_once=item.at_once)
        after = replace(
            _next(item, state, by, now),
            submitted_by=by,
            submitted_at=now,
            recording_id=produced.recording.id,
            bulletin_id=produced.script.bulletin.id,
            bound_sha256=bound,
            note=None,
        )
        evidence = (
            Evidence(item_chain(name), "", Step.RENDERED, produced.at, "station", None, produced.facts),
            _said(
                after, Step.SUBMITTED, by, now, open_items=len(produced.script.open_places), **told_of(item.programme)
            ),
        )
        return await self._take(after, seen, *evidence)

    async def approve(self, name: str, *, by: Person, seen: int) -> Item:
        """Answer for an item in one's own name: for just the words, sounds, zones and times that were handed in.

        Raises BadInputError where two must answer, or what stands there now is not what was handed in, and for what
        goes out at once where quiet hours or the day's airtime do not let it sound.
        """
        item = await self._seen(name, seen)
        state = _after(item, Act.APPROVE)
        check_second_person(item.submitted_by or by, by, four_eyes=self._settings.four_eyes)
        wrong = await asyncio.to_thread(altered, item, self._store, self._objects)
        if wrong is not None:
            raise ItemRefusedError(name, "{wrong}; send it back and hand it in again", wrong=wrong)
        now = self._clock()
        self._check_time(item, now)
        above = await asyncio.to_thread(self._store.source.handed_over, [name])
        if above is not None and above.item.expires_at <= now:
            raise ItemRefusedError(name, "its time has passed; give it another")
        programme = replace(item.programme, approved_by=by.title)
        if item.at_once:
            zone = programme.first_at.tzinfo
            programme = replace(programme, first_at=(now + timedelta(seconds=self._settings.lead_s)).astimezone(zone))
            await asyncio.to_thread(self._check_rules, item, programme)
        after = replace(_next(item, state, by, now), programme=programme, approved_by=by, approved_at=now)
        return await self._take(after, seen, _said(after, Step.APPROVED, by, now), plans=True)

    async def send_back(self, name: str, *, by: Person, note: str, seen: int) -> Item:
        """Return an item to whoever wrote it, with a note that says why."""
        item = await self._seen(name, seen)
        state = _after(item, Act.RETURN)
        note = " ".join(note.split())[:_LONGEST_NOTE]
        if not note:
            raise ItemRefusedError(name, "say in a note why it goes back")
        now = self._clock()
        after = replace(_next(item, state, by, now), note=note)
        return await self._take(after, seen, _said(after, Step.RETURNED, by, now, note=note))

    async def withdraw(
        self,
        name: str,
        *,
        by: Person,
        why: str,
        seen: int | None = None,
        taken_back: Sequence[Evidence] = (),
        dropped: Sequence[Evidence] = (),
    ) -> Item:
        """Take an item back whatever its state, with airings of it; whoever calls stops them, and has it planned.

        All is committed together, so that no death leaves one on the air; see `ItemStep`.
        """
        item = await asyncio.to_thread(self._known, name)
        if seen is not None and item.version != seen:
            raise ChangedMeanwhileError(name, item.changed_by, item.changed_at)
        state = _after(item, Act.WITHDRAW)
        now, note = self._clock(), " ".join(why.split())[:_LONGEST_NOTE]
        after = replace(_next(item, state, by, now), note=note or None)
        said = _said(after, Step.WITHDRAWN, by, now, note=note)
        await self._recorder.take_items([ItemStep(after, item.version, (said,), tuple(taken_back), tuple(dropped))])
        return after

    async def planned(self, since: datetime) -> None:
        """Have planned what items have become since an instant."""
        await self._changed(since)

    async def _write(self, before: Item | None, programme: Programme, by: Person, *, at_once: bool) -> Item:
        if not by.title.strip():
            raise BadInputError("somebody must answer for what is written: give a name")
        zones = self._check_zones(programme.zones, f"bulletin {programme.title!r}")
        programme = replace(_tidied(programme), zones=zones, approved_by=None)
        now = self._clock()
        if at_once and programme.priority is Priority.EMERGENCY:
            # A node whose line or audio comes late has it all the same, as when it is aired without being handed in.
            longest = max(programme.start_tolerance, rules_of(self._settings).resume_within)
            programme = replace(programme, start_tolerance=longest)
        if not at_once:
            # A rule that cannot be read must be told now, not at some later planning.
            next(instants(programme, now, now + self._settings.horizon, self._days()), None)
        version = 1 if before is None else before.version + 1
        item = Item(programme, Origin.CONSOLE, ItemState.DRAFT, version, at_once, by.title, now)
        released = before is not None and before.approved_by is not None
        evidence = _said(item, Step.CHANGED, by, now)
        return await self._take(item, None if before is None else before.version, evidence, plans=released)

    async def _seen(self, name: str, seen: int) -> Item:
        item = await asyncio.to_thread(self._known, name)
        if item.version != seen:
            raise ChangedMeanwhileError(name, item.changed_by, item.changed_at)
        return item

    def _known(self, name: str) -> Item:
        item = self._store.items.item(name)
        if item is None:
            raise ItemRefusedError(name, "there is no such item")
        return item

    def _is_taken(self, name: str) -> bool:
        return any(programme.name == name for programme in self._store.programmes())

    def _check_time(self, item: Item, now: datetime) -> None:
        if not item.at_once and next(instants(item.programme, now, now + _A_YEAR, self._days()), None) is None:
            raise ItemRefusedError(item.name, "its time has passed; give it another")

    def next_times(self, programme: Programme, most: int) -> tuple[datetime, ...]:
        """Return the next instants, within a year, that an approval of a programme stands for. Blocking."""
        now = self._clock()
        return tuple(islice(instants(programme, now, now + _A_YEAR, self._days()), most))

    def _check_rules(self, item: Item, programme: Programme) -> None:
        """Raise BadInputError where what would go out at once must not sound now: nobody shall wait for it in vain."""
        recording = self._store.recording(item.recording_id or "")
        assert recording is not None and item.bulletin_id is not None
        wanted = Airing(
            id="",
            bulletin_id=item.bulletin_id,
            recording_id=recording.id,
            starts_at=programme.first_at,
            expires_at=programme.first_at + programme.start_tolerance,
            priority=programme.priority,
            zones=programme.zones,
            nodes=self._settings.nodes_of(programme.zones),
        )
        self._at_once.admitted(wanted, recording.duration_s)

    async def _take(self, item: Item, seen: int | None, *evidence: Evidence, plans: bool = False) -> Item:
        await self._recorder.take_items([ItemStep(item, seen, evidence)])
        if plans:
            await self._changed(item.changed_at)
        return item


async def made(studio: Studio, programme: Programme, *, approved: bool) -> Produced:
    """Return a programme's recording, made now or found on the shelf; raises as `Studio.script` and `produce`.

    Uncertain places of an emergency may be overridden only where somebody answers for them (`approved`).
    """
    script = await studio.script(
        programme.title,
        "" if programme.parts else programme.text,
        programme.priority,
        parts=programme.parts,
        override_open_items=programme.override_open_items and approved,
        times=programme.times,
    )
    return await studio.produce(script, programme.voice, rate_wpm=programme.rate_wpm)


def _tidied(programme: Programme) -> Programme:
    """Return a programme as a schedule file tells it: what no file tells would keep the whole store from export."""
    title, text = " ".join(programme.title.split()), programme.text.replace("\r\n", "\n").strip()
    return replace(programme, title=title, text=text)


def _after(item: Item, act: Act) -> ItemState:
    state = after_act(item.state, act)
    if state is None:
        raise ItemRefusedError(item.name, _SAYS_NOTHING, act=act.value, state=item.state.value)
    return state


def _next(item: Item, state: ItemState, by: Person, now: datetime) -> Item:
    return replace(item, state=state, version=item.version + 1, changed_by=by.title, changed_at=now)


def _said(item: Item, step: Step, by: Person, now: datetime, **more: Any) -> Evidence:
    facts: dict[str, Any] = {**by.facts(), "title": item.programme.title, "version": item.version}
    if item.bound_sha256 is not None and item.recording_id is not None:
        facts |= {"bound_sha256": item.bound_sha256, "recording": item.recording_id}
    facts |= {name: value for name, value in more.items() if value}
    return Evidence(item_chain(item.name), "", step, now, f"operator:{by.title}", None, facts)
