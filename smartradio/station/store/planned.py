"""Airings: planned once, withdrawn, waited for; and the clips that still want a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, Update, and_, exists, func, insert, not_, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.station.store import log, texts
from smartradio.station.store import tables as t
from smartradio.station.store.terms import terms_from, terms_row
from smartradio.station.store.texts import relay_from

_WAITING = "waiting"
_DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class WaitingClip:
    """A microphone recording (SHA-256, hex, in the object store) without its verdict.

    `attempts` counts the judgings that were begun and never came to an end: the station fell over them.
    """

    airing: str
    node: str
    sha256: str
    size_bytes: int
    facts: Mapping[str, Any]
    attempts: int = 0


def plan(
    connection: Connection, item: Airing, evidence: Sequence[Evidence], now: datetime, repeats: str | None = None
) -> bool:
    """Write an airing once, its evidence with it; False if it stood there already, or `repeats` was withdrawn."""
    if airing(connection, item.id) is not None:
        return False
    taken_back = select(t.airings.c.id).where(t.airings.c.id == repeats, t.airings.c.withdrawn)
    if repeats is not None and connection.execute(taken_back).one_or_none() is not None:
        return False
    found = texts.recording(connection, item.recording_id)
    if found is None or found.bulletin_id != item.bulletin_id:
        what = f"recording {item.recording_id[:12]} of bulletin {item.bulletin_id}"
        raise BadInputError(f"airing {item.id}: {what} is not in the store")
    row = {
        "id": item.id,
        "bulletin_id": item.bulletin_id,
        "recording_id": item.recording_id,
        "starts_at": item.starts_at,
        "expires_at": item.expires_at,
        "priority": int(item.priority),
        "zones": list(item.zones),
        "nodes": list(item.nodes),
        "programme": item.programme,
        "withdrawn": False,
        "topic": item.topic,
        "relay": None if item.relay is None else asdict(item.relay),
        "terms": terms_row(item),
    }
    connection.execute(insert(t.airings), [row])
    planned = AiringState.PLANNED.value
    places = [
        {"airing": item.id, "node": node, "position": position, "state": planned}
        for position, node in enumerate(dict.fromkeys(item.nodes))
    ]
    if places:
        connection.execute(insert(t.progress), places)
    log.replay(connection, item.id)
    log.append_evidence(connection, evidence, now)
    return True


def keep_off(connection: Connection, item: Airing, evidence: Sequence[Evidence], now: datetime) -> bool:
    """Write an airing that a rule keeps off the air, so that no plan holds it; False if it stood there already."""
    if not plan(connection, item, evidence, now):
        return False
    connection.execute(update(t.airings).where(t.airings.c.id == item.id).values(withdrawn=True))
    return True


def kept_off(connection: Connection, start: datetime) -> list[Airing]:
    """Return the airings from `start` on that a rule kept off the air: they never stood in any plan."""
    step = func.json_extract(t.evidence.c.entry, "$.step")
    planned_once = exists().where(t.evidence.c.airing == t.airings.c.id, step == Step.PLANNED.value)
    query = select(t.airings).where(t.airings.c.withdrawn, t.airings.c.starts_at >= start, not_(planned_once))
    return [airing_from(row) for row in connection.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a planning run changes at once: airings to write and ids to take out, each with its evidence."""

    add: Sequence[tuple[Airing, Sequence[Evidence]]]
    withdraw: Sequence[tuple[str, Sequence[Evidence]]] = ()


def change(connection: Connection, wanted: PlanChange, now: datetime) -> frozenset[str]:
    """Write a change of the plan; returns the ids that were taken before and are not written again."""
    taken = frozenset(item.id for item, evidence in wanted.add if not plan(connection, item, evidence, now))
    for airing_id, evidence in wanted.withdraw:
        withdraw(connection, airing_id, evidence, now)
    return taken


def withdraw(
    connection: Connection, airing_id: str, evidence: Sequence[Evidence], now: datetime, by: str | None = None
) -> bool:
    """Take an airing out of the plan, with `by` for good; False if it is unknown or was withdrawn before."""
    which = update(t.airings).where(t.airings.c.id == airing_id, not_(t.airings.c.withdrawn))
    if connection.execute(which.values(withdrawn=True, withdrawn_by=by)).rowcount == 0:
        return False
    log.append_evidence(connection, evidence, now)
    return True


def grow(
    connection: Connection, airing_id: str, recording_id: str, evidence: Sequence[Evidence], now: datetime
) -> bool:
    """Give an airing that grows its whole recording; False if it does not grow, or was taken back.

    BadInputError for a recording of other words, or one that does not begin with what its nodes have.
    """
    known = airing(connection, airing_id)
    if known is None or not known.grows:
        return False
    opening, whole = texts.recording(connection, known.recording_id), texts.recording(connection, recording_id)
    if opening is None or whole is None or whole.bulletin_id != known.bulletin_id:
        raise BadInputError(f"airing {airing_id}: recording {recording_id[:12]} is none of its bulletin")
    if whole.segments[: len(opening.segments)] != opening.segments:
        raise BadInputError(f"airing {airing_id}: recording {recording_id[:12]} does not begin as its opening does")
    values = {"recording_id": recording_id, "terms": terms_row(replace(known, grows=False))}
    which = update(t.airings).where(t.airings.c.id == airing_id, not_(t.airings.c.withdrawn))
    if connection.execute(which.values(**values)).rowcount == 0:
        return False
    log.append_evidence(connection, evidence, now)
    return True


def airing(connection: Connection, airing_id: str) -> Airing | None:
    """Return an airing, withdrawn or not."""
    row = connection.execute(select(t.airings).where(t.airings.c.id == airing_id)).mappings().one_or_none()
    return None if row is None else airing_from(row)


def airings(connection: Connection, start: datetime | None, end: datetime | None, newest: int | None) -> list[Airing]:
    """Return airings not withdrawn in [start, end), earliest first; with `newest` that many, latest first."""
    query = select(t.airings).where(not_(t.airings.c.withdrawn))
    if start is not None:
        query = query.where(t.airings.c.starts_at >= start)
    if end is not None:
        query = query.where(t.airings.c.starts_at < end)
    if newest is None:
        query = query.order_by(t.airings.c.starts_at, t.airings.c.id)
    else:
        query = query.order_by(t.airings.c.starts_at.desc(), t.airings.c.id.desc()).limit(newest)
    return [airing_from(row) for row in connection.execute(query).mappings()]


def unsettled(connection: Connection, before: datetime) -> list[tuple[Airing, str]]:
    """Return the pairs of airing and node without a verdict, earliest first.

    What was withdrawn before it started wants none.
    """
    done = and_(t.airings.c.withdrawn, t.progress.c.state == AiringState.FAILED.value)
    query = (
        select(t.airings, t.progress.c.node)
        .join(t.progress, t.progress.c.airing == t.airings.c.id)
        .outerjoin(
            t.judgements,
            and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node),
        )
        .where(t.airings.c.starts_at < before, t.judgements.c.verdict.is_(None), not_(done))
        .order_by(t.airings.c.starts_at, t.airings.c.id, t.progress.c.position)
    )
    return [(airing_from(row), row["node"]) for row in connection.execute(query).mappings()]


def airing_from(row: RowMapping, prefix: str = "") -> Airing:
    """Read an airing out of a row."""
    return Airing(
        id=row[f"{prefix}id"],
        bulletin_id=row[f"{prefix}bulletin_id"],
        recording_id=row[f"{prefix}recording_id"],
        starts_at=row[f"{prefix}starts_at"],
        expires_at=row[f"{prefix}expires_at"],
        priority=Priority(row[f"{prefix}priority"]),
        zones=tuple(row[f"{prefix}zones"]),
        nodes=tuple(row[f"{prefix}nodes"]),
        programme=row[f"{prefix}programme"],
        topic=row[f"{prefix}topic"],
        relay=relay_from(row[f"{prefix}relay"]),
        **terms_from(row[f"{prefix}terms"]),
    )


def is_replay(connection: Connection, airing_id: str, sha256: str) -> bool:
    """Say whether this very clip came for another airing before."""
    other = select(t.clips.c.airing).where(t.clips.c.sha256 == sha256, t.clips.c.airing != airing_id).limit(1)
    return connection.execute(other).first() is not None


def put_clip(connection: Connection, clip: WaitingClip, now: datetime) -> bool:
    """Write that a clip is here and waits; False, and nothing changed, for one that was here before."""
    if airing(connection, clip.airing) is None:
        raise BadInputError(f"clip of node {clip.node}: airing {clip.airing} is not in the store")
    put = sqlite_insert(t.clips).values(
        airing=clip.airing,
        node=clip.node,
        sha256=clip.sha256,
        size_bytes=clip.size_bytes,
        facts=dict(clip.facts),
        committed_at=now,
        state=_WAITING,
    )
    return connection.execute(put.on_conflict_do_nothing()).rowcount == 1


def set_clip_aside(connection: Connection, airing_id: str, node: str, sha256: str, why: str) -> None:
    """Stop waiting for a verdict on a clip that cannot be judged."""
    connection.execute(_clip(airing_id, node, sha256).values(state=f"set aside: {why}"))


def begin_judging(connection: Connection, airing_id: str, node: str, sha256: str) -> None:
    """Count an attempt to judge a clip."""
    connection.execute(_clip(airing_id, node, sha256).values(attempts=t.clips.c.attempts + 1))


def end_judging(connection: Connection, airing_id: str, node: str, sha256: str) -> None:
    """Forget the attempts: the station lives on, whatever came of it."""
    connection.execute(_clip(airing_id, node, sha256).values(attempts=0))


def _clip(airing_id: str, node: str, sha256: str) -> Update:
    return update(t.clips).where(t.clips.c.airing == airing_id, t.clips.c.node == node, t.clips.c.sha256 == sha256)


def clips_before(connection: Connection, before: datetime) -> list[WaitingClip]:
    """Return the clips that are kept of airings that started before, oldest first.

    Without those that wait for their verdict, and those somebody disputes at whatever node they are held for.
    """
    settled = t.progress.c.settled
    pair = and_(t.progress.c.airing == t.clips.c.airing, t.progress.c.node == t.clips.c.node)
    disputed = select(t.clips.c.sha256).join(t.progress, pair).where(settled == Step.DISPUTED.value)
    query = (
        select(t.clips)
        .join(t.airings, t.airings.c.id == t.clips.c.airing)
        .where(
            t.airings.c.starts_at < before,
            t.clips.c.state.not_in((_WAITING, _DELETED)),
            t.clips.c.sha256.not_in(disputed),
        )
        .order_by(t.clips.c.committed_at)
    )
    return [_waiting_clip(row) for row in connection.execute(query)]


def forget_clip(connection: Connection, airing_id: str, node: str, sha256: str) -> None:
    """Note that a clip is no longer kept; its hash stays, so that it cannot come again for another airing."""
    connection.execute(_clip(airing_id, node, sha256).values(state=_DELETED))


def clips_to_judge(connection: Connection, most: int | None = None) -> list[WaitingClip]:
    """Return the clips that wait for a verdict: those of alerts before all others, then the oldest first."""
    alert = t.airings.c.priority >= Priority.EMERGENCY
    query = (
        select(t.clips)
        .join(t.airings, t.airings.c.id == t.clips.c.airing)
        .where(t.clips.c.state == _WAITING)
        .order_by(alert.desc(), t.clips.c.committed_at)
        .limit(most)
    )
    return [_waiting_clip(row) for row in connection.execute(query)]


def count_waiting_clips(connection: Connection) -> int:
    """Return how many clips wait for a verdict."""
    query = select(func.count()).select_from(t.clips).where(t.clips.c.state == _WAITING)
    return int(connection.execute(query).scalar_one())


def waits_for_verdict(connection: Connection, airing_id: str, node: str) -> bool:
    """Say whether a clip of this airing and node waits for its verdict."""
    here = and_(t.clips.c.airing == airing_id, t.clips.c.node == node, t.clips.c.state == _WAITING)
    return connection.execute(select(t.clips.c.sha256).where(here).limit(1)).first() is not None


def airings_heard(connection: Connection, node: str, most: int) -> int:
    """Return of how many airings a clip of the node came, counted up to `most`."""
    some = select(t.clips.c.airing).where(t.clips.c.node == node).distinct().limit(most).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def clip_of(connection: Connection, airing_id: str, node: str) -> str | None:
    """Return the hash of the latest clip of an airing at a node that is kept."""
    here = and_(t.clips.c.airing == airing_id, t.clips.c.node == node, t.clips.c.state != _DELETED)
    query = select(t.clips.c.sha256).where(here).order_by(t.clips.c.committed_at.desc()).limit(1)
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else str(found)


def clips_held(connection: Connection, airing_ids: Sequence[str]) -> dict[tuple[str, str], WaitingClip]:
    """Return by airing and node the latest clip that is kept."""
    here = and_(t.clips.c.airing.in_(airing_ids), t.clips.c.state != _DELETED)
    rows = connection.execute(select(t.clips).where(here).order_by(t.clips.c.committed_at))
    return {(row.airing, row.node): _waiting_clip(row) for row in rows}


def _waiting_clip(row: Row[Any]) -> WaitingClip:
    return WaitingClip(row.airing, row.node, row.sha256, row.size_bytes, row.facts, row.attempts)
