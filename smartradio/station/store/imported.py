"""Programmes brought into the store together, by hand or from the station's files: all of a call, or none."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from smartradio.domain.approval import ItemState
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.store import items, texts
from smartradio.station.store import tables as t


def put_imported(connection: Connection, programmes: Sequence[Programme], replace: bool) -> list[str]:
    """Write programmes that no schedule file of the station holds, and return the names of those that are new or other.

    Raises BadInputError for one that stands in a file, and for one that stands there with other words, or was
    withdrawn, unless they are to `replace` it. What somebody said of the words before goes with them.
    """
    there = {each.programme.name: each for each in texts.stored_programmes(connection)}
    withdrawn = {item.name for item in items.items(connection, {ItemState.WITHDRAWN})}
    put: list[texts.StoredProgramme] = []
    for programme in programmes:
        stored = there.get(programme.name)
        if stored is not None:
            if stored.origin is Origin.FILE:
                raise BadInputError(
                    f"programme {programme.name!r} stands in a schedule file of the station; change it there"
                )
            if stored.programme == programme and programme.name not in withdrawn:
                continue
            if not replace:
                how = "was withdrawn" if programme.name in withdrawn else "stands in the store as something else"
                raise BadInputError(
                    f"programme {programme.name!r} {how}; give it another name, or put it in its place with --replace"
                )
            connection.execute(delete(t.items).where(t.items.c.name == programme.name))
        put.append(texts.StoredProgramme(programme, Origin.CONSOLE, None))
    texts.put_programmes(connection, put)
    return [each.programme.name for each in put]


def put_from_files(connection: Connection, programmes: Sequence[tuple[Programme, str]]) -> None:
    """Make these, each with the bulletin it airs, all that the store holds of the station's schedule files."""
    there = {each.programme.name: each for each in texts.stored_programmes(connection)}
    wanted = [texts.StoredProgramme(programme, Origin.FILE, bulletin_id) for programme, bulletin_id in programmes]
    texts.put_programmes(connection, [each for each in wanted if there.get(each.programme.name) != each])
    names = {programme.name for programme, _ in programmes}
    for name, stored in there.items():
        if stored.origin is Origin.FILE and name not in names:
            texts.drop_programme(connection, name)
