"""What came from above and what is to be told upward, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, update

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.from_above import ItemFromAbove, ItemState
from smartradio.station.evidence_log import instant_text
from smartradio.station.store import tables as t
from smartradio.station.store import upward
from smartradio.station.store.database import Database
from smartradio.station.store.items_above import KeptItem, content_of_item, kept

GATHER: Final = timedelta(seconds=60)
"""So long a report waits, so that the verdicts of all nodes of an airing go up in one."""

_WAITING, _SENT, _REFUSED = "waiting", "sent", "refused"
_TOLD_UPWARD = frozenset({Step.HEARD, Step.UNREACHED, Step.CONFIRMED, Step.DISPUTED, Step.SKIPPED})


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """A report that is to go up: of the airing or the item `subject`. `body` is what was sent at the first try."""

    number: int
    kind: str
    subject: str
    revision: int
    at: datetime
    attempts: int
    body: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many reports wait, and how many the system above would not take."""

    waiting: int
    refused: int


def note_evidence(connection: Connection, evidence: Sequence[Evidence], now: datetime) -> None:
    """Put airings of which something was found out into the outbox, where reports go up; in the log's transaction."""
    airings = dict.fromkeys(each.airing for each in evidence if each.airing and each.step in _TOLD_UPWARD)
    if not airings or not _reports_upward(connection):
        return
    for airing in airings:
        _append(connection, upward.AIRING, airing, now, now + GATHER)


def set_upward(connection: Connection, wanted: bool) -> None:
    """Let what is aired from now on be told upward, or not."""
    connection.execute(update(t.source_exchange).values(reports_upward=wanted))


def cursor(connection: Connection) -> str | None:
    """Return how far the system above was read."""
    found = connection.execute(select(t.source_exchange.c.cursor)).scalar_one()
    return None if found is None else str(found)


def set_cursor(connection: Connection, value: str) -> None:
    """Keep how far the system above was read: all before is on the disk here."""
    connection.execute(update(t.source_exchange).values(cursor=value))


def take_item(connection: Connection, item: ItemFromAbove, now: datetime) -> KeptItem:
    """Write an item once and return it as it stands; BadInputError if another came under its id before.

    One that its issuer took back before it came is cancelled from the beginning.
    """
    before = kept_item(connection, item.issuer, item.item)
    if before is not None:
        if before.item.fingerprint != item.fingerprint:
            raise BadInputError(
                f"item {item.key} came before with other words; what replaces it needs a name of its own"
            )
        return before
    earlier = _revoked_by(connection, item)
    state = ItemState.TAKEN
    if earlier is not None:
        state = ItemState.CANCELLED if earlier.cancels else ItemState.REPLACED
    row = {
        "issuer": item.issuer,
        "item": item.item,
        "fingerprint": item.fingerprint,
        "content": content_of_item(item),
        "state": state.value,
        "received_at": now,
        "expires_at": item.expires_at,
    }
    connection.execute(insert(t.items_from_above), [row])
    _append(connection, upward.ITEM, item.key, now, now)
    return KeptItem(item, state, now)


def settle_item(
    connection: Connection, key: str, state: ItemState, now: datetime, *, reason: str | None, handed_to: str | None
) -> None:
    """Write what became of an item, and put it into the outbox. What it was handed to stays unless another is given."""
    issuer, _, item = key.partition("/")
    values: dict[str, Any] = {"state": state.value, "reason": reason}
    if handed_to is not None:
        values["handed_to"] = handed_to
    which = update(t.items_from_above).where(t.items_from_above.c.issuer == issuer, t.items_from_above.c.item == item)
    connection.execute(which.values(**values))
    _append(connection, upward.ITEM, key, now, now)


def kept_item(connection: Connection, issuer: str, item: str) -> KeptItem | None:
    """Return an item as it stands here."""
    which = (t.items_from_above.c.issuer == issuer) & (t.items_from_above.c.item == item)
    row = connection.execute(select(t.items_from_above).where(which)).one_or_none()
    return None if row is None else kept(row)


def handed_over(connection: Connection, names: Iterable[str]) -> KeptItem | None:
    """Return the item from above that was handed over as an airing or an item of one of these names."""
    row = connection.execute(select(t.items_from_above).where(t.items_from_above.c.handed_to.in_(list(names))).limit(1))
    found = row.one_or_none()
    return None if found is None else kept(found)


def items_in(connection: Connection, states: Iterable[ItemState]) -> list[KeptItem]:
    """Return the items in some states, in the order in which they came."""
    wanted = [state.value for state in states]
    query = select(t.items_from_above).where(t.items_from_above.c.state.in_(wanted))
    ordered = query.order_by(t.items_from_above.c.received_at, t.items_from_above.c.issuer, t.items_from_above.c.item)
    return [kept(row) for row in connection.execute(ordered)]


def due_reports(connection: Connection, now: datetime, most: int) -> list[WaitingReport]:
    """Return the reports that are to be sent now, in the order in which they came up."""
    query = select(t.outbox).where(t.outbox.c.state == _WAITING, t.outbox.c.due_at <= now)
    return [_report(row) for row in connection.execute(query.order_by(t.outbox.c.number).limit(most))]


def begin_sending(connection: Connection, report: WaitingReport, station: str) -> Mapping[str, Any] | None:
    """Count a try to send a report and return its body, which is written at the first try; None if there is nothing.

    Made in the transaction that closes the row: a verdict that comes later opens the next revision.
    """
    which = t.outbox.c.number == report.number
    body: Mapping[str, Any] | None = connection.execute(select(t.outbox.c.body).where(which)).scalar_one()
    if body is None:
        body = upward.body_of(connection, report.kind, report.subject, report.revision, report.at)
        body = body and {"station": station, **body}
    connection.execute(update(t.outbox).where(which).values(body=body and dict(body), attempts=t.outbox.c.attempts + 1))
    return body


def end_sending(connection: Connection, number: int, refused: str | None) -> None:
    """Write that a report was taken above, or why it never will be; its body is no longer needed once it was taken."""
    values: dict[str, Any] = {"state": _SENT, "body": None} if refused is None else {"state": _REFUSED}
    connection.execute(update(t.outbox).where(t.outbox.c.number == number).values(answer=refused, **values))


def forget_sent(connection: Connection, before: datetime) -> int:
    """Delete the traces of reports sent that came up before; the latest of each airing stays for its revision."""
    other = t.outbox.alias()
    latest = select(func.max(other.c.revision)).where(
        other.c.kind == t.outbox.c.kind, other.c.subject == t.outbox.c.subject
    )
    old = (t.outbox.c.state == _SENT) & (t.outbox.c.at < before) & (t.outbox.c.revision < latest.scalar_subquery())
    return connection.execute(delete(t.outbox).where(old)).rowcount


def outbox_state(connection: Connection) -> OutboxState:
    """Return what waits to be told upward."""
    counted = select(t.outbox.c.state, func.count().label("number")).group_by(t.outbox.c.state)
    found = {row.state: row.number for row in connection.execute(counted)}
    return OutboxState(found.get(_WAITING, 0), found.get(_REFUSED, 0))


def _reports_upward(connection: Connection) -> bool:
    return bool(connection.execute(select(t.source_exchange.c.reports_upward)).scalar_one())


def _append(connection: Connection, kind: str, subject: str, now: datetime, due_at: datetime) -> None:
    """Put a subject into the outbox, unless one of it waits whose body is not written yet."""
    if not _reports_upward(connection):
        return
    of_it = (t.outbox.c.kind == kind) & (t.outbox.c.subject == subject)
    open_one = select(t.outbox.c.number).where(of_it, t.outbox.c.state == _WAITING, t.outbox.c.body.is_(None))
    if connection.execute(open_one.limit(1)).first() is not None:
        return
    revision = select(func.coalesce(func.max(t.outbox.c.revision), 0) + 1).where(of_it).scalar_subquery()
    row = select(
        literal(kind),
        literal(subject),
        revision,
        literal(instant_text(now)),
        literal(instant_text(due_at)),
        literal(_WAITING),
    )
    connection.execute(insert(t.outbox).from_select(["kind", "subject", "revision", "at", "due_at", "state"], row))


def _revoked_by(connection: Connection, item: ItemFromAbove) -> ItemFromAbove | None:
    """Return what took an item back or replaced it, if that came first."""
    replaces = func.json_extract(t.items_from_above.c.content, "$.replaces")
    query = select(t.items_from_above).where(t.items_from_above.c.issuer == item.issuer, replaces == item.item).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else kept(row).item


def _report(row: Row[Any]) -> WaitingReport:
    return WaitingReport(row.number, row.kind, row.subject, row.revision, row.at, row.attempts, row.body)


class SourceShelf:
    """The store's part in the link to the system above. Methods block, each is one transaction; see the functions."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def set_upward(self, wanted: bool) -> None:
        """Let what is aired from now on be told upward, or not."""
        self._database.write(lambda c: set_upward(c, wanted))

    def cursor(self) -> str | None:
        """Return how far the system above was read."""
        return self._database.read(cursor)

    def set_cursor(self, value: str) -> None:
        """Keep how far the system above was read."""
        self._database.write(lambda c: set_cursor(c, value))

    def take(self, item: ItemFromAbove) -> KeptItem:
        """Write an item once and return it as it stands; BadInputError if another came under its id before."""
        return self._database.write(lambda c: take_item(c, item, self._clock()))

    def settle(self, key: str, state: ItemState, *, reason: str | None = None, handed_to: str | None = None) -> None:
        """Write what became of an item; it is told upward."""
        self._database.write(lambda c: settle_item(c, key, state, self._clock(), reason=reason, handed_to=handed_to))

    def note_item(self, name: str, note: str) -> None:
        """Put beside an item of the commune what whoever looks at it must know; it is no part of what is approved."""
        self._database.write(lambda c: c.execute(update(t.items).where(t.items.c.name == name).values(note=note)))

    def item(self, issuer: str, item: str) -> KeptItem | None:
        """Return an item as it stands here."""
        return self._database.read(lambda c: kept_item(c, issuer, item))

    def handed_over(self, names: Iterable[str]) -> KeptItem | None:
        """Return the item from above that was handed over as an airing or an item of one of these names."""
        return self._database.read(lambda c: handed_over(c, names))

    def items(self, *states: ItemState) -> list[KeptItem]:
        """Return the items in some states, in the order in which they came."""
        return self._database.read(lambda c: items_in(c, states))

    def due(self, most: int) -> list[WaitingReport]:
        """Return the reports that are to be sent now."""
        return self._database.read(lambda c: due_reports(c, self._clock(), most))

    def begin_sending(self, report: WaitingReport, station: str) -> Mapping[str, Any] | None:
        """Count a try to send a report and return its body, the same at every try."""
        return self._database.write(lambda c: begin_sending(c, report, station))

    def end_sending(self, report: WaitingReport, *, refused: str | None = None) -> None:
        """Write that a report was taken above, or why it never will be."""
        self._database.write(lambda c: end_sending(c, report.number, refused))

    def forget_sent(self, before: datetime) -> int:
        """Delete the traces of reports sent before."""
        return self._database.write(lambda c: forget_sent(c, before))

    def state(self) -> OutboxState:
        """Return what waits to be told upward."""
        return self._database.read(outbox_state)
