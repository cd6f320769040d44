"""An alert as a program asks for it, in JSON, and the alert it is of; whatever is wrong is one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from smartradio.alerting.cap.as_alert import draft
from smartradio.alerting.cap.findings import CapError, Finding
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.alerting.templates.filling import fill
from smartradio.alerting.templates.template import Template
from smartradio.domain.alert import EMERGENCY_SIREN, Alert, AlertStatus
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import Zone
from smartradio.station.alert_text import tidied, title_of
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.places import Places

_CLOCKS_APART: Final = timedelta(minutes=5)
_FURTHEST: Final = timedelta(days=366)
_SHOWN: Final = 12


class AskedAlert(BaseModel):
    """One of `template`, `text` and `cap` (a CAP message in Base64) says what; the rest where, how often, until when.

    Without `zones` an alert is for all of them, a CAP message for those it names, an update for those of the alert
    whose id `update` is. `repeat_minutes` is 0 for said once, None for as usual.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: Annotated[str, Field(max_length=64)] = ""
    values: Annotated[dict[str, Annotated[str, Field(max_length=400)]], Field(max_length=64)] = Field(
        default_factory=dict
    )
    text: Annotated[str, Field(max_length=20_000)] = ""
    cap: Base64Bytes = b""
    zones: Annotated[tuple[str, ...], Field(max_length=500)] = ()
    issuer: Annotated[str, Field(max_length=200)] = ""
    issued_at: AwareDatetime | None = None
    exercise: bool = False
    repeat_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] | None = None
    until: AwareDatetime | None = None
    update: Annotated[str, Field(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the station knows that an alert may name: `old` is the one whose place it is to take.

    `places` say where the zones lie, `usual_repeat` how often an alert is said again of which nothing else tells it,
    None for said once.
    """

    zones: Sequence[Zone]
    places: Places
    templates: Mapping[str, Template]
    usual_repeat: timedelta | None
    old: KeptAlert | None = None


def read_asked(document: str) -> AskedAlert:
    """Return what was asked for; BadInputError names the first field that is wrong."""
    try:
        return AskedAlert.model_validate_json(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the alert"
        raise BadInputError(f"{where}: {first['msg']}") from error


@dataclass(frozen=True, slots=True)
class Asked:
    """The alert that is asked for, without an id, and what is to be known of the CAP message it came as."""

    alert: Alert
    findings: tuple[Finding, ...] = ()


def asked_for(asked: AskedAlert, known: Known, now: datetime) -> Asked:
    """Return the alert that is asked for at `now`; raises BadInputError."""
    if sum(map(bool, (asked.template, asked.text, asked.cap))) != 1:
        raise BadInputError("say what is to be sent: a template, a text or a CAP message, one of them")
    if asked.update and known.old is None:
        raise BadInputError(f"there is no alert {asked.update!r} whose place this one could take")
    if asked.issued_at is not None and asked.issued_at > now + _CLOCKS_APART:
        raise BadInputError(f"issued_at: {asked.issued_at.isoformat()} is still to come")
    for name, at in (("issued_at", asked.issued_at), ("until", asked.until)):
        if at is not None and abs(at - now) > _FURTHEST:
            raise BadInputError(f"{name}: {at.isoformat()} is more than {_FURTHEST.days} days from now")
    zones = _zones(asked, known)
    found = _cap(asked, known, zones, now) if asked.cap else Asked(_words(asked, known, zones, now))
    alert = found.alert
    if asked.repeat_minutes is not None:
        alert = replace(alert, repeat_every=timedelta(minutes=asked.repeat_minutes) or None)
    alert = replace(
        alert,
        status=_status(asked, alert, known.old),
        expires_at=asked.until or alert.expires_at,
        supersedes=asked.update,
    )
    return replace(found, alert=alert)


def _zones(asked: AskedAlert, known: Known) -> tuple[str, ...]:
    names = [zone.name for zone in known.zones]
    foreign = next((zone for zone in asked.zones if zone not in names), None)
    if foreign is not None:
        more = ", …" if len(names) > _SHOWN else ""
        raise BadInputError(f"there is no zone {foreign!r}; there are {', '.join(names[:_SHOWN])}{more}")
    if asked.zones:
        return tuple(dict.fromkeys(asked.zones))
    if known.old is not None:
        return tuple(zone for zone in known.old.alert.zones if zone in names)
    return () if asked.cap else tuple(names)


def _words(asked: AskedAlert, known: Known, zones: tuple[str, ...], now: datetime) -> Alert:
    issued_at = asked.issued_at or now
    if asked.text:
        text = tidied(asked.text)
        return Alert(
            id="",
            title=title_of(text),
            text=text,
            zones=zones,
            issued_at=issued_at,
            issuer=asked.issuer,
            siren=EMERGENCY_SIREN,
            repeat_every=known.usual_repeat,
        )
    template = known.templates.get(asked.template)
    if template is None:
        raise BadInputError(f"there is no template {asked.template!r}; there are {', '.join(sorted(known.templates))}")
    foreign = next((name for name in asked.values if template.field(name) is None), None)
    if foreign is not None:
        fields = ", ".join(field.name for field in template.fields) or "none"
        raise BadInputError(f"template {template.name} has no field {foreign!r}; its fields: {fields}")
    return fill(template, asked.values, id="", zones=zones, at=now, issuer=asked.issuer, issued_at=issued_at)


def _cap(asked: AskedAlert, known: Known, zones: tuple[str, ...], now: datetime) -> Asked:
    message = read_cap(asked.cap)
    findings = check(message, now=now)
    wrong = refusals(findings)
    if wrong:
        raise BadInputError(f"the CAP message is refused: {wrong[0]}")
    places = known.places
    try:
        made = draft(message, places.zones, id="", now=now, commune=places.commune, repeat_every=known.usual_repeat)
    except CapError as error:
        raise BadInputError(f"the CAP message cannot be sent: {error}") from error
    if not zones and not made.alert.zones:
        raise BadInputError("the CAP message reaches none of the commune's zones; name those it is for")
    return Asked(replace(made.alert, zones=zones or made.alert.zones), (*findings, *made.findings))


def _status(asked: AskedAlert, alert: Alert, old: KeptAlert | None) -> AlertStatus:
    """Return whether it is meant: what updates an exercise is one, and an exercise ends nothing that is meant."""
    if alert.status is AlertStatus.TEST and not asked.exercise:
        raise BadInputError("a test is heard by nobody; it may be sent as an exercise")
    is_exercise = asked.exercise or alert.status is not AlertStatus.ACTUAL
    if old is None:
        return AlertStatus.EXERCISE if is_exercise else AlertStatus.ACTUAL
    if is_exercise and not old.is_exercise:
        raise BadInputError("an exercise cannot take the place of an alert that is meant")
    return old.alert.status
