"""Emergencies as JSON, for `smartradio alert send` and other programs: the rights, PIN and form token of the pages."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.alert_desk import Prepared, WrongPinError
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.alerts.report import AlertReport
from smartradio.web.access import needs
from smartradio.web.alert_port import AlertBookPort
from smartradio.web.api import as_json
from smartradio.web.asked_alert import Asked, Known, asked_for, read_asked
from smartradio.web.console import Console
from smartradio.web.forms import typed
from smartradio.web.rights import Right
from smartradio.web.security import form_secret, new_form_token

_LATELY: Final = 20
_MAX_PIN: Final = 200
_MAX_KEY: Final = 64


def add_alert_api(app: FastAPI, console: Console) -> None:
    """Put the API of emergencies on the app."""
    api = AlertApi(console)
    officer = [needs(Right.ALERT)]
    app.get("/api/alerts", dependencies=officer)(api.overview)
    app.post("/api/alerts/reading", dependencies=officer)(api.reading)
    app.post("/api/alerts", dependencies=officer)(api.send)
    app.get("/api/alerts/{name}", dependencies=officer)(api.one)
    app.post("/api/alerts/{name}/cancel", dependencies=officer)(api.cancel)


class AlertApi:
    """One method a route; a form's field `alert` is the JSON of an `AskedAlert`. A refusal is {"error": one line}."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> AlertBookPort:
        return self._console.desk.desks.alerts

    async def overview(self, request: Request) -> Response:
        """Tell what a program must know to send: the form's token, zones, templates, what stands in the book."""
        account = self._console.visitor_of(request).account
        templates = await self._desk.templates()
        return JSONResponse(
            {
                "form": new_form_token(form_secret(request) or ""),
                "has_pin": await self._console.desk.desks.own.pin_digits(account.name) is not None,
                "two_must_answer": self._desk.two_must_answer,
                "zones": [{"name": zone.name, "title": zone.title} for zone in await self._console.zones()],
                "templates": [
                    {"name": name, "event": template.event, "fields": as_json(template.fields)}
                    for name, template in sorted(templates.by_name.items())
                ],
                "drafts": [_row(kept) for kept in await asyncio.to_thread(self._desk.drafts)],
                "alerts": [_row(kept) for kept in await asyncio.to_thread(self._desk.lately, _LATELY)],
            }
        )

    async def reading(self, request: Request) -> Response:
        """Tell what will be said, its figures and the places whose reading is not certain; nothing is sent."""
        form = await self._console.form(request)
        try:
            found = await self._asked(form)
            ready = await self._desk.prepare(found.alert)
        except SmartradioError as error:
            return _refused(error)
        return JSONResponse(self._read(found, ready))

    async def send(self, request: Request) -> Response:
        """Let it out; `again` says that the same one was out before."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        asked_at = self._console.clock()
        try:
            wanted = AlertSending(
                (await self._asked(form)).alert,
                typed(form, "once")[:_MAX_KEY],
                taken_on=bool(typed(form, "taken_on")),
                pin=typed(form, "pin").replace(" ", "")[:_MAX_PIN],
            )
            if not wanted.once:
                raise BadInputError("once: the key of the form is missing")
            kept = await self._desk.send(wanted, by=self._console.person(visitor))
        except SmartradioError as error:
            return _refused(error)
        again = kept.sent_at is not None and kept.sent_at < asked_at
        return JSONResponse({"alert": _row(kept), "again": again})

    async def one(self, name: str) -> Response:
        """Tell what has come of an alert, node by node in seconds since the click."""
        found = await asyncio.to_thread(self._report, name)
        if found is None:
            return JSONResponse({"error": f"there is no alert {name}"}, status_code=404)
        report, settled = found
        return JSONResponse(
            {
                "alert": _row(report.kept),
                "settled": settled,
                **{part: as_json(getattr(report, part)) for part in ("clicked_at", "airings", "nodes", "acts")},
            }
        )

    async def cancel(self, request: Request, name: str) -> Response:
        """Silence an alert, and with `aloud` say so; asked for again for the same reason it was done already."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        by, why = self._console.person(visitor), typed(form, "why")
        try:
            kept = await self._desk.cancel(name, by=by, why=why, aloud=bool(typed(form, "aloud")))
        except SmartradioError as error:
            # The answer to the first time may have been lost on a bad line.
            done = await asyncio.to_thread(self._desk.alert, name)
            if done is None or not _was_cancelled(done, by, why):
                return _refused(error)
            kept = done
        return JSONResponse({"alert": _row(kept)})

    async def _asked(self, form: FormData) -> Asked:
        asked = read_asked(typed(form, "alert"))
        zones, templates = await self._console.zones(), await self._desk.templates()
        old = await asyncio.to_thread(self._desk.alert, asked.update) if asked.update else None
        places = await asyncio.to_thread(self._desk.places)
        known = Known(zones, places, templates.by_name, self._desk.usual_repeat, old)
        # A hostile CAP message costs seconds to read.
        return await asyncio.to_thread(asked_for, asked, known, self._console.clock())

    def _read(self, found: Asked, ready: Prepared) -> dict[str, Any]:
        alert = found.alert
        return {
            "title": alert.title,
            "zones": list(alert.zones),
            "exercise": alert.status is not AlertStatus.ACTUAL,
            # Sent with this time of issue, these are the words.
            "issued_at": alert.issued_at.isoformat(),
            "repeat_minutes": None if alert.repeat_every is None else alert.repeat_every.total_seconds() / 60,
            "until": None if alert.expires_at is None else alert.expires_at.isoformat(),
            "said": ready.text,
            "duration_s": round(ready.recording.duration_s, 1),
            "figures": as_json(self._desk.read_back(ready)),
            "open_places": as_json(ready.open_places),
            "notes": [str(finding) for finding in found.findings],
        }

    def _report(self, name: str) -> tuple[AlertReport, bool] | None:
        report = self._desk.report(name)
        if report is None:
            return None
        told = [each.airing for each in report.airings if each.occasion is not Occasion.CANCEL]
        boards = [self._console.desk.desks.alert.board(airing) for airing in told]
        over = bool(boards) and all(board is not None and board.settled for board in boards)
        return report, over or not report.kept.is_out


def _was_cancelled(kept: KeptAlert, by: Person, why: str) -> bool:
    return kept.state is AlertState.CANCELLED and (kept.ended_by, kept.why) == (by.title, " ".join(why.split()))


def _row(kept: KeptAlert) -> dict[str, Any]:
    alert = kept.alert
    return {
        "id": kept.id,
        "title": alert.title,
        "state": kept.state.value,
        "exercise": kept.is_exercise,
        "zones": list(alert.zones),
        "sent_at": as_json(kept.sent_at),
        "sent_by": "" if kept.answers is None else kept.answers.title,
        "said_again_at": as_json(kept.again_at),
        "until": as_json(alert.expires_at),
        "replaced_by": kept.replaced_by,
        "why": kept.why,
    }


def _refused(error: SmartradioError) -> Response:
    status = 422 if isinstance(error, BadInputError) else 503
    if isinstance(error, WrongPinError):
        status = 429 if error.locked_s > 0 else 401
    return JSONResponse({"error": " ".join(str(error).split())}, status_code=status)
