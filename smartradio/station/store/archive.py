"""All that was ever written: drafts, programmes, what was aired at once; listed, found by words, described."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal, not_, select, union_all

from smartradio.domain.approval import ItemState, furthest
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin
from smartradio.domain.verdict import VerdictCode
from smartradio.station.archive import Kept, Key, Kind, LastAiring
from smartradio.station.store import tables as t
from smartradio.station.store.search import found as words_found


def newest(connection: Connection, before: datetime | None, most: int) -> list[tuple[Key, datetime]]:
    """Return what was changed or, where no programme airs it, aired before an instant, the newest first."""
    changed = select(literal(Kind.PROGRAMME.value), t.items.c.name, t.items.c.changed_at.label("at"))
    # Of what was aired more than once the newest airing counts.
    later = t.airings.alias()
    again = select(later.c.id).where(
        later.c.bulletin_id == t.airings.c.bulletin_id, later.c.starts_at > t.airings.c.starts_at
    )
    aired = select(literal(Kind.BULLETIN.value), t.airings.c.bulletin_id, t.airings.c.starts_at.label("at")).where(
        t.airings.c.programme.is_(None), ~again.exists()
    )
    if before is not None:
        changed, aired = changed.where(t.items.c.changed_at < before), aired.where(t.airings.c.starts_at < before)
    both = union_all(
        select(changed.order_by(t.items.c.changed_at.desc()).limit(most).subquery()),
        select(aired.order_by(t.airings.c.starts_at.desc()).limit(most).subquery()),
    )
    rows = [(Key(Kind(kind), key), at) for kind, key, at in connection.execute(both)]
    rows.sort(key=lambda row: row[1], reverse=True)
    return list(dict(rows[:most]).items())


def found(connection: Connection, words: str, most: int) -> list[Key]:
    """Return what holds all the words, accents or none, best first; each programme once.

    An older wording of a programme is found under its bulletin, as far as it was aired.
    """
    keys = [Key(Kind(each.kind), each.key) for each in words_found(connection, words, most)]
    keys = _as_typed_first(connection, keys, words)
    bulletins = [key.name for key in keys if key.kind is Kind.BULLETIN]
    aired = _last_airings(connection, Kind.BULLETIN, bulletins, None)
    names = [row.programme for row in aired.values() if row.programme is not None]
    current = select(t.programmes.c.name, t.programmes.c.bulletin_id).where(t.programmes.c.name.in_(names))
    now = {row.name: row.bulletin_id for row in connection.execute(current)}
    seen: dict[Key, None] = {}
    for key in keys:
        if key.kind is Kind.PROGRAMME:
            seen[key] = None
        elif (row := aired.get(key.name)) is not None:
            is_current = row.programme is not None and now.get(row.programme) == key.name
            seen[Key(Kind.PROGRAMME, row.programme) if is_current else key] = None
    return list(seen)


def _as_typed_first(connection: Connection, keys: list[Key], words: str) -> list[Key]:
    """Return those first that hold the words with the very accents that were typed, if any were."""
    typed = unicodedata.normalize("NFC", words).casefold().split()
    if all(word.isascii() for word in typed):
        return keys
    p, b = t.programmes.c, t.bulletins.c
    mine = {kind: [key.name for key in keys if key.kind is kind] for kind in Kind}
    both = union_all(
        select(literal(Kind.PROGRAMME.value), p.name, p.title, p.text).where(p.name.in_(mine[Kind.PROGRAMME])),
        select(literal(Kind.BULLETIN.value), b.id, b.title, b.text).where(b.id.in_(mine[Kind.BULLETIN])),
    )
    written = {
        Key(Kind(kind), name): unicodedata.normalize("NFC", f"{title} {text}").casefold()
        for kind, name, title, text in connection.execute(both)
    }
    return sorted(keys, key=lambda key: not all(word in written.get(key, "") for word in typed))


def described(connection: Connection, keys: Sequence[Key], now: datetime) -> list[Kept]:
    """Return what these are and what came of them, in their order, by a fixed number of queries."""
    programmes = [key.name for key in keys if key.kind is Kind.PROGRAMME]
    bulletins = [key.name for key in keys if key.kind is Kind.BULLETIN]
    names = {Kind.PROGRAMME: programmes, Kind.BULLETIN: bulletins}
    rows = {
        Kind.PROGRAMME: {row.name: row for row in connection.execute(_written(programmes))},
        Kind.BULLETIN: {
            row.id: row for row in connection.execute(select(t.bulletins).where(t.bulletins.c.id.in_(bulletins)))
        },
    }
    last = {kind: _last_airings(connection, kind, names[kind], now) for kind in Kind}
    following = {kind: _next_airings(connection, kind, names[kind], now) for kind in Kind}
    heard = _heard(connection, [row.id for each in last.values() for row in each.values()])
    kept = []
    for key in keys:
        row = rows[key.kind].get(key.name)
        if row is not None:
            aired = last[key.kind].get(key.name)
            last_airing = None if aired is None else _last_airing(aired, heard.get(aired.id, {}))
            kept.append(_kept(key, row, last_airing, following[key.kind].get(key.name)))
    return kept


def _written(names: Sequence[str]) -> Select[Any]:
    mine = (t.items.c.state, t.items.c.changed_at, t.items.c.changed_by, t.items.c.at_once)
    return (
        select(t.programmes, *mine)
        .outerjoin(t.items, t.items.c.name == t.programmes.c.name)
        .where(t.programmes.c.name.in_(names))
    )


def _last_airings(connection: Connection, kind: Kind, names: Sequence[str], now: datetime | None) -> dict[str, Any]:
    """Return by name the row of the last airing that was not withdrawn; with `now` of those that have begun."""
    a = t.airings.c
    named = {Kind.PROGRAMME: a.programme, Kind.BULLETIN: a.bulletin_id}[kind]
    count = func.json_array_length(a.nodes).label("nodes")
    query = select(named.label("key"), a.id, a.programme, a.zones, count, a.starts_at)
    found = connection.execute(query.where(a.id.in_(_one_of_each(kind, names, before=now))))
    return {row.key: row for row in found}


def _next_airings(connection: Connection, kind: Kind, names: Sequence[str], now: datetime) -> dict[str, datetime]:
    a = t.airings.c
    named = {Kind.PROGRAMME: a.programme, Kind.BULLETIN: a.bulletin_id}[kind]
    query = select(named.label("key"), a.starts_at).where(a.id.in_(_one_of_each(kind, names, after=now)))
    return {row.key: row.starts_at for row in connection.execute(query)}


def _one_of_each(
    kind: Kind, names: Sequence[str], *, before: datetime | None = None, after: datetime | None = None
) -> Select[Any]:
    """Return the ids of the last airing of each up to `before`, or of the first after `after`.

    Each is looked up in the index by itself: what was aired every day for years is not read through.
    """
    each = t.airings.alias("each")
    owner, named = {
        Kind.PROGRAMME: (t.programmes.c.name, each.c.programme),
        Kind.BULLETIN: (t.bulletins.c.id, each.c.bulletin_id),
    }[kind]
    one = select(each.c.id).where(named == owner, not_(each.c.withdrawn)).limit(1)
    if after is not None:
        one = one.where(each.c.starts_at > after).order_by(each.c.starts_at)
    else:
        one = one.order_by(each.c.starts_at.desc())
        one = one if before is None else one.where(each.c.starts_at <= before)
    return select(one.correlate(owner.table).scalar_subquery()).where(owner.in_(names))


def _heard(connection: Connection, airings: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return by airing and verdict at how many nodes it stands."""
    j = t.judgements.c
    query = select(j.airing, j.verdict, func.count()).where(j.airing.in_(airings)).group_by(j.airing, j.verdict)
    found: dict[str, dict[str, int]] = {}
    for airing, verdict, count in connection.execute(query):
        found.setdefault(airing, {})[verdict] = count
    return found


def _last_airing(row: Any, verdicts: dict[str, int]) -> LastAiring:
    heard = verdicts.get(VerdictCode.AIRED.value, 0)
    return LastAiring(row.id, row.starts_at, tuple(row.zones), row.nodes, sum(verdicts.values()), heard)


def _kept(key: Key, row: Row[Any], last: LastAiring | None, following: datetime | None) -> Kept:
    is_programme = key.kind is Kind.PROGRAMME
    state = row.state if is_programme else None
    planned, heard = last is not None or following is not None, last is not None and last.heard > 0
    return Kept(
        key=key,
        title=row.title,
        text=row.text,
        priority=Priority(row.priority),
        zones=tuple(row.zones) if is_programme else last.zones if last else (),
        # That a microphone heard it says that it was aired; that its time is over says nothing of the kind.
        state=None if state is None else furthest(ItemState(state), planned=planned, started=heard),
        changed_at=row.changed_at if is_programme else None,
        changed_by=row.changed_by if is_programme else None,
        recurring=bool(is_programme and (row.recurrence or _has_lunar(row.days))),
        from_file=is_programme and row.origin == Origin.FILE.value,
        last=last,
        next_at=following,
    )


def _has_lunar(days: dict[str, Any] | None) -> bool:
    return bool(days and days.get("lunar"))
