"""The machine under the node as its state tells it: temperature, supply, card, line, data, clock, contacts."""

from __future__ import annotations

import logging
from functools import partial
from typing import Final

from smartradio.node.clock import NodeClock
from smartradio.node.journal import Journal, JournalError
from smartradio.node.machine.counted import Counted, month_of
from smartradio.node.machine.reading import STUCK_S, Reading, Watch, read_machine
from smartradio.node.meter import Meter
from smartradio.node.panel import Panel
from smartradio.node.parts import NodeParts
from smartradio.node.settings import NodeSettings

_logger = logging.getLogger(__name__)

KEPT: Final = "counted"
KEEP_DATA_EVERY_S: Final = 600.0
"""A card is written to no more often for what it counts; a power cut costs the count as much."""
KEEP_WRITTEN_EVERY_S: Final = 3_600.0
OLD_S: Final = 60.0
NEAR: Final = 0.8

Told = dict[str, float | str | bool | None]


class Health:
    """Puts together what is told; one thread's. `boot` is the token of the machine's counters.

    `budget_mb` is what the line may carry in a month that begins on the day `month_starts_on`.
    """

    def __init__(
        self,
        watch: Watch,
        meter: Meter,
        panel: Panel,
        clock: NodeClock,
        journal: Journal,
        *,
        boot: str,
        budget_mb: float | None,
        month_starts_on: int,
    ) -> None:
        self._watch = watch
        self._meter = meter
        self._panel = panel
        self._clock = clock
        self._journal = journal
        self._boot = boot
        self._budget_mb = budget_mb
        self._month_starts_on = month_starts_on
        self._counted = Counted.read(journal.get(KEPT))
        self._kept_s: float | None = None
        self._weak = False

    @property
    def changes(self) -> tuple[object, ...]:
        """What is told at once when it changes."""
        return self._panel.changes

    def told(self, now_s: float) -> Told:
        """Return all that the state tells of the machine; a flag that is set is a fault by its name."""
        self._watch.look(now_s)
        reading, age_s = self._watch.latest(now_s)
        told = dict(reading.told)
        if age_s > OLD_S:
            told["health_age_s"] = round(age_s, 1)
        if age_s > STUCK_S:
            told["sensors_stuck"] = True
        self._weak = self._weak or told.get("undervoltage_now") is True
        if self._weak:
            # Where only the present is known it is remembered here.
            told["undervoltage_since_boot"] = True
        told |= carried(self._meter) | self._clock_told() | self._count(reading) | self._panel.told()
        self._keep_now_and_then(now_s)
        return told

    def keep(self) -> None:
        """Write the counts down; the node ends, or it is time."""
        try:
            self._journal.put({KEPT: self._counted.text()})
        except JournalError as error:
            # The journal's trouble is told where it matters more; it is tried again.
            _logger.debug("the counts are not written down: %s", error)

    def _keep_now_and_then(self, now_s: float) -> None:
        every_s = KEEP_DATA_EVERY_S if self._counted.carried.seen else KEEP_WRITTEN_EVERY_S
        if self._kept_s is None or now_s - self._kept_s >= every_s:
            self._kept_s = now_s
            self.keep()

    def _clock_told(self) -> Told:
        source = "station" if self._clock.vouched else "own" if self._clock.trusted else "none"
        return {"clock_source": source}

    def _count(self, reading: Reading) -> Told:
        told: Told = {}
        if reading.written is not None:
            told["disk_written_boot_mb"] = round(reading.written.bytes / 1e6, 1)
            total = self._counted.write(reading.written.disk, reading.written.bytes, self._boot)
            told["disk_written_mb"] = round(total / 1e6, 1)
        if reading.interface is not None:
            seen = reading.interface
            self._counted.carry(seen.name, seen.received_bytes + seen.sent_bytes, self._boot)
        now = self._clock.vouched_now()
        carried_bytes = self._counted.settle(None if now is None else month_of(now, self._month_starts_on))
        if carried_bytes is None or not self._counted.carried.seen:
            return told
        month_mb = carried_bytes / 1e6
        told["data_month_mb"] = round(month_mb, 1)
        if self._budget_mb is not None:
            told["data_budget_mb"] = self._budget_mb
            if month_mb >= self._budget_mb:
                told["data_over_budget"] = True
            elif month_mb >= NEAR * self._budget_mb:
                told["data_near_budget"] = True
        return told


def carried(meter: Meter) -> Told:
    """Return what the link's messages weighed since the start, in megabytes of a million."""
    return {
        "link_received_mb": round(meter.received_bytes / 1e6, 3),
        "link_sent_mb": round(meter.sent_bytes / 1e6, 3),
    }


def make_health(settings: NodeSettings, parts: NodeParts, meter: Meter, panel: Panel, boot: str) -> Health:
    """Return the health of a node; a virtual one shares its machine's network with others, and tells nothing of it."""
    own_network = settings.sound != "virtual"
    return Health(
        Watch(partial(read_machine, settings.data, own_network=own_network)),
        meter,
        panel,
        parts.clock,
        parts.journal,
        boot=boot,
        budget_mb=settings.data_budget_mb,
        month_starts_on=settings.data_month_starts_on,
    )
