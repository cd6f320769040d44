"""The book of alerts as feeds need it, and messages as issuers write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.alerting.cap.message import (
    Area,
    CapAlert,
    Category,
    Certainty,
    Info,
    Key,
    MsgType,
    Point,
    Polygon,
    Scope,
    Severity,
    Status,
    Urgency,
)
from smartradio.domain.alert import Alert, AlertState
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.kept import KeptAlert

NOON = datetime(2026, 10, 11, 5, 0, tzinfo=UTC)
SENDER = "canh-bao@kttv.example.vn"
COMMUNE: Polygon = tuple(Point(lat, lon) for lat, lon in ((20.0, 105.0), (20.0, 106.0), (21.0, 106.0), (20.0, 105.0)))
FAR_AWAY: Polygon = tuple(Point(lat, lon) for lat, lon in ((10.0, 105.0), (10.0, 106.0), (11.0, 106.0), (10.0, 105.0)))


def warning(identifier: str = "lu-1", **changes: Any) -> CapAlert:
    """Return a flood warning of a hydromet office; `info` holds changes of its info, `minutes` shifts its sending."""
    at = NOON - timedelta(minutes=30) + timedelta(minutes=changes.pop("minutes", 0))
    info: dict[str, Any] = {
        "categories": (Category.MET,),
        "event": "Lũ",
        "urgency": Urgency.IMMEDIATE,
        "severity": Severity.SEVERE,
        "certainty": Certainty.OBSERVED,
        "language": "vi-VN",
        "expires": at + timedelta(hours=12),
        "sender_name": "Đài Khí tượng Thủy văn tỉnh",
        "headline": "Lũ trên sông Hoàng Long",
        "description": "Nước lên nhanh.",
        "instruction": "Bà con ven sông đến nơi cao.",
        "areas": (Area("Yên Hòa", polygons=(changes.pop("area", COMMUNE),)),),
    }
    info |= changes.pop("info", {})
    values: dict[str, Any] = {
        "identifier": identifier,
        "sender": SENDER,
        "sent": at,
        "status": Status.ACTUAL,
        "msg_type": MsgType.ALERT,
        "scope": Scope.PUBLIC,
        "infos": (Info(**info),),
    }
    return CapAlert(**(values | changes))


def after(before: CapAlert, identifier: str, msg_type: MsgType, **changes: Any) -> CapAlert:
    """Return an Update or Cancel of a message."""
    references: tuple[Key, ...] = (before.key,)
    changes = {"minutes": 10, **changes}
    return warning(identifier, msg_type=msg_type, references=references, **changes)


class CapBook:
    """Drafts, what is out, and how each ended."""

    def __init__(self) -> None:
        self.held: dict[str, KeptAlert] = {}
        self.acts: list[str] = []
        self.unreadable = False

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        if alert.id not in self.held:
            self.acts.append(f"draft {alert.title}")
            self.held[alert.id] = KeptAlert(alert, AlertState.DRAFT, 1, by, alert.issued_at)
        return self.held[alert.id]

    async def send(self, alert: Alert | str, *, by: Person) -> KeptAlert:
        assert isinstance(alert, str)
        if self.unreadable:
            raise BadInputError("the alert has places whose reading is not certain")
        kept = self.held[alert]
        if kept.alert.supersedes:
            self._becomes(kept.alert.supersedes, AlertState.UPDATED)
        self.acts.append(f"send {kept.alert.title} by {by.title}")
        self.held[alert] = replace(kept, state=AlertState.OUT, sent_by=by)
        return self.held[alert]

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        assert why
        assert aloud
        self.acts.append(f"cancel {self.held[alert].alert.title} by {by.title}")
        return self._becomes(alert, AlertState.CANCELLED)

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        assert why
        self.acts.append(f"discard {self.held[draft].alert.title} by {by.title}")
        return self._becomes(draft, AlertState.DISCARDED)

    def alert(self, name: str) -> KeptAlert | None:
        return self.held.get(name)

    def current(self) -> list[KeptAlert]:
        return [kept for kept in self.held.values() if kept.is_out]

    def _becomes(self, name: str, state: AlertState) -> KeptAlert:
        self.held[name] = replace(self.held[name], state=state)
        return self.held[name]
