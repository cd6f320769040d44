"""The rounds in which items come down and reports go up, with patience while the line is down."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from smartradio.station.source_information.intake import Intake
from smartradio.station.source_information.port import SourceInformation, SourceRefusedError, SourceUnreachableError
from smartradio.station.source_information.settings import SourceInformationSettings
from smartradio.wire.signing import canonical

if TYPE_CHECKING:
    from smartradio.station.store.exchange import OutboxState, SourceShelf

_logger = structlog.get_logger()

MOST_PAGES: Final = 20
"""So many pages a round: what is behind them comes with the next one, and reports are not kept waiting."""
MOST_REPORTS: Final = 200
KEPT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class SourceState:
    """How the link stands: when it last worked, what is wrong since, and what waits to be told.

    `emergencies` from above wait for somebody here to decide on them.
    """

    reached_at: datetime | None
    fault: str | None
    outbox: OutboxState
    emergencies: int = 0


class Exchange:
    """Asks, takes, hands over and reports; `round` is called every so often, in the event loop."""

    def __init__(
        self,
        settings: SourceInformationSettings,
        station: str,
        shelf: SourceShelf,
        source: SourceInformation,
        intake: Intake,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._station = station
        self._shelf = shelf
        self._source = source
        self._intake = intake
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._failures = 0
        self._not_before: datetime | None = None
        self._reached_at: datetime | None = None
        self._fault: str | None = None

    async def round(self) -> None:
        """Take what has come, do what waits, send what is due; less and less often while there is no line."""
        if self._one_at_a_time.locked():
            return
        async with self._one_at_a_time:
            # Needs no line: what is on the disk is done, and taken away when its time is over.
            await self._intake.expire()
            if self._not_before is not None and self._clock() < self._not_before:
                await self._without_the_line()
                return
            try:
                await self._items()
                await self._reports()
            except SourceUnreachableError as error:
                self._wait(error)
                await self._without_the_line()
            else:
                self._failures, self._not_before, self._fault = 0, None, None
                self._reached_at = self._clock()
                await asyncio.to_thread(self._shelf.forget_sent, self._clock() - timedelta(days=KEPT_DAYS))

    async def state(self) -> SourceState:
        """Return how the link stands."""
        outbox = await asyncio.to_thread(self._shelf.state)
        return SourceState(self._reached_at, self._fault, outbox, await self._intake.waiting_emergencies())

    async def _without_the_line(self) -> None:
        try:
            await self._intake.work_off()
        except SourceUnreachableError:
            # That it cannot be reached is known, and told; what needs no sound was handed over.
            return

    async def _items(self) -> None:
        for _ in range(MOST_PAGES):
            after = await asyncio.to_thread(self._shelf.cursor)
            page = await asyncio.to_thread(self._source.items, after)
            await self._intake.take(page.items)
            # All of the page is on the disk or on record.
            if page.cursor != after:
                await asyncio.to_thread(self._shelf.set_cursor, page.cursor)
            await self._intake.work_off()
            if not page.more or page.cursor == after:
                return

    async def _reports(self) -> None:
        for report in await asyncio.to_thread(self._shelf.due, MOST_REPORTS):
            body = await asyncio.to_thread(self._shelf.begin_sending, report, self._station)
            refused = "there is nothing of that name any more"
            if body is not None:
                refused = await self._send(body)
            await asyncio.to_thread(self._shelf.end_sending, report, refused=refused or None)
            if refused:
                _logger.warning("report_refused_above", kind=report.kind, subject=report.subject, line=refused)

    async def _send(self, body: Mapping[str, Any]) -> str:
        """Send a report; returns why it was refused, "" if it was taken. Raises SourceUnreachableError."""
        try:
            await asyncio.to_thread(self._source.report, report_key(body), body)
        except SourceRefusedError as error:
            return str(error)
        return ""

    def _wait(self, error: SourceUnreachableError) -> None:
        if self._failures == 0:
            _logger.warning("source_information_unreachable", line=str(error))
        self._fault = str(error)
        self._failures += 1
        wait_s = min(self._settings.poll_s * 2 ** min(self._failures, 16), self._settings.longest_wait_s)
        self._not_before = self._clock() + timedelta(seconds=max(wait_s, error.retry_after_s or 0.0))


def report_key(body: Mapping[str, Any]) -> str:
    """Return a report's idempotency key: the same for the same words, however often they are sent."""
    return hashlib.sha256(canonical(body)).hexdigest()
