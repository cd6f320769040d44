"""The same recording once more at one node: by name, on record at both airings, and never a stale one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.airing import Airing
from smartradio.domain.approval import RELEASED, Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.from_above import TAKEN_BACK
from smartradio.station.at_once import AtOnce
from smartradio.station.commune_rules import rules_of
from smartradio.station.plan_evidence import overrides
from smartradio.station.planner import ends_at
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.settings import StationSettings

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

FRESH: Final = timedelta(hours=24)
"""An older bulletin would be heard as today's news: it is written again, with the time of its issue."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who wants it, and when they said so."""

    person: Person
    at: datetime


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
            made = await asyncio.to_thread(self._store.recording_facts, recording.id)
            starts_at = now + timedelta(seconds=self._settings.lead_s)
            wanted = Airing(
                id=secrets.token_hex(16),
                bulletin_id=before.bulletin_id,
                recording_id=before.recording_id,
                starts_at=starts_at,
                expires_at=starts_at + timedelta(seconds=self._settings.start_tolerance_s),
                priority=before.priority,
                zones=tuple(entry.zone for entry in self._settings.nodes if entry.name == node),
                nodes=(node,),
            )
            again = await asyncio.to_thread(self._at_once.admitted, wanted, recording.duration_s)
            override = overrides(again, ends_at(again, recording), person.title, self._rules)
            await self._recorder.plan(again, _evidence(before, again, made, override, _Asked(person, now)))
            return again

    def _check(self, airing_id: str, node: str, now: datetime) -> tuple[Airing, Recording]:
        airing = self._store.airing(airing_id)
        if airing is None or node not in airing.nodes:
            raise BadInputError("it was never planned there")
        if node not in {entry.name for entry in self._settings.nodes}:
            raise BadInputError("this node is no longer the station's")
        recording = self._store.recording(airing.recording_id)
        if recording is None:
            raise BadInputError("its recording is gone; air the text again")
        chain = [entry.evidence for entry in self._store.chain(airing_id, node)]
        if any(entry.reason == Reason.WITHDRAWN for entry in chain):
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
        for entry in self._store.chain(airing.id):
            if entry.evidence.step is Step.APPROVED and "again_of" in entry.evidence.facts:
                before = self._store.airing(str(entry.evidence.facts["again_of"]))
                return airing if before is None else self._first_of(before)
        return airing

    def _again(self, airing_id: str, node: str) -> Iterator[Airing]:
        """Return the airing's replays at a node, and theirs."""
        return (again for again in replays_of(self._store, airing_id) if node in again.nodes)

    def _check_stands(self, first: Airing) -> None:
        """Raise BadInputError where whoever answers for an airing has taken their word back since."""
        item = None if first.programme is None else self._store.items.item(first.programme)
        if item is not None and item.state not in RELEASED:
            raise BadInputError("nobody answers for it any more; air the text again")
        above = self._store.source.handed_over([first.id, first.programme or first.id])
        if above is not None and (above.state in TAKEN_BACK or above.item.expires_at <= self._clock()):
            raise BadInputError("its issuer took it back, or its time is over")


def replays_of(store: Store, airing_id: str) -> Iterator[Airing]:
    """Return what was planned of an airing once more at a node, and of that in turn. Blocking."""
    for entry in store.chain(airing_id):
        if entry.evidence.step is Step.REPLAY_ASKED:
            again = store.airing(str(entry.evidence.facts.get("airing", "")))
            if again is not None:
                yield again
                yield from replays_of(store, again.id)


def _is_over(chain: Sequence[Evidence]) -> bool:
    """Say whether the node's part in the airing has come to an end: it has a verdict."""
    return any(entry.step in (Step.HEARD, Step.UNREACHED) for entry in chain)


def _evidence(
    before: Airing, again: Airing, made: Mapping[str, Any], override: Mapping[str, str], who: _Asked
) -> list[Evidence]:
    """Return what the log says of both airings, committed together with the plan."""
    (node,) = again.nodes
    operator, now = f"operator:{who.person.title}", who.at
    rendered = {**made, "found_on_shelf": True}
    approved = {**who.person.facts(), "recording": again.recording_id, "again_of": before.id, **override}
    plan = {
        "starts_at": again.starts_at.isoformat(),
        "expires_at": again.expires_at.isoformat(),
        "priority": int(again.priority),
        "zones": list(again.zones),
        "nodes": list(again.nodes),
    }
    return [
        Evidence(before.id, node, Step.REPLAY_ASKED, now, operator, None, {"by": who.person.title, "airing": again.id}),
        Evidence(again.id, "", Step.RENDERED, now, "station", None, rendered),
        Evidence(again.id, "", Step.APPROVED, now, operator, None, approved),
        Evidence(again.id, "", Step.PLANNED, now, "station", None, plan),
    ]
