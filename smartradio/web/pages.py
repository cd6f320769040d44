"""The pages: one airing, and the form that airs another text."""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import TAKEN_OUT
from smartradio.station.planner import ends_at, last_end
from smartradio.station.scripts import OpenPlace, open_places
from smartradio.station.views import AiringView, NodeAiring
from smartradio.web.access import needs
from smartradio.web.acts import Act, NotTaken, answer, refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import LOCAL_ZONE, Reader
from smartradio.web.forms import MAX_TITLE, AirForm, read_air_form, typed, wrong_note
from smartradio.web.live_parts import live_part, look_again
from smartradio.web.many_nodes import in_order, leaf_of
from smartradio.web.once import Once, form_key
from smartradio.web.plan_words import Telling
from smartradio.web.rights import Right
from smartradio.web.sounds import clip_axis
from smartradio.web.story import again_of, ended, lanes, read_lines, replays


def add_pages(app: FastAPI, console: Console) -> None:
    """Put the pages on the app."""
    pages = Pages(console)
    look, write, settle = [needs(Right.LOOK)], [needs(Right.WRITE)], [needs(Right.SETTLE)]
    app.get("/airings/{airing_id}", dependencies=look)(pages.airing)
    app.post("/airings/{airing_id}/nodes/{node}/confirm", dependencies=settle)(pages.confirm)
    app.post("/airings/{airing_id}/nodes/{node}/dispute", dependencies=settle)(pages.dispute)
    app.post("/airings/{airing_id}/nodes/{node}/replay", dependencies=settle)(pages.replay)
    app.post("/airings/{airing_id}/nodes/{node}/clip", dependencies=settle)(pages.clip)
    app.post("/airings/{airing_id}/withdraw", dependencies=[needs(Right.WITHDRAW)])(pages.withdraw)
    app.get("/air", dependencies=write)(pages.air_form)
    app.post("/air", dependencies=write)(pages.air)
    live_part(app, console, "/dau/airings/{airing_id}", Right.LOOK, _told_of, pages.airing_mark)


class Pages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._once = Once()

    async def airing(self, request: Request, airing_id: str) -> Response:
        """Show one airing with all that is known of it."""
        visitor = self._console.visitor_of(request)
        return await self._airing_page(request, visitor, airing_id)

    async def confirm(self, request: Request, airing_id: str, node: str) -> Response:
        """Settle a node's verdict as right."""
        return await self._answered(request, airing_id, node, Act.CONFIRM)

    async def dispute(self, request: Request, airing_id: str, node: str) -> Response:
        """Settle a node's verdict as doubted, with a note that says why."""
        return await self._answered(request, airing_id, node, Act.DISPUTE)

    async def replay(self, request: Request, airing_id: str, node: str) -> Response:
        """Air the same recording once more at one node."""
        return await self._answered(request, airing_id, node, Act.REPLAY)

    async def clip(self, request: Request, airing_id: str, node: str) -> Response:
        """Ask a node for the microphone recording that it still keeps."""
        return await self._answered(request, airing_id, node, Act.CLIP)

    async def _answered(self, request: Request, airing_id: str, node: str, act: Act) -> Response:
        visitor, not_taken = await answer(self._console, request, airing_id, node, act)
        if not_taken is not None:
            return await self._airing_page(request, visitor, airing_id, not_taken)
        return RedirectResponse(f"/airings/{airing_id}?cum={node}#{node}", status_code=303)

    async def withdraw(self, request: Request, airing_id: str) -> Response:
        """Take an airing back, also while it sounds."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, note = self._console.reader(request), typed(form, "note").strip()
        wrong = wrong_note(note, own)
        if wrong is None:
            try:
                by = self._console.person(visitor)
                await self._console.desk.approval_desk.withdraw_airing(airing_id, by=by, why=note)
            except SmartradioError as error:
                wrong = refusal_line(own, error)
        if wrong is not None:
            return await self._airing_page(request, visitor, airing_id, withdrawing=(note, wrong))
        return RedirectResponse(f"/airings/{airing_id}#chain", status_code=303)

    async def air_form(self, request: Request) -> Response:
        """Show the form that airs another text."""
        visitor = self._console.visitor_of(request)
        zones = await self._console.zones()
        return await self._air_page(request, visitor, AirForm(zones=tuple(zone.name for zone in zones)))

    async def air(self, request: Request) -> Response:
        """Air another text, once however often the form is sent."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own = self._console.reader(request)
        read = read_air_form(form, own, {zone.name for zone in await self._console.zones()})
        if read.errors:
            return await self._air_page(request, visitor, read, status=422)
        if form.get("look"):
            return await self._look(request, visitor, read)

        async def act() -> str:
            planned = await self._console.desk.air_now(
                title=read.title,
                text=read.text,
                by=self._console.person(visitor),
                zones=read.zones,
                times=2 if read.twice else 1,
            )
            return planned.id

        try:
            planned_id = await self._once.run(form_key(request, visitor.account.name, form), act)
        except BadInputError as error:
            refused = replace(read, errors={"text": refusal_line(own, error)})
            return await self._air_page(request, visitor, refused, status=422)
        except SmartradioError as error:
            line = own._("The station could not air this: {line}", line=own._(str(error)))
            return await self._air_page(request, visitor, replace(read, errors={"text": line}), status=503)
        return RedirectResponse(f"/airings/{planned_id}", status_code=303)

    async def _look(self, request: Request, visitor: Visitor, read: AirForm) -> Response:
        """Show what of a text is not read with certainty; nothing is aired."""
        try:
            places = open_places(await self._console.desk.read(read.text))
        except BadInputError as error:
            refused = replace(read, errors={"text": refusal_line(self._console.reader(request), error)})
            return await self._air_page(request, visitor, refused, status=422)
        return await self._air_page(request, visitor, read, looked=places)

    def airing_mark(self, names: Mapping[str, str], _own: Reader) -> str | None:
        """Return the mark of an airing, None if there is none. Blocking."""
        return look_again(_version(self._console.desk.airing_mark(names["airing_id"])))

    async def _airing_page(
        self,
        request: Request,
        visitor: Visitor,
        airing_id: str,
        not_taken: NotTaken | None = None,
        *,
        withdrawing: tuple[str, str] | None = None,
    ) -> Response:
        console = self._console
        asked, around = request.query_params, not_taken.node if not_taken else ""
        leaf = leaf_of(
            await asyncio.to_thread(console.desk.airing_places, airing_id),
            asked.get("trang", ""),
            around or asked.get("cum", ""),
        )
        view = in_order(await console.airing(airing_id, leaf.names), leaf)
        own = console.reader(request)
        if view is None:
            title = own._("There is no such airing")
            return console.problem(request, title=title, line=own._("It may have been withdrawn."), status=404)
        titles_then = console.desk.desks.registry.titles_then
        titles = await asyncio.to_thread(titles_then, "zone", view.airing.starts_at)
        telling = Telling(own._, LOCAL_ZONE, list(titles), dict(titles))
        all_lanes = lanes(view)
        context: dict[str, Any] = {
            "view": view,
            "leaf": leaf,
            "complaints": await asyncio.to_thread(console.desk.desks.citizens.complaints_of, airing_id),
            "zone_name": lambda name: titles.get(name, name),
            "lanes": all_lanes,
            "ended": ended(all_lanes),
            "lines": read_lines(view.spoken),
            "typed": not_taken,
            "may_withdraw": _may_withdraw(console, view),
            "withdraw_note": withdrawing[0] if withdrawing else "",
            "withdraw_error": withdrawing[1] if withdrawing else None,
            "axis": clip_axis,
            "replays": replays(view.chain),
            "again_of": again_of(view.chain),
            "zone_titles": lambda view: telling.places(view.airing.zones),
            "node_version": _node_version,
            "here": "airings",
        }
        status = 422 if not_taken or withdrawing else 200
        return console.page(request, "airing.html", visitor=visitor, status=status, context=context)

    async def _air_page(
        self,
        request: Request,
        visitor: Visitor,
        form: AirForm,
        *,
        status: int = 200,
        looked: Sequence[OpenPlace] | None = None,
    ) -> Response:
        context = {
            "form": form,
            "looked": looked,
            "zones": await self._console.zones(),
            "once": secrets.token_urlsafe(12),
            "max_title": MAX_TITLE,
            "here": "air",
        }
        return self._console.page(request, "air.html", visitor=visitor, status=status, context=context)


def _may_withdraw(console: Console, view: AiringView) -> bool:
    """Say whether an airing can still be taken back: it may yet start or sound, and nobody has."""
    end = max(last_end(view.airing, view.recording), ends_at(view.airing, view.recording))
    gone = any(not e.evidence.node and e.evidence.reason in TAKEN_OUT for e in view.chain)
    return not gone and console.clock() < end


def _told_of(names: Mapping[str, str]) -> tuple[str, ...]:
    return (f"airing/{names['airing_id']}",)


def _node_version(node: NodeAiring) -> str:
    return _version(node.node, node.state, node.verdict, node.settled, node.clip, node.delivered_at, node.started_at)


def _version(*values: object) -> str:
    """Return a short mark of what a part of a page shows; the same mark means nothing to redraw."""
    return f"{zlib.crc32(repr(values).encode()):08x}"
