"""Tells people what waits for them: many alarms in one message, tried again until somebody takes it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.domain.alarm import Alarm, Severity, at_least
from smartradio.station.alarms.port import Ringer, RingError, RingMessage
from smartradio.station.alarms.settings import AlarmSettings
from smartradio.station.alarms.wording import line_of, lines_of, todo_of
from smartradio.words import words

if TYPE_CHECKING:
    from smartradio.station.store.alarms import AlarmShelf
    from smartradio.station.store.ringing import WaitingRing

_logger = structlog.get_logger()

FIRST_WAIT_S: Final = 15.0
LONGEST_WAIT_S: Final = 900.0
_CRITICAL_BETWEEN_S: Final = 10.0
_ORDER: Final = (Severity.CRITICAL, Severity.WARNING, Severity.NOTICE)


class Bell:
    """Rings those of the settings; `round` is called every few seconds, in the event loop.

    A message that was handed over when the station fell is sent once more with the same id: better twice than never.
    """

    def __init__(
        self,
        settings: AlarmSettings,
        shelf: AlarmShelf,
        ringers: Mapping[str, Ringer],
        *,
        station: str,
        title: str,
        tz: tzinfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._shelf = shelf
        self._ringers = ringers
        self._station = station
        self._title = title
        self._tz = tz
        self._clock = clock
        self._busy: set[str] = set()
        # Not the pool of `asyncio.to_thread`, which is the store's as well: without a line to the internet every way
        # hangs until its end, and a horn must not wait for that.
        self._threads = ThreadPoolExecutor(max(1, len(ringers)), thread_name_prefix="ring")

    @property
    def targets(self) -> tuple[str, ...]:
        """Who is rung."""
        return tuple(self._ringers)

    def close(self) -> None:
        """Ring nobody any more; does not block. What was handed over just now is told again after the next start."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def round(self) -> None:
        """Tell everybody what is due; one way that does not answer holds up no other."""
        free = [target for target in self._ringers if target not in self._busy]
        done = await asyncio.gather(*(self._one(target) for target in free), return_exceptions=True)
        for failure in done:
            if failure is not None:
                raise failure

    async def _one(self, target: str) -> None:
        self._busy.add(target)
        try:
            rings = await asyncio.to_thread(self._shelf.due_rings, target)
            if rings:
                await self._tell(target, rings)
        finally:
            self._busy.discard(target)

    async def _tell(self, target: str, rings: Sequence[WaitingRing]) -> None:
        alarms = await asyncio.to_thread(self._alarms_of, rings)
        worst = _worst([alarm for _, alarm in alarms])
        if rings[0].batch is None and await self._too_soon(target, worst):
            return
        batch = rings[0].batch or secrets.token_hex(16)
        await asyncio.to_thread(self._shelf.begin_ringing, rings, batch)
        message = self._message(batch, rings, alarms, worst)
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._ringers[target].ring, message)
        except RingError as error:
            await self._not_told(target, rings, batch, str(error))
        else:
            await asyncio.to_thread(self._shelf.rung, batch)
            _logger.info("somebody_rung", target=target, alarms=len(rings), severity=worst.value)

    async def _not_told(self, target: str, rings: Sequence[WaitingRing], batch: str, why: str) -> None:
        now, attempts = self._clock(), rings[0].attempts
        again_at: datetime | None = now + timedelta(seconds=min(FIRST_WAIT_S * 2 ** min(attempts, 16), LONGEST_WAIT_S))
        if now - rings[0].at > timedelta(hours=self._settings.give_up_hours):
            again_at = None
        if attempts == 0 or again_at is None:
            _logger.warning("nobody_rung", target=target, line=why, given_up=again_at is None)
        await asyncio.to_thread(self._shelf.not_rung, batch, why, again_at)

    async def _too_soon(self, target: str, worst: Severity) -> bool:
        last = await asyncio.to_thread(self._shelf.last_rung, target)
        between_s = self._settings.least_between_s
        if worst is Severity.CRITICAL:
            between_s = min(between_s, _CRITICAL_BETWEEN_S)
        return last is not None and self._clock() - last < timedelta(seconds=between_s)

    def _alarms_of(self, rings: Sequence[WaitingRing]) -> list[tuple[WaitingRing, Alarm]]:
        held = ((ring, self._shelf.alarm(ring.alarm)) for ring in rings)
        return [(ring, alarm) for ring, alarm in held if alarm is not None]

    def _message(
        self,
        batch: str,
        rings: Sequence[WaitingRing],
        alarms: Sequence[tuple[WaitingRing, Alarm]],
        worst: Severity,
    ) -> RingMessage:
        standing = _gravest_first([alarm for ring, alarm in alarms if ring.event == "raised"])
        over = [alarm for ring, alarm in alarms if ring.event == "ended"]
        at = rings[-1].at
        return RingMessage(
            id=batch,
            station=self._station,
            at=at,
            severity=worst,
            subject=self._subject(standing, over),
            text=self._text(at, standing, over),
            alarms=[_told(ring, alarm) for ring, alarm in alarms],
        )

    def _subject(self, standing: Sequence[Alarm], over: Sequence[Alarm]) -> str:
        own = words("vi")
        lines = lines_of(own, standing) or [own("Over: {line}", line=line) for line in lines_of(own, over)]
        first = lines[0] if lines else self._title
        more = len(lines) - 1
        return own("{line} and {count} more things", line=first, count=more) if more > 0 else first

    def _text(self, at: datetime, standing: Sequence[Alarm], over: Sequence[Alarm]) -> str:
        own, wall = words("vi"), at.astimezone(self._tz)
        lines = [own("{station}, {time} on {day}:", station=self._title, time=f"{wall:%H:%M}", day=f"{wall:%d/%m/%Y}")]
        for severity in _ORDER:
            alike = [alarm for alarm in standing if alarm.severity is severity]
            for kind in dict.fromkeys(alarm.kind for alarm in alike):
                told = lines_of(own, [alarm for alarm in alike if alarm.kind is kind])
                lines += ["", *(f"• {line}." for line in told), f"  → {todo_of(own, kind)}"]
        if over:
            lines += ["", *(f"✓ {own('Over: {line}', line=line)}." for line in lines_of(own, over))]
        return "\n".join((*lines, "", own("The page “Faults” of the station has what is wrong now."), ""))


def _worst(alarms: Sequence[Alarm]) -> Severity:
    return next((each for each in _ORDER if any(at_least(a.severity, each) for a in alarms)), Severity.NOTICE)


def _gravest_first(alarms: Sequence[Alarm]) -> list[Alarm]:
    return sorted(alarms, key=lambda alarm: (_ORDER.index(alarm.severity), alarm.id))


def _told(ring: WaitingRing, alarm: Alarm) -> dict[str, Any]:
    own = words("vi")
    return {
        "id": alarm.id,
        "event": ring.event.value,
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "severity": alarm.severity.value,
        "since": alarm.raised_at.isoformat(),
        "line": line_of(own, alarm),
        "todo": todo_of(own, alarm.kind),
        "facts": dict(alarm.facts),
    }
