"""What somebody changed of the station itself (an account, a setting, a backup) as an entry of the evidence log."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Step


class Change(StrEnum):
    """What was done to it; stable codes."""

    MADE = "made"
    CHANGED = "changed"
    REMOVED = "removed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    MERGED = "merged"
    RESTORED = "restored"
    CHECKED = "checked"


def administered(
    what: str,
    name: str,
    change: Change,
    *,
    by: Person,
    at: datetime,
    before: Any = None,
    after: Any = None,
) -> Evidence:
    """Return the entry that `by` changed something of the station; what it was and is are plain JSON, never a secret.

    `what` is a stable code such as account, setting, lexicon, model, backup, zone or node; `name` says which.
    """
    facts: dict[str, Any] = {"what": what, "name": name, "change": change.value, **by.facts()}
    facts |= {key: value for key, value in (("before", before), ("after", after)) if value is not None}
    return Evidence("", "", Step.ADMINISTERED, at, f"operator:{by.title}", facts=facts)
