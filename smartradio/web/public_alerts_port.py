"""What the public pages ask of the alerts; `smartradio.station.alerts.public_alerts` answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from smartradio.station.alerts.kept import KeptAlert


class PublicAlertsPort(Protocol):
    """Alerts for everybody. All of it blocks."""

    def current(self) -> Sequence[KeptAlert]:
        """Return the alerts that hold now, real ones before exercises."""
        ...

    def cancelled(self) -> Sequence[KeptAlert]:
        """Return the alerts that were cancelled in the last day."""
        ...

    def cap(self, name: str) -> bytes | None:
        """Return an alert, or its cancellation, as a message of the Common Alerting Protocol."""
        ...
