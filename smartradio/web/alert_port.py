"""What the emergency officer's pages ask of the station: its desk for emergencies and its book of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from smartradio.alerting.figures import Figure
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert
from smartradio.domain.approval import Person
from smartradio.station.alert_board import AlertBoard
from smartradio.station.alert_desk import Prepared
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.places import Places
from smartradio.station.alerts.report import AlertReport
from smartradio.station.alerts.template_folder import Templates


class AlertPort(Protocol):
    """An emergency's airings: watched, and taken back. Raises BadInputError where told so."""

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        """Take an alert back, also while it sounds; BadInputError."""
        ...

    async def segment_audio(self, recording: str, number: int) -> bytes | None:
        """Return one segment of a recording as Ogg Opus, counted from 0; None where there is none."""
        ...

    def board(self, airing: str) -> AlertBoard | None:
        """Return what an alert has come to, None for what is none. Blocking."""
        ...


class AlertBookPort(Protocol):
    """Alerts with all their airings; `smartradio.station.alerts.desk` answers it. What it raises is told at each."""

    @property
    def two_must_answer(self) -> bool:
        """Whether an alert goes out only on the word of a second person."""
        ...

    @property
    def usual_repeat(self) -> timedelta | None:
        """How often an alert is said again of which nobody says otherwise; None: it is said once."""
        ...

    async def templates(self) -> Templates:
        """Return the templates as their files are now."""
        ...

    def places(self) -> Places:
        """Return where the zones lie, and what warnings call the commune. Blocking."""
        ...

    def read_back(self, prepared: Prepared) -> tuple[Figure, ...]:
        """Return the figures of what was made ready, as written and as spoken."""
        ...

    async def prepare(self, alert: Alert | str) -> Prepared:
        """Make audible what will be said of an alert or draft; BadInputError, SmartradioError when no voice speaks."""
        ...

    def mark(self, alert: Alert) -> str:
        """Return the mark that `prepare` gives what will be heard of an alert; nothing is read or made."""
        ...

    def sent_as(self, wanted: AlertSending, *, by: Person) -> str:
        """Return the id that what is sent so has in the book."""
        ...

    async def grant(self, alert: Alert | str, pin: str, *, by: Person) -> str:
        """Return a leave to send these words once, as they can be read; WrongPinError, BadInputError."""
        ...

    async def send(self, wanted: AlertSending, *, by: Person) -> KeptAlert:
        """Let an alert out, or hand it in; PinNeededError, WrongPinError, OpenItemsError, AlertRefusedError."""
        ...

    async def release(
        self, draft: str, *, by: Person, grant: str = "", pin: str = "", seen: int | None = None
    ) -> KeptAlert:
        """Let out what another handed in, in the version `seen`; SecondPersonError, and what `send` raises."""
        ...

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        """Silence an alert for good, and say so; AlertRefusedError, BadInputError."""
        ...

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        """Keep what somebody is to send or discard; the same id is one alert, however often it comes."""
        ...

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        """Put a draft aside; AlertRefusedError, BadInputError."""
        ...

    async def send_again(self, alert: str, nodes: Sequence[str], *, by: Person) -> Airing:
        """Say an alert once more at some of its nodes; AlertRefusedError."""
        ...

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert. Blocking."""
        ...

    def of_airing(self, airing: str) -> KeptAlert | None:
        """Return the alert that an airing is of, None for one of none. Blocking."""
        ...

    def drafts(self) -> Sequence[KeptAlert]:
        """Return what waits for somebody, the one changed last first. Blocking."""
        ...

    def current(self) -> Sequence[KeptAlert]:
        """Return the alerts that hold now, exercises too. Blocking."""
        ...

    def lately(self, most: int) -> Sequence[KeptAlert]:
        """Return the alerts that were sent, the newest first. Blocking."""
        ...

    def report(self, name: str) -> AlertReport | None:
        """Return what came of an alert. Blocking."""
        ...
