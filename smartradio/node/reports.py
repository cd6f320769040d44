"""Reports: the node's evidence, numbered, signed, kept until the station itself has acknowledged them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartradio.domain.evidence import Reason, Step
from smartradio.node.clock import NodeClock
from smartradio.node.gate import RefusalBudget
from smartradio.node.journal import Journal, Make, Queued
from smartradio.wire.messages import Report
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

_logger = logging.getLogger(__name__)

# So many reports are on their way at once; the others wait for acks. Those that were sent in vain before take
# no more than their share, so that what the station will not take never shuts out what comes after it.
WINDOW = 20
AGAIN_SHARE = 5
SEND_AGAIN_S = 5.0
SEND_CAP_S = 60.0


@dataclass
class _Sent:
    """A report on its way; `due_s` is when it is sent again."""

    report: str
    due_s: float
    wait_s: float
    again: bool = False


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
        self._sent: dict[int, _Sent] = {}
        self._last = 0
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
        self._last = 0
        self._wait_s = SEND_AGAIN_S
        self._news = True

    def acknowledged(self, reports: tuple[str, ...]) -> int:
        """The station has committed these; return how many of them were ours."""
        count = self._journal.acknowledged(reports)
        taken = set(reports)
        self._sent = {seq: sent for seq, sent in self._sent.items() if sent.report not in taken}
        if count:
            self._wait_s = SEND_AGAIN_S
            self._news = True
        return count

    def tick(self, now_s: float) -> float | None:
        """Send what is due; return when to come back, None if nothing waits."""
        if not self._send_again(now_s) or not self._send_new(now_s):
            # The link is down or full: in order means that the later ones wait too.
            self._news = True
            return now_s + 1.0
        # Those that are due already wait for a place, which the first answer or the first silence gives free.
        return min((sent.due_s for sent in self._sent.values() if sent.due_s > now_s), default=None)

    def _room(self, now_s: float) -> int:
        return WINDOW - sum(sent.due_s > now_s for sent in self._sent.values())

    def _send_again(self, now_s: float) -> bool:
        """Send again what got no ack in its time, the oldest first."""
        due = sorted(seq for seq, sent in self._sent.items() if sent.due_s <= now_s)
        if not due:
            return True
        self._news = True
        on_the_way = sum(sent.again and sent.due_s > now_s for sent in self._sent.values())
        if all(sent.due_s <= now_s for sent in self._sent.values()):
            # Nothing at all was answered: the station is away.
            self._wait_s = min(2 * self._wait_s, SEND_CAP_S)
        for seq in due[: max(0, min(self._room(now_s), AGAIN_SHARE - on_the_way))]:
            queued = self._journal.queued(seq)
            if queued is None:
                del self._sent[seq]
                continue
            if not self._send(queued, now_s):
                return False
        return True

    def _send_new(self, now_s: float) -> bool:
        """Send what was never sent, in order, while there is room."""
        room = self._room(now_s)
        if not self._news or room <= 0:
            return True
        found = self._journal.waiting(room, after=self._last)
        for queued in found:
            if not self._send(queued, now_s):
                return False
            self._last = queued.seq
        self._news = len(found) == room
        return True

    def _send(self, queued: Queued, now_s: float) -> bool:
        if not self._publish(self._topic, self._key.seal(self._topic, queued.body)):
            return False
        before = self._sent.get(queued.seq)
        wait_s = self._wait_s if before is None else max(self._wait_s, min(2 * before.wait_s, SEND_CAP_S))
        self._sent[queued.seq] = _Sent(queued.report, now_s + wait_s, wait_s, again=before is not None)
        return True
