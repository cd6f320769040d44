"""What the nodes say: checked, committed to the log, and only then acknowledged.

Nothing here concludes anything. A report becomes evidence with the node as its source; what is refused
becomes evidence with a reason. The node keeps a report until the station's own signed ack.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node
from smartradio.station.clip_intake import Announced, ClipIntake, WholeClip
from smartradio.station.inbox import Inbox, Work, check_size
from smartradio.station.news import News
from smartradio.station.node_watch import NodeWatch, told_by
from smartradio.station.older_nodes import OlderNodes
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.refusals import Refusals
from smartradio.station.reports import Reading, clip_refused, read_answer, read_report, refused
from smartradio.station.settings import StationSettings
from smartradio.wire.messages import Ack, NodeState, Report, Want, read_plain, seal, unseal
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.domain.airing import Airing
    from smartradio.station.health_keeper import HealthKeeper
    from smartradio.station.node_orders import NodeOrders
    from smartradio.station.node_records import NodeOrder
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

# A node may not drive the station's epoch to where no number is left.
_MAX_EPOCH = 2**31


class Hearer(Protocol):
    """Who acts on what was committed."""

    async def reported(self, evidence: Evidence, clip: Announced | None) -> None:
        """A node's evidence of an airing was committed; `clip` is what it announces to follow."""

    async def clip_stored(self, airing: str, node: str, sha256: str) -> None:
        """A clip was committed and waits for judgement."""

    async def clip_refused(self, airing: str, node: str) -> None:
        """The clip that was announced is not taken; no other is waited for."""


class Monitor:
    """Takes messages of nodes; `take` is called in the event loop and only sorts and enqueues.

    `send(topic, payload)` hands an ack to the link; one that is lost is asked for again by the node.
    `say_again` has every plan and setting published again under new counters.
    """

    def __init__(
        self,
        settings: StationSettings,
        key: SigningKey,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        *,
        nodes: Callable[[str], Node | None],
        clock: Callable[[], datetime],
        send: Callable[[str, bytes], bool],
        wish: Callable[[Want], None],
        hearer: Hearer,
        say_again: Callable[[], None],
        news: News | None = None,
        older: OlderNodes | None = None,
    ) -> None:
        self._settings = settings
        self._topics = Topics(settings.station)
        self._key = key
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._nodes = nodes
        self._clock = clock
        self._send = send
        self._wish = wish
        self._hearer = hearer
        self._say_again = say_again
        self._news = news or News()
        self._older = older or OlderNodes(lambda _node: None)
        self._refusals = Refusals(clock=clock)
        self._clips = ClipIntake(max_bytes=settings.max_clip_bytes)
        self._watch = NodeWatch(silent_after=timedelta(seconds=settings.silent_after_s))
        self._inbox = Inbox()
        self._seen: dict[str, object] = {}
        self._worker: asyncio.Task[None] | None = None
        # They stand behind the link, which stands behind this: put in place before the first message.
        self.orders: NodeOrders | None = None
        self.health: HealthKeeper | None = None

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
                self._take(node, "want", payload, lambda: self._take_want(node, payload))
            case ("node", node, "report"):
                work = lambda: self._take_report(topic, node, payload)  # noqa: E731
                self._take(node, "report", payload, lambda: self._later(node, len(payload), work))
            case ("node", node, "state"):
                work = lambda: self._take_state(topic, node, payload, retained)  # noqa: E731
                self._take(node, "state", payload, lambda: self._later(node, len(payload), work))
            case ("node", node, "clip", airing, number) if number.isdecimal() and len(number) < 6:
                self._take(node, "clip", payload, lambda: self._take_chunk(airing, node, int(number), payload))
            case _:
                self.refuse("", topic[-60:], Reason.MALFORMED, "no topic of the station's")

    def _take(self, node: str, leaf: str, payload: bytes, work: Callable[[], None]) -> None:
        try:
            self._known(node)
            check_size(leaf, payload)
            work()
        except RefusedError as error:
            self._refuse(node, leaf, error)

    def refuse(self, node: str, leaf: str, reason: Reason | str, line: str) -> None:
        """Put a refusal on record, unless the like was just told."""
        evidence = self._refusals.note(node, leaf, reason, line)
        if evidence is not None:
            self._later(node, 0, lambda: self._write(evidence))

    def replace_device(self, node: Node) -> None:
        """Believe a node by another device's key from now on."""
        before = self._nodes
        self._nodes = lambda name: node if name == node.name else before(name)

    def online(self) -> frozenset[str]:
        """Return the nodes thought online."""
        return self._watch.online()

    def mark_silent(self) -> None:
        """Mark nodes that have been silent for too long as offline; called every so often."""
        for node in self._watch.gone_silent(self._clock()):
            self._later(node, 0, lambda node=node: self._set_offline(node))  # type: ignore[misc]

    def _later(self, node: str, size_bytes: int, work: Work) -> None:
        if not self._inbox.put(node, size_bytes, work):
            _logger.warning("node_message_dropped", node=node, reason="too much waits; the node sends it again")

    async def _run(self) -> None:
        while True:
            work = await self._inbox.get()
            try:
                await work()
            except SmartradioError:
                # The store has a bad moment: without an ack the node comes again.
                _logger.exception("node_message_not_committed")
            except Exception:
                # One message that nobody foresaw must not end the listening to all nodes.
                _logger.exception("node_message_failed")

    def _refuse(self, node: str, leaf: str, error: RefusedError) -> None:
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
        want = read_plain(Want, payload)
        if want.node != node:
            raise RefusedError(Reason.NOT_FOR_THIS_NODE, f"wishes of {want.node} on the topic of {node}")
        self._wish(want)

    # -- reports

    async def _take_report(self, topic: str, node: str, payload: bytes) -> None:
        try:
            report = unseal(Report, topic, payload, self._known(node).public_key)
            self._check_names(report.station, report.node, node)
        except RefusedError as error:
            self._refuse(node, "report", error)
            return
        airing = await asyncio.to_thread(self._store.airing, report.airing) if report.airing is not None else None
        order = await self._order_of(report)
        reading = self._read(report, airing, order)
        # Report ids are the node's own; under its name they cannot shadow another's.
        report_id = f"{node}:{report.report}"
        try:
            fresh = await self._recorder.record(reading.evidence, report_id=report_id)
        except BadInputError as error:
            reading = refused(report, Reason.MALFORMED, str(error), self._clock())
            fresh = await self._recorder.record(reading.evidence, report_id=report_id)
        self._watch.heard(node, self._clock())
        self._ack(node, reports=(report.report,))
        self._older.reported(report)
        told, announced = reading.told, reading.announced
        if told is None:
            return
        if order is not None:
            await self._take_answer(order, report, announced)
            return
        if told.step is Step.CLIP_ASKED and told.reason is None:
            # Another clip of this airing may be here already; the one that was asked for comes now.
            for known in await asyncio.to_thread(self._announced_before, told.airing, node) or ():
                self._clips.announce(told.airing, node, known)
        if fresh:
            await self._hearer.reported(told, announced)
        if announced is not None:
            whole = self._clips.announce(told.airing, node, announced)
            if whole is not None:
                await self._store_clip(whole)

    def _read(self, report: Report, airing: Airing | None, order: NodeOrder | None) -> Reading:
        if order is not None:
            return read_answer(report, max_clip_bytes=self._settings.max_clip_bytes, now=self._clock())
        return read_report(report, airing, max_clip_bytes=self._settings.max_clip_bytes, now=self._clock())

    async def _order_of(self, report: Report) -> NodeOrder | None:
        """Return the order that a report answers, None for one of an airing."""
        named = report.facts.get("order")
        if self.orders is None or report.airing is not None or not isinstance(named, str):
            return None
        return await self.orders.asked(report.node, named)

    async def _take_answer(self, order: NodeOrder, report: Report, announced: Announced | None) -> None:
        if self.orders is not None:
            await self.orders.answered(order, report)
        if announced is not None:
            whole = self._clips.announce(order.id, report.node, announced)
            if whole is not None:
                await self._store_clip(whole)

    def _ack(self, node: str, *, reports: tuple[str, ...] = (), clips: tuple[str, ...] = ()) -> None:
        topic = self._topics.node(node, "ack")
        ack = Ack(station=self._settings.station, node=node, reports=reports, clips=clips)
        self._send(topic, seal(self._key, topic, ack))

    async def _write(self, evidence: Evidence) -> None:
        await self._recorder.record([evidence])

    # -- clips

    def _take_chunk(self, airing: str, node: str, number: int, payload: bytes) -> None:
        if self._clips.is_open(airing, node):
            self._add_chunk(airing, node, number, payload)
        elif done := self._clips.done(airing, node):
            # The ack was lost, or the node restarted before it came.
            self._ack(node, clips=done)
        else:
            self._later(node, len(payload), lambda: self._first_chunk(airing, node, number, payload))

    def _add_chunk(self, airing: str, node: str, number: int, payload: bytes) -> None:
        whole = self._clips.add(airing, node, number, payload)
        if whole is not None:
            self._later(node, 0, lambda: self._store_clip(whole))

    async def _first_chunk(self, airing: str, node: str, number: int, payload: bytes) -> None:
        """Take a chunk of a clip that nothing is known of yet: its report may be late, or from before a restart."""
        if not self._clips.is_open(airing, node):
            known = await asyncio.to_thread(self._announced_before, airing, node)
            if known is None and self.orders is not None:
                told = await self.orders.announced(node, airing, max_bytes=self._settings.max_clip_bytes)
                known = None if told is None else [told]
            if known is None:
                line = f"a clip of airing {airing[:40]!r}, which is not planned at {node}"
                self.refuse(node, "clip", Reason.NOT_FOR_THIS_NODE, line)
                return
            self._clips.open(airing, node)
            for announced in known:
                self._clips.announce(airing, node, announced)
        self._add_chunk(airing, node, number, payload)

    def _announced_before(self, airing_id: str, node: str) -> list[Announced] | None:
        """Return the clips that the log says were announced, None if the airing is none of the node's."""
        airing = self._store.airing(airing_id)
        if airing is None or node not in airing.nodes:
            return None
        found = []
        for entry in self._store.chain(airing_id, node):
            evidence = entry.evidence
            if evidence.step is Step.MEASURED and evidence.node == node:
                for name in ("clip", "kept_clip"):
                    with contextlib.suppress(ValueError):  # it was refused then, or a lower limit holds now
                        told = Announced.read(evidence.facts.get(name), max_bytes=self._settings.max_clip_bytes)
                        found += [told] if told is not None else []
        return found

    async def _store_clip(self, clip: WholeClip) -> None:
        airing, node, sha256 = clip.airing, clip.node, clip.announced.sha256
        if sha256 not in self._clips.done(airing, node):
            if self.orders is not None and await self.orders.keep(clip):
                self._clips.committed(clip)
            elif await asyncio.to_thread(self._store.is_replay, airing, sha256):
                line = f"clip {sha256[:12]} is the clip of another airing, byte for byte"
                await self._write(clip_refused(airing, node, Reason.REPLAYED, line, self._clock()))
                self._clips.committed(clip)
                await self._hearer.clip_refused(airing, node)
            else:
                fresh = await asyncio.to_thread(self._put_clip, clip)
                self._clips.committed(clip)
                if fresh:
                    await self._hearer.clip_stored(airing, node, sha256)
        # Also for a replay: that very sound is held here, under the airing it belongs to.
        self._ack(node, clips=(sha256,))

    def _put_clip(self, clip: WholeClip) -> bool:
        # File first: a row never names a clip that is not there.
        self._objects.put(clip.data)
        facts = {"starts_s": clip.announced.starts_s}
        return self._store.put_clip(clip.airing, clip.node, clip.announced.sha256, len(clip.data), facts)

    # -- states

    async def _take_state(self, topic: str, node: str, payload: bytes, retained: bool) -> None:
        if retained and not payload:
            return
        try:
            state = unseal(NodeState, topic, payload, self._known(node).public_key)
            self._check_names(state.station, state.node, node)
        except RefusedError as error:
            self._refuse(node, "state", error)
            return
        if state.plan is not None:
            await self._outgrow(node, state.plan)
        now = self._clock()
        # A retained state is as old as its own clock says, at best.
        at = min(now, state.at) if retained else now
        online = state.status == "online" and now - at < self._watch.silent_after
        name_taken = self._watch.state(node, online=online, boot=state.boot, at=at)
        if name_taken:
            line = f"two nodes speak as {node}: starts {state.boot} and an earlier one take turns"
            self.refuse(node, "state", Reason.NAME_TAKEN, line)
        if online:
            # The last will of an earlier start may come late.
            self._older.begun(node, state.boot)
        facts = told_by(state, name_taken=name_taken, older=node in self._older)
        await asyncio.to_thread(self._store.put_node_state, node, online=online, at=at, facts=facts)
        if online and self.health is not None:
            await self.health.beat(node, facts, at, retained=retained)
        self._tell(node, (online, facts["problems"]))

    async def _outgrow(self, node: str, mark: tuple[int, int]) -> None:
        """Begin a new epoch if a node obeys a plan that this station does not know to have sent.

        That is so after a backup was restored; the node would refuse all that comes under older counters.
        """
        if mark[0] > _MAX_EPOCH:
            self.refuse(node, "state", Reason.MALFORMED, f"a plan of epoch {mark[0]}, which no station comes to")
            return
        epoch = await asyncio.to_thread(self._store.outgrow, mark)
        if epoch is not None:
            _logger.warning("epoch_raised", node=node, its_plan=list(mark), epoch=epoch)
            self._say_again()

    async def _set_offline(self, node: str) -> None:
        last = self._watch.last_heard(node)
        if last is not None:
            _logger.warning("node_silent", node=node, last_heard=last.isoformat())
            await asyncio.to_thread(self._store.put_node_state, node, online=False, at=last, facts={})
            self._tell(node, (False, None))

    def _tell(self, node: str, seen: object) -> None:
        """Tell pages of a node's word; those of all nodes only where it is not what it was before."""
        topics = [f"node/{node}"] if self._seen.get(node) == seen else [f"node/{node}", "nodes"]
        self._seen[node] = seen
        self._news.publish(*topics)
