"""The desks of the tests: one fake an area, the real board of news."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from smartradio.station.admin.desk import AdminDesk
from smartradio.station.alerts.feeds import FeedState
from smartradio.station.alerts.gauges import GaugeState
from smartradio.station.news import News
from tests.web.admin_desk import AdminOffice
from tests.web.alarms_desk import FakeAlarmDesk
from tests.web.alert_book_desk import FakeBookDesk
from tests.web.alert_desk import FakeAlertDesk
from tests.web.citizens_desk import FakeCitizensDesk
from tests.web.day_desk import FakeDayDesk
from tests.web.own_account import FakeOwnAccount
from tests.web.public_alerts_desk import FakePublicAlerts, FakeSource
from tests.web.registry_desk import FakeRegistryDesk
from tests.web.upkeep_desk import FakeUpkeepDesk
from tests.web.writing_desk import FakeWritingDesk


@dataclass
class FakeDesks:
    """One field an area, as `smartradio.web.desks_port.DeskSet` names them."""

    alarms: FakeAlarmDesk = field(default_factory=FakeAlarmDesk)
    registry: FakeRegistryDesk = field(default_factory=FakeRegistryDesk)
    day: FakeDayDesk = field(default_factory=FakeDayDesk)
    citizens: FakeCitizensDesk = field(default_factory=FakeCitizensDesk)
    news: News = field(default_factory=News)
    upkeep: FakeUpkeepDesk = field(default_factory=FakeUpkeepDesk)
    alert: FakeAlertDesk = field(default_factory=FakeAlertDesk)
    alerts: FakeBookDesk = field(default_factory=FakeBookDesk)
    public_alerts: FakePublicAlerts = field(default_factory=FakePublicAlerts)
    feeds: FakeSource[FeedState] = field(default_factory=FakeSource[FeedState])
    gauges: FakeSource[GaugeState] = field(default_factory=FakeSource[GaugeState])
    own: FakeOwnAccount = field(default_factory=FakeOwnAccount)
    writing: FakeWritingDesk = field(default_factory=FakeWritingDesk)

    @cached_property
    def office(self) -> AdminOffice:
        """Where the administrator's desk stands; made when a page first asks for it."""
        return AdminOffice()

    @property
    def admin(self) -> AdminDesk:
        """What an administrator works at."""
        return self.office.desk
