"""Settings changed at the console as rows: every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from smartradio.domain.evidence import Evidence
from smartradio.station.store import log
from smartradio.station.store import tables as t
from smartradio.station.store.database import Database

if TYPE_CHECKING:
    from smartradio.station.kept_settings import Plain


@dataclass(frozen=True, slots=True)
class KeptSetting:
    """A setting's value at the console, who gave it and when."""

    value: Plain
    changed_by: str
    changed_at: datetime


class SettingsShelf:
    """What lies over the settings file. Methods block and raise as those of `Store` do."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> dict[str, KeptSetting]:
        """Return what was changed at the console, by name."""
        return self._database.read(_all)

    def values(self) -> dict[str, Plain]:
        """Return the values alone, by name."""
        return {name: kept.value for name, kept in self.all().items()}

    def change(
        self, values: Mapping[str, Plain], dropped: Sequence[str], *, by: str, evidence: Sequence[Evidence]
    ) -> None:
        """Keep these values and forget those dropped, with what the log says of it."""
        now = self._clock()

        def work(connection: Connection) -> None:
            for name in dropped:
                connection.execute(delete(t.settings_kept).where(t.settings_kept.c.name == name))
            for name, value in values.items():
                row = {"value": value, "changed_by": by, "changed_at": now}
                put = insert(t.settings_kept).values(name=name, **row)
                connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=row))
            log.append_evidence(connection, evidence, now)

        self._database.write(work)


def _all(connection: Connection) -> dict[str, KeptSetting]:
    rows = connection.execute(select(t.settings_kept).order_by(t.settings_kept.c.name))
    return {row.name: KeptSetting(row.value, row.changed_by, row.changed_at) for row in rows}
