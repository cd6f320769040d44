"""Deaths in good measure: a process of the simulated world ends at its n-th write or message, and nothing more of it.

Each place at which something outlives a process is touched: before and after a commit of the station's store and of a
node's journal, before a file is begun, when it is written but has no name yet, when it has; before and after a message
is handed to the broker. At the chosen touch the folder is copied as it lies, which is what kill -9 leaves, and `Died`
is raised; whatever the dead one still does happens in the folder it will never see again.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

import smartradio.files
from smartradio.node.journal import Journal
from smartradio.station.store.database import Database

# What changes in place must be copied; all else is written whole and renamed, so a second name is enough.
_CHANGES_IN_PLACE = (".db", ".db-wal", ".db-shm", ".lock")


class Died(BaseException):
    """A process of the simulated world has ended here."""


class Fuse:
    """Knows who works in which folder, counts their touches, and ends the one that was chosen."""

    def __init__(self) -> None:
        self._folders: dict[Path, str] = {}
        self._chosen: list[tuple[str, str, int]] = []
        self.touches: Counter[tuple[str, str]] = Counter()
        self.dead: set[str] = set()
        self.died_at: list[tuple[str, str]] = []
        self.on_death: Callable[[str], None] = lambda who: None

    def lives_in(self, who: str, folder: Path) -> None:
        """Learn where somebody works; nobody else does any more."""
        self._folders = {known: name for known, name in self._folders.items() if name != who} | {folder: who}
        self.dead.discard(who)

    def choose(self, who: str, what: str, times: int) -> None:
        """End somebody at a place when it comes past for the so-manieth time."""
        self._chosen.append((who, what, self.touches[who, what] + times))

    def give_up(self) -> None:
        """Choose nobody any more."""
        self._chosen.clear()

    def touch(self, who: str, what: str) -> None:
        """Come past a place at which somebody may die."""
        if who in self.dead:
            raise Died(f"{who} is dead")
        self.touches[who, what] += 1
        now = (who, what, self.touches[who, what])
        if now not in self._chosen:
            return
        self._chosen.remove(now)
        self.dead.add(who)
        self.died_at.append((who, what))
        self.on_death(who)
        raise Died(f"{who} dies {what}")

    def of(self, path: Path) -> str | None:
        """Return who works with a file."""
        return next((who for folder, who in self._folders.items() if path.is_relative_to(folder)), None)

    def lay(self, patch: pytest.MonkeyPatch) -> None:
        """Put the fuse into everything that writes."""
        fuse, write, together, replacing = self, Database.write, Journal.together, smartradio.files.replacing

        def fused_write(database: Database, work: Callable[[Any], Any]) -> Any:
            who = fuse.of(database.path)
            if who is None:
                return write(database, work)

            def fused_work(connection: Any) -> Any:
                done = work(connection)
                fuse.touch(who, "before the store's commit")
                return done

            done = write(database, fused_work)
            fuse.touch(who, "after the store's commit")
            return done

        @contextmanager
        def fused_together(journal: Journal) -> Iterator[None]:
            who = None if journal._inside() else fuse.of(_path_of(journal))
            with together(journal):
                yield
                if who is not None:
                    fuse.touch(who, "before the journal's commit")
            if who is not None:
                fuse.touch(who, "after the journal's commit")

        @contextmanager
        def fused_replacing(path: Path, **named: Any) -> Iterator[Path]:
            who = fuse.of(path)
            inner: AbstractContextManager[Path] = replacing(path, **named)
            if who is None:
                with inner as part:
                    yield part
                return
            fuse.touch(who, "before a file")
            with inner as part:
                yield part
                fuse.touch(who, "between a file and its name")
            fuse.touch(who, "between a file and its row")

        patch.setattr(Database, "write", fused_write)
        patch.setattr(Journal, "together", fused_together)
        patch.setattr(smartradio.files, "replacing", fused_replacing)


def _path_of(journal: Journal) -> Path:
    known: Path | None = getattr(journal, "_fuse_path", None)
    if known is None:
        known = journal._fuse_path = Path(journal._db.execute("PRAGMA database_list").fetchone()[2])  # type: ignore[attr-defined]
    return known


def copy_as_it_lies(folder: Path, to: Path) -> None:
    """Copy a folder of a station or node at this instant."""

    def take(source: str, target: str) -> str:
        if source.endswith(_CHANGES_IN_PLACE):
            return str(shutil.copy2(source, target))
        os.link(source, target)
        return target

    shutil.copytree(folder, to, copy_function=take)
