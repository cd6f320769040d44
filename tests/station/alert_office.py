"""Emergencies in an office without broker: pins that know one PIN, bells that nobody hears, airings that went out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.priority import Priority
from smartradio.station.alert_desk import AlertDesk
from smartradio.station.alerts.sending import Sender
from tests.station.test_approvals import Office, at_the_office

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
FLOOD = "Nước sông lên nhanh. Mời bà con thôn 2 sơ tán ngay lên trường học."
PIN = "290718"


@dataclass
class KnownPins:
    """Pins that know one PIN; `asked` counts how often they were."""

    pin: str = PIN
    asked: int = 0
    locked_s: float = 0.0

    def is_pin(self, account: str, pin: str) -> bool:
        self.asked += 1
        return account in ("khang", "thu") and pin == self.pin and self.locked_s == 0

    def locked_for_s(self, account: str) -> float:
        return self.locked_s


async def sent(office: Office, *zones: str) -> Airing:
    """An emergency as it goes out, to some zones."""
    studio = office.calendar._studio
    sender = Sender(
        office.store,
        office.recorder,
        studio,
        office.calendar,
        clock=office.clock,
        ring=_nobody,
        refresh=_nothing,
        is_kept=lambda _sha256: False,
    )
    script = await studio.script("Nước sông lên nhanh.", FLOOD, Priority.EMERGENCY)
    aired = await sender.air(script, airing_id="lu-1", by=KHANG, zones=zones)
    await sender.made(aired.id)
    return aired


def at_the_desk(folder: Path, work: Callable[[Office, AlertDesk], Awaitable[None]]) -> None:
    async def done(office: Office) -> None:
        await work(office, AlertDesk(office.store, office.objects, withdraw=office.desk.withdraw_airing))

    at_the_office(folder, done)


def _nobody(_airing: Airing, _recording: Recording) -> None:
    return


async def _nothing() -> None:
    return
