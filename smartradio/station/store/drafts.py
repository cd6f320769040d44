"""What is being written and not yet kept as an item, and the sounds brought in for it: every method a transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Text, cast, delete, func, insert, literal, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from smartradio.domain.errors import BadInputError
from smartradio.station.store import draft_tables as t
from smartradio.station.store.database import Database
from smartradio.station.store.tables import bulletins, programmes

CHIME: Final = "/chime"
"""What the chime that may stand between parts is called: no file that is brought in can have this name."""
MOST_DRAFTS: Final = 50
"""So many unfinished texts an account may have; the oldest goes for a new one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as typed, not yet an item; `item` is the one it changes, `version` counts its savings."""

    id: str
    account: str
    item: str | None
    version: int
    content: Mapping[str, Any]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DraftSound:
    """A sound somebody brought in: its SHA-256 (hex), the file's name, its length, what is doubtful about it."""

    sha256: str
    name: str
    duration_s: float
    warnings: tuple[str, ...] = ()

    @property
    def is_chime(self) -> bool:
        """Whether it is the station's own chime, which nobody brought in."""
        return self.name == CHIME


class DraftChangedError(BadInputError):
    """Another window saved the draft meanwhile, at `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__("this draft was changed in another window meanwhile")
        self.at = at


class DraftShelf:
    """Drafts and their sounds. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def save(self, id: str, account: str, item: str | None, seen: int, content: Mapping[str, Any]) -> Draft:  # noqa: A002
        """Write a draft over the version that was `seen`, 0 for a new one.

        Raises DraftChangedError when that is not the last, BadInputError when the draft is somebody else's.
        """
        draft = Draft(id, account, item, seen + 1, content, self._clock())
        self._database.write(lambda c: _save(c, draft, seen))
        return draft

    def draft(self, id: str, account: str) -> Draft | None:  # noqa: A002
        """Return an account's draft."""
        return self._database.read(lambda c: _one(c, id, account))

    def of(self, account: str) -> list[Draft]:
        """Return an account's drafts, the one changed last first."""
        query = select(t.drafts).where(t.drafts.c.account == account).order_by(t.drafts.c.changed_at.desc())
        return self._database.read(lambda c: [_draft(row) for row in c.execute(query)])

    def drop(self, id: str, account: str) -> None:  # noqa: A002
        """Remove a draft, if it is there."""
        gone = delete(t.drafts).where(t.drafts.c.id == id, t.drafts.c.account == account)
        self._database.write(lambda c: c.execute(gone))

    def put_sound(self, sound: DraftSound, by: str) -> None:
        """Write what is known of a sound on the shelf; one brought in again takes its new name."""
        values: dict[str, Any] = {
            "name": sound.name,
            "duration_s": sound.duration_s,
            "warnings": list(sound.warnings),
            "brought_by": by,
            "brought_at": self._clock(),
        }
        put = upsert(t.draft_sounds).values(sha256=sound.sha256, **values)
        put = put.on_conflict_do_update(index_elements=["sha256"], set_=values)
        self._database.write(lambda c: c.execute(put))

    def sounds(self, names: Collection[str]) -> dict[str, DraftSound]:
        """Return by SHA-256 what is known of sounds; those brought in another way are left out."""
        query = select(t.draft_sounds).where(t.draft_sounds.c.sha256.in_(list(names)))
        return self._database.read(
            lambda c: {
                row.sha256: DraftSound(row.sha256, row.name, row.duration_s, tuple(row.warnings))
                for row in c.execute(query)
            }
        )

    def forget(self, days: int, kept: Collection[str] = ()) -> tuple[str, ...]:
        """Remove drafts that nobody has touched for so many days, and what is known of sounds that nothing uses.

        Return those sounds: none of a draft, programme or bulletin, brought in before those days, not in `kept`.
        """
        return self._database.write(lambda c: _forget(c, self._clock() - timedelta(days=days), kept))


def _one(connection: Connection, name: str, account: str) -> Draft | None:
    query = select(t.drafts).where(t.drafts.c.id == name, t.drafts.c.account == account)
    row = connection.execute(query).one_or_none()
    return None if row is None else _draft(row)


def _save(connection: Connection, draft: Draft, seen: int) -> None:
    row = connection.execute(select(t.drafts).where(t.drafts.c.id == draft.id)).one_or_none()
    if row is not None and row.account != draft.account:
        raise BadInputError("this draft is somebody else's")
    if row is not None and row.version != seen:
        raise DraftChangedError(row.changed_at)
    values = {
        "account": draft.account,
        "item": draft.item,
        "version": draft.version,
        "content": dict(draft.content),
        "changed_at": draft.changed_at,
    }
    if row is None:
        # A draft that was handed in elsewhere and is still typed in here begins anew: nothing typed is lost.
        _make_room(connection, draft.account)
        connection.execute(insert(t.drafts).values(id=draft.id, **values))
    else:
        connection.execute(update(t.drafts).where(t.drafts.c.id == draft.id).values(**values))


def _forget(connection: Connection, before: datetime, kept: Collection[str]) -> tuple[str, ...]:
    connection.execute(delete(t.drafts).where(t.drafts.c.changed_at < before))
    sound = t.draft_sounds.c.sha256
    used_by = [
        select(literal(1)).where(func.instr(cast(column, Text), sound) > 0)
        for column in (t.drafts.c.content, programmes.c.parts, bulletins.c.parts)
    ]
    unused = select(sound).where(
        t.draft_sounds.c.brought_at < before, sound.not_in(list(kept)), *(~use.exists() for use in used_by)
    )
    gone = tuple(connection.execute(unused).scalars())
    connection.execute(delete(t.draft_sounds).where(sound.in_(gone)))
    return gone


def _make_room(connection: Connection, account: str) -> None:
    held = select(func.count()).select_from(t.drafts).where(t.drafts.c.account == account)
    if connection.execute(held).scalar_one() >= MOST_DRAFTS:
        newest = (
            select(t.drafts.c.id)
            .where(t.drafts.c.account == account)
            .order_by(t.drafts.c.changed_at.desc())
            .limit(MOST_DRAFTS - 1)
        )
        connection.execute(delete(t.drafts).where(t.drafts.c.account == account, t.drafts.c.id.not_in(newest)))


def _draft(row: Any) -> Draft:
    return Draft(row.id, row.account, row.item, row.version, row.content, row.changed_at)
