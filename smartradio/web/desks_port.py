"""The desks that the console's areas work at, each with a port of its own; see `smartradio.station.desks`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from smartradio.station.admin.desk import AdminDesk
from smartradio.web.alarms_port import AlarmsPort
from smartradio.web.alert_port import AlertBookPort, AlertPort
from smartradio.web.alert_sources_port import FeedsPort, GaugesPort
from smartradio.web.citizens_port import CitizensDesk
from smartradio.web.day_port import DayDesk
from smartradio.web.own_port import OwnPort
from smartradio.web.public_alerts_port import PublicAlertsPort
from smartradio.web.registry_port import RegistryPort
from smartradio.web.upkeep_port import UpkeepPort
from smartradio.web.writing_port import WritingPort


class Topics(Protocol):
    """Topics as they are told, gathered over 200 ms."""

    def __aiter__(self) -> AsyncIterator[frozenset[str]]:
        """Read on."""
        ...

    async def __anext__(self) -> frozenset[str]:
        """Return the next topics; StopAsyncIteration when nothing more is told."""
        ...

    async def aclose(self) -> None:
        """Read no more."""
        ...


class NewsBoard(Protocol):
    """Where pages learn what has just changed; see `smartradio.station.news`."""

    def publish(self, *topics: str) -> None:
        """Tell that what stands under these topics has changed. Thread-safe."""
        ...

    def subscribe(self) -> Topics:
        """Return the topics told from now on; to be called and read in an event loop."""
        ...


class DeskSet(Protocol):
    """One property an area."""

    @property
    def registry(self) -> RegistryPort:
        """Zones and nodes as people change them."""
        ...

    @property
    def alarms(self) -> AlarmsPort:
        """What is wrong, and who is told."""
        ...

    @property
    def day(self) -> DayDesk:
        """The broadcaster's day: time line, archive, week."""
        ...

    @property
    def citizens(self) -> CitizensDesk:
        """The public page, and what people told."""
        ...

    @property
    def upkeep(self) -> UpkeepPort:
        """How nodes are, and what technicians do."""
        ...

    @property
    def news(self) -> NewsBoard:
        """What has just changed."""
        ...

    @property
    def alert(self) -> AlertPort:
        """Where emergencies are sent and watched."""
        ...

    @property
    def alerts(self) -> AlertBookPort:
        """Alerts with all their airings."""
        ...

    @property
    def feeds(self) -> FeedsPort:
        """Feeds of warnings."""
        ...

    @property
    def gauges(self) -> GaugesPort:
        """Water gauges."""
        ...

    @property
    def public_alerts(self) -> PublicAlertsPort:
        """Alerts for everybody."""
        ...

    @property
    def admin(self) -> AdminDesk:
        """What an administrator works at."""
        ...

    @property
    def own(self) -> OwnPort:
        """Where everybody looks after their own account."""
        ...

    @property
    def writing(self) -> WritingPort:
        """Where bulletins are written."""
        ...
