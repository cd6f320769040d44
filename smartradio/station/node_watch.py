"""When each node was last heard of, whether two of them share a name, what is wrong by their word. Pure bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from smartradio.domain.evidence import Reason
from smartradio.station.older_nodes import OLDER
from smartradio.wire.messages import NodeState

# A node that restarts has a new boot id for good; one that comes back to an old id is another machine.
_REMEMBERED_BOOTS = 8


@dataclass
class _Heard:
    at: datetime
    online: bool = False
    boots: list[str] = field(default_factory=list)


class NodeWatch:
    """Keeps the last sign of life of every node."""

    def __init__(self, *, silent_after: timedelta) -> None:
        self.silent_after = silent_after
        self._heard: dict[str, _Heard] = {}

    def heard(self, node: str, at: datetime) -> None:
        """Note a sign of life."""
        entry = self._heard.setdefault(node, _Heard(at))
        entry.at = max(entry.at, at)

    def state(self, node: str, *, online: bool, boot: str, at: datetime) -> bool:
        """Note a state; True if it is of a start that another one had followed: two share the name."""
        entry = self._heard.setdefault(node, _Heard(at))
        entry.at = max(entry.at, at) if online else entry.at
        entry.online = online
        # The last will of an earlier start may come late; only a living one takes the name.
        if not online or (entry.boots and entry.boots[-1] == boot):
            return False
        returned = boot in entry.boots
        entry.boots = [*(b for b in entry.boots if b != boot), boot][-_REMEMBERED_BOOTS:]
        return returned

    def online(self) -> frozenset[str]:
        """Return the nodes thought online."""
        return frozenset(node for node, entry in self._heard.items() if entry.online)

    def last_heard(self, node: str) -> datetime | None:
        """Return when a node was last heard of."""
        entry = self._heard.get(node)
        return entry.at if entry is not None else None

    def gone_silent(self, now: datetime) -> tuple[str, ...]:
        """Return nodes that are thought online but have been silent too long; each is told once."""
        silent = [n for n, entry in self._heard.items() if entry.online and now - entry.at >= self.silent_after]
        for node in silent:
            self._heard[node].online = False
        return tuple(silent)


def told_by(state: NodeState, *, name_taken: bool, older: bool) -> dict[str, Any]:
    """Return what is kept of a heartbeat, and `problems`: codes of what is wrong by it."""
    # A flag that is set in the node's health is a fault by its name (undervoltage_now, ...).
    problems = [name for name, value in sorted(state.health.items()) if value is True]
    if not state.clock_trusted:
        problems.append("clock_untrusted")
    if name_taken:
        problems.append(str(Reason.NAME_TAKEN))
    if older:
        problems.append(OLDER)
    if state.rung != "programme":
        problems.append(f"rung_{state.rung}")
    told = state.model_dump(mode="json", exclude={"station", "node", "status"})
    return told | {"problems": problems}
