"""A CAP message that came in: on record once, then a draft for an officer, the end of another one, or nothing.

Nothing goes on air by itself but what a setting names by feed, sender and severity; and of that only warnings that are
meant, for everybody, in Vietnamese. What a Cancel or Update does follows from all messages known, in any order.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from smartradio.alerting.cap.as_alert import draft
from smartradio.alerting.cap.chain import CapState, Place
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import (
    CapAlert,
    Key,
    MsgType,
    Status,
)
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.domain.alert import AlertState
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alerts.cap_automatic import may_go_out
from smartradio.station.alerts.cap_related import Related, last_of, related_to
from smartradio.station.alerts.feed_settings import FeedSettings, as_grave
from smartradio.station.alerts.places import Places
from smartradio.station.store.cap_messages import CapShelf, Outcome

if TYPE_CHECKING:
    from smartradio.domain.alert import Alert
    from smartradio.station.alerts.kept import KeptAlert

_logger = structlog.get_logger()

MOST_AN_HOUR: Final = 6
"""So many messages of a feed go on air by themselves in an hour; what comes more waits for an officer."""
_LOGGED_CHARACTERS: Final = 500
_ENDED: Final = (CapState.CANCELLED, CapState.UPDATED, CapState.CROSSED)
_CANCELLED: Final = "its issuer has cancelled it"
_MEANT: Final = (Status.ACTUAL, Status.EXERCISE)


class FeedBook(Protocol):
    """What is needed of `smartradio.station.alerts.book.AlertBook`; raises BadInputError."""

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        """Keep a draft, once under its id, and have an officer rung."""
        ...

    async def send(self, alert: Alert | str, *, by: Person) -> KeptAlert:
        """Let a draft out."""
        ...

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        """End an alert that is out."""
        ...

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        """Put a draft aside."""
        ...

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert. Blocking."""
        ...

    def current(self) -> Sequence[KeptAlert]:
        """Return the alerts that are out. Blocking."""
        ...


class Intake:
    """Takes messages of feeds one after another; for the event loop.

    `places` is asked anew for each message and blocks. `own` is the sender of the station's own messages: what it told
    itself comes back by feeds of others. An alert is said again every `repeat_every`. `cancelled_above` are the alerts
    that a person sent and their issuer has cancelled since: a person has to end them.
    """

    def __init__(
        self,
        shelf: CapShelf,
        book: FeedBook,
        places: Callable[[], Places],
        *,
        clock: Callable[[], datetime],
        own: str = "",
        repeat_every: timedelta | None = None,
    ) -> None:
        self._own = own
        self._repeat_every = repeat_every
        self._shelf = shelf
        self._book = book
        self._places = places
        self._clock = clock
        self._turn = asyncio.Lock()
        self.cancelled_above: set[str] = set()

    async def take(self, feed: FeedSettings, message: CapAlert, document: bytes) -> Outcome | None:
        """Take a message once and return what came of it; None where it was here before."""
        async with self._turn:
            references = [str(each) for each in message.references]
            kept, same = await asyncio.to_thread(self._shelf.take, str(message.key), feed.name, document, references)
            if not same:
                _logger.warning("cap_message_changed", feed=feed.name, message=kept.key)
            if kept.outcome is not None:
                return None
            if not same and kept.document is not None:
                # A crash came between, and it is written another way now: what came first counts.
                message = read_cap(kept.document)
            outcome, line, alert = await self._settled(feed, message)
            await asyncio.to_thread(self._shelf.settle, feed.name, kept.key, outcome, line, alert)
            # A message may have thousands of areas, and something to be told of each.
            told = {"outcome": outcome.value, "line": line[:_LOGGED_CHARACTERS], "alert": alert}
            _logger.info("cap_message", feed=feed.name, message=kept.key, **told)
            return outcome

    async def _settled(self, feed: FeedSettings, message: CapAlert) -> tuple[Outcome, str, str | None]:
        now = self._clock()
        wrong = refusals(check(message, now=now))
        if wrong:
            return Outcome.REFUSED, str(wrong[0]), None
        passed = _passed(feed, message, self._own)
        if passed:
            return Outcome.PASSED, passed, None
        related = await asyncio.to_thread(related_to, self._shelf, feed.name, message, now)
        if message.msg_type is MsgType.CANCEL:
            return Outcome.ENDED_OTHERS, await self._end_others(feed, related), None
        state = related.places[message.key].state
        if state is not CapState.STANDS:
            await self._end_others(feed, related)
            return Outcome.OVER, f"it is {state.value}", None
        return await self._drafted(feed, message, related, now)

    async def _drafted(
        self, feed: FeedSettings, message: CapAlert, related: Related, now: datetime
    ) -> tuple[Outcome, str, str | None]:
        try:
            places = await asyncio.to_thread(self._places)
            name = await asyncio.to_thread(self._named, feed, message)
            # Off the loop: a long message among many zones takes a second, in which no order would go out.
            how = partial(draft, id=name, now=now, commune=places.commune, repeat_every=self._repeat_every)
            made = await asyncio.to_thread(how, message, places.zones)
        except CapError as error:
            return Outcome.REFUSED, str(error), None
        line = "; ".join(str(finding) for finding in made.findings)
        calm = feed.least is not None and not as_grave(made.severity, feed.least)
        if calm and not await self._takes_a_place(related, message.key):
            return Outcome.PASSED, f"it is {made.severity.value}, less than is wanted", None
        if not made.alert.zones:
            # An update may draw its area back from here: what stood here is over.
            await self._end_others(feed, related, elsewhere=message.key)
            return Outcome.ELSEWHERE, line, None
        old = await self._give_way(feed, related, message.key)
        try:
            kept = await self._book.draft(replace(made.alert, supersedes=old), by=_drafted_by(feed))
        except BadInputError as error:
            return Outcome.REFUSED, str(error), None
        automatic = kept.is_out and kept.sent_by == _by(feed)
        if kept.state is AlertState.DRAFT and may_go_out(feed, message, made, now):
            if await asyncio.to_thread(self._is_enough, feed, kept, now):
                _logger.warning("automatic_alert_held", feed=feed.name, alert=kept.id)
            else:
                automatic = await self._sent(feed, kept.id)
        return Outcome.AUTOMATIC if automatic else Outcome.DRAFT, line, kept.id

    def _is_enough(self, feed: FeedSettings, kept: KeptAlert, now: datetime) -> bool:
        """Say whether a person must decide: the same words are out, or a feed sends without end. Blocking.

        Some issuers give a warning a new name each time they are asked.
        """
        others = (each for each in self._book.current() if each.id not in (kept.id, kept.alert.supersedes))
        said = any(
            each.alert.text == kept.alert.text and set(kept.alert.zones) <= set(each.alert.zones) for each in others
        )
        return said or self._shelf.sent_by_itself(feed.name, now - timedelta(hours=1)) >= MOST_AN_HOUR

    async def _takes_a_place(self, related: Related, key: Key) -> bool:
        """Say whether a message is the Update of one that stands here: that it calms down is for an officer, too."""
        return any(last.message.key == key for _, last in await self._ended(related))

    async def _sent(self, feed: FeedSettings, name: str) -> bool:
        try:
            await self._book.send(name, by=_by(feed))
        except SmartradioError as error:
            # The draft stands, and an officer is rung: they look at what could not be read.
            _logger.warning("automatic_alert_not_sent", feed=feed.name, alert=name, line=str(error))
            return False
        return True

    async def _give_way(self, feed: FeedSettings, related: Related, to: Key) -> str:
        """Discard the drafts whose place a message takes, and return the id of the alert that is out, "" for none."""
        out = ""
        for kept, last in await self._ended(related):
            if last.message.key != to:
                continue
            if kept.is_out:
                out = kept.id
            elif kept.drafted_by == _drafted_by(feed):
                await self._book.discard(kept.id, by=_by(feed), why="its issuer has updated it")
        return out

    async def _end_others(self, feed: FeedSettings, related: Related, elsewhere: Key | None = None) -> str:
        """End what a Cancel has ended, or what an update took away from here; returns what was done, in one line."""
        done = []
        for kept, last in await self._ended(related):
            if last.state is not CapState.CANCELLED and last.message.key != elsewhere:
                continue
            if kept.state is AlertState.DRAFT:
                # What another feed brought stays: this one may only repeat that one's words in order to end them.
                if kept.drafted_by == _drafted_by(feed):
                    await self._book.discard(kept.id, by=_by(feed), why=_CANCELLED)
                    done.append(f"draft {kept.id} discarded")
            elif kept.sent_by == _by(feed):
                await self._book.cancel(kept.id, by=_by(feed), why=_CANCELLED, aloud=True)
                done.append(f"alert {kept.id} cancelled")
            else:
                self.cancelled_above.add(kept.id)
                done.append(f"alert {kept.id} was sent by a person, who is told")
        return "; ".join(done)

    async def _ended(self, related: Related) -> list[tuple[KeptAlert, Place]]:
        """Return what stands in the book of messages that another has ended, with the last message of each chain."""
        found = []
        for key, place in related.places.items():
            message = related.kept.get(key)
            if place.state not in _ENDED or message is None or message.alert is None:
                continue
            kept = await asyncio.to_thread(self._book.alert, message.alert)
            if kept is not None and kept.state in (AlertState.DRAFT, AlertState.OUT):
                found.append((kept, last_of(place, related.places)))
        return found

    def _named(self, feed: FeedSettings, message: CapAlert) -> str:
        """Return the id of the alert a message becomes: one alert where several feeds say the same. Blocking.

        A feed that says something else under the name of another one's message gets an alert of its own.
        """
        name = alert_id(message.key)
        stands = self._book.alert(name)
        if stands is None or stands.drafted_by == _drafted_by(feed):
            return name
        theirs = (each for each in self._shelf.messages([str(message.key)]) if f"feed:{each.feed}" == stands.drafted_by)
        same = any(each.document is not None and read_cap(each.document) == message for each in theirs)
        return name if same else alert_id(message.key, feed.name)


def alert_id(key: Key, feed: str = "") -> str:
    """Return the id of the alert that a message becomes, asked for again the same one; `feed` where it is its alone."""
    named = f"cap\n{key}" if not feed else f"cap\n{key}\n{feed}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _passed(feed: FeedSettings, message: CapAlert, own: str) -> str:
    """Return why a message is only kept on record, "" if it is not."""
    if own and own in (message.sender, message.source.partition(",")[0]):
        return "it is what this station told, come back"
    if feed.senders and message.sender not in feed.senders:
        return "its sender is not among those of the feed"
    if message.status not in _MEANT:
        return f"its status is {message.status.value}"
    if message.msg_type not in (MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL):
        return f"its type is {message.msg_type.value}"
    return ""


def _by(feed: FeedSettings) -> Person:
    return Person(f"{feed.shown} ({feed.name})")


def _drafted_by(feed: FeedSettings) -> str:
    return f"feed:{feed.name}"
