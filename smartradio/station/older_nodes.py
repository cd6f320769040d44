"""Nodes whose software is older than the station's: a message with fields they do not know they refuse whole.

A node says so itself, in a report it signs, and only of what bears the station's own signature. From then on it is told
in words of before the alerts. Another start may be of newer software, and is told everything once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from smartradio.domain.evidence import Reason, Step
from smartradio.wire.messages import PlannedAiring, Report

OLDER: Final = "software_older"
"""The problem's code of such a node."""
# What a node says of a shape it does not know; what it cannot open at all might be anybody's and begins otherwise.
_OPENED: Final = re.compile(r"(?:Plan|Order|NodeConfig): ")


class OlderNodes:
    """Which nodes refuse the words of today; one loop's, but for asking. Nothing is known of one that never said so."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        """`changed(node)` has settings and plan said to a node again, in the words that are for it now."""
        self._changed = changed
        self._boots: dict[str, str] = {}
        self._older: dict[str, str] = {}

    def __contains__(self, node: object) -> bool:
        return node in self._older

    def reported(self, report: Report) -> None:
        """Take a node's word for what it refuses."""
        if report.step is not Step.REFUSED or report.reason != Reason.MALFORMED:
            return
        if not _OPENED.match(str(report.facts.get("line", ""))):
            return
        # A report waits at the node until it is acknowledged: it may speak of what ran there before.
        known = self._boots.get(report.node, report.boot) == report.boot
        if known and self._older.get(report.node) != report.boot:
            self._older[report.node] = report.boot
            self._changed(report.node)

    def begun(self, node: str, boot: str) -> None:
        """Learn of which start a node's sign of life is."""
        self._boots[node] = boot
        if self._older.get(node, boot) != boot:
            del self._older[node]
            self._changed(node)


def in_older_words(airing: PlannedAiring) -> PlannedAiring | None:
    """Return an airing as nodes of before the alerts read it, None if it cannot be said to them yet.

    What grows is said once it is whole. What it replaces is stopped by orders of its own and stands in no plan.
    """
    if airing.grows:
        return None
    return airing.model_copy(update={"replaces": ()}) if airing.replaces else airing
