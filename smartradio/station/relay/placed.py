"""A piece of a relay and its place, as the nodes are told of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from smartradio.domain.bulletin import Segment, SegmentKind

PIECE_S: Final = 2.0
"""So long is a piece of a stream."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment on the shelf and its place: seconds from where the relay begins to sound."""

    at_s: float
    segment: Segment

    @property
    def ends_s(self) -> float:
        """Where it is over."""
        return self.at_s + self.segment.duration_s

    def facts(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"at_s": self.at_s, **asdict(self.segment)}

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Placed:
        """Return what `facts` gave; raises KeyError, TypeError and ValueError for anything else."""
        values = dict(facts)
        at_s = float(values.pop("at_s"))
        return cls(at_s, Segment(**{**values, "kind": SegmentKind(values["kind"])}))
