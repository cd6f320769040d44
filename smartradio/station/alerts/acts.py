"""What may be done to an alert, as steps for the book: the alert after it and what the log says of who did it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from smartradio.domain.alert import Alert, AlertAct, AlertState, AlertStatus, after_alert_act
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.alert_text import MAX_TEXT
from smartradio.station.alerts.kept import (
    SHORTEST_REPEAT,
    AlertAiring,
    AlertRefusal,
    AlertRefusedError,
    AlertStep,
    KeptAlert,
    alert_chain,
)
from smartradio.station.alerts.settings import AlertSettings

STATION: Final = "station"
ACTS: Final = ("draft", "hand_in", "repeat", "send_again", *(act.value for act in AlertAct))
"""What the log calls the acts on an alert (`act` among the facts)."""
_LONGEST_NOTE: Final = 2_000


def drafted(alert: Alert, *, by: str, at: datetime) -> AlertStep:
    """Return the step that puts a draft into the book, of a feed, a gauge or a person."""
    kept = KeptAlert(alert, AlertState.DRAFT, 1, by, at)
    return AlertStep(kept, None, (_told(kept, Step.CHANGED, by, at, {"act": "draft", **_what(alert)}),))


def handed_in(before: KeptAlert | None, alert: Alert, *, by: Person, at: datetime, taken_on: bool) -> AlertStep:
    """Return the step in which the first of two persons hands an alert in."""
    base = before or KeptAlert(alert, AlertState.DRAFT, 0, by.title, at)
    _check(base, AlertAct.SEND)
    kept = replace(_next(base), alert=alert, handed_in_by=by, taken_on=taken_on)
    facts = {"act": "hand_in", **_what(alert)}
    return _step(kept, before, _told(kept, Step.SUBMITTED, by, at, facts))


def sent(
    before: KeptAlert | None,
    alert: Alert,
    airing: AlertAiring,
    *,
    by: Person,
    first: Person | None = None,
    taken_on: bool = False,
) -> AlertStep:
    """Return the step that lets an alert out; `first` is who handed it in where `by` is the second of two."""
    at = airing.at
    base = before or KeptAlert(alert, AlertState.DRAFT, 0, by.title, at)
    kept = replace(
        _next(base),
        state=_check(base, AlertAct.SEND),
        alert=alert,
        sent_by=first or by,
        released_by=by if first is not None else None,
        sent_at=at,
        said_at=at,
        taken_on=taken_on,
    )
    facts = {"act": AlertAct.SEND.value, "airing": airing.airing, **_what(alert)}
    if first is not None:
        facts["handed_in_by"] = first.title
    return _step(kept, before, _told(kept, Step.APPROVED, by, at, facts), (airing,))


def said_again(before: KeptAlert, airing: AlertAiring, *, at: datetime) -> AlertStep:
    """Return the step of a repetition to all its zones, in the name of whoever let it out."""
    kept = replace(before, said_at=at)
    facts = {"act": "repeat", "airing": airing.airing}
    return AlertStep(kept, before.version, (_told(kept, Step.PLANNED, STATION, at, facts),), (airing,))


def brought_once_more(before: KeptAlert, airing: AlertAiring, *, by: Person) -> AlertStep:
    """Return the step in which somebody sends it once more to some nodes."""
    if not before.is_out:
        raise _refused(before)
    facts = {"act": "send_again", "airing": airing.airing, "nodes": list(airing.nodes or ())}
    kept = _next(before)
    return _step(kept, before, _told(kept, Step.REPLAY_ASKED, by, airing.at, facts), (airing,))


def ended(
    before: KeptAlert,
    act: AlertAct,
    *,
    by: Person | str,
    at: datetime,
    why: str = "",
    airing: AlertAiring | None = None,
    taken_back: tuple[Evidence, ...] = (),
    replaced_by: str = "",
) -> AlertStep:
    """Return the step that ends an alert: cancelled, updated, expired or discarded."""
    name = by if isinstance(by, str) else by.title
    kept = replace(
        _next(before),
        state=_check(before, act),
        ended_by=name,
        ended_at=at,
        why=why,
        replaced_by=replaced_by,
    )
    facts: dict[str, Any] = {"act": act.value}
    facts |= {"note": why} if why else {}
    facts |= {"replaced_by": replaced_by} if replaced_by else {}
    facts |= {"airing": airing.airing} if airing is not None else {}
    step = Step.WITHDRAWN if act in (AlertAct.CANCEL, AlertAct.DISCARD) else Step.CHANGED
    aired = () if airing is None else (airing,)
    return replace(_step(kept, before, _told(kept, step, by, at, facts), aired), taken_back=taken_back)


def settled(alert: Alert, settings: AlertSettings, now: datetime) -> Alert:
    """Return an alert with the end it must have; raises AlertRefusedError for one that cannot go out now.

    No alert is said again for ever: one without an end gets that of the settings.
    """
    if alert.status is AlertStatus.TEST:
        raise AlertRefusedError(AlertRefusal.TEST, "a test is heard by nobody; send it as an exercise")
    if not alert.text.strip():
        raise AlertRefusedError(AlertRefusal.NO_WORDS, "the alert has no words")
    if len(alert.text) > MAX_TEXT:
        line = f"the alert has {len(alert.text)} characters; use at most {MAX_TEXT}"
        raise AlertRefusedError(AlertRefusal.TOO_LONG, line, length=str(len(alert.text)), most=str(MAX_TEXT))
    if alert.expires_at is not None and alert.expires_at <= now:
        raise AlertRefusedError(AlertRefusal.EXPIRED, "the alert's time is over; give it another end, or write it anew")
    every = alert.repeat_every
    if every is not None and every < SHORTEST_REPEAT:
        least = int(SHORTEST_REPEAT.total_seconds() // 60)
        raise AlertRefusedError(
            AlertRefusal.TOO_OFTEN, f"an alert is said again every {least} minutes at most", minutes=str(least)
        )
    return replace(alert, expires_at=alert.expires_at or now + timedelta(hours=settings.lasts_hours))


def note(why: str) -> str:
    """Return why somebody takes an alert back, as it is kept; BadInputError where nothing is said."""
    why = " ".join(why.split())[:_LONGEST_NOTE]
    if not why:
        raise BadInputError("say why it is withdrawn")
    return why


def _what(alert: Alert) -> dict[str, Any]:
    """Return what the log says of an alert's content: enough to know later that these were the words."""
    told: dict[str, Any] = {
        "title": alert.title,
        "words_sha256": hashlib.sha256(alert.text.encode()).hexdigest(),
        "zones": list(alert.zones),
        "status": alert.status.value,
        "origin": alert.origin.value,
    }
    optional = {
        "issuer": alert.issuer,
        "source": alert.source,
        "supersedes": alert.supersedes,
        "expires_at": None if alert.expires_at is None else alert.expires_at.isoformat(),
        "repeat_min": None if alert.repeat_every is None else round(alert.repeat_every.total_seconds() / 60, 1),
    }
    return told | {name: value for name, value in optional.items() if value}


def _check(kept: KeptAlert, act: AlertAct) -> AlertState:
    state = after_alert_act(kept.state, act)
    if state is None:
        raise _refused(kept)
    return state


def _refused(kept: KeptAlert) -> AlertRefusedError:
    line = f"the alert is {kept.state.value}; this may not be done to it"
    return AlertRefusedError(AlertRefusal.STATE, line, state=kept.state.value)


def _next(kept: KeptAlert) -> KeptAlert:
    return replace(kept, version=kept.version + 1)


def _step(
    kept: KeptAlert, before: KeptAlert | None, said: Evidence, airings: tuple[AlertAiring, ...] = ()
) -> AlertStep:
    return AlertStep(kept, None if before is None else before.version, (said,), airings)


def _told(kept: KeptAlert, step: Step, by: Person | str, at: datetime, facts: dict[str, Any]) -> Evidence:
    source = by if isinstance(by, str) else f"operator:{by.title}"
    who = {} if isinstance(by, str) else by.facts()
    return Evidence(alert_chain(kept.id), "", step, at, source, None, {**who, "state": kept.state.value, **facts})
