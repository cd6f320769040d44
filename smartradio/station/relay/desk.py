"""Relays as the plan has them: each opened in its time, sent to its zones, and put on record when it is over."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.relay import Relay
from smartradio.station.deadlines import Alarms
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.relay.notebook import Notebook
from smartradio.station.relay.placed import PIECE_S, Placed
from smartradio.station.relay.session import LEAD_S, Outcome, Session
from smartradio.station.relay.tap import Tap
from smartradio.wire.messages import LivePart, LivePiece, SegmentRef, seal
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store

_logger = structlog.get_logger()

# Each part says again what came before it: a node that was away for ten seconds misses nothing.
_SAID_AGAIN: Final = 6
_MOST_IN_A_PART: Final = 200


class Offers(Protocol):
    """What is needed of the dispatcher: that nodes may wish for objects no plan holds."""

    def offer(self, objects: Mapping[str, int], at: datetime, nodes: Sequence[str]) -> None:
        """Learn of objects (SHA-256 → bytes) that nodes will wish for."""

    def withdraw_offer(self, objects: Iterable[str]) -> None:
        """Forget them."""


class RelayDesk:
    """Airs relays; all methods are for the event loop. `send(topic, payload)` hands a message to the link.

    `make_tap` gives a new tap for each relay.
    """

    def __init__(
        self,
        station: str,
        key: SigningKey,
        store: Store,
        objects: Objects,
        recorder: EvidenceRecorder,
        *,
        offers: Offers,
        alarms: Alarms,
        folder: Path,
        clock: Callable[[], datetime],
        send: Callable[[str, bytes], bool],
        make_tap: Callable[[], Tap],
    ) -> None:
        self._station = station
        self._topics = Topics(station)
        self._key = key
        self._store = store
        self._objects = objects
        self._recorder = recorder
        self._offers = offers
        self._alarms = alarms
        self._clock = clock
        self._send = send
        self._make_tap = make_tap
        self._notebook = Notebook(folder)
        self._planned: dict[str, Airing] = {}
        self._on_air: dict[str, asyncio.Task[None]] = {}

    async def take_up(self) -> None:
        """Put on record what was being relayed when the station fell and is over by now."""
        for name in await asyncio.to_thread(self._notebook.unfinished):
            airing = await asyncio.to_thread(self._store.airing, name)
            # A line that was on its way to the disk when a relay was taken back is no second account of it.
            if airing is None or airing.relay is None or await asyncio.to_thread(self._is_on_record, name):
                await asyncio.to_thread(self._notebook.done, name)
            elif self._clock() >= _over(airing):
                pieces = await asyncio.to_thread(self._notebook.read, name)
                outcome = Outcome(Reason.STATION_WAS_DOWN, "the station was off", False, _heard_s(pieces), 0)
                await self._put_on_record(airing, pieces, outcome)

    async def hold(self, airings: Iterable[Airing]) -> None:
        """Take what stands in the plan now: new relays are waited for, those that were withdrawn are ended."""
        now = self._clock()
        relays = {airing.id: airing for airing in airings if airing.relay is not None and now < _over(airing)}
        gone = [airing for name, airing in self._planned.items() if name not in relays and now < _over(airing)]
        for name, airing in relays.items():
            if name not in self._planned:
                at = airing.starts_at - timedelta(seconds=LEAD_S)
                self._alarms.set(f"relay:{name}", at, functools.partial(self._begin, name))
        self._planned = relays
        for airing in gone:
            await self._end(airing.id)
            pieces = await asyncio.to_thread(self._notebook.read, airing.id)
            if pieces:
                outcome = Outcome(Reason.WITHDRAWN, "", False, _heard_s(pieces), 0)
                await self._put_on_record(airing, pieces, outcome)

    async def stop(self) -> None:
        """End what is on the air; it goes on at the next start."""
        self._planned = {}
        for name in list(self._on_air):
            await self._end(name)

    def _begin(self, name: str) -> None:
        airing = self._planned.get(name)
        if airing is not None and name not in self._on_air:
            self._on_air[name] = asyncio.create_task(self._air(airing), name=f"relay {name}")

    async def _end(self, name: str) -> None:
        task = self._on_air.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _air(self, airing: Airing) -> None:
        assert airing.relay is not None
        pieces: list[Placed] = []
        try:
            pieces += await asyncio.to_thread(self._notebook.read, airing.id)
            recording = await asyncio.to_thread(self._store.recording, airing.recording_id)
            self._offer(airing, pieces)

            async def tell(fresh: Sequence[Placed], ended: bool) -> None:
                await asyncio.to_thread(self._notebook.add, airing.id, fresh)
                before = pieces[-_SAID_AGAIN:]
                pieces.extend(fresh)
                self._offer(airing, fresh)
                await self._say(airing, [*before, *fresh], ended=ended)

            session = Session(
                _cut(airing.relay, airing),
                airing.starts_at,
                self._make_tap(),
                shelve=self._shelve,
                tell=tell,
                clock=self._clock,
                pause=functools.partial(self._pause, airing.id),
                fallback=_fallback(airing, recording),
                already=pieces,
            )
            _logger.info("relay_begins", airing=airing.id, url=airing.relay.url)
            outcome = await session.run()
            await self._put_on_record(airing, pieces, outcome)
        except Exception:
            # What was told so far is in the notebook, and is put on record at the next start.
            _logger.exception("relay_failed", airing=airing.id)
        finally:
            # Nodes fetch what they lack until the end; what they did not wish for by then is not aired any more.
            self._alarms.set(f"relay over:{airing.id}", _over(airing), lambda: self._forget(airing.id, pieces))

    def _forget(self, name: str, pieces: Sequence[Placed]) -> None:
        self._on_air.pop(name, None)
        self._offers.withdraw_offer(piece.segment.sha256 for piece in pieces)

    def _offer(self, airing: Airing, pieces: Sequence[Placed]) -> None:
        objects = {piece.segment.sha256: piece.segment.size_bytes for piece in pieces}
        if objects:
            self._offers.offer(objects, airing.starts_at, airing.nodes)

    async def _say(self, airing: Airing, pieces: Sequence[Placed], *, ended: bool) -> None:
        told = tuple(LivePiece(at_s=piece.at_s, segment=_ref(piece.segment)) for piece in pieces[-_MOST_IN_A_PART:])
        for zone in airing.zones:
            topic = self._topics.live(zone)
            part = LivePart(station=self._station, zone=zone, airing=airing.id, pieces=told, ended=ended)
            # What the link does not take is said again with the next part.
            await asyncio.to_thread(self._send, topic, seal(self._key, topic, part))

    def _shelve(self, opus: bytes, at_s: float, duration_s: float) -> Placed:
        sha256 = self._objects.put(opus)
        return Placed(at_s, Segment(sha256, len(opus), duration_s, 0.0, SegmentKind.IMPORTED))

    async def _pause(self, name: str, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()

        def ring() -> None:
            if not over.done():
                over.set_result(None)

        self._alarms.set(f"relay pause:{name}", self._clock() + timedelta(seconds=seconds), ring)
        await over

    async def _put_on_record(self, airing: Airing, pieces: Sequence[Placed], outcome: Outcome) -> None:
        """Write what was relayed as a recording, and the account of it; then it needs no notebook."""
        assert airing.relay is not None
        recording = await asyncio.to_thread(self._record, airing, pieces) if pieces else None
        facts: dict[str, Any] = {
            "url": airing.relay.url,
            "heard_s": round(outcome.heard_s, 1),
            "wanted_s": airing.relay.length_s,
            "breaks": outcome.breaks,
            "fell_back": outcome.fell_back,
        }
        if recording is not None:
            facts |= {"recording": recording.id, "size_bytes": sum(each.size_bytes for each in recording.segments)}
        if outcome.detail:
            facts["detail"] = outcome.detail[:300]
        log = _logger.info if outcome.reason is None else _logger.warning
        log("relay_over", airing=airing.id, reason=outcome.reason, **facts)
        entry = Evidence(airing.id, "", Step.RELAYED, self._clock(), "station", outcome.reason, facts)
        await self._recorder.record([entry])
        await asyncio.to_thread(self._notebook.done, airing.id)

    def _is_on_record(self, name: str) -> bool:
        return any(entry.evidence.step is Step.RELAYED for entry in self._store.chain(name, ""))

    def _record(self, airing: Airing, pieces: Sequence[Placed]) -> Recording:
        # numpy and the codec come with the first relay, not with an idle station.
        from smartradio.station.relay.recorded import bulletin_of, recording_of  # noqa: PLC0415

        planned = self._store.bulletin(airing.bulletin_id)
        bulletin = bulletin_of(airing, planned.title if planned is not None else airing.id)
        recording = recording_of(bulletin, pieces, self._objects)
        self._store.put_bulletin(bulletin, ())
        self._store.put_recording(recording, {"relayed": airing.id}, self._clock())
        return recording


def _cut(relay: Relay, airing: Airing) -> Relay:
    """Return the relay as long as its slot lets it sound: more is not fetched."""
    if airing.ends_by is None:
        return relay
    room_s = (airing.ends_by - airing.starts_at).total_seconds() - relay.behind_s
    return replace(relay, minutes=min(relay.minutes, max(room_s, PIECE_S) / 60))


def _over(airing: Airing) -> datetime:
    assert airing.relay is not None
    return airing.starts_at + timedelta(seconds=airing.relay.over_after_s)


def _heard_s(pieces: Sequence[Placed]) -> float:
    return sum(piece.segment.duration_s for piece in pieces)


def _fallback(airing: Airing, recording: Recording | None) -> list[Placed]:
    """Return the pieces of the recording in the relay's place, from 0 s; none where there is to be silence."""
    if recording is None or airing.relay is None or not airing.relay.fallback_text:
        return []
    return [
        Placed(start_s, segment) for segment, (start_s, _) in zip(recording.segments, recording.spans(), strict=True)
    ]


def _ref(segment: Segment) -> SegmentRef:
    return SegmentRef(
        sha256=segment.sha256,
        size_bytes=segment.size_bytes,
        duration_s=segment.duration_s,
        pause_after_s=segment.pause_after_s,
        kind=segment.kind,
    )
