"""Reports: the node's evidence, numbered, signed, kept until the station itself has acknowledged them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from smartradio.domain.evidence import Reason, Step
from smartradio.node.clock import NodeClock
from smartradio.node.gate import RefusalBudget
from smartradio.node.journal import Journal, Make
from smartradio.wire.messages import Report
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

_logger = logging.getLogger(__name__)

# So many reports are on their way at once; the others wait for acks.
WINDOW = 20
SEND_AGAIN_S = 5.0
SEND_CAP_S = 60.0


class Reports:
    """Makes reports and brings them to the station, in order, again and again until the ack; one thread's.

    `publish(topic, payload)` says whether the link took it.
    """

    def __init__(
        self,
        journal: Journal,
        clock: NodeClock,
        key: SigningKey,
        *,
        station: str,
        node: str,
        boot: str,
        publish: Callable[[str, bytes], bool],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._key = key
        self._station = station
        self._node = node
        self._boot = boot
        self._publish = publish
        self._topic = Topics(station).node(node, "report")
        self._budget = RefusalBudget()
        self._sent: dict[str, float] = {}
        self._wait_s = SEND_AGAIN_S
        self._news = True

    def make(
        self,
        step: Step,
        airing: str | None,
        *,
        reason: Reason | None = None,
        facts: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Make:
        """Return what builds this report once its number is known."""
        self._news = True

        def build(seq: int) -> tuple[str, Mapping[str, Any]]:
            report = Report(
                report=secrets.token_urlsafe(12),
                station=self._station,
                node=self._node,
                boot=self._boot,
                seq=seq,
                airing=airing,
                step=step,
                at=at or self._clock.stated(),
                clock_offset_ms=self._clock.offset_ms,
                reason=reason,
                facts=dict(facts or {}),
            )
            return report.report, report.model_dump(mode="json")

        return build

    def add(
        self,
        step: Step,
        airing: str | None,
        *,
        reason: Reason | None = None,
        facts: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> None:
        """Queue a report."""
        self._journal.report(self.make(step, airing, reason=reason, facts=facts, at=at))

    def refused(self, error: RefusedError, topic: str, now_s: float, facts: Mapping[str, Any] | None = None) -> None:
        """Report a message that was not acted on, unless there were too many of its kind."""
        before = self._budget.allow(error.reason, now_s)
        if before is None:
            return
        _logger.warning("refused (%s): %s", error.reason, error)
        told = {"topic": topic[:200], "line": str(error)[:300], **(facts or {})}
        if before:
            told["kept_quiet"] = before
        self._journal.report(self.make(Step.REFUSED, None, reason=error.reason, facts=told), evidence=False)

    def link_up(self) -> None:
        """The link is new: what was on its way is sent again at once."""
        self._sent.clear()
        self._wait_s = SEND_AGAIN_S
        self._news = True

    def acknowledged(self, reports: tuple[str, ...]) -> int:
        """The station has committed these; return how many of them were ours."""
        count = self._journal.acknowledged(reports)
        for report in reports:
            self._sent.pop(report, None)
        if count:
            self._wait_s = SEND_AGAIN_S
            self._news = True
        return count

    def tick(self, now_s: float) -> float | None:
        """Send what is due; return when to come back, None if nothing waits."""
        oldest = min(self._sent.values(), default=None)
        if not self._news and oldest is None:
            return None
        if not self._news and oldest is not None and now_s < oldest + self._wait_s:
            return oldest + self._wait_s
        again = oldest is not None and now_s >= oldest + self._wait_s
        self._news = False
        for queued in self._journal.waiting(WINDOW):
            sent_s = self._sent.get(queued.report)
            if sent_s is not None and now_s < sent_s + self._wait_s:
                continue
            if not self._publish(self._topic, self._key.seal(self._topic, queued.body)):
                # The link is down or full: in order means that the later ones wait too.
                self._news = True
                return now_s + 1.0
            self._sent[queued.report] = now_s
        if again:
            self._wait_s = min(2 * self._wait_s, SEND_CAP_S)
        return min(self._sent.values(), default=now_s) + self._wait_s if self._sent else None
