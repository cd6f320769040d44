"""Alarms in the database, each change with the rings that follow from it in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from smartradio.domain import alarm as machine
from smartradio.domain.alarm import Alarm, AlarmKind, AlarmState
from smartradio.domain.evidence import Evidence
from smartradio.station.alarms.presses import PressAt
from smartradio.station.alarms.rules import Plan
from smartradio.station.store import alarm_signs as signs
from smartradio.station.store import alarm_tables as t
from smartradio.station.store import log, ringing
from smartradio.station.store.database import Database

MOST_OPEN: Final = 5_000

Causes = Mapping[tuple[AlarmKind, str], Mapping[str, Any]]
"""What is wrong: kind and subject, with the facts of it."""
Act = Callable[[Alarm], Alarm]
"""What a person does with an alarm."""
Told = Callable[[Alarm, Alarm], Evidence]
"""(before, after) → what the evidence log keeps of it."""


def raise_alarm(
    connection: Connection, key: tuple[AlarmKind, str], facts: Mapping[str, Any], now: datetime, plan: Plan
) -> tuple[Alarm, bool]:
    """Write that something is wrong; returns the alarm and whether pages show something else now."""
    kind, subject = key
    before = latest(connection, kind, subject)
    after = None if before is None else machine.again(before, now, facts)
    if before is None or after is None:
        fresh = machine.raised(kind, subject, now, facts)
        done = connection.execute(insert(t.alarms).values(**_values(fresh)))
        fresh = _alarm(connection.execute(select(t.alarms).where(t.alarms.c.id == done.lastrowid)).one())
        ringing.tell(connection, fresh, plan(fresh, now), now)
        return fresh, True
    changed = (after.state, after.times, after.facts) != (before.state, before.times, before.facts)
    if changed:
        _write(connection, after)
    if before.state is AlarmState.ENDED:
        ringing.tell(connection, after, plan(after, now), now)
    return after, changed


def cause_gone(connection: Connection, kind: AlarmKind, subject: str, now: datetime) -> Alarm | None:
    """Write that what was wrong is so no longer; returns the alarm if that changed it."""
    before = open_one(connection, kind, subject)
    if before is None:
        return None
    after = machine.gone(before, now)
    if after == before:
        return None
    _write(connection, after)
    if after.state is AlarmState.ENDED:
        ringing.tell_end(connection, after, now)
    return after


def take_round(connection: Connection, wrong: Causes, kinds: Collection[AlarmKind], now: datetime, plan: Plan) -> bool:
    """Write all that is wrong of some kinds now: what is new is raised, what is no longer there ends.

    Returns whether pages show something else.
    """
    fresh, over = _differences(connection, wrong, kinds)
    changed = [raise_alarm(connection, key, wrong[key], now, plan)[1] for key in fresh]
    ended = [cause_gone(connection, kind, subject, now) is not None for kind, subject in over]
    return any((*changed, *ended))


def _differences(
    connection: Connection, wrong: Causes, kinds: Collection[AlarmKind]
) -> tuple[list[tuple[AlarmKind, str]], list[tuple[AlarmKind, str]]]:
    """Return what is wrong and has no open alarm, or one that waits for calm; and what has one and is not wrong."""
    held = {(each.kind, each.subject): each for each in open_alarms(connection) if each.kind in kinds}
    fresh = [key for key in wrong if key not in held or held[key].calm_since is not None]
    return fresh, [key for key in held if key not in wrong]


def person_acts(connection: Connection, id: int, act: Act, evidence: Told, now: datetime) -> Alarm | None:  # noqa: A002
    """Write what a person did with an alarm, and that they did; None if there is none or it changed nothing."""
    before = alarm(connection, id)
    after = None if before is None else act(before)
    if before is None or after is None or after == before:
        return None
    _write(connection, after)
    log.append_evidence(connection, [evidence(before, after)], now)
    ringing.seen(connection, id)
    if after.state is AlarmState.ENDED:
        ringing.tell_end(connection, after, now)
    return after


def latest(connection: Connection, kind: AlarmKind, subject: str) -> Alarm | None:
    """Return the last alarm of this kind about a subject, ended or not."""
    which = (t.alarms.c.kind == kind.value) & (t.alarms.c.subject == subject)
    row = connection.execute(select(t.alarms).where(which).order_by(t.alarms.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _alarm(row)


def open_one(connection: Connection, kind: AlarmKind, subject: str) -> Alarm | None:
    """Return the open alarm of this kind about a subject."""
    found = latest(connection, kind, subject)
    return found if found is not None and found.state is not AlarmState.ENDED else None


def alarm(connection: Connection, id: int) -> Alarm | None:  # noqa: A002
    """Return an alarm."""
    row = connection.execute(select(t.alarms).where(t.alarms.c.id == id)).one_or_none()
    return None if row is None else _alarm(row)


def open_alarms(connection: Connection) -> list[Alarm]:
    """Return what is wrong now, the latest first."""
    query = select(t.alarms).where(t.alarms.c.ended_at.is_(None)).order_by(t.alarms.c.id.desc()).limit(MOST_OPEN)
    return [_alarm(row) for row in connection.execute(query)]


def ended_alarms(connection: Connection, before: datetime | None, most: int) -> list[Alarm]:
    """Return what is over, what ended last first; with an instant only what ended before it."""
    query = select(t.alarms).where(t.alarms.c.ended_at.is_not(None))
    if before is not None:
        query = query.where(t.alarms.c.ended_at < before)
    ordered = query.order_by(t.alarms.c.ended_at.desc(), t.alarms.c.id.desc()).limit(most)
    return [_alarm(row) for row in connection.execute(ordered)]


def counts(connection: Connection) -> dict[AlarmState, int]:
    """Return how many alarms are open, by state."""
    query = select(t.alarms.c.state, func.count().label("number")).where(t.alarms.c.ended_at.is_(None))
    return {AlarmState(row.state): row.number for row in connection.execute(query.group_by(t.alarms.c.state))}


def about(connection: Connection, subjects: Sequence[str]) -> list[Alarm]:
    """Return the alarms about any of these subjects, the latest first."""
    query = select(t.alarms).where(t.alarms.c.subject.in_(list(subjects))).order_by(t.alarms.c.id.desc())
    return [_alarm(row) for row in connection.execute(query)]


def _write(connection: Connection, alarm: Alarm) -> None:
    connection.execute(update(t.alarms).where(t.alarms.c.id == alarm.id).values(**_values(alarm)))


def _values(alarm: Alarm) -> dict[str, Any]:
    values = asdict(alarm)
    del values["id"]
    return {**values, "kind": alarm.kind.value, "state": alarm.state.value, "facts": dict(alarm.facts)}


def _alarm(row: Row[Any]) -> Alarm:
    values = {column.name: getattr(row, column.name) for column in t.alarms.columns}
    return Alarm(**{**values, "kind": AlarmKind(values["kind"]), "state": AlarmState(values["state"])})


class AlarmShelf:
    """The store's part in alarms and rings. Methods block, each is one transaction; see the functions."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def raise_(self, kind: AlarmKind, subject: str, facts: Mapping[str, Any], plan: Plan) -> tuple[Alarm, bool]:
        """Write that something is wrong, with the rings that `plan` gives."""
        return self._database.write(lambda c: raise_alarm(c, (kind, subject), facts, self._clock(), plan))

    def gone(self, kind: AlarmKind, subject: str) -> Alarm | None:
        """Write that what was wrong is so no longer."""
        return self._database.write(lambda c: cause_gone(c, kind, subject, self._clock()))

    def round(self, wrong: Causes, kinds: Collection[AlarmKind], plan: Plan) -> bool:
        """Write all that is wrong of some kinds now; what stays as it was costs no writing."""
        if self._database.read(lambda c: _differences(c, wrong, kinds)) == ([], []):
            return False
        return self._database.write(lambda c: take_round(c, wrong, kinds, self._clock(), plan))

    def act(self, id: int, act: Act, evidence: Told) -> Alarm | None:  # noqa: A002
        """Write what a person did with an alarm, and that they did."""
        return self._database.write(lambda c: person_acts(c, id, act, evidence, self._clock()))

    def alarm(self, id: int) -> Alarm | None:  # noqa: A002
        """Return an alarm."""
        return self._database.read(lambda c: alarm(c, id))

    def latest(self, kind: AlarmKind, subject: str) -> Alarm | None:
        """Return the last alarm of this kind about a subject, ended or not."""
        return self._database.read(lambda c: latest(c, kind, subject))

    def open(self) -> list[Alarm]:
        """Return what is wrong now, the latest first."""
        return self._database.read(open_alarms)

    def ended(self, before: datetime | None = None, most: int = 50) -> list[Alarm]:
        """Return what is over, what ended last first."""
        return self._database.read(lambda c: ended_alarms(c, before, most))

    def counts(self) -> dict[AlarmState, int]:
        """Return how many alarms are open, by state."""
        return self._database.read(counts)

    def about(self, subjects: Sequence[str]) -> list[Alarm]:
        """Return the alarms about any of these subjects, the latest first."""
        return self._database.read(lambda c: about(c, subjects))

    def due_rings(self, target: str) -> list[ringing.WaitingRing]:
        """Return what is to be told to a target now, together."""
        return self._database.read(lambda c: ringing.due(c, target, self._clock()))

    def last_rung(self, target: str) -> datetime | None:
        """Return when a target was last told something."""
        return self._database.read(lambda c: ringing.last_rung(c, target))

    def begin_ringing(self, rings: Sequence[ringing.WaitingRing], batch: str) -> None:
        """Count a try to tell these together; a crash leaves them waiting as one batch."""
        self._database.write(lambda c: ringing.begin(c, rings, batch))

    def rung(self, batch: str) -> None:
        """Write that a batch was told."""
        self._database.write(lambda c: ringing.rung(c, batch, self._clock()))

    def not_rung(self, batch: str, why: str, again_at: datetime | None) -> None:
        """Write why a batch could not be told and when it is tried again; None gives it up."""
        self._database.write(lambda c: ringing.not_rung(c, batch, why, again_at))

    def rings_of(self, alarm: int) -> list[ringing.ToldRing]:
        """Return who was told of an alarm, or is to be."""
        return self._database.read(lambda c: ringing.of_alarm(c, alarm))

    def unanswered(self) -> list[ringing.ToldRing]:
        """Return what could not be told so far, one for each target."""
        return self._database.read(ringing.unanswered)

    def node_signs(self) -> list[signs.NodeSign]:
        """Return every node that stands, as it was last known."""
        return self._database.read(signs.node_signs)

    def heard_of(self, airing: str) -> signs.HeardOf | None:
        """Return what was heard of an airing at each of its nodes."""
        return self._database.read(lambda c: signs.heard_of(c, airing))

    def not_begun(self) -> list[signs.NotBegun]:
        """Return the zones where a programme should sound by now and no node tells that it does."""
        return self._database.read(lambda c: signs.not_begun(c, self._clock()))

    def aired_since(self, since: datetime) -> list[str]:
        """Return the airings that started since an instant and were not taken back."""
        return self._database.read(lambda c: signs.aired_since(c, since))

    def presses(self) -> list[PressAt]:
        """Return the presses of nodes' buttons that the log's latest entries tell of, oldest first, each once."""
        return self._database.read(signs.presses)

    def began_at(self) -> datetime | None:
        """Return when the first entry of the evidence log was made."""
        return self._database.read(signs.began_at)
