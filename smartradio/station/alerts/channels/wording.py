"""What a telephone or another system is told of an alert, in words."""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from typing import Any

from smartradio.domain.alert import AlertStatus
from smartradio.station.alerts.channels.port import ChannelMessage
from smartradio.words import words


def line_of(message: ChannelMessage, tz: tzinfo) -> str:
    """Return a message as one line: who says it, when, and what; an exercise says so before anything else."""
    own, alert = words("vi"), message.alert
    told = own.code("channel", message.event.value).format(
        station=message.station[1], text=" ".join(alert.text.split()), title=alert.title, at=_wall(alert.issued_at, tz)
    )
    if alert.status is AlertStatus.ACTUAL:
        return told
    return own.code("channel", alert.status.value).format(line=told)


def json_of(message: ChannelMessage) -> bytes:
    """Return a message as JSON (UTF-8), as `docs/channels.md` has it."""
    alert = message.alert
    told: dict[str, Any] = {
        "v": 1,
        "id": message.id,
        "station": message.station[0],
        "event": message.event.value,
        "at": message.at.isoformat(),
        "alert": {
            "id": alert.id,
            "status": alert.status.value,
            "title": alert.title,
            "text": alert.text,
            "zones": [{"name": name, "title": message.zones.get(name, name)} for name in alert.zones],
            "issuer": alert.issuer,
            "issued_at": alert.issued_at.isoformat(),
            "expires_at": None if alert.expires_at is None else alert.expires_at.isoformat(),
            "risk_level": None if alert.risk_level is None else int(alert.risk_level),
            "supersedes": alert.supersedes or None,
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _wall(at: datetime, tz: tzinfo) -> str:
    return f"{at.astimezone(tz):%H:%M %d/%m}"
