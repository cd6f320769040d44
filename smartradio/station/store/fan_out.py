"""What is to be told beside the horns: rows that survive a crash or a dead line until they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, Text, case, cast, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.channels.port import ChannelEvent
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.store.alert_tables import alerts
from smartradio.station.store.beside_tables import fan_out as t
from smartradio.station.store.database import Database


class DeliveryState(StrEnum):
    """Where a delivery stands; `dropped` is what was over before it could be told."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing told to one recipient of a channel, or to be told: `at` is when it came to be so.

    `attempts` counts the tries; `answer` is what the last one brought, in one line.
    """

    number: int
    channel: str
    recipient: str
    alert: str
    event: ChannelEvent
    at: datetime
    state: DeliveryState
    attempts: int
    sent_at: datetime | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """How far one event of an alert has come on a channel: recipients told, waiting, given up; `fault`: the last no.

    `dropped` are those who were not told any more, because the alert was over or another had taken its place.
    """

    channel: str
    event: ChannelEvent
    told: int
    waiting: int
    given_up: int
    fault: str
    dropped: int = 0


Recipients = Mapping[str, Sequence[str]]
"""By the channel's name whom it tells."""


class FanOutShelf:
    """Deliveries beside the horns. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def settle(self, alerts: Sequence[tuple[KeptAlert, Recipients]]) -> None:
        """Write what is owed of alerts as they stand now to those who are told of them; nothing is owed twice."""

        def work(connection: Connection) -> None:
            for kept, recipients in alerts:
                _settle(connection, kept, recipients, self._clock())

        self._database.write(work)

    def next_due(self, channel: str) -> Delivery | None:
        """Return what is to be told next on a channel, None where nothing is due.

        What came to be so last goes first: a newer alert, an update or a cancellation waits for nobody who is still to
        be told of an older one. Exercises come last of all.
        """
        which = (t.c.channel == channel) & (t.c.state == DeliveryState.WAITING.value) & (t.c.due_at <= self._clock())
        status = alerts.c.content["status"].as_string()
        last = case((status == AlertStatus.EXERCISE.value, 1), else_=0)
        query = select(t).outerjoin(alerts, alerts.c.id == t.c.alert).where(which)
        query = query.order_by(last, t.c.at.desc(), t.c.due_at, t.c.number).limit(1)

        def work(connection: Connection) -> Delivery | None:
            row = connection.execute(query).one_or_none()
            return None if row is None else _delivery(row)

        return self._database.read(work)

    def begin(self, number: int) -> bool:
        """Count a try; False where it is not to be told any more."""
        which = (t.c.number == number) & (t.c.state == DeliveryState.WAITING.value)
        query = update(t).where(which).values(attempts=t.c.attempts + 1)
        return self._database.write(lambda c: c.execute(query).rowcount == 1)

    def sent(self, number: int, answer: str) -> None:
        """Write that it was taken."""
        self._write(number, state=DeliveryState.SENT.value, sent_at=self._clock(), answer=answer[:300])

    def not_sent(self, number: int, why: str, again_at: datetime | None) -> None:
        """Write why it was not taken; without `again_at` it is not tried again."""
        again = {"state": DeliveryState.GIVEN_UP.value} if again_at is None else {"due_at": again_at}
        self._write(number, answer=why[:300], **again)

    def drop(self, number: int) -> None:
        """Write that it was over before it could be told."""
        self._write(number, state=DeliveryState.DROPPED.value)

    def drop_unknown(self, channels: Sequence[str]) -> int:
        """Drop what waits for channels that are set no more; returns how much."""
        which = (t.c.state == DeliveryState.WAITING.value) & t.c.channel.not_in(channels)
        query = update(t).where(which).values(state=DeliveryState.DROPPED.value)
        return self._database.write(lambda c: c.execute(query).rowcount)

    def forget_recipients(self, before: datetime) -> None:
        """Forget whose telephones were told before an instant; that somebody was, and what was answered, stays."""
        named = (t.c.at < before) & (t.c.recipient != "") & (t.c.recipient.not_like("#%"))
        told = named & (t.c.state != DeliveryState.WAITING.value)
        query = update(t).where(told).values(recipient="#" + cast(t.c.number, Text))
        self._database.write(lambda c: c.execute(query))

    def of_alert(self, alert: str) -> list[Delivery]:
        """Return all deliveries of an alert, channel by channel in the order in which they came up."""
        query = select(t).where(t.c.alert == alert).order_by(t.c.channel, t.c.number)
        return self._database.read(lambda c: [_delivery(row) for row in c.execute(query)])

    def counts(self, alert: str) -> list[ChannelCount]:
        """Return how far an alert has come on each channel, in the order in which it was told."""
        return counted(self.of_alert(alert))

    def _write(self, number: int, **values: object) -> None:
        self._database.write(lambda c: c.execute(update(t).where(t.c.number == number).values(**values)))


def counted(deliveries: Iterable[Delivery]) -> list[ChannelCount]:
    """Return deliveries of one alert, counted by channel and event."""
    held: dict[tuple[str, ChannelEvent], list[Delivery]] = {}
    for each in deliveries:
        held.setdefault((each.channel, each.event), []).append(each)
    return [_count(channel, event, group) for (channel, event), group in held.items()]


def _count(channel: str, event: ChannelEvent, group: Sequence[Delivery]) -> ChannelCount:
    states = Counter(each.state for each in group)
    faults = [each.answer for each in group if each.answer and each.state is not DeliveryState.SENT]
    return ChannelCount(
        channel,
        event,
        told=states[DeliveryState.SENT],
        waiting=states[DeliveryState.WAITING],
        given_up=states[DeliveryState.GIVEN_UP],
        fault=faults[-1] if faults else "",
        dropped=states[DeliveryState.DROPPED],
    )


def _settle(connection: Connection, kept: KeptAlert, recipients: Recipients, now: datetime) -> None:
    told = (t.c.alert == kept.id) & (t.c.event == ChannelEvent.SENT.value)
    waiting = told & (t.c.state == DeliveryState.WAITING.value)
    if kept.state is AlertState.OUT and kept.sent_at is not None:
        owed = [(channel, each) for channel, them in recipients.items() for each in them]
        _owe(connection, kept, owed, (ChannelEvent.SENT, kept.sent_at), now)
    elif kept.state is AlertState.CANCELLED and kept.ended_at is not None:
        # A try without an answer may have reached them, too: they need the end of it.
        reached = [(row.channel, row.recipient) for row in connection.execute(select(t).where(told, t.c.attempts > 0))]
        _owe(connection, kept, reached, (ChannelEvent.CANCELLED, kept.ended_at), now)
        _drop(connection, waiting)
    elif kept.state is not AlertState.OUT:
        _drop(connection, waiting)


def _owe(
    connection: Connection,
    kept: KeptAlert,
    owed: Sequence[tuple[str, str]],
    what: tuple[ChannelEvent, datetime],
    now: datetime,
) -> None:
    event, at = what
    if not owed:
        return
    row: dict[str, object] = {"alert": kept.id, "event": event.value, "at": at, "due_at": now, "attempts": 0}
    row["state"] = DeliveryState.WAITING.value
    rows = [{**row, "channel": channel, "recipient": recipient} for channel, recipient in owed]
    connection.execute(upsert(t).on_conflict_do_nothing(), rows)


def _drop(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(update(t).where(which).values(state=DeliveryState.DROPPED.value))


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    return Delivery(
        row.number,
        row.channel,
        row.recipient,
        row.alert,
        ChannelEvent(row.event),
        row.at,
        DeliveryState(row.state),
        row.attempts,
        row.sent_at,
        row.answer,
    )
