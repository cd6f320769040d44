"""An alert whose words were waited for at a node is judged with the silences that stood between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step

LONGEST_S: Final = 60.0
"""No node waits longer than this behind one segment; what says so is not believed."""


def as_waited(recording: Recording, node: str, chain: Sequence[Evidence], clip: str) -> Recording:
    """Return a recording with the silences that a node tells beside a clip (SHA-256, hex)."""
    waits: dict[int, float] = {}
    for entry in chain:
        if entry.step is Step.MEASURED and entry.source == f"node:{node}" and _names(entry, clip):
            waits = dict(_waits(entry.facts.get("waited"), len(recording.segments)))
    if not waits:
        return recording
    segments = tuple(
        replace(segment, pause_after_s=segment.pause_after_s + waits.get(number, 0.0))
        for number, segment in enumerate(recording.segments)
    )
    return replace(recording, segments=segments)


def _names(entry: Evidence, clip: str) -> bool:
    named = (entry.facts.get(name) for name in ("clip", "kept_clip"))
    return any(isinstance(each, dict) and each.get("sha256") == clip for each in named)


def _waits(told: Any, segments: int) -> Iterator[tuple[int, float]]:
    """Yield (segment, seconds) of what a node tells; what cannot be is left out."""
    for each in told if isinstance(told, list) else ():
        match each:
            case [int(number), int() | float() as wait_s] if 0 <= number < segments and 0 < wait_s <= LONGEST_S:
                yield number, float(wait_s)
