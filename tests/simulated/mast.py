"""A node of the simulated commune, and how closely the world looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from smartradio.node.agent import Agent
from tests.simulated.horn import Card, Ear, Sounded


@dataclass
class Pace:
    """How closely the world looks: idle nodes, and the station's repeated alarms, at least so many seconds apart."""

    idle_s: float = 60.0
    alarms_s: float = 0.0


@dataclass
class Mast:
    """One node: its disk, its process if it lives, and what its horn has sounded whoever was alive."""

    name: str
    settings: dict[str, Any]
    folder: Path
    ear: Ear
    life: int = 0
    agent: Agent | None = None
    card: Card | None = None
    wake_s: float = 0.0
    up: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    sounded: list[Sounded] = field(default_factory=list)
