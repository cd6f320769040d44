"""Writing an item: a bulletin with its parts, zones and time, new or anew; kept as a draft or handed in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from smartradio.domain.errors import SmartradioError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.items import Item
from smartradio.web.access import needs
from smartradio.web.acts import refusal_line
from smartradio.web.console import Console, Visitor
from smartradio.web.editor_check import checked
from smartradio.web.editor_form import (
    REPEATS,
    EditorForm,
    filled,
    form_of_content,
    form_of_item,
    instant,
    read_form,
    repeat_of,
)
from smartradio.web.editor_page import EditorPage, mark_of_words
from smartradio.web.formats import LOCAL_ZONE
from smartradio.web.forms import typed
from smartradio.web.once import Once, form_key
from smartradio.web.rights import Right

__all__ = ["REPEATS", "Writing", "add_writing"]

_log = structlog.get_logger(__name__)


def add_writing(app: FastAPI, console: Console) -> None:
    """Put the editor's own pages on the app; what it does while somebody types stands in `composing`."""
    writing = Writing(console)
    write = [needs(Right.WRITE)]
    app.get("/soan", dependencies=write)(writing.new_form)
    app.post("/soan", dependencies=write)(writing.new)
    app.get("/soan/{name}", dependencies=write)(writing.change_form)
    app.post("/soan/{name}", dependencies=write)(writing.change)


class Writing:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._page = EditorPage(console)
        self._once = Once()

    async def new_form(self, request: Request) -> Response:
        """Show the empty editor, and above it what was begun and not finished."""
        visitor = self._console.visitor_of(request)
        drafts = await self._console.desk.desks.writing.drafts(visitor.account.name)
        form = EditorForm(whole=True, draft=secrets.token_hex(8))
        begun = [
            (draft, form_of_content(draft.content, draft.id, draft.version)) for draft in drafts if draft.item is None
        ]
        return await self._page.page(request, visitor, form, None, notes={"begun": begun[:5]})

    async def new(self, request: Request) -> Response:
        """Write a new item, once however often the form is sent."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        read = await self._read(request, form)
        if read.errors:
            return await self._page.page(request, visitor, read, None, status=422)
        now = self._console.clock()
        name = f"tin-{now.astimezone(LOCAL_ZONE):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        programme = await self._filled(Programme(name, read.title, "", (), now.astimezone(LOCAL_ZONE)), read)

        async def act() -> str:
            by = self._console.person(visitor)
            item = await self._console.desk.approval_desk.draft(programme, by=by, at_once=read.when == "now")
            return await self._hand_in(item, form, visitor)

        return await self._written(request, (visitor, form), (read, programme), None, act)

    async def change_form(self, request: Request, name: str) -> Response:
        """Show an item to be changed, as it was typed last."""
        visitor = self._console.visitor_of(request)
        item = await asyncio.to_thread(self._console.desk.approval_desk.item, name)
        if item is None or item.origin is Origin.FILE:
            return self._not_there(request)
        desk = self._console.desk.desks.writing
        begun = next((draft for draft in await desk.drafts(visitor.account.name) if draft.item == name), None)
        if begun is not None:
            form = form_of_content(begun.content, begun.id, begun.version)
            behind = form.seen != str(item.version)
            return await self._page.page(request, visitor, form, item, notes={"restored": begun, "behind": behind})
        chime, zones = await desk.chime(), await self._console.zones()
        form = form_of_item(item, chime.sha256, [zone.name for zone in zones])
        return await self._page.page(request, visitor, replace(form, draft=secrets.token_hex(8)), item)

    async def change(self, request: Request, name: str) -> Response:
        """Write an item anew."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        desk = self._console.desk.approval_desk
        item = await asyncio.to_thread(desk.item, name)
        if item is None or item.origin is Origin.FILE:
            return self._not_there(request)
        read = await self._read(request, form, item)
        if read.errors or not read.seen.isdecimal():
            return await self._page.page(request, visitor, read, item, status=422)
        first_at = self._console.clock().astimezone(LOCAL_ZONE)
        programme = await self._filled(replace(item.programme, first_at=first_at), read)

        async def act() -> str:
            by = self._console.person(visitor)
            changed = await desk.change(programme, by=by, seen=int(read.seen), at_once=read.when == "now")
            return await self._hand_in(changed, form, visitor)

        return await self._written(request, (visitor, form), (read, programme), item, act)

    async def _read(self, request: Request, form: FormData, item: Item | None = None) -> EditorForm:
        own = self._console.reader(request)
        zones = {zone.name for zone in await self._console.zones()}
        keeps, priority = (
            ("", "") if item is None else (repeat_of(item.programme), item.programme.priority.name.lower())
        )
        read = checked(read_form(form), own, zones, keeps=keeps, priority=priority)
        waiting = typed(form, "sound_file") or typed(form, "document")
        if waiting:
            # Without scripts a file only travels with its own button; its name alone came along here.
            line = own._("You chose the file {name} but did not bring it in: choose it again and press the button.")
            return replace(read, errors={**read.errors, "file": line.format(name=waiting[:80])})
        return read

    async def _filled(self, programme: Programme, read: EditorForm) -> Programme:
        zones = [zone.name for zone in await self._console.zones()]
        chime = await self._console.desk.desks.writing.chime()
        first_at = instant(read.starts) or programme.first_at
        return filled(replace(programme, first_at=first_at), read, zones=zones, chime=chime.sha256)

    async def _hand_in(self, item: Item, form: FormData, visitor: Visitor) -> str:
        """Hand in what was written, if that was asked for; return the page that goes on."""
        draft = read_form(form).draft
        if draft:
            await self._console.desk.desks.writing.drop(draft, visitor.account.name)
        if form.get("hand_in"):
            by = self._console.person(visitor)
            try:
                await self._console.desk.approval_desk.submit(item.name, by=by, seen=item.version)
            except SmartradioError as error:
                # It is kept: nobody shall write it twice because a voice failed.
                _log.warning("item_not_handed_in", item=item.name, reason=str(error))
                return f"/duyet/{item.name}?kept=1"
        return f"/duyet/{item.name}"

    async def _written(
        self,
        request: Request,
        sent: tuple[Visitor, FormData],
        read: tuple[EditorForm, Programme],
        item: Item | None,
        act: Callable[[], Awaitable[str]],
    ) -> Response:
        (visitor, form), (typed_in, programme) = sent, read
        try:
            if form.get("hand_in"):
                # What cannot be read is told before anything of it is kept.
                await self._check_readable(programme)
                unseen = await self._unseen(request, form, typed_in)
                if unseen:
                    return await self._page.page(
                        request, visitor, typed_in, item, status=422, notes={"uncertain": unseen}
                    )
            where = await self._once.run(form_key(request, visitor.account.name, form), act)
        except SmartradioError as error:
            line = refusal_line(self._console.reader(request), error)
            refused = replace(typed_in, errors={"text": line})
            return await self._page.page(request, visitor, refused, item, status=422)
        return RedirectResponse(where, status_code=303)

    async def _unseen(self, request: Request, form: FormData, read: EditorForm) -> Sequence[object]:
        """Return what is not read with certainty where no page has shown yet how just these words are read."""
        if typed(form, "words_read") == mark_of_words(read):
            return ()
        return await self._page.uncertain(request, read)

    async def _check_readable(self, programme: Programme) -> None:
        texts = [part.text for part in programme.parts if part.text] if programme.parts else [programme.text]
        for text in texts:
            await self._console.desk.read(text)

    def _not_there(self, request: Request) -> Response:
        own = self._console.reader(request)
        line = own._("It may have been withdrawn, or it stands in a schedule file.")
        return self._console.problem(request, title=own._("There is no such item"), line=line, status=404)
