"""Feeds of warnings, asked every so often: each message is fetched once and handed to the intake.

A feed that fails is asked less and less often, and told of; one that hangs holds up nothing but itself.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urljoin, urlsplit

import structlog

from smartradio.alerting.cap.feeds import Feed, FeedEntry, read_feed
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import CapAlert
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import AHEAD
from smartradio.alerting.cap.writing import write_cap
from smartradio.domain.alarm import Alarm, AlarmKind
from smartradio.station.alerts.calling import Answer, Call, Caller, CallError
from smartradio.station.alerts.cap_intake import Intake
from smartradio.station.alerts.feed_settings import FeedSettings
from smartradio.station.store.cap_messages import CapShelf, KeptMessage

if TYPE_CHECKING:
    from smartradio.station.alerts.kept import KeptAlert

_logger = structlog.get_logger()

TROUBLE_AFTER: Final = 3
"""After so many failures in a row the technician is told."""
OLDEST: Final = timedelta(days=3)
"""An entry that was last changed before is not fetched."""
KEPT: Final = timedelta(days=30)
"""So long the documents of messages stay that became no alert."""
KNOWN: Final = timedelta(days=366)
"""So long it is known of them what came of them: a country's feed has hundreds a day."""
MOST_AT_ONCE: Final = 50
"""So many entries are fetched in one round, the newest first; the others in the next."""
MOST_BYTES_A_DAY: Final = 100_000_000
"""What sends more is left alone: the station's disk is there for the horns."""
_DAY: Final = timedelta(days=1)
_POLL_EARLY: Final = timedelta(seconds=2)
_LONGEST_KEY: Final = 200
_TRIES: Final = 12
"""So often a message is asked for that cannot be had, less and less often, over two hours: servers fail in storms."""
_ACCEPT: Final = "application/cap+xml, application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"
_NEWER: Final = datetime.max.replace(tzinfo=UTC)


class Alarms(Protocol):
    """Who is told; see `smartradio.station.alarms.desk.AlarmDesk`."""

    async def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any]) -> object:
        """Say that something is wrong."""
        ...

    async def end(self, kind: AlarmKind, subject: str) -> None:
        """Say that it is so no longer."""
        ...

    def open(self) -> Sequence[Alarm]:
        """Return what is wrong now. Blocking."""
        ...


@dataclass(frozen=True, slots=True)
class FeedState:
    """A feed as pages show it: `fault` is why it cannot be read, None if it was; `messages` are its latest for here."""

    name: str
    title: str
    url: str
    reached_at: datetime | None
    fault: str | None
    messages: tuple[KeptMessage, ...]


class FeedReader:
    """Reads one feed; `round` is called every `poll_s`, for the event loop."""

    def __init__(
        self,
        settings: FeedSettings,
        shelf: CapShelf,
        intake: Intake,
        caller: Caller,
        alarms: Alarms,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self.settings = settings
        self._shelf = shelf
        self._intake = intake
        self._caller = caller
        self._alarms = alarms
        self._clock = clock
        self._busy = False
        self._not_before: datetime | None = None
        self._later: dict[str, datetime] = {}

    async def round(self) -> None:
        """Ask for what is new and hand it to the intake, unless that is still going on, or it is to be left alone."""
        if self._busy or (self._not_before is not None and self._clock() < self._not_before):
            return
        self._busy = True
        try:
            await self._read()
        except (CallError, CapError) as error:
            await self._failed(str(error))
        finally:
            self._busy = False

    def close(self) -> None:
        """Ask no more; does not block."""
        self._caller.close()

    def state(self) -> FeedState:
        """Return how the feed stands. Blocking."""
        kept = self._shelf.feed(self.settings.name)
        return FeedState(
            name=self.settings.name,
            title=self.settings.shown,
            url=self.settings.url,
            reached_at=None if kept is None else kept.reached_at,
            fault=None if kept is None else kept.fault,
            messages=tuple(self._shelf.lately(self.settings.name, 20)),
        )

    async def _read(self) -> None:
        name, url = self.settings.name, self.settings.url
        before = await asyncio.to_thread(self._shelf.feed, name)
        headers = {"Accept": _ACCEPT}
        if before is not None and before.url == url:
            known = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
            headers |= {header: value for header, value in known.items() if value}
        answer = await self._caller.ask(Call(url, headers=headers))
        whole = True
        if answer.status == 304 and before is not None:
            etag, last_modified = before.etag, before.last_modified
        elif answer.status != 200:
            raise CallError(f"it answers {answer.status}")
        else:
            feed = await asyncio.to_thread(read_feed, answer.body)
            whole = await self._take(feed, answer)
            etag, last_modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        if not whole:
            # What is left must not be hidden by "nothing has changed".
            etag = last_modified = None
        await asyncio.to_thread(self._shelf.reached, name, url, etag=etag, last_modified=last_modified)
        self._not_before = None
        await self._alarms.end(AlarmKind.FEED_SILENT, name)

    async def _take(self, feed: Feed, answer: Answer) -> bool:
        """Take what is new of a feed, in the order in which it was sent; False where something is left."""
        name = self.settings.name
        known = await asyncio.to_thread(self._shelf.entries, name, [_key(each) for each in feed.entries])
        self._later = {key: at for key, at in self._later.items() if at > self._clock()}
        new = list(self._new(feed.entries, known))
        if new and await asyncio.to_thread(self._shelf.kept_bytes, name, self._clock() - _DAY) > MOST_BYTES_A_DAY:
            raise CallError(f"it has sent more than {MOST_BYTES_A_DAY // 1_000_000} MB of messages within a day")
        taken: list[tuple[FeedEntry, CapAlert, bytes]] = []
        for entry in new[:MOST_AT_ONCE]:
            try:
                taken.append((entry, *await self._message(entry, answer.url)))
            except (CallError, CapError) as error:
                _logger.warning("feed_entry_not_read", feed=name, entry=entry.id[:200], line=str(error))
                await asyncio.to_thread(self._shelf.put_entry, name, _key(entry), str(error))
        for entry, message, document in sorted(taken, key=lambda each: each[1].sent):
            if message.sent > self._clock() + AHEAD:
                # The issuer's clock is ahead, or ours behind: what is refused for it now would be lost for good.
                self._later[_key(entry)] = message.sent - AHEAD
                _logger.warning("feed_entry_from_the_future", feed=name, message=str(message.key))
                continue
            await self._intake.take(self.settings, message, document)
            await asyncio.to_thread(self._shelf.put_entry, name, _key(entry), None)
        return len(taken) == len(new) and not self._later and not self._waits(known)

    def _waits(self, known: Mapping[str, tuple[int, datetime]]) -> bool:
        return any(0 < failures < _TRIES for failures, _ in known.values())

    def _is_due(self, failures: int, tried_at: datetime) -> bool:
        """Say whether an entry that failed is asked for again now."""
        wait_s = min(self.settings.poll_s * 2 ** (failures - 1), self.settings.longest_wait_s)
        return 0 < failures < _TRIES and self._clock() - tried_at >= timedelta(seconds=wait_s) - _POLL_EARLY

    def _new(self, entries: Sequence[FeedEntry], known: Mapping[str, tuple[int, datetime]]) -> Iterator[FeedEntry]:
        """Yield what is to be fetched, the newest first: neither known, nor old, nor given up."""
        since = self._clock() - OLDEST
        for entry in sorted(entries, key=lambda each: each.updated or _NEWER, reverse=True):
            before = known.get(_key(entry))
            is_old = entry.updated is not None and entry.updated < since
            is_early = _key(entry) in self._later
            if (before is None or self._is_due(*before)) and not is_old and not is_early:
                yield entry

    async def _message(self, entry: FeedEntry, base: str) -> tuple[CapAlert, bytes]:
        if entry.message is not None:
            return entry.message, await asyncio.to_thread(write_cap, entry.message)
        if entry.fault:
            raise CapError("{fault}", fault=entry.fault)
        url = urljoin(base, entry.link)
        if urlsplit(base).scheme == "https" and urlsplit(url).scheme != "https":
            raise CallError("the entry leads to an address without https")
        answer = await self._caller.ask(Call(url, headers={"Accept": _ACCEPT}))
        if answer.status != 200:
            raise CallError(f"the message's address answers {answer.status}")
        return await asyncio.to_thread(read_cap, answer.body), answer.body

    async def _failed(self, line: str) -> None:
        settings = self.settings
        failures = await asyncio.to_thread(self._shelf.failed, settings.name, settings.url, line)
        wait_s = min(settings.poll_s * 2 ** min(failures - 1, 16), settings.longest_wait_s)
        self._not_before = self._clock() + timedelta(seconds=wait_s)
        if failures == 1:
            _logger.warning("feed_not_read", feed=settings.name, line=line)
        if failures >= TROUBLE_AFTER:
            facts = {"title": settings.shown, "feed": settings.name, "line": line[:300]}
            await self._alarms.raise_(AlarmKind.FEED_SILENT, settings.name, facts)


class Feeds:
    """All feeds of a station; all methods are for the event loop but `states`."""

    def __init__(
        self,
        readers: Sequence[FeedReader],
        intake: Intake,
        alarms: Alarms,
        alert: Callable[[str], KeptAlert | None],
    ) -> None:
        self.readers = readers
        self._intake = intake
        self._alarms = alarms
        self._alert = alert

    async def take_up(self) -> None:
        """Remember which alerts their issuers had cancelled before the start."""
        stand = await asyncio.to_thread(self._alarms.open)
        self._intake.cancelled_above.update(each.subject for each in stand if each.kind is AlarmKind.ISSUER_CANCELLED)

    async def round(self) -> None:
        """Tell of alerts that a person sent and their issuer has cancelled, until a person has ended them."""
        for name in sorted(self._intake.cancelled_above):
            kept = await asyncio.to_thread(self._alert, name)
            if kept is not None and kept.is_out:
                facts = {"title": kept.alert.title, "issuer": kept.alert.issuer, "alert": name}
                await self._alarms.raise_(AlarmKind.ISSUER_CANCELLED, name, facts)
            else:
                self._intake.cancelled_above.discard(name)
                await self._alarms.end(AlarmKind.ISSUER_CANCELLED, name)

    def states(self) -> list[FeedState]:
        """Return the feeds as they stand, in the order of the settings. Blocking."""
        return [reader.state() for reader in self.readers]


def _key(entry: FeedEntry) -> str:
    key = f"{entry.id} {'' if entry.updated is None else entry.updated.isoformat()}"
    return key if len(key) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
