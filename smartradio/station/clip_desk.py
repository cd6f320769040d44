"""Decides which recordings are fetched from the nodes, asks for them, and keeps who asked and who listened."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.clip_intake import Announced
from smartradio.station.clip_orders import NodeWish
from smartradio.station.clip_policy import ClipPolicy, Why
from smartradio.station.recorder import EvidenceRecorder
from smartradio.wire.messages import Action

if TYPE_CHECKING:
    from smartradio.station.judging import Judging
    from smartradio.station.store import NodeJudgement, Store

# A player fetches a sound in pieces: so long it is one listening.
_ONE_LISTENING = timedelta(minutes=10)
_LISTENINGS_KNOWN = 1_000
NOTHING_KEPT = "it keeps no recording of it"


class Orders(Protocol):
    """What is needed of the dispatcher."""

    def order_clip(self, wish: NodeWish) -> None:
        """Ring the node, and keep the order in its plan until it is answered."""

    def clip_answered(self, order: str) -> None:
        """Learn that the node has the order."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about an airing that was measured and whose clip was not announced.

    `asked` when its clip was asked for; else `judgement` by the node's figures, None where they decide nothing.
    """

    asked: bool = False
    judgement: NodeJudgement | None = None


class ClipDesk:
    """Asks nodes for recordings that they keep; all methods are for the event loop.

    `nodes` names the station's nodes; `valid` is how long they keep recordings: nothing older is asked for.
    """

    def __init__(
        self,
        store: Store,
        recorder: EvidenceRecorder,
        judging: Judging,
        orders: Orders,
        policy: ClipPolicy,
        *,
        nodes: Collection[str],
        clock: Callable[[], datetime],
        valid: timedelta,
        max_clip_bytes: int,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._judging = judging
        self._orders = orders
        self._policy = policy
        self._nodes = nodes
        self._clock = clock
        self._valid = valid
        self._max_clip_bytes = max_clip_bytes
        self._listened: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._one_at_a_time = asyncio.Lock()

    async def take_up(self) -> None:
        """Ask again for what was asked before the station's last end and not answered."""
        for wish in await asyncio.to_thread(self._unanswered):
            self._orders.order_clip(wish)

    async def decide(self, airing: Airing, node: str, figures: Mapping[str, Any]) -> Decision:
        """Ask for the clip of an airing, or judge it by the figures that the node signed."""
        crowded = await self._judging.crowded()
        why, doubts, judgement = await asyncio.to_thread(self._weigh, airing, node, figures, crowded)
        if why is None:
            return Decision(judgement=judgement)
        if not self._keeps(figures):
            return Decision()
        await self._ask(airing, node, "station", {"why": why.value, "doubts": list(doubts)})
        return Decision(asked=True)

    async def ask(self, airing_id: str, node: str, *, by: str) -> None:
        """Ask for the kept recording of an airing in somebody's name; raises BadInputError when there is none.

        It was heard in its own time; no microphone is opened for it. What is asked for already and not answered is
        not asked for again.
        """
        airing, figures = await asyncio.to_thread(self._measured, airing_id, node)
        if airing is None or node not in airing.nodes:
            raise BadInputError(f"there is no airing {airing_id} at {node}")
        if node not in self._nodes:
            raise BadInputError("this node is no longer the station's")
        if not by.strip():
            raise BadInputError("somebody must answer for listening in: give a name")
        if figures is None or not self._policy.keep or not (self._keeps(figures) or "clip" in figures):
            raise BadInputError(NOTHING_KEPT)
        # Two thumbs on the same button: the second must see what the first has asked for.
        async with self._one_at_a_time:
            if not await asyncio.to_thread(self._is_asked, airing_id, node):
                await self._ask(airing, node, f"operator:{by}", {"why": Why.OPERATOR.value, "by": by})

    async def disputed(self, airing_id: str, node: str, *, by: str) -> None:
        """Fetch the recording of what somebody disputes, if only its node has it: there it would go with its days."""
        if await asyncio.to_thread(self._store.clip_of, airing_id, node) is None:
            # Many a node keeps none; the dispute stands all the same.
            with contextlib.suppress(BadInputError):
                await self.ask(airing_id, node, by=by)

    async def listened(self, airing_id: str, node: str, *, by: str) -> None:
        """Put on record that somebody played a clip; what follows within ten minutes is the same listening."""
        now, key = self._clock(), (airing_id, node, by)
        before = self._listened.get(key)
        if before is not None and now - before < _ONE_LISTENING:
            return
        self._listened[key] = now
        self._listened.move_to_end(key)
        while len(self._listened) > _LISTENINGS_KNOWN:
            self._listened.popitem(last=False)
        evidence = Evidence(airing_id, node, Step.LISTENED, now, f"operator:{by}", None, {"by": by})
        try:
            await self._recorder.record([evidence])
        except BaseException:
            # It is not on record, so the next piece that is fetched must be.
            self._listened.pop(key, None)
            raise

    def answered(self, evidence: Evidence) -> None:
        """Learn from a node's evidence that it has an order."""
        self._orders.clip_answered(str(evidence.facts.get("order", "")))

    async def _ask(self, airing: Airing, node: str, source: str, facts: Mapping[str, Any]) -> None:
        now = self._clock()
        wish = _wish(secrets.token_hex(12), node, airing, now, now + self._valid)
        told = {**facts, "order": wish.order, "expires_at": wish.expires_at.isoformat()}
        # On record first: what is asked for and not answered is asked for again after a fall.
        await self._recorder.record([Evidence(airing.id, node, Step.CLIP_ASKED, now, source, None, told)])
        self._orders.order_clip(wish)

    def _keeps(self, figures: Mapping[str, Any]) -> bool:
        """Say whether the node told of a recording that it keeps."""
        try:
            return Announced.read(figures.get("kept_clip"), max_bytes=self._max_clip_bytes) is not None
        except ValueError:
            return False

    def _weigh(
        self, airing: Airing, node: str, figures: Mapping[str, Any], crowded: bool
    ) -> tuple[Why | None, Sequence[str], NodeJudgement | None]:
        """Blocking. Return why the clip is needed, what is doubtful, and the verdict if it is not needed."""
        from smartradio.station.node_word import read_figures  # noqa: PLC0415 - numpy comes with it

        word = read_figures(self._store, airing, node, figures)
        heard = self._store.airings_heard(node, self._policy.first)
        why = self._policy.why(airing.id, node, airing.priority, heard=heard, doubts=word.doubts, crowded=crowded)
        return why, word.doubts, word.judgement if self._policy.keep else None

    def _measured(self, airing_id: str, node: str) -> tuple[Airing | None, Mapping[str, Any] | None]:
        airing = self._store.airing(airing_id)
        figures = None
        for entry in self._store.chain(airing_id, node):
            if entry.evidence.step is Step.MEASURED and entry.evidence.node == node:
                figures = entry.evidence.facts
        return airing, figures

    def _is_asked(self, airing_id: str, node: str) -> bool:
        return any((wish.clip_airing, wish.node) == (airing_id, node) for wish in self._unanswered())

    def _unanswered(self) -> list[NodeWish]:
        now = self._clock()
        wishes: dict[str, NodeWish] = {}
        for entry in self._store.clips_asked(now - 2 * self._valid):
            order = str(entry.facts.get("order", ""))
            if entry.source == f"node:{entry.node}":
                wishes.pop(order, None)
                continue
            airing = self._store.airing(entry.airing)
            expires_at = datetime.fromisoformat(str(entry.facts["expires_at"]))
            if airing is not None and expires_at > now:
                wishes[order] = _wish(order, entry.node, airing, entry.at, expires_at)
        return list(wishes.values())


def _wish(order: str, node: str, airing: Airing, asked_at: datetime, expires_at: datetime) -> NodeWish:
    return NodeWish(order, node, Action.CLIP, asked_at, expires_at, airing.priority, clip_airing=airing.id)
