"""Bulletins, their spoken lines, recordings and the programmes that air them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, RowMapping, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from smartradio.domain.bulletin import Bulletin, Part, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme
from smartradio.domain.relay import Relay
from smartradio.station.store import tables as t
from smartradio.station.store.programme_days import days_fields, days_row


def put_bulletin(connection: Connection, item: Bulletin, spoken: Sequence[Mapping[str, Any]]) -> None:
    """Write a bulletin; once something of it is planned its words stay as they are."""
    values = {
        "title": item.title,
        "text": item.text,
        "priority": int(item.priority),
        "language": item.language,
        "parts": _part_rows(item.parts),
        "spoken": [dict(line) for line in spoken],
    }
    before = bulletin(connection, item.id)
    if before is not None and (before != item or list(spoken_lines(connection, item.id)) != values["spoken"]):
        planned = select(t.airings.c.id).where(t.airings.c.bulletin_id == item.id).limit(1)
        if connection.execute(planned).one_or_none() is not None:
            line = f"bulletin {item.id} was planned and cannot be changed any more; write a new one"
            raise BadInputError(line)
    put = insert(t.bulletins).values(id=item.id, **values)
    connection.execute(put.on_conflict_do_update(index_elements=["id"], set_=values))


def bulletin(connection: Connection, bulletin_id: str) -> Bulletin | None:
    """Return a bulletin."""
    row = connection.execute(select(t.bulletins).where(t.bulletins.c.id == bulletin_id)).mappings().one_or_none()
    return None if row is None else bulletin_from(row)


def spoken_lines(connection: Connection, bulletin_id: str) -> tuple[Mapping[str, Any], ...]:
    """Return a bulletin's spoken lines, none for an unknown one."""
    query = select(t.bulletins.c.spoken).where(t.bulletins.c.id == bulletin_id)
    return tuple(connection.execute(query).scalar_one_or_none() or ())


def bulletin_from(row: RowMapping, prefix: str = "") -> Bulletin:
    """Read a bulletin out of a row."""
    return Bulletin(
        id=row[f"{prefix}id"],
        title=row[f"{prefix}title"],
        text=row[f"{prefix}text"],
        priority=Priority(row[f"{prefix}priority"]),
        language=row[f"{prefix}language"],
        parts=_parts(row[f"{prefix}parts"]),
    )


def put_recording(connection: Connection, item: Recording, facts: Mapping[str, Any], at: datetime) -> None:
    """Write a recording of a bulletin that is in the store; made again it counts as the latest."""
    if bulletin(connection, item.bulletin_id) is None:
        raise BadInputError(f"recording {item.id[:12]}: bulletin {item.bulletin_id} is not in the store")
    fresh = {"facts": dict(facts), "at": at}
    put = insert(t.recordings).values(
        id=item.id,
        bulletin_id=item.bulletin_id,
        voice=item.voice,
        segments=[{**asdict(segment), "kind": segment.kind.value} for segment in item.segments],
        **fresh,
    )
    connection.execute(put.on_conflict_do_update(index_elements=["id"], set_=fresh))


def recording(connection: Connection, recording_id: str) -> Recording | None:
    """Return a recording."""
    row = connection.execute(select(t.recordings).where(t.recordings.c.id == recording_id)).mappings().one_or_none()
    return None if row is None else recording_from(row)


def recording_for(connection: Connection, bulletin_id: str) -> Recording | None:
    """Return the latest recording of a bulletin."""
    query = select(t.recordings).where(t.recordings.c.bulletin_id == bulletin_id)
    row = connection.execute(query.order_by(t.recordings.c.at.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else recording_from(row)


def recording_facts(connection: Connection, recording_id: str) -> Mapping[str, Any]:
    """Return what is known of a recording's making, nothing for an unknown one."""
    found = connection.execute(select(t.recordings.c.facts).where(t.recordings.c.id == recording_id))
    return found.scalar_one_or_none() or {}


def old_relays(connection: Connection, before: datetime) -> list[Recording]:
    """Return what was relayed before, as far as its sound is kept, but for what somebody disputes."""
    airing = t.recordings.c.facts["relayed"].as_string()
    disputed = select(t.progress.c.airing).where(t.progress.c.settled == Step.DISPUTED.value)
    query = select(t.recordings).where(
        t.recordings.c.at < before,
        airing.is_not(None),
        t.recordings.c.facts["sounds_deleted"].as_boolean().is_(None),
        airing.not_in(disputed),
    )
    return [recording_from(row) for row in connection.execute(query).mappings()]


def forget_sounds(connection: Connection, recording_id: str) -> None:
    """Note that the sounds of a recording are no longer kept."""
    facts = {**recording_facts(connection, recording_id), "sounds_deleted": True}
    connection.execute(update(t.recordings).where(t.recordings.c.id == recording_id).values(facts=facts))


def recording_from(row: RowMapping, prefix: str = "") -> Recording:
    """Read a recording out of a row."""
    segments = (Segment(**{**item, "kind": SegmentKind(item["kind"])}) for item in row[f"{prefix}segments"])
    return Recording(row[f"{prefix}id"], row[f"{prefix}bulletin_id"], row[f"{prefix}voice"], tuple(segments))


@dataclass(frozen=True, slots=True)
class StoredProgramme:
    """A programme as the store holds it: where it comes from, and which bulletin it airs, if that has been made."""

    programme: Programme
    origin: Origin
    bulletin_id: str | None


def put_programme(connection: Connection, item: Programme, bulletin_id: str | None, origin: Origin) -> None:
    """Write a programme, new or changed; `bulletin_id` is what of its text stands in the store."""
    put_programmes(connection, [StoredProgramme(item, origin, bulletin_id)])


def put_programmes(connection: Connection, several: Sequence[StoredProgramme]) -> None:
    """Write programmes, new or changed, in one go: one by one 50,000 of them take as long as a write may."""
    wanted = {each.bulletin_id: each.programme.name for each in several if each.bulletin_id is not None}
    for bulletin_id, name in wanted.items():
        found = connection.execute(select(t.bulletins.c.id).where(t.bulletins.c.id == bulletin_id))
        if found.one_or_none() is None:
            raise BadInputError(f"programme {name}: bulletin {bulletin_id} is not in the store")
    if several:
        put = insert(t.programmes)
        fresh = {column.name: put.excluded[column.name] for column in t.programmes.c if column.name != "name"}
        rows = [_programme_row(each) for each in several]
        connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=fresh), rows)


def _programme_row(each: StoredProgramme) -> dict[str, Any]:
    item = each.programme
    return {
        "name": item.name,
        "title": item.title,
        "text": item.text,
        "zones": list(item.zones),
        "first_at": item.first_at,
        "time_zone": _zone_text(item.first_at),
        "recurrence": item.recurrence,
        "priority": int(item.priority),
        "approved_by": item.approved_by,
        "voice": item.voice,
        "start_tolerance_s": item.start_tolerance.total_seconds(),
        "parts": _part_rows(item.parts),
        "override_open_items": item.override_open_items,
        "times": item.times,
        "days": days_row(item),
        "bulletin_id": each.bulletin_id,
        "origin": each.origin.value,
        "topic": item.topic,
        "relay": None if item.relay is None else asdict(item.relay),
        "rate_wpm": item.rate_wpm,
    }


def drop_programme(connection: Connection, name: str) -> bool:
    """Forget a programme; what was planned of it stays, and its way to the air in the log. False if there was none."""
    connection.execute(delete(t.items).where(t.items.c.name == name))
    return connection.execute(delete(t.programmes).where(t.programmes.c.name == name)).rowcount > 0


def stored_programmes(connection: Connection) -> list[StoredProgramme]:
    """Return all programmes by name, their first instant on the wall clock of their own zone."""
    rows = connection.execute(select(t.programmes).order_by(t.programmes.c.name))
    return [stored_from(row) for row in rows]


def stored_from(row: Row[Any]) -> StoredProgramme:
    """Read a programme out of a row that holds the columns of `programmes`."""
    return StoredProgramme(_programme(row), Origin(row.origin), row.bulletin_id)


def _programme(row: Row[Any]) -> Programme:
    return Programme(
        name=row.name,
        title=row.title,
        text=row.text,
        zones=tuple(row.zones),
        first_at=row.first_at.astimezone(_zone(row.time_zone)),
        recurrence=row.recurrence,
        priority=Priority(row.priority),
        approved_by=row.approved_by,
        voice=row.voice,
        start_tolerance=timedelta(seconds=row.start_tolerance_s),
        parts=_parts(row.parts),
        override_open_items=row.override_open_items,
        times=row.times,
        relay=relay_from(row.relay),
        topic=row.topic,
        rate_wpm=row.rate_wpm,
        **days_fields(row.days),
    )


def relay_from(row: Mapping[str, Any] | None) -> Relay | None:
    """Read a relay out of its column."""
    return None if row is None else Relay(**row)


def programme_recordings(connection: Connection) -> dict[str, tuple[Recording, Mapping[str, Any]]]:
    """Return the latest recording of what each programme airs, with what is known of its making, by its name."""
    query = (
        select(t.programmes.c.name.label("programme"), t.recordings)
        .join(t.recordings, t.recordings.c.bulletin_id == t.programmes.c.bulletin_id)
        .order_by(t.recordings.c.at)
    )
    return {row["programme"]: (recording_from(row), row["facts"]) for row in connection.execute(query).mappings()}


def _part_rows(parts: Sequence[Part]) -> list[dict[str, str]] | None:
    return [asdict(part) for part in parts] or None


def _parts(rows: Sequence[Mapping[str, str]] | None) -> tuple[Part, ...]:
    return tuple(Part(**row) for row in rows or ())


def _zone_text(at: datetime) -> str:
    if isinstance(at.tzinfo, ZoneInfo) and at.tzinfo.key is not None:
        return at.tzinfo.key
    offset = at.utcoffset()
    if offset is None:
        raise BadInputError(f"the time {at.isoformat()} has no zone; give an aware one")
    return f"{offset.total_seconds():+.0f}"


def _zone(text: str) -> tzinfo:
    return timezone(timedelta(seconds=int(text))) if text[:1] in "+-" else ZoneInfo(text)
