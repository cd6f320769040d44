"""What the page of sources asks of the station: where alerts come from, and where they go beside the horns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartradio.station.alerts.feeds import FeedState
from smartradio.station.alerts.gauges import GaugeState


class FeedsPort(Protocol):
    """Feeds of warnings; see `smartradio.station.alerts.feeds.Feeds`."""

    def states(self) -> Sequence[FeedState]:
        """Return the feeds as they stand, in the order of the settings. Blocking."""
        ...


class GaugesPort(Protocol):
    """Water gauges; see `smartradio.station.alerts.gauges.Gauges`."""

    def states(self) -> Sequence[GaugeState]:
        """Return the gauges as they stand, in the order of the settings. Blocking."""
        ...
