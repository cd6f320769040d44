"""An airing at very many nodes, a page of them at a time: the worst come first, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from smartradio.station.views import WORST_FIRST, AiringView, NodePlace

PAGE: Final = 20
"""So many nodes stand on a page with their figures and words."""
WAITING: Final = "waiting"
"""Counts the nodes without a verdict."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The page of nodes that is shown: `names` in their order, or None for all of few as they stand in the plan."""

    names: tuple[str, ...] | None
    number: int = 1
    last: int = 1
    all: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    to_settle: bool = False

    @property
    def first_node(self) -> int:
        """Which node the page begins with, counted from 1."""
        return (self.number - 1) * PAGE + 1

    @property
    def last_node(self) -> int:
        """Which node it ends with."""
        return min(self.number * PAGE, self.all)


def leaf_of(places: Sequence[NodePlace], number: str = "", around: str = "") -> Leaf:
    """Return the page asked for by its number, or the one with a node on it; the first for what is neither."""
    to_settle = any(place.verdict and not place.settled for place in places)
    if len(places) <= PAGE:
        return Leaf(None, all=len(places), to_settle=to_settle)
    rank = {code.value: at for at, code in enumerate(WORST_FIRST)}
    row = sorted(places, key=lambda place: len(rank) - 1.5 if place.verdict is None else rank[place.verdict])
    last = -(-len(row) // PAGE)
    at = next((at for at, place in enumerate(row) if place.node == around), None)
    wanted = at // PAGE + 1 if at is not None else int(number) if number.isdecimal() and len(number) < 6 else 1
    chosen = min(max(wanted, 1), last)
    names = tuple(place.node for place in row[(chosen - 1) * PAGE : chosen * PAGE])
    counts = Counter(place.verdict or WAITING for place in places)
    return Leaf(
        names, chosen, last, len(row), {code: counts[code] for code in (*rank, WAITING) if counts[code]}, to_settle
    )


def in_order(view: AiringView | None, leaf: Leaf) -> AiringView | None:
    """Return a view of the leaf's nodes with them in the leaf's order."""
    if view is None or leaf.names is None:
        return view
    at = {name: place for place, name in enumerate(leaf.names)}
    return replace(view, nodes=tuple(sorted(view.nodes, key=lambda node: at[node.node])))
