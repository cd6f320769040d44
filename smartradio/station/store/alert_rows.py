"""An alert of the book as a row, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import Alert, AlertState, AlertStatus, Origin, RiskLevel
from smartradio.domain.approval import Person
from smartradio.station.alerts.kept import AlertAiring, KeptAlert


def row_of(kept: KeptAlert, now: datetime) -> dict[str, Any]:
    """Return the columns of an alert but its id."""
    return {
        "content": _content(kept.alert),
        "state": kept.state.value,
        "version": kept.version,
        "source": kept.alert.source,
        "drafted_by": kept.drafted_by,
        "drafted_at": kept.drafted_at,
        "handed_in_by": _person_row(kept.handed_in_by),
        "sent_by": _person_row(kept.sent_by),
        "released_by": _person_row(kept.released_by),
        "sent_at": kept.sent_at,
        "said_at": kept.said_at,
        "ended_by": kept.ended_by,
        "ended_at": kept.ended_at,
        "why": kept.why,
        "replaced_by": kept.replaced_by,
        "taken_on": kept.taken_on,
        "changed_at": now,
    }


def kept_from(row: Row[Any]) -> KeptAlert:
    """Read an alert out of its row."""
    return KeptAlert(
        alert=_alert(row.id, row.content),
        state=AlertState(row.state),
        version=row.version,
        drafted_by=row.drafted_by,
        drafted_at=row.drafted_at,
        handed_in_by=_person(row.handed_in_by),
        sent_by=_person(row.sent_by),
        released_by=_person(row.released_by),
        sent_at=row.sent_at,
        said_at=row.said_at,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        why=row.why,
        replaced_by=row.replaced_by,
        taken_on=row.taken_on,
    )


def airing_row(airing: AlertAiring) -> dict[str, Any]:
    """Return the columns of an airing of an alert."""
    return {
        "airing": airing.airing,
        "alert": airing.alert,
        "occasion": airing.occasion.value,
        "at": airing.at,
        "said_by": airing.by,
        "nodes": None if airing.nodes is None else list(airing.nodes),
    }


def airing_from(row: Row[Any], *, planned: bool) -> AlertAiring:
    """Read an airing of an alert out of its row."""
    return AlertAiring(
        alert=row.alert,
        airing=row.airing,
        occasion=Occasion(row.occasion),
        at=row.at,
        by=row.said_by,
        nodes=None if row.nodes is None else tuple(row.nodes),
        planned=planned,
    )


def _content(alert: Alert) -> dict[str, Any]:
    every, expires, risk = alert.repeat_every, alert.expires_at, alert.risk_level
    return {
        "title": alert.title,
        "text": alert.text,
        "zones": list(alert.zones),
        "issued_at": alert.issued_at.isoformat(),
        "issuer": alert.issuer,
        "status": alert.status.value,
        "risk_level": None if risk is None else int(risk),
        "siren": alert.siren,
        "expires_at": None if expires is None else expires.isoformat(),
        "repeat_every_s": None if every is None else every.total_seconds(),
        "supersedes": alert.supersedes,
        "origin": alert.origin.value,
        "source": alert.source,
        "template": alert.template,
        "values": dict(alert.values),
    }


def _alert(name: str, content: Mapping[str, Any]) -> Alert:
    origin = Origin(content["origin"])
    every_s, expires, risk = content["repeat_every_s"], content["expires_at"], content["risk_level"]
    return Alert(
        id=name,
        title=content["title"],
        text=content["text"],
        zones=tuple(content["zones"]),
        issued_at=datetime.fromisoformat(content["issued_at"]),
        issuer=content["issuer"],
        status=AlertStatus(content["status"]),
        risk_level=None if risk is None else RiskLevel(risk),
        siren=content["siren"],
        expires_at=None if expires is None else datetime.fromisoformat(expires),
        repeat_every=None if every_s is None else timedelta(seconds=every_s),
        supersedes=content["supersedes"],
        origin=origin,
        source=content["source"],
        template=content.get("template", content["source"] if origin is Origin.TEMPLATE else ""),
        values=content["values"],
    )


def _person(row: Mapping[str, str] | None) -> Person | None:
    return None if row is None else Person(row["title"], row["account"], row["session"])


def _person_row(person: Person | None) -> dict[str, str] | None:
    if person is None:
        return None
    return {"title": person.title, "account": person.account, "session": person.session}
