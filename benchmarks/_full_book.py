"""A book of alerts after a season of floods; the newest is out in the whole commune and was said three times."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from _full_store import Shape, airing_id

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.alerts.kept import AlertAiring, AlertStep, KeptAlert, alert_chain
from smartradio.station.store import Store

NEWEST: Final = "canh-bao-0"
ALERTS: Final = 120
SAID: Final = 3
_KHANG: Final = Person("Đỗ Văn Khang", "khang", "phien-7")
_TEXT: Final = (
    "Tin lũ khẩn cấp. Mực nước sông lúc 3 giờ là 4,5 mét, trên báo động ba 0,5 mét. Dự báo nước còn lên. "
    "Mời bà con vùng trũng sơ tán ngay lên trường học."
)


def fill_book(store: Store, shape: Shape) -> None:
    """Write the alerts of a season, one of seven an exercise; of the newest the whole commune's last airings."""
    for number in range(1, ALERTS):
        at = shape.end - timedelta(days=number)
        status = AlertStatus.EXERCISE if number % 7 == 0 else AlertStatus.ACTUAL
        state = AlertState.CANCELLED if number % 3 == 0 else AlertState.EXPIRED
        alert = Alert(f"canh-bao-{number}", f"Tin lũ số {number}", _TEXT, ("thon-1", "thon-2"), at, status=status)
        kept = KeptAlert(alert, state, 2, "Đỗ Văn Khang", at, sent_by=_KHANG, sent_at=at, said_at=at, ended_at=at)
        store.alert_book.take([AlertStep(kept, None, _acts(alert))])
    # One in `wide_every` airings was for everybody; the log and every verdict of the newest of them are there.
    wide = [airing_id(shape.airings - 1 - step * shape.wide_every) for step in reversed(range(SAID))]
    planned = [airing for each in wide if (airing := store.airing(each)) is not None]
    begun = planned[0].starts_at
    zones = tuple(f"thon-{number}" for number in range(shape.zones))
    alert = Alert(NEWEST, "Tin lũ khẩn cấp", _TEXT, zones, begun, expires_at=shape.end + timedelta(hours=12))
    last = planned[-1].starts_at
    kept = KeptAlert(alert, AlertState.OUT, 2, "Đỗ Văn Khang", begun, sent_by=_KHANG, sent_at=begun, said_at=last)
    said = tuple(
        AlertAiring(NEWEST, each.id, Occasion.REPEAT if number else Occasion.FIRST, each.starts_at, "Đỗ Văn Khang")
        for number, each in enumerate(planned)
    )
    store.alert_book.take([AlertStep(kept, None, _acts(alert), said)])


def _acts(alert: Alert) -> tuple[Evidence, ...]:
    facts = {"act": "send", "by": "Đỗ Văn Khang"}
    return (Evidence(alert_chain(alert.id), "", Step.APPROVED, alert.issued_at, "operator:Đỗ Văn Khang", None, facts),)
