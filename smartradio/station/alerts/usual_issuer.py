"""Whose word an alert is where nobody else is named: the people's committee of the commune."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from smartradio.station.settings import StationSettings

_COMMUNE: Final = re.compile(r"\b(?:xã|phường|thị trấn|đặc khu)\s+[^,;()–—-]+", re.IGNORECASE)


def usual_issuer(settings: StationSettings) -> str:
    """Return the issuer that is said where an alert names none: as it is set, else the committee of the commune.

    The commune's name is that of the first of `[alerts] names`, or of the station's title, that names one ("Đài truyền
    thanh xã Yên Hòa"); a station that names none speaks under its own title.
    """
    if settings.alerts.issuer:
        return settings.alerts.issuer
    for name in (*settings.alerts.names, settings.title):
        if found := _COMMUNE.search(name):
            commune = " ".join(found[0].split())
            return f"Ủy ban nhân dân {commune[:1].lower()}{commune[1:]}"
    return settings.title
