"""What comes in of alerts and goes out beside the horns, as the store has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from smartradio.station.store.cap_messages import CapShelf
from smartradio.station.store.database import Database
from smartradio.station.store.fan_out import FanOutShelf
from smartradio.station.store.gauges import GaugeShelf


class BesideShelf:
    """One field a matter."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.fan_out = FanOutShelf(database, clock)
        self.cap = CapShelf(database, clock)
        self.gauges = GaugeShelf(database, clock)
