"""What an administrator works at: one desk, a part for each thing that is administered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.station.admin.backups import BackupDesk
from smartradio.station.admin.first_run import FirstRun
from smartradio.station.admin.models import ModelsDesk
from smartradio.station.admin.names import NamesDesk
from smartradio.station.admin.people import PeopleDesk
from smartradio.station.admin.restart import Restart
from smartradio.station.admin.settings import SettingsDesk
from smartradio.station.store.audit import AuditShelf

if TYPE_CHECKING:
    from smartradio.station.accounts import Accounts
    from smartradio.station.evidence_log import Verification
    from smartradio.station.settings import StationSettings
    from smartradio.station.store import Store


@dataclass(frozen=True, slots=True)
class AdminDesk:
    """One part for each thing; `verify` recomputes the evidence log's chain. Blocking, but for the restart."""

    people: PeopleDesk
    settings: SettingsDesk
    names: NamesDesk
    models: ModelsDesk
    log: AuditShelf
    backups: BackupDesk
    restart: Restart
    first: FirstRun
    verify: Callable[[], Verification]


def admin_desk(
    filed: StationSettings,
    running: StationSettings,
    store: Store,
    accounts: Accounts,
    clock: Callable[[], datetime],
) -> AdminDesk:
    """Return the desk of a station that was put together by the `running` settings."""
    people = PeopleDesk(accounts, store, clock)
    return AdminDesk(
        people=people,
        settings=SettingsDesk(filed, running, store, clock),
        names=NamesDesk(store, clock),
        models=ModelsDesk(running, store, clock),
        log=store.audit,
        backups=BackupDesk(running, store, clock),
        restart=Restart(store, clock),
        first=FirstRun(accounts, people, clock),
        verify=store.verify,
    )
