"""Test tones and restarts: asked of a node in somebody's name, and what it answered."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.clip_intake import Announced, WholeClip
from smartradio.station.clip_orders import NodeWish
from smartradio.station.news import News
from smartradio.station.node_records import NodeOrder
from smartradio.wire.messages import Action, Report

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.store import Store

VALID: Final = timedelta(minutes=1)
"""So long a node may obey: whoever asked stands and waits, and a horn that speaks later frightens people."""
_ANSWERS: Final = frozenset({Step.MEASURED, Step.SKIPPED, Step.REFUSED, Step.RESTARTED})


class Orders(Protocol):
    """What is needed of the dispatcher."""

    def order_clip(self, wish: NodeWish) -> None:
        """Ring the node, and keep the order in its plan until it is answered."""

    def clip_answered(self, order: str) -> None:
        """Learn that the node has the order."""


class NodeOrders:
    """Asks nodes and keeps their answers; all methods are for the event loop."""

    def __init__(
        self,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        *,
        dispatcher: Orders,
        news: News,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._dispatcher = dispatcher
        self._news = news
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def take_up(self) -> None:
        """Ask again for what was asked before the station's last end and may still be done."""
        for order in await asyncio.to_thread(self._store.nodes.open_orders, self._clock()):
            # A restart that cuts a programme is not asked for a second time by a machine.
            self._dispatcher.order_clip(_wish(order, even_while_playing=False))

    async def ask(
        self, node: str, action: Action, *, by: Person, asked: Evidence, even_while_playing: bool = False
    ) -> NodeOrder:
        """Ask one thing of a node; `asked` goes on record. The same that is not answered yet is not asked again."""
        async with self._one_at_a_time:
            now = self._clock()
            for order in await asyncio.to_thread(self._store.nodes.open_orders, now):
                if (order.node, order.action) == (node, action):
                    return order
            order = NodeOrder(secrets.token_hex(12), node, action, by.title, now, now + VALID)
            await self._recorder.record([asked])
            await asyncio.to_thread(self._store.nodes.put_order, order)
        self._dispatcher.order_clip(_wish(order, even_while_playing=even_while_playing))
        self._news.publish(f"node/{node}")
        return order

    # -- what the node says

    async def asked(self, node: str, order_id: str) -> NodeOrder | None:
        """Return an order of this node, answered or not."""
        order = await asyncio.to_thread(self._store.nodes.order, order_id)
        return order if order is not None and order.node == node else None

    async def answered(self, order: NodeOrder, report: Report) -> None:
        """Keep what a node reported of an order, once that is committed to the log."""
        if report.step not in _ANSWERS or order.answer is not None:
            return
        facts = {name: value for name, value in report.facts.items() if name != "order"}
        reason = None if report.reason is None else str(report.reason)
        answer = replace(order, answer=report.step.value, reason=reason, answered_at=self._clock(), facts=facts)
        await asyncio.to_thread(self._store.nodes.answer_order, answer)
        self._dispatcher.clip_answered(order.id)
        self._news.publish(f"node/{order.node}")

    async def announced(self, node: str, order_id: str, *, max_bytes: int) -> Announced | None:
        """Return what the node said of its recording of a tone, None if it said nothing or none is awaited."""
        order = await self.asked(node, order_id)
        if order is None or order.clip is not None:
            return None
        try:
            return Announced.read(order.facts.get("clip"), max_bytes=max_bytes)
        except ValueError:
            return None

    async def keep(self, clip: WholeClip) -> bool:
        """Keep the recording of a tone; False if this is no tone's."""
        if await self.asked(clip.node, clip.airing) is None:
            return False
        # File first: a row never names a clip that is not there.
        await asyncio.to_thread(self._objects.put, clip.data)
        await asyncio.to_thread(self._store.nodes.put_order_clip, clip.airing, clip.announced.sha256)
        self._news.publish(f"node/{clip.node}")
        return True

    # -- what was heard

    async def recording(self, node: str, order_id: str, *, by: Person) -> bytes | None:
        """Return what a node's microphone heard of a tone as Ogg Opus, None if nothing is held; it goes on record."""
        order = await self.asked(node, order_id)
        if order is None or order.clip is None:
            return None
        data = await asyncio.to_thread(self._objects.get, order.clip)
        if data is not None:
            facts = {**by.facts(), "order": order_id}
            listened = Evidence("", node, Step.LISTENED, self._clock(), f"operator:{by.title}", None, facts)
            await self._recorder.record([listened])
        return data

    async def forget_before(self, before: datetime) -> None:
        """Delete the recordings of tones that were asked for before; called daily."""
        for order in await asyncio.to_thread(self._store.nodes.order_clips_before, before):
            if order.clip is not None:
                # File first: what falls between the two lines is found again tomorrow.
                await asyncio.to_thread(self._objects.remove, order.clip)
                await asyncio.to_thread(self._store.nodes.put_order_clip, order.id, None)


def _wish(order: NodeOrder, *, even_while_playing: bool) -> NodeWish:
    return NodeWish(
        order.id, order.node, order.action, order.asked_at, order.expires_at, even_while_playing=even_while_playing
    )


def not_reached() -> BadInputError:
    """Return the refusal to ask something of a node that is off line."""
    return BadInputError("This node is off line: nothing can be asked of it now.")
