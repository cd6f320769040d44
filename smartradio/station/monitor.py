"""What the nodes say: checked, committed to the log, and only then acknowledged.

Nothing here concludes anything. A report becomes evidence with the node as its source; what is refused
becomes evidence with a reason. The node keeps a report until the station's own signed ack.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node
from smartradio.station.clip_intake import Announced, ClipIntake, WholeClip
from smartradio.station.journal import Journal
from smartradio.station.node_watch import NodeWatch
from smartradio.station.refusals import Refusals
from smartradio.station.settings import StationSettings
from smartradio.wire.messages import Ack, NodeState, Report, Want, read_plain, seal, unseal
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

_WAITING = 4_096
_MAX_FACTS_BYTES = 64 * 1024
# What a node may speak of; the verdict is the station's, confirmation an operator's.
_NODE_STEPS = frozenset(
    {
        Step.DELIVERED,
        Step.STARTED,
        Step.FINISHED,
        Step.MEASURED,
        Step.REFUSED,
        Step.SKIPPED,
        Step.INTERRUPTED,
    }
)


class Hearer(Protocol):
    """Who acts on what was committed."""

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        """A node's evidence of an airing was committed; `clip` is what it announces to follow."""

    async def clip_stored(self, airing: str, node: str) -> None:
        """A clip was committed and waits for judgement."""


class Monitor:
    """Takes messages of nodes; `take` is called in the event loop and only sorts and enqueues.

    `send(topic, payload, qos)` hands an ack to the link; one that is lost is asked for again by the node.
    """

    def __init__(
        self,
        settings: StationSettings,
        key: SigningKey,
        store: Store,
        objects: Objects,
        journal: Journal,
        *,
        nodes: Callable[[str], Node | None],
        clock: Callable[[], datetime],
        send: Callable[[str, bytes], bool],
        wish: Callable[[Want], None],
        hearer: Hearer,
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings.station)
        self._key = key
        self._store = store
        self._objects = objects
        self._journal = journal
        self._nodes = nodes
        self._clock = clock
        self._send = send
        self._wish = wish
        self._hearer = hearer
        self._refusals = Refusals(clock=clock)
        self._clips = ClipIntake(max_bytes=settings.max_clip_bytes)
        self._watch = NodeWatch(silent_after=timedelta(seconds=settings.silent_after_s))
        self._waiting: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(_WAITING)
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work off what comes in."""
        self._worker = asyncio.create_task(self._run(), name="monitor")

    async def stop(self) -> None:
        """Stop; what was not committed is not acknowledged, the nodes send it again."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
            self._worker = None

    def take(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take a message from the link."""
        match self._topics.parse(topic):
            case ("node", node, "want"):
                self._guarded(node, "want", lambda: self._take_want(node, payload))
            case ("node", node, "report"):
                self._later(lambda: self._take_report(topic, node, payload))
            case ("node", node, "state"):
                self._later(lambda: self._take_state(topic, node, payload, retained))
            case ("node", node, "clip", airing, number) if number.isdecimal() and len(number) < 6:
                self._take_chunk(airing, node, int(number), payload)
            case _:
                self.refuse("", topic[-60:], Reason.MALFORMED, "no topic of the station's")

    def refuse(self, node: str, leaf: str, reason: Reason | str, line: str) -> None:
        """Put a refusal on record, unless the like was just told."""
        evidence = self._refusals.note(node, leaf, reason, line)
        if evidence is not None:
            self._later(lambda: self._write(evidence))

    def online(self) -> frozenset[str]:
        """Return the nodes thought online."""
        return self._watch.online()

    def sweep(self) -> None:
        """Mark nodes that have been silent for too long; called every so often."""
        for node in self._watch.gone_silent(self._clock()):
            self._later(lambda node=node: self._set_offline(node))  # type: ignore[misc]

    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            self._waiting.put_nowait(work)
        except asyncio.QueueFull:
            _logger.warning("node_message_dropped", waiting=_WAITING, reason="the node sends it again")

    async def _run(self) -> None:
        while True:
            work = await self._waiting.get()
            try:
                await work()
            except SmartradioError:
                # The store has a bad moment: without an ack the node comes again.
                _logger.exception("node_message_not_committed")
            except Exception:
                # One message that nobody foresaw must not end the listening to all nodes.
                _logger.exception("node_message_failed")

    def _guarded(self, node: str, leaf: str, work: Callable[[], None]) -> None:
        try:
            work()
        except RefusedError as error:
            self.refuse(node if self._nodes(node) else "", leaf, error.reason, str(error))

    def _known(self, node: str) -> Node:
        known = self._nodes(node)
        if known is None:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"no node {node[:48]!r} is registered here")
        return known

    def _check_names(self, station: str, name: str, node: str) -> None:
        if station != self._settings.station:
            raise RefusedError(Reason.FOREIGN_STATION, f"message for station {station}")
        if name != node:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"message of {name} on the topic of {node}")

    def _take_want(self, node: str, payload: bytes) -> None:
        self._known(node)
        want = read_plain(Want, payload)
        if want.node != node:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"wishes of {want.node} on the topic of {node}")
        self._wish(want)

    # -- reports

    async def _take_report(self, topic: str, node: str, payload: bytes) -> None:
        try:
            report = unseal(Report, topic, payload, self._known(node).public_key)
            self._check_names(report.station, report.node, node)
            announced = self._check_report(report)
        except RefusedError as error:
            self.refuse(node if self._nodes(node) else "", "report", error.reason, str(error))
            return
        evidence = _evidence(report)
        # Report ids are the node's own; under its name they cannot shadow another's.
        fresh = await self._journal.record([evidence], report_id=f"{node}:{report.report}")
        self._watch.heard(node, self._clock())
        self._ack(node, reports=(report.report,))
        if fresh and report.airing is not None:
            await self._hearer.reported(evidence, announced)
        if announced is not None and report.airing is not None:
            whole = self._clips.announce(report.airing, node, announced)
            if whole is not None:
                await self._store_clip(whole)

    def _check_report(self, report: Report) -> Announced | None:
        if report.step not in _NODE_STEPS:
            raise RefusedError(Reason.MALFORMED, f"a node cannot speak of the step {report.step}")
        if report.airing is None and report.step is not Step.REFUSED:
            raise RefusedError(Reason.MALFORMED, f"a report of the step {report.step} names no airing")
        if len(json.dumps(report.facts)) > _MAX_FACTS_BYTES:
            raise RefusedError(Reason.MALFORMED, f"facts of more than {_MAX_FACTS_BYTES} bytes")
        if report.step is not Step.MEASURED:
            return None
        try:
            return Announced.read(report.facts.get("clip"), max_bytes=self._settings.max_clip_bytes)
        except ValueError as error:
            raise RefusedError(Reason.MALFORMED, str(error)) from error

    def _ack(self, node: str, *, reports: tuple[str, ...] = (), clips: tuple[str, ...] = ()) -> None:
        topic = self._topics.node(node, "ack")
        ack = Ack(station=self._settings.station, node=node, reports=reports, clips=clips)
        self._send(topic, seal(self._key, topic, ack))

    async def _write(self, evidence: Evidence) -> None:
        await self._journal.record([evidence])

    # -- clips

    def _take_chunk(self, airing: str, node: str, number: int, payload: bytes) -> None:
        if self._nodes(node) is None:
            self.refuse("", "clip", Reason.NOT_FOR_THIS_NODE, f"no node {node[:48]!r} is registered here")
            return
        done = self._clips.done(airing, node)
        if done is not None:
            # The ack was lost, or the node restarted before it came.
            self._ack(node, clips=(done,))
            return
        whole = self._clips.add(airing, node, number, payload)
        if whole is not None:
            self._later(lambda: self._store_clip(whole))
        elif not self._clips.is_announced(airing, node):
            self._later(lambda: self._recall_announcement(airing, node))

    async def _recall_announcement(self, airing: str, node: str) -> None:
        """Find the report of a clip in the log: it may have been committed before a restart."""
        if self._clips.is_announced(airing, node):
            return
        for entry in reversed(await asyncio.to_thread(self._store.chain, airing, node)):
            evidence = entry.evidence
            if evidence.step is Step.MEASURED and evidence.node == node:
                with contextlib.suppress(ValueError):  # it was checked when it came; a lower limit may hold now
                    announced = Announced.read(evidence.facts.get("clip"), max_bytes=self._settings.max_clip_bytes)
                    whole = self._clips.announce(airing, node, announced) if announced else None
                    if whole is not None:
                        await self._store_clip(whole)
                return

    async def _store_clip(self, clip: WholeClip) -> None:
        announced = clip.announced
        if self._clips.done(clip.airing, clip.node) != announced.sha256:
            await asyncio.to_thread(self._put_clip, clip)
            self._clips.committed(clip)
            await self._hearer.clip_stored(clip.airing, clip.node)
        self._ack(clip.node, clips=(announced.sha256,))

    def _put_clip(self, clip: WholeClip) -> None:
        # File first: a row never names a clip that is not there.
        self._objects.put(clip.data)
        facts = {"starts_s": clip.announced.starts_s}
        self._store.put_clip(clip.airing, clip.node, clip.announced.sha256, len(clip.data), facts)

    # -- states

    async def _take_state(self, topic: str, node: str, payload: bytes, retained: bool) -> None:
        if retained and not payload:
            return
        try:
            state = unseal(NodeState, topic, payload, self._known(node).public_key)
            self._check_names(state.station, state.node, node)
        except RefusedError as error:
            self.refuse(node if self._nodes(node) else "", "state", error.reason, str(error))
            return
        now = self._clock()
        # A retained state is as old as its own clock says, at best.
        at = min(now, state.at) if retained else now
        online = state.status == "online" and now - at < self._watch.silent_after
        name_taken = self._watch.state(node, online=online, boot=state.boot, at=at)
        if name_taken:
            line = f"two nodes speak as {node}: starts {state.boot} and an earlier one take turns"
            self.refuse(node, "state", Reason.NAME_TAKEN, line)
        facts = _facts(state, name_taken=name_taken)
        await asyncio.to_thread(self._store.put_node_state, node, online=online, at=at, facts=facts)

    async def _set_offline(self, node: str) -> None:
        last = self._watch.last_heard(node)
        if last is not None:
            _logger.warning("node_silent", node=node, last_heard=last.isoformat())
            await asyncio.to_thread(self._store.put_node_state, node, online=False, at=last, facts={})


def _evidence(report: Report) -> Evidence:
    facts: dict[str, Any] = dict(report.facts)
    facts["boot"], facts["seq"] = report.boot, report.seq
    if report.clock_offset_ms is not None:
        facts["clock_offset_ms"] = report.clock_offset_ms
    return Evidence(
        airing=report.airing or "",
        node=report.node,
        step=report.step,
        at=report.at,
        source=f"node:{report.node}",
        reason=report.reason,
        facts=facts,
    )


def _facts(state: NodeState, *, name_taken: bool) -> dict[str, Any]:
    # A flag that is set in the node's health is a fault by its name (undervoltage_now, ...).
    problems = [name for name, value in sorted(state.health.items()) if value is True]
    if not state.clock_trusted:
        problems.append("clock_untrusted")
    if name_taken:
        problems.append(str(Reason.NAME_TAKEN))
    told = state.model_dump(mode="json", exclude={"station", "node", "status"})
    return told | {"problems": problems}
