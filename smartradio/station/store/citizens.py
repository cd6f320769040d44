"""What citizens may read of the airings, and what they report: all of it in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, Select, and_, exists, func, insert, not_, or_, select, update

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.citizens import Complaint, PublicAiring
from smartradio.station.store import tables as t
from smartradio.station.store import texts
from smartradio.station.store.complaint_table import complaints as told
from smartradio.station.store.database import Database

_PUBLIC: Final = (int(Priority.EMERGENCY), int(Priority.ABOVE), int(Priority.PROGRAMME))
_NOT_HEARD: Final = (VerdictCode.SILENT.value, VerdictCode.UNREACHED.value, VerdictCode.OTHER.value)


class CitizenShelf:
    """Public airings and complaints in the database. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def due(self, start: datetime, end: datetime, newest: int) -> list[PublicAiring]:
        """Return the public airings with `starts_at` in [start, end), latest first, no more than `newest`."""
        return self._database.read(lambda c: due(c, start, end, newest))

    def one(self, airing_id: str) -> PublicAiring | None:
        """Return one airing, None if there is none for the public."""
        return self._database.read(lambda c: one(c, airing_id))

    def is_public_sound(self, recording_id: str, since: datetime, until: datetime) -> bool:
        """Say whether a recording was aired for the public with its start in [since, until]."""
        return self._database.read(lambda c: is_public_sound(c, recording_id, since, until))

    def put_complaint(self, zone: str, airing: str | None, note: str, *, most_an_hour: int) -> Complaint | None:
        """Keep that somebody of a zone did not hear well; None, and nothing kept, when so many told it this hour.

        Raises BadInputError for a zone that does not exist, and an airing that is not the public's, not begun or not
        for that zone.
        """
        new = Complaint(0, zone, airing, note, self._clock())
        return self._database.write(lambda c: put_complaint(c, new, most_an_hour))

    def complaints(self, newest: int, *, airing: str | None = None) -> list[Complaint]:
        """Return complaints, those nobody has seen to before the others, then the latest first."""
        return self._database.read(lambda c: complaints(c, newest, airing))

    def count_open(self) -> int:
        """Return how many complaints nobody has seen to."""
        return self._database.read(count_open)

    def open_of(self, zone: str, airing: str | None) -> int:
        """Return how many complaints of a zone and an airing (None: of none) nobody has seen to."""
        return self._database.read(lambda c: open_of(c, zone, airing))

    def see_to(self, number: int, by: str, answer: str) -> Complaint:
        """Note who saw to a complaint and what was found; raises BadInputError where somebody did before."""
        return self._database.write(lambda c: see_to(c, number, by, answer, self._clock()))


def due(connection: Connection, start: datetime, end: datetime, newest: int) -> list[PublicAiring]:
    """Return the public airings that were to start in [start, end), latest first."""
    query = _public().where(t.airings.c.starts_at >= start, t.airings.c.starts_at < end)
    query = query.order_by(t.airings.c.starts_at.desc(), t.airings.c.id).limit(newest)
    return _read(connection, query)


def one(connection: Connection, airing_id: str) -> PublicAiring | None:
    """Return one public airing."""
    found = _read(connection, _public().where(t.airings.c.id == airing_id))
    return found[0] if found else None


def is_public_sound(connection: Connection, recording_id: str, since: datetime, until: datetime) -> bool:
    """Say whether a public airing of this recording was to start in [since, until]."""
    begun = exists().where(t.progress.c.airing == t.airings.c.id, t.progress.c.started_at.is_not(None))
    query = _public().where(
        t.airings.c.recording_id == recording_id, t.airings.c.starts_at >= since, t.airings.c.starts_at <= until, begun
    )
    return connection.execute(query.limit(1)).first() is not None


def _public() -> Select[Any]:
    """Return airings of classes for all, that somebody answers for to this day, with their words and sounds."""
    approved = exists().where(
        t.evidence.c.airing == t.airings.c.id,
        t.evidence.c.node == "",
        func.json_extract(t.evidence.c.entry, "$.step") == Step.APPROVED.value,
    )
    taken_back = exists().where(t.items.c.name == t.airings.c.programme, t.items.c.state == ItemState.WITHDRAWN.value)
    return (
        select(
            t.airings.c.id,
            t.airings.c.starts_at,
            t.airings.c.priority,
            t.airings.c.zones,
            t.bulletins.c.title,
            t.bulletins.c.text,
            t.bulletins.c.language,
            *(column.label(f"recording_{column.name}") for column in t.recordings.c),
        )
        .join(t.bulletins, t.bulletins.c.id == t.airings.c.bulletin_id)
        .join(t.recordings, t.recordings.c.id == t.airings.c.recording_id)
        .where(
            not_(t.airings.c.withdrawn),
            t.airings.c.priority.in_(_PUBLIC),
            t.airings.c.relay.is_(None),
            approved,
            not_(taken_back),
        )
    )


def _read(connection: Connection, query: Select[Any]) -> list[PublicAiring]:
    rows = connection.execute(query).mappings().all()
    sounded = _sounded(connection, [row["id"] for row in rows])
    return [_airing(row, sounded.get(row["id"], ())) for row in rows]


def _airing(row: RowMapping, sounded: Sequence[str]) -> PublicAiring:
    return PublicAiring(
        id=row["id"],
        title=row["title"],
        text=row["text"],
        language=row["language"],
        starts_at=row["starts_at"],
        duration_s=texts.recording_from(row, "recording_").duration_s,
        priority=Priority(row["priority"]),
        recording=row["recording_id"],
        zones=tuple(row["zones"]),
        sounded=tuple(sounded),
    )


def _sounded(connection: Connection, airing_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return by airing the zones in which a node began it that no microphone has found silent since."""
    pair = and_(t.judgements.c.airing == t.progress.c.airing, t.judgements.c.node == t.progress.c.node)
    query = (
        select(t.progress.c.airing, t.nodes.c.zone)
        .join(t.nodes, t.nodes.c.name == t.progress.c.node)
        .outerjoin(t.judgements, pair)
        .where(
            t.progress.c.airing.in_(airing_ids),
            t.progress.c.started_at.is_not(None),
            or_(t.judgements.c.verdict.is_(None), t.judgements.c.verdict.not_in(_NOT_HEARD)),
        )
        .group_by(t.progress.c.airing, t.nodes.c.zone)
        .order_by(t.nodes.c.zone)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.airing, []).append(row.zone)
    return found


def put_complaint(connection: Connection, new: Complaint, most_an_hour: int) -> Complaint | None:
    """Keep a complaint under the next number, unless its zone has sent so many within the hour."""
    if connection.execute(select(t.zones.c.name).where(t.zones.c.name == new.zone)).first() is None:
        raise BadInputError("there is no such zone")
    if new.airing is not None:
        _check_aired(one(connection, new.airing), new)
    lately = select(func.count()).where(told.c.zone == new.zone, told.c.at > new.at - timedelta(hours=1))
    if connection.execute(lately).scalar_one() >= most_an_hour:
        return None
    put = insert(told).values(zone=new.zone, airing=new.airing, note=new.note, at=new.at)
    key = connection.execute(put).inserted_primary_key
    return replace(new, number=0 if key is None else int(key[0]))


def _check_aired(airing: PublicAiring | None, told_of: Complaint) -> None:
    """Raise BadInputError where a citizen of the zone cannot have meant this airing."""
    if airing is None or airing.starts_at > told_of.at:
        raise BadInputError("there is no such airing")
    if told_of.zone not in airing.zones:
        raise BadInputError("this airing was not for your hamlet")


def complaints(connection: Connection, newest: int, airing: str | None) -> list[Complaint]:
    """Return complaints, of one airing or of all, open ones first."""
    query = select(told).order_by(told.c.seen_at.is_not(None), told.c.at.desc()).limit(newest)
    if airing is not None:
        query = query.where(told.c.airing == airing)
    return [_complaint(row) for row in connection.execute(query).mappings()]


def count_open(connection: Connection) -> int:
    """Return how many complaints nobody has seen to."""
    query = select(func.count()).select_from(told).where(told.c.seen_at.is_(None))
    return int(connection.execute(query).scalar_one())


def open_of(connection: Connection, zone: str, airing: str | None) -> int:
    """Return how many of a zone and an airing nobody has seen to."""
    query = select(func.count()).where(told.c.zone == zone, told.c.airing == airing, told.c.seen_at.is_(None))
    return int(connection.execute(query).scalar_one())


def complaint(connection: Connection, number: int) -> Complaint:
    """Return a complaint; raises BadInputError."""
    row = connection.execute(select(told).where(told.c.number == number)).mappings().one_or_none()
    if row is None:
        raise BadInputError("there is no such complaint")
    return _complaint(row)


def see_to(connection: Connection, number: int, by: str, answer: str, now: datetime) -> Complaint:
    """Note who saw to a complaint, once."""
    if complaint(connection, number).seen_at is not None:
        raise BadInputError("somebody saw to it before")
    which = update(told).where(told.c.number == number)
    connection.execute(which.values(seen_by=by, seen_at=now, answer=answer))
    return complaint(connection, number)


def _complaint(row: RowMapping) -> Complaint:
    return Complaint(
        number=row["number"],
        zone=row["zone"],
        airing=row["airing"],
        note=row["note"],
        at=row["at"],
        seen_by=row["seen_by"],
        seen_at=row["seen_at"],
        answer=row["answer"],
    )
