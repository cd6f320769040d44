"""When waiting ends: what no node reported in time is put on record as unreached, never left open.

A verdict given here is not the last word: reports and clips that come later are recorded and judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import TAKEN_OUT, Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.station.clip_intake import Announced
from smartradio.station.planner import ends_at
from smartradio.station.recorder import EvidenceRecorder

if TYPE_CHECKING:
    from smartradio.station.clip_desk import ClipDesk
    from smartradio.station.judging import Judging
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence

_logger = structlog.get_logger()

# What began longer ago is on no horn any more.
_LONGEST_TURN = timedelta(hours=3)
# Steps after which a node will say no more of an airing.
_ENDED_EARLY = (Step.SKIPPED, Step.REFUSED, Step.INTERRUPTED)


class Alarms(Protocol):
    """What is needed of the alarm clock."""

    def set(self, name: str, at: datetime, call: Callable[[], None]) -> None:
        """Call once at an instant."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a node has told of an airing so far, in one look at its chain."""

    published: bool = False
    withdrawn: bool = False
    started_at: datetime | None = None
    measured: bool = False
    figures: Mapping[str, Any] | None = None
    clip_asked: bool = False
    ended_early: str | None = None
    last_step: Step | None = None

    @classmethod
    def of(cls, node: str, chain: Sequence[Evidence]) -> Told:
        """Read a chain of an airing at a node."""
        told: dict[str, Any] = {}
        for entry in chain:
            if entry.step is Step.SKIPPED and not entry.node:
                # The station's own word for all nodes.
                told["withdrawn"] = entry.reason in TAKEN_OUT
                told["ended_early"] = str(entry.reason or entry.step)
            if entry.node == node and entry.step is Step.PLANNED and entry.source == "station":
                told["published"] = True
            if entry.node == node and entry.step is Step.CLIP_ASKED:
                told["clip_asked"] = True
            if entry.source != f"node:{node}":
                continue
            told["last_step"] = entry.step
            if entry.step is Step.STARTED:
                # What goes on after it gave way has not ended early, or not yet.
                told["started_at"], told["ended_early"] = entry.at, None
            elif entry.step is Step.MEASURED:
                told["measured"] = True
                told["figures"], told["clip_asked"] = entry.facts, False
            elif entry.step in _ENDED_EARLY:
                told["ended_early"] = str(entry.reason or entry.step)
        return cls(**told)

    def facts(self) -> dict[str, Any]:
        """Return what the log says of a node that was not heard."""
        return {"last_step": str(self.last_step) if self.last_step else None}


class Deadlines:
    """Watches airings until every node has a verdict; also acts on reports that end the waiting early.

    What a node measured without sending its clip is `clips`' to decide: to ask for it, or to judge by the figures.

    `down` is the time the station was last off, if it is known: what was never published because of that is
    told as such.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        judging: Judging,
        alarms: Alarms,
        *,
        clock: Callable[[], datetime],
        wait: timedelta,
        down: tuple[datetime, datetime] | None = None,
        clips: ClipDesk | None = None,
    ) -> None:
        self._clips = clips
        self._store = store
        self._recorder = recorder
        self._judging = judging
        self._alarms = alarms
        self._clock = clock
        self._wait = wait
        self._down = down
        # Nodes that have longer than their airing, and until when.
        self._longer: dict[tuple[str, str], datetime] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Stop; what was due is found again at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def watch(self, airing: Airing, recording: Recording, *, not_before: datetime | None = None) -> None:
        """Set the deadline of an airing; `not_before` gives nodes time after a start of the station."""
        due = ends_at(airing, recording) + self._wait
        self._arm(airing.id, max(due, not_before) if not_before is not None else due)

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        """Act on a node's committed evidence of an airing."""
        if evidence.step in (Step.SKIPPED, Step.INTERRUPTED):
            await self._check_node(evidence.airing, evidence.node, due=False)
        elif evidence.step is Step.MEASURED:
            if clip is None:
                await self._check_node(evidence.airing, evidence.node, due=True)
            else:
                self._arm(evidence.airing, self._clock() + self._wait, node=evidence.node)
        elif evidence.step is Step.CLIP_ASKED and self._clips is not None:
            self._clips.answered(evidence)
            if evidence.reason is not None:
                await self._check_node(evidence.airing, evidence.node, due=True)

    async def clip_stored(self, airing: str, node: str, sha256: str) -> None:
        """Hand a stored clip on to be judged."""
        self._judging.clip_stored(airing, node, sha256)

    async def clip_refused(self, airing: str, node: str) -> None:
        """Judge without the clip that was announced."""
        await self._check_node(airing, node, due=True)

    def _arm(self, airing_id: str, at: datetime, *, node: str | None = None) -> None:
        name = f"deadline:{airing_id}" if node is None else f"deadline:{airing_id}:{node}"
        if node is not None:
            self._longer[airing_id, node] = at
        self._alarms.set(name, at, lambda: self._ring(airing_id, node))

    def _ring(self, airing_id: str, node: str | None) -> None:
        if node is not None:
            self._longer.pop((airing_id, node), None)
        task = asyncio.create_task(self._check(airing_id, node), name=f"deadline {airing_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _check(self, airing_id: str, node: str | None) -> None:
        try:
            airing = await asyncio.to_thread(self._store.airing, airing_id)
        except Exception:
            # The store refused, or worse: an airing must not stay open for that, so the deadline rings again.
            _logger.exception("deadline_failed", airing=airing_id)
            self._arm(airing_id, self._clock() + self._wait, node=node)
            return
        for name in (node,) if node is not None else self._due(airing):
            try:
                await self._check_node(airing_id, name, due=True)
            except Exception:
                # One node's trouble is not the others'.
                _logger.exception("deadline_failed", airing=airing_id, node=name)
                self._arm(airing_id, self._clock() + self._wait, node=name)

    def _due(self, airing: Airing | None) -> list[str]:
        if airing is None:
            return []
        now = self._clock()
        return [node for node in airing.nodes if self._longer.get((airing.id, node), now) <= now]

    async def _check_node(self, airing_id: str, node: str, *, due: bool) -> None:
        airing, recording, verdict, chain, clip_waits = await asyncio.to_thread(self._look, airing_id, node)
        if airing is None or recording is None or node not in airing.nodes:
            return
        told = Told.of(node, chain)
        if clip_waits or self._judging.waits_for(airing_id, node):
            return
        if told.measured:
            if verdict in (None, Step.UNREACHED) and due:
                await self._without_clip(airing, node, told)
            return
        if verdict is not None or (told.withdrawn and told.started_at is None):
            return
        if told.ended_early is not None and (due or told.started_at is None):
            await self._judging.unreached(airing_id, node, told.ended_early, told.facts())
        elif due:
            await self._overdue(airing, recording, node, told)

    async def _without_clip(self, airing: Airing, node: str, told: Told) -> None:
        figures = told.figures
        if self._clips is not None and figures is not None and "clip" not in figures and not told.clip_asked:
            decision = await self._clips.decide(airing, node, figures)
            if decision.asked:
                self._arm(airing.id, self._clock() + self._wait, node=node)
                return
            if decision.judgement is not None:
                await self._judging.on_figures(airing.id, node, decision.judgement, {})
                return
        await self._judging.without_clip(airing.id, node)

    async def _overdue(self, airing: Airing, recording: Recording, node: str, told: Told) -> None:
        now = self._clock()
        later = self._late_end(airing, recording, told)
        if later is None:
            later = await asyncio.to_thread(self._turn_by, airing, node, now)
        if later is not None and later > now:
            self._arm(airing.id, later, node=node)
            return
        reason = Reason.NO_REPORT
        if told.last_step is None and not told.published and self._was_down(airing):
            reason = Reason.STATION_WAS_DOWN
            skipped = Evidence(airing.id, node, Step.SKIPPED, now, "station", reason)
            await self._recorder.record([skipped])
        await self._judging.unreached(airing.id, node, reason, told.facts())

    def _late_end(self, airing: Airing, recording: Recording, told: Told) -> datetime | None:
        """Return until when a node that started late, but in its time, is waited for.

        One that has told its end works on its figures: a small machine may need as long for them as they sounded.
        """
        if told.started_at is None:
            return None
        length = ends_at(airing, recording) - airing.starts_at
        # The node's clock may be wrong: no start counts beyond the last that was allowed.
        end = min(told.started_at, _last_start(airing)) + length
        return end + self._wait + (length if told.last_step is Step.FINISHED else timedelta(0))

    def _turn_by(self, airing: Airing, node: str, now: datetime) -> datetime | None:
        """Return when to look again at a node that has something else on its horn, None for no such thing. Blocking.

        Until its last start the airing may only be waiting for its turn there.
        """
        last = _last_start(airing) + self._wait
        if now >= last:
            return None
        before = self._store.airings(start=now - _LONGEST_TURN, end=now)
        others = [other for other in before if other.id != airing.id and node in other.nodes]
        taken = any(_on_horn(self._store.chain(other.id, node), node, now - self._wait) for other in others)
        return min(now + self._wait, last) if taken else None

    def _was_down(self, airing: Airing) -> bool:
        return self._down is not None and self._down[0] <= airing.expires_at and airing.starts_at <= self._down[1]

    def _look(
        self, airing_id: str, node: str
    ) -> tuple[Airing | None, Recording | None, Step | None, list[Evidence], bool]:
        airing = self._store.airing(airing_id)
        recording = self._store.recording(airing.recording_id) if airing is not None else None
        chain = [entry.evidence for entry in self._store.chain(airing_id, node)]
        verdict = None
        for entry in chain:
            if entry.node == node and entry.step in (Step.HEARD, Step.UNREACHED):
                verdict = entry.step
            elif entry.source == f"node:{node}" and entry.step is Step.MEASURED and "played" in entry.facts:
                # What went on is another part than the one that was judged.
                verdict = None
        return airing, recording, verdict, chain, self._store.waits_for_verdict(airing_id, node)


def _last_start(airing: Airing) -> datetime:
    """Return the last instant at which it may begin at a node: an emergency that waits for another one has longer."""
    if airing.priority is Priority.EMERGENCY and airing.resume_until is not None:
        return max(airing.expires_at, airing.resume_until)
    return airing.expires_at


def _on_horn(chain: Sequence[LoggedEvidence], node: str, since: datetime) -> bool:
    """Say whether an airing sounds at a node by the node's own word, or did until an instant."""
    told = [entry.evidence for entry in chain if entry.evidence.source == f"node:{node}"]
    began = [entry for entry in told if entry.step is Step.STARTED]
    over = [entry for entry in told if entry.step in (Step.FINISHED, Step.INTERRUPTED)]
    return bool(began) and (len(over) < len(began) or over[-1].at > since)
