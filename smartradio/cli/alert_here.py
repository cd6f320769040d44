"""What a CAP message would come to in one commune: whom it reaches, by what, and the words that would be read out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.as_alert import CapDraft, draft
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import CapAlert

if TYPE_CHECKING:
    from smartradio.station.alerts.places import Places
    from smartradio.station.settings import StationSettings


@dataclass(frozen=True, slots=True)
class Here:
    """The draft an officer would find, or in one line why there would be none; `titles` are the zones'."""

    made: CapDraft | None
    why_not: str
    titles: dict[str, str]


def here(message: CapAlert, config: Path, *, now: datetime) -> Here:
    """Return what a message comes to at the station of a settings file; raises BadInputError for one that is none."""
    from smartradio.cli.serving import StationFile
    from smartradio.config import load_settings

    station: StationSettings = load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")
    titles = {zone.name: zone.title for zone in station.zones}
    try:
        places = _places(station)
        made = draft(message, places.zones, id="here", now=now, commune=places.commune)
    except CapError as error:
        return Here(None, str(error), titles)
    return Here(made, "", titles)


def here_lines(found: Here) -> Iterator[str]:
    """Yield it line by line."""
    yield "[here]"
    if found.made is None:
        yield f"  no draft: {found.why_not}"
        return
    for name in found.made.alert.zones:
        yield f"  reaches      {found.titles[name]} (by {found.made.means[name].value})"
    if not found.made.alert.zones:
        yield "  reaches nobody"
    for finding in found.made.findings:
        yield f"  note         {finding}"
    for line in found.made.alert.text.splitlines():
        yield f"  read out     {line}"


def here_document(found: Here) -> dict[str, Any]:
    """Return it as JSON has it."""
    if found.made is None:
        return {"draft": False, "why_not": found.why_not}
    alert = found.made.alert
    return {
        "draft": True,
        "zones": [{"zone": name, "by": found.made.means[name].value} for name in alert.zones],
        "language": found.made.language,
        "title": alert.title,
        "text": alert.text,
        "risk_level": None if alert.risk_level is None else int(alert.risk_level),
        "expires_at": None if alert.expires_at is None else alert.expires_at.isoformat(),
        "findings": [str(finding) for finding in found.made.findings],
    }


def _places(station: StationSettings) -> Places:
    """Return where the zones lie; of a station that was never started only their names are known."""
    from smartradio.station.alerts.places import Places, commune_places
    from smartradio.station.store import Store
    from smartradio.station.store.database import FILE_NAME

    if not (station.folder / FILE_NAME).is_file():
        return Places([ZonePlace(zone.name, zone.title) for zone in station.zones], station.alerts.names)
    store = Store.open_read_only(station.folder)
    try:
        return commune_places(station, store)
    finally:
        store.close()
