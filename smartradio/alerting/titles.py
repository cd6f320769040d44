"""What one airing of an alert is called on pages and in lists: an exercise is never mistaken for a real one there."""

from __future__ import annotations

from typing import Final

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import Alert, AlertStatus

_MOST: Final = 200
_STATUS: Final = {AlertStatus.EXERCISE: "Diễn tập: ", AlertStatus.TEST: "Thử loa: "}
_OCCASION: Final = {Occasion.REPEAT: "Nhắc lại: ", Occasion.CANCEL: "Hủy: "}


def title_said(alert: Alert, occasion: Occasion) -> str:
    """Return the title of an airing, 200 characters at most."""
    title = " ".join(alert.title.split())
    full = f"{_STATUS.get(alert.status, '')}{_OCCASION.get(occasion, '')}{title}"
    return full if len(full) <= _MOST else full[: _MOST - 1].rstrip() + "…"
