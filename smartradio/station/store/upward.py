"""What is told upward of an airing or an item: built from the store, in words that stay stable."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from smartradio.domain.evidence import Step
from smartradio.station.evidence_log import instant_text
from smartradio.station.store import tables as t
from smartradio.station.store import texts
from smartradio.station.store.items_above import kept

AIRING: Final = "airing"
ITEM: Final = "item"


def body_of(connection: Connection, kind: str, subject: str, revision: int, at: datetime) -> dict[str, Any] | None:
    """Return the report of an airing or an item as it stands now; None if there is none of that name."""
    told = _airing(connection, subject) if kind == AIRING else _item(connection, subject)
    return told and {"kind": kind, "revision": revision, "at": instant_text(at), **told}


def _airing(connection: Connection, airing: str) -> dict[str, Any] | None:
    query = (
        select(t.airings, t.bulletins.c.title)
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .where(t.airings.c.id == airing)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    recording = texts.recording(connection, row.recording_id)
    return {
        "airing": airing,
        "title": row.title,
        "priority": row.priority,
        "programme": row.programme,
        "topic": row.topic,
        "zones": row.zones,
        "starts_at": instant_text(row.starts_at),
        "length_s": None if recording is None else round(recording.duration_s, 1),
        "approved_by": _approved_by(connection, airing),
        "from_above": _from_above(connection, airing, row.programme),
        "not_aired_for": _not_aired_for(connection, airing) if row.withdrawn else None,
        "results": _results(connection, airing),
    }


def _results(connection: Connection, airing: str) -> list[dict[str, Any]]:
    pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    query = (
        select(
            t.progress.c.node,
            t.nodes.c.zone,
            t.judgements.c.verdict,
            t.progress.c.settled,
            t.progress.c.start_offset_ms,
        )
        .outerjoin(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.judgements, pair)
        .where(t.progress.c.airing == airing)
        .order_by(t.progress.c.position)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _approved_by(connection: Connection, airing: str) -> str | None:
    return _fact(connection, airing, Step.APPROVED, "$.facts.by")


def _not_aired_for(connection: Connection, airing: str) -> str | None:
    return _fact(connection, airing, Step.SKIPPED, "$.reason")


def _fact(connection: Connection, airing: str, step: Step, path: str) -> str | None:
    entry = t.evidence.c.entry
    which = (t.evidence.c.airing == airing) & (func.json_extract(entry, "$.step") == step.value)
    query = select(func.json_extract(entry, path)).where(which).order_by(t.evidence.c.number.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else str(found)


def _from_above(connection: Connection, airing: str, programme: str | None) -> Mapping[str, str] | None:
    """Return whose item an airing is, where it came from above: handed over at once, or through the commune."""
    names = [name for name in (airing, programme) if name is not None]
    query = select(t.items_from_above).where(t.items_from_above.c.handed_to.in_(names)).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else {"issuer": row.issuer, "item": row.item}


def _item(connection: Connection, key: str) -> dict[str, Any] | None:
    issuer, _, item = key.partition("/")
    which = (t.items_from_above.c.issuer == issuer) & (t.items_from_above.c.item == item)
    row = connection.execute(select(t.items_from_above).where(which)).one_or_none()
    if row is None:
        return None
    held = kept(row)
    return {
        "issuer": issuer,
        "item": item,
        "fingerprint": held.item.fingerprint,
        "state": held.state.value,
        "reason": held.reason,
        "received_at": instant_text(held.received_at),
        "handed_to": held.handed_to,
    }
