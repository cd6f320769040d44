"""What was ever written at the station, as the archive shows it: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from smartradio.domain.approval import ItemState
from smartradio.domain.priority import Priority


class Kind(StrEnum):
    """Under what something written is kept."""

    PROGRAMME = "programme"
    """An item or programme, by its name."""
    BULLETIN = "bulletin"
    """Words that were aired and that no programme holds any more: aired at once, or an older wording."""


class Key(NamedTuple):
    """What names one thing written."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class LastAiring:
    """The last airing that began: of its `nodes`, `judged` have a verdict and `heard` were heard whole."""

    airing: str
    starts_at: datetime
    zones: tuple[str, ...]
    nodes: int
    judged: int
    heard: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing written, where it stands and what came of it. `state` is None for what is kept by its words alone."""

    key: Key
    title: str
    text: str
    priority: Priority
    zones: tuple[str, ...]
    state: ItemState | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None
    recurring: bool = False
    from_file: bool = False
    last: LastAiring | None = None
    next_at: datetime | None = None
