"""Items as rows: where each stands on its way to the air, beside the programme of the same name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, not_, select
from sqlalchemy.dialects.sqlite import insert

from smartradio.domain.airing import Airing
from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import TAKEN_OUT, Evidence, Reason, Step
from smartradio.domain.programme import Origin
from smartradio.station.evidence_log import read_entry
from smartradio.station.items import CHAIN_PREFIX, DECISIONS, ChangedMeanwhileError, Item, ItemStep, item_chain
from smartradio.station.store import log, planned, texts
from smartradio.station.store import tables as t
from smartradio.station.views import LoggedEvidence

_OUT_OF_THE_PLAN = TAKEN_OUT | {Reason.NOT_AS_APPROVED}
# SQLite takes so many values in one question.
_MANY = 500


def _put(connection: Connection, step: ItemStep) -> None:
    item = step.item
    row = connection.execute(
        select(t.items.c.version, t.items.c.changed_by, t.items.c.changed_at).where(t.items.c.name == item.name)
    ).one_or_none()
    if (None if row is None else row.version) != step.seen:
        if row is None:
            raise BadInputError(f"{item.name}: there is no such item any more")
        raise ChangedMeanwhileError(item.name, row.changed_by, row.changed_at)
    texts.put_programme(connection, item.programme, item.bulletin_id, item.origin)
    values: dict[str, Any] = {
        "version": item.version,
        "state": item.state.value,
        "at_once": item.at_once,
        "changed_by": item.changed_by,
        "changed_at": item.changed_at,
        "submitted_by": _person_row(item.submitted_by),
        "submitted_at": item.submitted_at,
        "recording_id": item.recording_id,
        "bound_sha256": item.bound_sha256,
        "approved_by": _person_row(item.approved_by),
        "approved_at": item.approved_at,
        "file_sha256": item.file_sha256,
        "note": item.note,
    }
    put = insert(t.items).values(name=item.name, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=values))


def take_steps(connection: Connection, steps: Sequence[ItemStep], now: datetime) -> None:
    """Write items after their steps, with the evidence; ChangedMeanwhileError if one is not what was seen."""
    for step in steps:
        _put(connection, step)
    log.append_evidence(connection, [said for step in steps for said in step.evidence], now)
    for step in steps:
        for by, evidence in ((step.item.changed_by, step.taken_back), (None, step.dropped)):
            for said in evidence:
                planned.withdraw(connection, said.airing, [said], now, by)


def item(connection: Connection, name: str) -> Item | None:
    """Return an item."""
    row = connection.execute(_items().where(t.items.c.name == name)).one_or_none()
    return None if row is None else _item(row)


def items(connection: Connection, states: Collection[ItemState] | None = None) -> list[Item]:
    """Return the items, or those in some states, the one changed last first."""
    query = _items().order_by(t.items.c.changed_at.desc(), t.items.c.name)
    if states is not None:
        query = query.where(t.items.c.state.in_([state.value for state in states]))
    return [_item(row) for row in connection.execute(query)]


def lately(connection: Connection, most: int) -> list[Item]:
    """Return the items that no schedule file holds, at most so many, the one changed last first."""
    query = _items().where(t.programmes.c.origin != Origin.FILE.value)
    return [
        _item(row)
        for row in connection.execute(query.order_by(t.items.c.changed_at.desc(), t.items.c.name).limit(most))
    ]


def on_air(connection: Connection, names: Sequence[str]) -> dict[str, tuple[bool, bool]]:
    """Return of items by name whether the plan holds an airing of it, and whether a node has begun one."""
    found: dict[str, tuple[bool, bool]] = {}
    for first in range(0, len(names), _MANY):
        some = names[first : first + _MANY]
        of_these = t.airings.c.programme.in_(some)
        held = select(t.airings.c.programme).where(of_these, not_(t.airings.c.withdrawn)).distinct()
        begun = (
            select(t.airings.c.programme)
            .join(t.progress, t.progress.c.airing == t.airings.c.id)
            .where(of_these, t.progress.c.started_at.is_not(None))
            .distinct()
        )
        planned_names = set(connection.execute(held).scalars())
        started = set(connection.execute(begun).scalars())
        found.update({name: (name in planned_names, name in started) for name in some})
    return found


def last_decisions(connection: Connection) -> dict[str, LoggedEvidence]:
    """Return by item the last entry of the log that says where it stands."""
    query = (
        select(t.evidence.c.entry, t.evidence.c.hash)
        .where(t.evidence.c.airing >= CHAIN_PREFIX, t.evidence.c.airing < CHAIN_PREFIX[:-1] + ";")
        .order_by(t.evidence.c.number)
    )
    found: dict[str, LoggedEvidence] = {}
    for row in connection.execute(query):
        number, committed_at, evidence = read_entry(row.entry)
        if evidence.step in DECISIONS:
            name = evidence.airing.removeprefix(CHAIN_PREFIX)
            found[name] = LoggedEvidence(number, committed_at, evidence, row.hash)
    return found


def last_decision(connection: Connection, name: str) -> LoggedEvidence | None:
    """Return the last entry of the log that says where an item stands."""
    chain = log.read_chain(connection, item_chain(name), None)
    return next((entry for entry in reversed(chain) if entry.evidence.step in DECISIONS), None)


def taken_back(connection: Connection, start: datetime) -> list[Airing]:
    """Return the airings from `start` on that somebody took back by name."""
    query = select(t.airings).where(t.airings.c.withdrawn_by.is_not(None), t.airings.c.starts_at >= start)
    return [planned.airing_from(row) for row in connection.execute(query).mappings()]


def airings_of(connection: Connection, name: str, expires_after: datetime) -> list[Airing]:
    """Return an item's airings not withdrawn that may still start, or started so late that they may still sound."""
    query = select(t.airings).where(
        t.airings.c.programme == name, not_(t.airings.c.withdrawn), t.airings.c.expires_at >= expires_after
    )
    return [planned.airing_from(row) for row in connection.execute(query).mappings()]


def entries_at_planning(connection: Connection, airing_ids: Sequence[str]) -> dict[str, dict[Step, Evidence]]:
    """Return by airing the station's own first entries of the steps approved and planned, and of a withdrawal.

    Of the step rendered, the one that tells what an opening has become.
    """
    found: dict[str, dict[Step, Evidence]] = {}
    for first in range(0, len(airing_ids), _MANY):
        some = airing_ids[first : first + _MANY]
        query = (
            select(t.evidence.c.entry)
            .where(t.evidence.c.airing.in_(some), t.evidence.c.node == "")
            .order_by(t.evidence.c.number)
        )
        for row in connection.execute(query):
            evidence = read_entry(row.entry)[2]
            grown = evidence.step is Step.RENDERED and "grown_from" in evidence.facts
            if grown or evidence.step in (Step.APPROVED, Step.PLANNED) or evidence.reason in _OUT_OF_THE_PLAN:
                found.setdefault(evidence.airing, {}).setdefault(evidence.step, evidence)
    return found


def _items() -> Select[Any]:
    mine = [column.label(f"item_{column.name}") for column in t.items.c]
    return select(t.programmes, *mine).join(t.items, t.items.c.name == t.programmes.c.name)


def _item(row: Row[Any]) -> Item:
    stored = texts.stored_from(row)
    return Item(
        programme=stored.programme,
        origin=stored.origin,
        bulletin_id=stored.bulletin_id,
        state=ItemState(row.item_state),
        version=row.item_version,
        at_once=row.item_at_once,
        changed_by=row.item_changed_by,
        changed_at=row.item_changed_at,
        submitted_by=_person(row.item_submitted_by),
        submitted_at=row.item_submitted_at,
        recording_id=row.item_recording_id,
        bound_sha256=row.item_bound_sha256,
        approved_by=_person(row.item_approved_by),
        approved_at=row.item_approved_at,
        file_sha256=row.item_file_sha256,
        note=row.item_note,
    )


def _person(row: dict[str, str] | None) -> Person | None:
    return None if row is None else Person(row["title"], row.get("account", ""), row.get("session", ""))


def _person_row(person: Person | None) -> dict[str, str] | None:
    if person is None:
        return None
    return {"title": person.title, "account": person.account, "session": person.session}
