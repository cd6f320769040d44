"""What the evidence tells as it comes: an emergency nobody heard, a programme on no horn, forged messages, trends.

Verdicts of one airing come within seconds of each other: it is looked at once for all of them. What was missed by a
crash is in the store, and looked at again at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.alarm import AlarmKind
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alarms.presses import STEPS as PRESS_STEPS
from smartradio.station.alarms.presses import Presses, press_of
from smartradio.station.recorder import EvidenceRecorder

if TYPE_CHECKING:
    from smartradio.listening.trends import Trend
    from smartradio.station.alarms.desk import AlarmDesk
    from smartradio.station.store.alarm_signs import HeardAt, HeardOf
    from smartradio.station.store.alarms import AlarmShelf

_logger = structlog.get_logger()

GATHER_S: Final = 2.0
LOOKED_BACK: Final = timedelta(hours=1)
FORGERIES: Final = frozenset(
    {Reason.BAD_SIGNATURE, Reason.REPLAYED, Reason.FOREIGN_STATION, Reason.ALTERED_RECORDING, Reason.NAME_TAKEN}
)
_BAD: Final = frozenset(
    {
        VerdictCode.SILENT.value,
        VerdictCode.OTHER.value,
        VerdictCode.UNINTELLIGIBLE.value,
        VerdictCode.PARTLY_AIRED.value,
        VerdictCode.UNREACHED.value,
    }
)
_SETTLED: Final = (Step.CONFIRMED, Step.DISPUTED)
_STEPS: Final = (Step.HEARD, Step.UNREACHED, Step.REFUSED, *_SETTLED, *PRESS_STEPS)
_NOTHING: Final = frozenset({VerdictCode.SILENT.value, VerdictCode.UNREACHED.value})
# As `smartradio.listening.verdict.VerdictReason.RECOGNISER_FAILED`, which brings numpy with it.
RECOGNISER_FAILED: Final = "recogniser_failed"

SendAgain = Callable[[str, Sequence[str]], Awaitable[Airing | None]]
"""(airing, nodes) → what was planned, None if nothing was."""


class Told:
    """Listens to the evidence; `listen` runs until the station stops, `round` is called every few seconds."""

    def __init__(
        self,
        shelf: AlarmShelf,
        desk: AlarmDesk,
        *,
        send_again: SendAgain | None,
        online: Callable[[], Collection[str]],
        trends_of: Callable[[str], Iterable[Trend]],
        titles: Callable[[], dict[str, str]],
        clock: Callable[[], datetime],
        presses: Presses | None = None,
    ) -> None:
        self._presses = presses
        self._pressed = presses is not None
        self._shelf = shelf
        self._desk = desk
        self._send_again = send_again
        self._online = online
        self._trends_of = trends_of
        self._titles = titles
        self._clock = clock
        self._airings: dict[str, None] = {}
        self._nodes: dict[str, None] = {}
        self._settled: list[str] = []
        self._standing: set[tuple[AlarmKind, str]] = set()
        self.recogniser_failed = False

    @property
    def waits(self) -> bool:
        """Whether something has come that was not looked at."""
        return bool(self._airings or self._settled or self._pressed)

    async def take_up(self) -> None:
        """Have what was aired in the last hour looked at: its verdicts may have come while nobody listened."""
        since = self._clock() - LOOKED_BACK
        self._airings.update(dict.fromkeys(await asyncio.to_thread(self._shelf.aired_since, since)))

    async def listen(self, recorder: EvidenceRecorder) -> None:
        """Take evidence as it is committed."""
        async for evidence in recorder.listen(_STEPS):
            try:
                await self.take(evidence)
            except SmartradioError:
                # The store has a bad moment; nobody may be left without a ring for the rest of the day.
                _logger.exception("evidence_not_looked_at", airing=evidence.airing, node=evidence.node)

    async def take(self, evidence: Evidence) -> None:
        """Take one entry."""
        if evidence.step in (Step.HEARD, Step.UNREACHED):
            self._airings[evidence.airing] = None
            self._nodes[evidence.node] = None
            self._note_recogniser(evidence)
        elif evidence.step in _SETTLED:
            self._settled.append(f"{evidence.airing}/{evidence.node}")
        elif evidence.step is Step.REFUSED and evidence.reason in FORGERIES:
            await self._forged(evidence)
        elif self._presses is not None and press_of(evidence) is not None:
            self._pressed = True

    async def round(self) -> None:
        """Look at what has come since the last time."""
        if self._presses is not None and self._pressed:
            await self._presses.look()
            self._pressed = False
        # Read first: in a bad moment of the store what has come waits for the next time.
        self._standing = {(each.kind, each.subject) for each in await asyncio.to_thread(self._desk.open)}
        airings, self._airings = self._airings, {}
        for airing in airings:
            try:
                await self._look_at(airing)
            except SmartradioError:
                # The store has a bad moment: it is looked at again.
                _logger.exception("airing_not_looked_at", airing=airing)
                self._airings[airing] = None
        while self._settled:
            # A person has said what came of it: nobody has to ask there any more.
            await self._end(AlarmKind.EMERGENCY_UNCLEAR, self._settled[0])
            del self._settled[0]

    async def trends(self) -> None:
        """Hold the nodes that were judged since the last time against their past."""
        nodes, self._nodes = self._nodes, {}
        if not nodes:
            return
        titles = await asyncio.to_thread(self._titles)
        open_ones = [each for each in await asyncio.to_thread(self._desk.open) if each.kind is AlarmKind.TREND]
        for node in nodes:
            found = {trend.code: trend for trend in await asyncio.to_thread(self._trends_of, node)}
            for code, trend in found.items():
                figures = {"value": round(trend.value, 1), "usual": round(trend.usual, 1), "unit": trend.unit}
                facts = {"node": node, "title": titles.get(node, node), "code": code, **figures}
                await self._desk.raise_(AlarmKind.TREND, f"{node}/{code}", facts)
            for known in open_ones:
                if known.facts.get("node") == node and known.facts.get("code") not in found:
                    await self._desk.end(AlarmKind.TREND, known.subject)

    def _note_recogniser(self, evidence: Evidence) -> None:
        reasons = evidence.facts.get("reasons") or ()
        if RECOGNISER_FAILED in reasons:
            self.recogniser_failed = True
        elif evidence.step is Step.HEARD and evidence.facts.get("clip") is not None:
            self.recogniser_failed = False

    async def _forged(self, evidence: Evidence) -> None:
        titles = await asyncio.to_thread(self._titles)
        title = titles.get(evidence.node, evidence.node or "?")
        facts = {"node": evidence.node, "title": title, "reason": str(evidence.reason)}
        facts["line"] = str(evidence.facts.get("line", ""))[:300]
        await self._desk.raise_(AlarmKind.FORGED, evidence.node, facts)

    async def _look_at(self, airing: str) -> None:
        heard = await asyncio.to_thread(self._shelf.heard_of, airing)
        if heard is not None and heard.again_of is not None:
            # What is sent again speaks of the airing that it repeats.
            heard = await asyncio.to_thread(self._shelf.heard_of, heard.again_of)
        if heard is None or heard.withdrawn:
            return
        if heard.priority >= Priority.EMERGENCY:
            await self._emergency(heard)
        else:
            await self._programme(heard)

    async def _emergency(self, heard: HeardOf) -> None:
        repeated = [await asyncio.to_thread(self._shelf.heard_of, again) for again in heard.again]
        verdicts = {each.node: each.verdict for of in repeated if of is not None for each in of.nodes if each.verdict}
        badly = []
        for node in heard.nodes:
            subject = f"{heard.airing}/{node.node}"
            last = verdicts.get(node.node, node.verdict)
            if VerdictCode.AIRED.value in (node.verdict, last):
                await self._end(AlarmKind.EMERGENCY_NOT_HEARD, subject)
                await self._end(AlarmKind.EMERGENCY_UNCLEAR, subject)
            elif last in _BAD:
                badly.append(node)
                await self._once(AlarmKind.EMERGENCY_NOT_HEARD, subject, _facts(heard, node, last))
                await self._end(AlarmKind.EMERGENCY_UNCLEAR, subject)
            elif last == VerdictCode.UNCLEAR.value and node.verdict not in _BAD:
                # Not sent once more: most likely it was heard, and sirens for the wind's sake tire people of them.
                await self._once(AlarmKind.EMERGENCY_UNCLEAR, subject, _facts(heard, node, last))
        await self._again(heard, badly)

    async def _again(self, heard: HeardOf, badly: Sequence[HeardAt]) -> None:
        """Send it once more to nodes that can be reached; the others have it in their plan as long as it is valid."""
        reached = self._online()
        nodes = [n.node for n in badly if n.verdict != VerdictCode.UNREACHED.value or n.node in reached]
        if not nodes or self._send_again is None:
            return
        again = await self._send_again(heard.airing, nodes)
        if again is not None:
            _logger.warning("emergency_sent_again", airing=heard.airing, again=again.id, nodes=list(again.nodes))

    async def _programme(self, heard: HeardOf) -> None:
        zones: dict[str, list[HeardAt]] = {}
        for node in heard.nodes:
            zones.setdefault(node.zone, []).append(node)
        for zone, nodes in zones.items():
            subject = f"{heard.airing}/{zone}"
            if all(node.verdict in _NOTHING for node in nodes):
                facts = {"airing": heard.airing, "zone": zone, "title": nodes[0].zone_title or zone}
                await self._once(AlarmKind.DEAD_AIR, subject, {**facts, "bulletin": heard.bulletin})
            elif any(node.verdict is not None and node.verdict not in _NOTHING for node in nodes):
                await self._end(AlarmKind.DEAD_AIR, subject)

    async def _once(self, kind: AlarmKind, subject: str, facts: dict[str, Any]) -> None:
        """Raise what happened once, however often its verdicts are looked at; one that a person ended stays ended."""
        if await asyncio.to_thread(self._shelf.latest, kind, subject) is None:
            await self._desk.raise_(kind, subject, facts)
            self._standing.add((kind, subject))

    async def _end(self, kind: AlarmKind, subject: str) -> None:
        """End what stands; of a hundred hamlets that were heard none costs the writer a thought."""
        if (kind, subject) in self._standing:
            await self._desk.end(kind, subject)


def _facts(heard: HeardOf, node: HeardAt, verdict: str | None) -> dict[str, Any]:
    told = {"airing": heard.airing, "node": node.node, "title": node.title, "bulletin": heard.bulletin}
    return {**told, "zone": node.zone, "zone_title": node.zone_title, "verdict": verdict}
