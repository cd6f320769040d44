"""The queue of items: read, heard, handed in, approved with one's password, sent back or taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.approval import Act, ItemState, after_act
from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Step
from smartradio.domain.programme import Origin
from smartradio.station.handed_in_before import words_of
from smartradio.station.items import Item
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.differences import differ, differences
from smartradio.web.entry import MAX_PASSWORD, refused_password
from smartradio.web.formats import Reader
from smartradio.web.forms import typed, wrong_note
from smartradio.web.live_parts import live_part
from smartradio.web.once import Once
from smartradio.web.rights import Right
from smartradio.web.today import telling_of
from smartradio.web.writing import REPEATS

_MOST_SHOWN: Final = 30
_TIMES_SHOWN: Final = 5
_LONGEST_NAME: Final = 100


class Decision(StrEnum):
    """What a person does with an item; the last part of its forms' addresses."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"


_ACTS: Final = {
    Decision.SUBMIT: Act.SUBMIT,
    Decision.APPROVE: Act.APPROVE,
    Decision.RETURN: Act.RETURN,
    Decision.WITHDRAW: Act.WITHDRAW,
}


def add_deciding(app: FastAPI, console: Console) -> None:
    """Put the queue and its forms on the app."""
    deciding = Deciding(console)
    look, approve = [needs(Right.LOOK)], [needs(Right.APPROVE)]
    app.get("/duyet", dependencies=look)(deciding.queue)
    live_part(app, console, "/duyet/hang", Right.LOOK, ("items",), deciding.waiting)
    live_part(app, console, "/duyet/so", Right.LOOK, ("items",), deciding.count)
    app.get("/duyet/{name}", dependencies=look)(deciding.one)
    app.post("/duyet/{name}/submit", dependencies=[needs(Right.WRITE)])(deciding.submit)
    app.post("/duyet/{name}/approve", dependencies=approve)(deciding.approve)
    app.post("/duyet/{name}/return", dependencies=approve)(deciding.send_back)
    app.post("/duyet/{name}/withdraw", dependencies=[needs(Right.WITHDRAW)])(deciding.withdraw)


class Deciding:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._once = Once()

    async def queue(self, request: Request) -> Response:
        """Show what waits for an approver, then what else was changed last."""
        visitor = self._console.visitor_of(request)
        context = {"here": "duyet", "just": await self._just(request)}
        return self._console.page(request, "items.html", visitor=visitor, context=context)

    def waiting(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return what waits, whoever has waited longest first, then what else was changed last. Blocking."""
        desk = self._console.desk.approval_desk
        others = [item for item in desk.lately(_MOST_SHOWN) if item.state is not ItemState.SUBMITTED]
        context = {"waiting": desk.waiting(), "others": others, "repeats": REPEATS}
        return self._console.fragment("_waiting.html", own, context)

    def count(self, _names: Mapping[str, str], own: Reader) -> str:
        """Return how many wait, as a count beside a word; nothing for none. Blocking."""
        waiting = len(self._console.desk.approval_desk.waiting())
        return f'<span class="count">{own.number(waiting, 0)}</span>' if waiting else ""

    async def one(self, request: Request, name: str) -> Response:
        """Show an item: what is said, where and when, and what people did with it."""
        visitor = self._console.visitor_of(request)
        return await self._page(request, visitor, name)

    async def submit(self, request: Request, name: str) -> Response:
        """Hand an item in."""
        return await self._decide(request, name, Decision.SUBMIT)

    async def approve(self, request: Request, name: str) -> Response:
        """Answer for an item, with one's password."""
        return await self._decide(request, name, Decision.APPROVE)

    async def send_back(self, request: Request, name: str) -> Response:
        """Return an item with a note."""
        return await self._decide(request, name, Decision.RETURN)

    async def withdraw(self, request: Request, name: str) -> Response:
        """Take an item back with all its airings."""
        return await self._decide(request, name, Decision.WITHDRAW)

    async def _decide(self, request: Request, name: str, decision: Decision) -> Response:
        """Take a person's decision, in the name of who sent it."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        note, seen = typed(form, "note").strip(), typed(form, "seen")
        wrong = wrong_note(note, own) if decision in (Decision.RETURN, Decision.WITHDRAW) else None
        if wrong is None and not seen.isdecimal():
            wrong = own._("Please load the page again.")
        status = 422
        if wrong is None and decision is Decision.APPROVE:
            status, wrong = await self._wrong_password(request, visitor, form)
        if wrong is None:
            key = f"{visitor.account.name} {name} {decision} {seen} {note}"
            try:
                await self._once.run(key, lambda: self._act(name, decision, visitor, note, int(seen[:9])))
            except SmartradioError as error:
                wrong = refusal_line(own, error)
        if wrong is not None:
            return await self._page(request, visitor, name, wrong=(decision, note, wrong), status=status)
        return RedirectResponse(await self._next_after(name, decision), status_code=303)

    async def _next_after(self, name: str, decision: Decision) -> str:
        """Return where it goes on: an approver's next item comes by itself, with what was just decided."""
        if decision not in (Decision.APPROVE, Decision.RETURN):
            return f"/duyet/{name}"
        waiting = await asyncio.to_thread(self._console.desk.approval_desk.waiting)
        following = next((item.name for item in waiting if item.name != name), None)
        where = "/duyet" if following is None else f"/duyet/{following}"
        return f"{where}?vua={decision}&tin={quote(name)}"

    async def _just(self, request: Request) -> tuple[str, Item] | None:
        """Return what was just decided on which item, for one line at the head of the page."""
        decision, name = (request.query_params.get(key, "")[:_LONGEST_NAME] for key in ("vua", "tin"))
        if decision not in (Decision.APPROVE, Decision.RETURN):
            return None
        item = await asyncio.to_thread(self._console.desk.approval_desk.item, name)
        return None if item is None else (decision, item)

    async def _act(self, name: str, decision: Decision, visitor: Visitor, note: str, seen: int) -> str:
        desk, by = self._console.desk.approval_desk, self._console.person(visitor)
        match decision:
            case Decision.SUBMIT:
                await desk.submit(name, by=by, seen=seen)
            case Decision.APPROVE:
                await desk.approve(name, by=by, seen=seen)
            case Decision.RETURN:
                await desk.send_back(name, by=by, note=note, seen=seen)
            case Decision.WITHDRAW:
                await desk.withdraw_item(name, by=by, why=note, seen=seen)
        return name

    async def _wrong_password(self, request: Request, visitor: Visitor, form: FormData) -> tuple[int, str | None]:
        """Return what is wrong with the password typed again, None if it is right.

        So a page that somebody left open approves nothing.
        """
        door, name, password = self._console.door, visitor.account.name, typed(form, "password")
        own = self._console.reader(request)
        try:
            if 0 < len(password) <= MAX_PASSWORD and await asyncio.to_thread(door.is_password, name, password):
                return 422, None
        except SmartradioError:
            return 503, own._("Many people are logging in at once. Please try again in a moment.")
        status, line = refused_password(door.locked_for_s(name), own)
        return status, line

    async def _page(
        self,
        request: Request,
        visitor: Visitor,
        name: str,
        *,
        wrong: tuple[Decision, str, str] | None = None,
        status: int = 200,
    ) -> Response:
        desk = self._console.desk.approval_desk
        item = await asyncio.to_thread(desk.item, name)
        if item is None:
            own = self._console.reader(request)
            line = own._("It may have been withdrawn, or it stands in a schedule file.")
            return self._console.problem(request, title=own._("There is no such item"), line=line, status=404)
        told, zones = await asyncio.to_thread(self._told, item), await self._console.zones()
        context = {
            **told,
            "just": await self._just(request),
            "item": item,
            "may": _possible(item),
            "may_change": item.origin is not Origin.FILE,
            "times": () if item.at_once else await asyncio.to_thread(desk.next_times, item.programme, _TIMES_SHOWN),
            "history": await asyncio.to_thread(desk.history, name),
            "zone_titles": {zone.name: zone.title for zone in zones},
            "places": telling_of(zones, self._console.reader(request)).places,
            "repeats": REPEATS,
            "sounds": await self._console.desk.desks.writing.sounds([p.sound for p in item.programme.parts if p.sound]),
            "wrong": wrong,
            "kept": bool(request.query_params.get("kept")),
            "here": "duyet",
        }
        return self._console.page(request, "item.html", visitor=visitor, status=status, context=context)

    def _told(self, item: Item) -> dict[str, object]:
        """Return what an approver reads and hears: what is new, and each sentence. Blocking."""
        desk, text = self._console.desk.approval_desk, words_of(item.programme)
        before = desk.earlier(item) if item.state is ItemState.SUBMITTED else None
        recording = None if item.recording_id is None else desk.recording(item.recording_id)
        segments = () if recording is None else recording.segments
        words = differences(before.text if before else text, text)
        handed_in = [entry.evidence for entry in desk.history(item.name) if entry.evidence.step is Step.SUBMITTED]
        return {
            "uncertain": handed_in[-1].facts.get("open_items", 0) if handed_in else 0,
            "before": before,
            "words": words,
            "is_new": before is not None and before.text.strip() != text.strip(),
            "is_marked": differ(words),
            "sentences": [(number, each.spoken) for number, each in enumerate(segments) if each.spoken],
            "length_s": None if recording is None else recording.duration_s,
            "waits": len(desk.waiting()),
        }


def _possible(item: Item) -> frozenset[str]:
    """Return what may be decided on an item where it stands."""
    return frozenset(decision.value for decision, act in _ACTS.items() if after_act(item.state, act) is not None)
