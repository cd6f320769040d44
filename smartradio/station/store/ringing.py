"""Who is to be told of an alarm: the rows that survive a crash or a dead line until they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, func, insert, select, update

from smartradio.domain.alarm import CRITICAL, FLAP_WITHIN, Alarm
from smartradio.station.alarms.rules import DueRing
from smartradio.station.store import alarm_tables as t

MOST: Final = 200
_WAITING, _SENT, _DROPPED, _GIVEN_UP = "waiting", "sent", "dropped", "given_up"


class RingEvent(StrEnum):
    """What is told of an alarm."""

    RAISED = "raised"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class WaitingRing:
    """One line of what is to be told; `at` is when it came up, `attempts` how often its batch was tried."""

    number: int
    alarm: int
    event: RingEvent
    at: datetime
    batch: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class ToldRing:
    """What was told to whom, or why not yet: `state` is waiting, sent or given_up."""

    target: str
    event: RingEvent
    at: datetime
    state: str
    attempts: int
    sent_at: datetime | None
    answer: str | None


def tell(connection: Connection, alarm: Alarm, due: Sequence[DueRing], now: datetime) -> None:
    """Have an alarm told to those who have not been told that it stands."""
    for each in due:
        last = _last(connection, alarm.id, each.target)
        if last is not None and last.event == RingEvent.ENDED and _is_held(last):
            # Its end was not told yet: nothing new for them.
            _drop(connection, last)
            last = _last(connection, alarm.id, each.target)
        if last is None or last.event != RingEvent.RAISED:
            _append(connection, alarm, RingEvent.RAISED, now, each)


def tell_end(connection: Connection, alarm: Alarm, now: datetime) -> None:
    """Have the end told to those who were told of the alarm, once it is sure to be over."""
    targets = connection.execute(select(t.rings.c.target).where(t.rings.c.alarm == alarm.id).distinct()).scalars()
    for target in list(targets):
        last = _last(connection, alarm.id, target)
        if last is None or last.event != RingEvent.RAISED:
            continue
        if _is_held(last) and not alarm.is_event:
            # It was over before anybody was told. What happened is told all the same.
            _drop(connection, last)
        elif last.state in {_SENT, _WAITING} and not alarm.is_event:
            # A try without an answer may have reached them, and will be told later if not: they need the end of it.
            _append(connection, alarm, RingEvent.ENDED, now, DueRing(target, now + FLAP_WITHIN))


def seen(connection: Connection, alarm: int) -> None:
    """Let be who was to be told only if nobody looked after it."""
    held = (t.rings.c.alarm == alarm) & (t.rings.c.state == _WAITING) & t.rings.c.batch.is_(None)
    connection.execute(update(t.rings).where(held, t.rings.c.unless_seen).values(state=_DROPPED))


def due(connection: Connection, target: str, now: datetime) -> list[WaitingRing]:
    """Return what is to be told to a target: a batch that was tried before, or all that is due; nothing if none is.

    While a batch waits for its next try, what is critical does not wait with it; the rest goes into the next message.
    """
    rows = t.rings.c
    waiting = select(t.rings).where(rows.target == target, rows.state == _WAITING)
    tried = connection.execute(waiting.where(rows.batch.is_not(None)).order_by(rows.due_at, rows.number)).all()
    if tried and tried[0].due_at <= now:
        return [_waiting(row) for row in tried if row.batch == tried[0].batch]
    fresh = waiting.where(rows.batch.is_(None), rows.due_at <= now).order_by(rows.number).limit(MOST)
    if tried:
        critical = select(t.alarms.c.id).where(t.alarms.c.kind.in_([kind.value for kind in CRITICAL]))
        fresh = fresh.where(rows.event == RingEvent.RAISED.value, rows.alarm.in_(critical))
    return [_waiting(row) for row in connection.execute(fresh)]


def last_rung(connection: Connection, target: str) -> datetime | None:
    """Return when a target was last told something."""
    query = select(t.rings.c.sent_at).where(t.rings.c.target == target, t.rings.c.sent_at.is_not(None))
    return connection.execute(query.order_by(t.rings.c.sent_at.desc()).limit(1)).scalar_one_or_none()


def begin(connection: Connection, rings: Sequence[WaitingRing], batch: str) -> None:
    """Count a try to tell these together."""
    which = t.rings.c.number.in_([ring.number for ring in rings])
    connection.execute(update(t.rings).where(which).values(batch=batch, attempts=t.rings.c.attempts + 1))


def rung(connection: Connection, batch: str, now: datetime) -> None:
    """Write that a batch was told."""
    connection.execute(update(t.rings).where(t.rings.c.batch == batch).values(state=_SENT, sent_at=now, answer=None))


def not_rung(connection: Connection, batch: str, why: str, again_at: datetime | None) -> None:
    """Write why a batch could not be told; without `again_at` it never will be."""
    values = {"state": _GIVEN_UP} if again_at is None else {"due_at": again_at}
    connection.execute(update(t.rings).where(t.rings.c.batch == batch).values(answer=why[:300], **values))


def of_alarm(connection: Connection, alarm: int) -> list[ToldRing]:
    """Return who was told of an alarm, or is to be."""
    query = select(t.rings).where(t.rings.c.alarm == alarm, t.rings.c.state != _DROPPED).order_by(t.rings.c.number)
    return [_told(row) for row in connection.execute(query)]


def unanswered(connection: Connection) -> list[ToldRing]:
    """Return of each target that could not be told something the oldest of it."""
    rows = t.rings.c
    query = select(func.min(rows.number)).where(rows.state == _WAITING, rows.answer.is_not(None)).group_by(rows.target)
    found = select(t.rings).where(rows.number.in_(query)).order_by(rows.target)
    return [_told(row) for row in connection.execute(found)]


def _append(connection: Connection, alarm: Alarm, event: RingEvent, now: datetime, due: DueRing) -> None:
    row = {"alarm": alarm.id, "target": due.target, "event": event.value, "at": now, "state": _WAITING}
    connection.execute(insert(t.rings).values(**row, due_at=due.due_at, unless_seen=due.unless_seen))


def _last(connection: Connection, alarm: int, target: str) -> Row[tuple[object, ...]] | None:
    rows = t.rings.c
    query = select(t.rings).where(rows.alarm == alarm, rows.target == target, rows.state != _DROPPED)
    return connection.execute(query.order_by(rows.number.desc()).limit(1)).one_or_none()


def _is_held(row: Row[tuple[object, ...]]) -> bool:
    """Say whether a row waits and was never tried: nobody can have been told."""
    return row.state == _WAITING and row.batch is None


def _drop(connection: Connection, row: Row[tuple[object, ...]]) -> None:
    connection.execute(update(t.rings).where(t.rings.c.number == row.number).values(state=_DROPPED))


def _waiting(row: Row[tuple[object, ...]]) -> WaitingRing:
    return WaitingRing(row.number, row.alarm, RingEvent(row.event), row.at, row.batch, row.attempts)


def _told(row: Row[tuple[object, ...]]) -> ToldRing:
    event = RingEvent(row.event)
    return ToldRing(row.target, event, row.at, row.state, row.attempts, row.sent_at, row.answer)
