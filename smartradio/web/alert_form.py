"""The form of an emergency as typed, and the alert it is of; what is wrong is told field by field, nothing is lost."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from starlette.datastructures import FormData

from smartradio.alerting.templates.filling import FillingError, fill
from smartradio.alerting.templates.template import Template
from smartradio.alerting.templates.typed import Fault
from smartradio.domain.alert import EMERGENCY_SIREN, Alert, AlertStatus
from smartradio.station.alert_text import MAX_TEXT, tidied, title_of
from smartradio.station.alerts.kept import KeptAlert
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.forms import typed

FIELD: Final = "o-"
"""What a template's field is called in the form: this, and its name."""
REPEATS_MIN: Final = (0, 30, 60, 120, 180)
LASTS_H: Final = (3, 6, 12, 24, 48)
_MAX_KEY: Final = 64
_MAX_ISSUER: Final = 200
_MAX_TYPED: Final = 400
_LOCAL_TIME: Final = "%Y-%m-%dT%H:%M"
_FREE_LASTS_H: Final = 24
_OLDEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class AlertForm:
    """An emergency as typed. The PIN is not kept: it is typed again.

    `template` is a name, "" for own words; `draft` the id of what waits, `supersedes` of the alert whose place it
    takes. `repeat_min` and `lasts_h` are digits, `lasts_h` is "" for the end that a draft came with. `taken_on` is the
    mark of the words that they answer for. `gone` are the zones that were chosen and are no longer there.
    """

    template: str = ""
    draft: str = ""
    supersedes: str = ""
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    issuer: str = ""
    issued: str = ""
    exercise: bool = False
    zones: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    repeat_min: str = "0"
    lasts_h: str = str(_FREE_LASTS_H)
    once: str = ""
    grant: str = ""
    taken_on: str = ""


def empty_form(
    now: datetime, zones: Collection[str], template: Template | None = None, *, usual_repeat: timedelta | None = None
) -> AlertForm:
    """Return the form of own words or of a template, with every zone chosen, issued now.

    Own words are said again every `usual_repeat`, None for said once.
    """
    form = AlertForm(zones=tuple(zones), issued=local_time(now), once=secrets.token_urlsafe(12))
    if template is None:
        return replace(form, repeat_min=_minutes(usual_repeat))
    every, lasts = template.repeat_every, template.valid_for
    return replace(
        form, template=template.name, repeat_min=_minutes(every), lasts_h=str(round(lasts.total_seconds() / 3600))
    )


def form_of_draft(kept: KeptAlert, known: Collection[str]) -> AlertForm:
    """Return the form of a draft: its words stand, zones and repetitions are the officer's.

    One that was made ready from one of the `known` templates is filled in and may be changed, until it is handed in.
    """
    alert = kept.alert
    form = _form_of(alert, alert.issued_at)
    template = alert.template if alert.template in known and kept.handed_in_by is None else ""
    values = dict(alert.values) if template else {}
    lasts_h = "" if alert.expires_at is not None else form.lasts_h
    return replace(form, draft=kept.id, template=template, values=values, lasts_h=lasts_h)


def form_of_update(kept: KeptAlert, now: datetime, known: Collection[str]) -> AlertForm:
    """Return the form of what takes an alert's place, filled in as the present one and in force for as long."""
    form = _form_of(kept.alert, now)
    template = kept.alert.template if kept.alert.template in known else ""
    if kept.alert.expires_at is not None:
        lasts = kept.alert.expires_at - (kept.sent_at or kept.drafted_at)
        form = replace(form, lasts_h=str(max(1, round(lasts / timedelta(hours=1)))))
    return replace(form, template=template, values=dict(kept.alert.values), supersedes=kept.id)


def held_to(form: AlertForm, known_zones: Collection[str]) -> AlertForm:
    """Return the form with the zones that are there chosen, and the others as gone."""
    gone = tuple(zone for zone in form.zones if zone not in known_zones)
    return replace(form, zones=tuple(zone for zone in form.zones if zone in known_zones), gone=gone)


def read_form(form: FormData, known_zones: Collection[str]) -> AlertForm:
    """Return what was typed; zones that no longer exist are told apart."""
    values = {
        name.removeprefix(FIELD): str(value)[:_MAX_TYPED].strip()
        for name, value in form.multi_items()
        if name.startswith(FIELD) and isinstance(value, str)
    }
    read = AlertForm(
        template=typed(form, "template")[:_MAX_KEY],
        draft=typed(form, "draft")[:_MAX_KEY],
        supersedes=typed(form, "supersedes")[:_MAX_KEY],
        text=typed(form, "text").replace("\r\n", "\n").strip(),
        values=values,
        issuer=" ".join(typed(form, "issuer").split())[:_MAX_ISSUER],
        issued=typed(form, "issued").strip()[:_MAX_KEY],
        exercise=bool(typed(form, "exercise")),
        zones=tuple(str(each)[:_MAX_KEY] for each in form.getlist("zones")),
        repeat_min=typed(form, "repeat_min")[:4],
        lasts_h=typed(form, "lasts_h")[:4],
        once=typed(form, "once")[:_MAX_KEY] or secrets.token_urlsafe(12),
        grant=typed(form, "grant")[:_MAX_KEY],
        taken_on=typed(form, "taken_on")[:_MAX_KEY],
    )
    return held_to(read, known_zones)


def alert_of(
    form: AlertForm, own: Reader, now: datetime, *, template: Template | None, of: KeptAlert | None
) -> tuple[Alert | None, dict[str, str]]:
    """Return the alert and what is wrong by field; the alert is None where its words cannot stand.

    `template` is the one of the form, `of` the draft it is of or the alert whose place it takes. What was an exercise
    stays one.
    """
    wrong: dict[str, str] = {}
    issued_at = _issued_at(form.issued, now)
    if issued_at is None:
        wrong["issued"] = own._("This is no time, or one that is still to come.")
        issued_at = now
    repeat, lasts = _number(form.repeat_min), _number(form.lasts_h)
    status = AlertStatus.EXERCISE if form.exercise or (of is not None and of.is_exercise) else AlertStatus.ACTUAL
    alert: Alert | None
    if template is not None:
        alert, faults = _filled(form, template, own, now=now, issued_at=issued_at, status=status)
        wrong |= faults
        if alert is not None and form.draft and of is not None:
            alert = _in_its_place(of.alert, alert)
    elif form.draft and of is not None:
        alert = replace(of.alert, zones=form.zones, status=status)
    else:
        alert, faults = _own_words(form, own, issued_at, status)
        wrong |= faults
    if not form.zones:
        wrong["zones"] = own._("Choose at least one zone.")
    elif form.gone:
        wrong["zones"] = own._("No longer there: {zones}. Choose the zones again.", zones=", ".join(form.gone))
    if alert is None:
        return None, wrong
    every = timedelta(minutes=repeat) if repeat else None
    ends = alert.expires_at if lasts is None else now + timedelta(hours=lasts)
    supersedes = form.supersedes or alert.supersedes
    return replace(alert, repeat_every=every, expires_at=ends, supersedes=supersedes), wrong


def fault_line(own: Reader, fault: Fault) -> str:
    """Return what is wrong with a field, as one line."""
    return own.code("field_wrong", fault.code).format(**fault.values)


def local_time(at: datetime) -> str:
    """Return an instant as a browser's field takes it, by the commune's clock to the minute."""
    return at.astimezone(LOCAL_ZONE).strftime(_LOCAL_TIME)


def _form_of(alert: Alert, issued_at: datetime) -> AlertForm:
    return AlertForm(
        text=alert.text,
        issuer=alert.issuer,
        issued=local_time(issued_at),
        exercise=alert.status is not AlertStatus.ACTUAL,
        zones=alert.zones,
        repeat_min=_minutes(alert.repeat_every),
        once=secrets.token_urlsafe(12),
    )


def _filled(
    form: AlertForm, template: Template, own: Reader, *, now: datetime, issued_at: datetime, status: AlertStatus
) -> tuple[Alert | None, dict[str, str]]:
    try:
        alert = fill(
            template,
            form.values,
            id="",
            zones=form.zones,
            at=now,
            issuer=form.issuer,
            issued_at=issued_at,
            status=status,
        )
    except FillingError as error:
        return None, {name: fault_line(own, fault) for name, fault in error.faults.items()}
    return alert, {}


def _in_its_place(draft: Alert, alert: Alert) -> Alert:
    """Return an alert as what has become of a draft."""
    return replace(
        alert,
        id=draft.id,
        expires_at=draft.expires_at,
        supersedes=draft.supersedes,
        origin=draft.origin,
        source=draft.source,
    )


def _own_words(
    form: AlertForm, own: Reader, issued_at: datetime, status: AlertStatus
) -> tuple[Alert | None, dict[str, str]]:
    line = _text_wrong(form.text, own)
    if line is not None:
        return None, {"text": line}
    text = tidied(form.text)
    alert = Alert(
        id="",
        title=title_of(text),
        text=text,
        zones=form.zones,
        issued_at=issued_at,
        issuer=form.issuer,
        status=status,
        siren=EMERGENCY_SIREN,
    )
    return alert, {}


def _text_wrong(text: str, own: Reader) -> str | None:
    if not text:
        return own._("There are no words to be aired yet.")
    if len(text) > MAX_TEXT:
        length, most = own.number(len(text), 0), own.number(MAX_TEXT, 0)
        return own._("The words are too long: {length} characters of at most {most}.", length=length, most=most)
    return None


def _issued_at(text: str, now: datetime) -> datetime | None:
    """Return the time of issue; None for what is none, is still to come, or is more than a year ago."""
    try:
        at = datetime.strptime(text, _LOCAL_TIME).replace(tzinfo=LOCAL_ZONE)
    except ValueError:
        return None
    return at if timedelta() <= now - at <= _OLDEST else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _minutes(every: timedelta | None) -> str:
    return "0" if every is None else str(round(every.total_seconds() / 60))
