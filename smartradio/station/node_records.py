"""What is kept of a node beside its airings: its starts, what was set at it, what it was asked and answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from smartradio.wire.messages import Action


class NodeEventKind(StrEnum):
    """What happened to a node; stable codes."""

    STARTED = "started"
    VERSION = "version"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class NodeEvent:
    """A start (`value` is its boot id), another version of a node's program, or a press of its button (its key)."""

    node: str
    at: datetime
    what: NodeEventKind
    value: str


@dataclass(frozen=True, slots=True)
class NodeSetting:
    """What was set at the console in the place of the settings file; None where the file holds.

    `lat` and `lon` are degrees (WGS 84), both or neither.
    """

    volume_db: float | None = None
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class NodeOrder:
    """A tone or restart that was asked of a node until `expires_at`, and its answer, None while there is none.

    `answer` is the step that the node reported (measured, restarted, skipped, refused), `facts` its figures as in a
    MEASURED report, `clip` the SHA-256 of what its microphone heard, while that is kept.
    """

    id: str
    node: str
    action: Action
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    answer: str | None = None
    reason: str | None = None
    answered_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    clip: str | None = None
