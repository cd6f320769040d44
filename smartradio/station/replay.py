"""The same recording once more at one node, or an emergency where it was badly heard; never a stale one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.approval import RELEASED, Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import TAKEN_OUT, Evidence, Step
from smartradio.domain.from_above import TAKEN_BACK
from smartradio.domain.priority import Priority
from smartradio.station.at_once import AtOnce
from smartradio.station.commune_rules import rules_of
from smartradio.station.plan_evidence import overrides
from smartradio.station.planner import ends_at
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

FRESH: Final = timedelta(hours=24)
"""An older bulletin would be heard as today's news: it is written again, with the time of its issue."""


BY_ITSELF: Final = timedelta(hours=1)
"""So long after its beginning an emergency is still sent once more by itself."""
BADLY_HEARD: Final = "badly_heard"
"""Why an airing was sent once more without anybody asking for it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who wants it, in whose name, and when they said so; `why` where it is the station itself."""

    person: Person
    at: datetime
    why: str | None = None

    @property
    def source(self) -> str:
        """Who says so, as the log has it."""
        return "station" if self.why is not None else f"operator:{self.person.title}"


class Replays:
    """Plans an approved recording once more, at a single node of an airing that is over."""

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._clock = clock
        self._rules = rules_of(settings)
        self._at_once = AtOnce(store, self._rules)
        self._one_at_a_time = asyncio.Lock()

    async def at_node(self, airing_id: str, node: str, *, by: str | Person) -> Airing:
        """Plan the airing's recording once more at `node`, in the name of `by`, and return the new airing.

        Raises BadInputError where the airing is unknown there, withdrawn, not over, or first aired more than 24 hours
        ago, where whoever answers for it took it back, it is being aired again already, a sound of it is gone from the
        disk, or the commune's rules do not let it sound now; then nothing is planned.
        """
        person = Person(by.strip()) if isinstance(by, str) else by
        if not person.title:
            raise BadInputError("somebody must answer for what is aired: give a name")
        # Two thumbs on the same button: the second must see what the first has planned.
        async with self._one_at_a_time:
            now = self._clock()
            before, recording = await asyncio.to_thread(self._check, airing_id, node, now)
            return await self._plan(before, recording, (node,), _Asked(person, now))

    async def by_itself(self, airing_id: str, nodes: Sequence[str]) -> Airing | None:
        """Plan an emergency once more where it was badly heard, in the name of who approved it, and return it.

        Once at each node: where somebody had it aired again, or the station has, it is let be; so is an emergency that
        was itself sent again, was taken back, or began more than an hour ago. None if nothing is left to do.
        """
        async with self._one_at_a_time:
            now = self._clock()
            found = await asyncio.to_thread(self._once_more, airing_id, nodes, now)
            if found is None:
                return None
            before, recording, left, person = found
            try:
                return await self._plan(before, recording, left, _Asked(person, now, BADLY_HEARD))
            except BadInputError as error:
                _logger.info("not_sent_once_more", airing=airing_id, nodes=left, line=str(error))
                return None

    async def _plan(self, before: Airing, recording: Recording, nodes: Sequence[str], asked: _Asked) -> Airing:
        made = await asyncio.to_thread(self._store.recording_facts, recording.id)
        starts_at = asked.at + timedelta(seconds=self._settings.lead_s)
        wanted = Airing(
            id=secrets.token_hex(16),
            bulletin_id=before.bulletin_id,
            recording_id=before.recording_id,
            starts_at=starts_at,
            expires_at=starts_at + timedelta(seconds=self._settings.start_tolerance_s),
            priority=before.priority,
            zones=tuple(dict.fromkeys(entry.zone for entry in self._settings.nodes if entry.name in nodes)),
            nodes=tuple(nodes),
        )
        again = await asyncio.to_thread(self._at_once.admitted, wanted, recording.duration_s)
        override = overrides(again, ends_at(again, recording), asked.person.title, self._rules)
        # It may have been taken back since it was looked at.
        if not await self._recorder.plan(again, _evidence(before, again, made, override, asked), repeats=before.id):
            raise BadInputError("it was withdrawn; air the text again")
        return again

    def _once_more(
        self, airing_id: str, nodes: Sequence[str], now: datetime
    ) -> tuple[Airing, Recording, list[str], Person] | None:
        airing = self._store.airing(airing_id)
        if airing is None or airing.priority < Priority.EMERGENCY or now - airing.starts_at > BY_ITSELF:
            return None
        approved = [e.evidence for e in self._store.chain(airing_id, "") if e.evidence.step is Step.APPROVED]
        if not approved or "again_of" in approved[-1].facts:
            return None
        left, recording = [], None
        for node in nodes:
            if not any(self._again(airing_id, node)):
                try:
                    _, recording = self._check(airing_id, node, now)
                except BadInputError as error:
                    _logger.info("not_sent_once_more", airing=airing_id, node=node, line=str(error))
                    continue
                left.append(node)
        person = Person(str(approved[-1].facts.get("by", "")))
        return None if recording is None else (airing, recording, left, person)

    def _check(self, airing_id: str, node: str, now: datetime) -> tuple[Airing, Recording]:
        airing = self._store.airing(airing_id)
        if airing is None or node not in airing.nodes:
            raise BadInputError("it was never planned there")
        if node not in {entry.name for entry in self._settings.nodes}:
            raise BadInputError("this node is no longer the station's")
        recording = self._store.recording(airing.recording_id)
        if recording is None:
            raise BadInputError("its recording is gone; air the text again")
        if airing.grows:
            # Siren and first sentence alone are no alert.
            raise BadInputError("the rest of it was not made; air the text again")
        chain = [entry.evidence for entry in self._store.chain(airing_id, node)]
        if any(entry.reason in TAKEN_OUT for entry in chain):
            raise BadInputError("it was withdrawn; air the text again")
        if not _is_over(chain):
            raise BadInputError("it is not over yet")
        first = self._first_of(airing)
        if now - first.starts_at > FRESH:
            raise BadInputError("it is older than a day; air the text again, with the time of its issue")
        self._check_stands(first)
        if any(max(again.expires_at, ends_at(again, recording)) > now for again in self._again(first.id, node)):
            raise BadInputError("it is being aired again there right now")
        if any(self._objects.get(segment.sha256) is None for segment in recording.segments):
            raise BadInputError("a sound of it is gone from the disk; air the text again")
        return airing, recording

    def _first_of(self, airing: Airing) -> Airing:
        """Return the airing that a replay of a replay goes back to: the bulletin is as old as that."""
        for entry in self._store.chain(airing.id, ""):
            if entry.evidence.step is Step.APPROVED and "again_of" in entry.evidence.facts:
                before = self._store.airing(str(entry.evidence.facts["again_of"]))
                return airing if before is None else self._first_of(before)
        return airing

    def _again(self, airing_id: str, node: str) -> Iterator[Airing]:
        """Return the airing's replays at a node, and theirs."""
        return (again for again in replays_of(self._store, airing_id, node) if node in again.nodes)

    def _check_stands(self, first: Airing) -> None:
        """Raise BadInputError where whoever answers for an airing has taken their word back since."""
        alert = self._store.alert_book.of_airing(first.id)
        if alert is not None and not alert.may_still_say(first.id, self._clock()):
            raise BadInputError("the alert no longer holds")
        item = None if first.programme is None else self._store.items.item(first.programme)
        if item is not None and item.state not in RELEASED:
            raise BadInputError("nobody answers for it any more; air the text again")
        above = self._store.source.handed_over([first.id, first.programme or first.id])
        if above is not None and (above.state in TAKEN_BACK or above.item.expires_at <= self._clock()):
            raise BadInputError("its issuer took it back, or its time is over")


def replays_of(store: Store, airing_id: str, node: str | None = None) -> Iterator[Airing]:
    """Return what was planned of an airing once more, at a node or anywhere, and of that in turn. Blocking."""
    asked = store.audit.replays_asked(airing_id, node)
    # One airing at many nodes is asked for once at each of them.
    for name in dict.fromkeys(str(entry.facts.get("airing", "")) for entry in asked):
        again = store.airing(name)
        if again is not None:
            yield again
            yield from replays_of(store, again.id, node)


def _is_over(chain: Sequence[Evidence]) -> bool:
    """Say whether the node's part in the airing has come to an end: it has a verdict."""
    return any(entry.step in (Step.HEARD, Step.UNREACHED) for entry in chain)


def _evidence(
    before: Airing, again: Airing, made: Mapping[str, Any], override: Mapping[str, str], who: _Asked
) -> list[Evidence]:
    """Return what the log says of both airings, committed together with the plan."""
    now, by = who.at, {"by": who.person.title}
    why = {} if who.why is None else {"why": who.why}
    rendered = {**made, "found_on_shelf": True}
    approved = {**who.person.facts(), "recording": again.recording_id, "again_of": before.id, **override, **why}
    plan = {
        "starts_at": again.starts_at.isoformat(),
        "expires_at": again.expires_at.isoformat(),
        "priority": int(again.priority),
        "zones": list(again.zones),
        "nodes": list(again.nodes),
    }
    asked = {**by, "airing": again.id, **why}
    return [
        *(Evidence(before.id, node, Step.REPLAY_ASKED, now, who.source, None, asked) for node in again.nodes),
        Evidence(again.id, "", Step.RENDERED, now, "station", None, rendered),
        Evidence(again.id, "", Step.APPROVED, now, who.source, None, approved),
        Evidence(again.id, "", Step.PLANNED, now, "station", None, plan),
    ]
