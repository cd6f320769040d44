"""Which microphone recordings a commune pays for: those of alerts, of doubtful airings, and a sample of the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from smartradio.domain.priority import Priority


class Why(StrEnum):
    """Why a clip is asked for; stable codes of the evidence log."""

    ALERT = "alert"
    DOUBTFUL = "doubtful"
    FIRST_AIRINGS = "first_airings"
    SAMPLE = "sample"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class ClipPolicy:
    """A commune's choice. `first`: so many airings of a node are all heard; `every`: then one in so many, 0 none.

    Without `keep` no recording leaves any microphone's memory, and every verdict is unclear.
    """

    keep: bool = True
    first: int = 10
    every: int = 5

    def at_once(self, priority: Priority) -> bool:
        """Say whether clips of this priority are sent without being asked for."""
        return self.keep and (priority >= Priority.EMERGENCY or self.every == 1)

    def why(
        self, airing: str, node: str, priority: Priority, *, heard: int, doubts: Sequence[str], crowded: bool
    ) -> Why | None:
        """Return why the clip of an airing that was measured is needed, None if the node's figures are enough.

        `heard` is how many of the node's airings were heard so far; `doubts` are what its figures leave open. While
        it is `crowded`, because more clips wait than are judged, only what is needed is asked for.
        """
        if not self.keep:
            return None
        if priority >= Priority.EMERGENCY:
            return Why.ALERT
        if doubts:
            return Why.DOUBTFUL
        if crowded:
            return None
        if heard < self.first:
            return Why.FIRST_AIRINGS
        return Why.SAMPLE if sampled(airing, node, self.every) else None


def sampled(airing: str, node: str, every: int) -> bool:
    """Say whether an airing at a node belongs to the sample of one in `every`; 0 is an empty one.

    By the hash of both, so that it falls neither on the same programme each day nor on all nodes at once, and
    anybody can check it afterwards.
    """
    if every <= 0:
        return False
    digest = hashlib.sha256(f"{airing} {node}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % every == 0
