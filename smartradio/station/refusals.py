"""What the station refused, on record: once for each kind and node in a while, with how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from smartradio.domain.evidence import Evidence, Reason, Step

_logger = structlog.get_logger()

QUIET = timedelta(seconds=30)
_MAX_KINDS = 1_000


@dataclass
class _Seen:
    told_at: datetime
    unsaid: int = 0


class Refusals:
    """Turns refused messages into evidence, at most one a node and kind every 30 s.

    A flood of forgeries must not fill the disk; `facts.times` tells how many an entry stands for.
    """

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str, str], _Seen] = {}

    def note(self, node: str, leaf: str, reason: Reason | str, line: str) -> Evidence | None:
        """Return the evidence to write for a refused message on a node's topic, None if it was just told."""
        now = self._clock()
        kind = (node, leaf, str(reason))
        seen = self._seen.get(kind)
        if seen is not None and now - seen.told_at < QUIET:
            seen.unsaid += 1
            return None
        if seen is None and len(self._seen) >= _MAX_KINDS:
            self._forget_old(now)
        times = 1 + (seen.unsaid if seen is not None else 0)
        self._seen[kind] = _Seen(now)
        _logger.warning("message_refused", node=node, topic=leaf, reason=str(reason), line=line, times=times)
        facts = {"topic": leaf, "line": line[:500], "times": times}
        return Evidence(airing="", node=node, step=Step.REFUSED, at=now, source="station", reason=reason, facts=facts)

    def _forget_old(self, now: datetime) -> None:
        self._seen = {kind: seen for kind, seen in self._seen.items() if now - seen.told_at < QUIET}
