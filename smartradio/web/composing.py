"""What the editor does while somebody writes: reads, speaks, takes files in, keeps drafts, changes the parts.

Each is a form that works without scripts and shows the editor again with all that was typed; scripts only ask sooner.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import replace
from typing import Any, Final

from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.bringing_in import MAX_SOUND_BYTES
from smartradio.station.items import Item
from smartradio.station.store.drafts import DraftChangedError
from smartradio.web.access import needs
from smartradio.web.console import Console, Visitor
from smartradio.web.editor_form import MOST_PARTS, EditorForm, PartForm, form_of_content, read_form
from smartradio.web.editor_page import EditorPage, mended, to_check
from smartradio.web.file_words import in_words
from smartradio.web.formats import Reader
from smartradio.web.forms import MAX_TEXT, MAX_TITLE, typed
from smartradio.web.ranges import ranged
from smartradio.web.rights import Right
from smartradio.web.uploads import SentForm, sent_form

UPLOAD_PATH: Final = "/soan/tep"
MOST_KEPT: Final = 10 * MAX_TEXT
"""A whole book pasted by mistake is no draft."""
_SOUND_FIELDS: Final = ("sound_file", "recorded")


def add_composing(app: FastAPI, console: Console) -> None:
    """Put what the editor does on the app, before the pages of items of whatever name."""
    composing = Composing(console)
    write = [needs(Right.WRITE)]
    app.post("/soan/sua", dependencies=write)(composing.change_parts)
    app.post(UPLOAD_PATH, dependencies=write)(composing.bring_in)
    app.post("/soan/doc", dependencies=write)(composing.read)
    app.post("/soan/nhap", dependencies=write)(composing.save)
    app.get("/soan/nhap/{draft}", dependencies=write)(composing.restore)
    app.post("/soan/nhap/{draft}/bo", dependencies=write)(composing.drop)
    app.get("/soan/nghe.opus", dependencies=write)(composing.hear)
    app.get("/soan/am-thanh/{sha256}", dependencies=write)(composing.sound)


class Composing:
    """One method a form or sound."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._page = EditorPage(console)

    async def change_parts(self, request: Request) -> Response:
        """Add, move or remove a part, take a suggestion, or only read what was typed."""
        form = await self._console.form(request)
        changed = await self._changed(read_form(form), typed(form, "do"))
        return await self._shown(request, changed, form)

    async def bring_in(self, request: Request) -> Response:
        """Take a recording or a Word file in, beside all that was typed."""
        desk, own = self._console.desk.desks.writing, self._console.reader(request)

        def is_ours(form: FormData) -> None:
            self._console.check_form(request, form)

        try:
            async with sent_form(request, desk.uploads, is_ours, max_file_bytes=MAX_SOUND_BYTES) as sent:
                form = read_form(sent.fields)
                try:
                    form, notes = await self._brought_in(form, sent, self._console.visitor_of(request), own)
                except BadInputError as error:
                    form = replace(form, errors={"file": in_words(own, str(error))})
                    return await self._shown(request, form, sent.fields, status=422)
                return await self._shown(request, form, sent.fields, notes=notes)
        except BadInputError as error:
            # It broke off half way: what was typed is still in the browser, one page back.
            line = in_words(own, str(error)) + ". " + own._("What you typed is still on the page before this one.")
            return self._console.problem(request, title=own._("The file was not taken"), line=line, status=422)

    async def read(self, request: Request) -> Response:
        """Return how what is typed would be read."""
        form = await self._console.form(request)
        return await self._page.reading_part(request, read_form(form))

    async def save(self, request: Request) -> Response:
        """Keep what is typed; answers in JSON, for scripts."""
        visitor, sent = self._console.visitor_of(request), await self._console.form(request)
        form, own = read_form(sent), self._console.reader(request)
        length = len(form.text())
        if length > MOST_KEPT:
            line = own._(
                "the bulletin has {count} characters, at most {limit} can be read: split it into several bulletins",
                count=own.number(length, 0),
                limit=own.number(MAX_TEXT, 0),
            )
            return JSONResponse({"fault": line}, status_code=422)
        try:
            kept = await self._keep(visitor, form, typed(sent, "item"))
        except DraftChangedError as error:
            line = own._("Another window saved this draft at {time}.", time=own.clock(error.at, parts=3))
            return JSONResponse({"changed": line}, status_code=409)
        except BadInputError as error:
            return JSONResponse({"fault": in_words(own, str(error))}, status_code=422)
        saved = own._("Saved at {time}.", time=own.clock(self._console.clock(), parts=3))
        return JSONResponse({"draft": kept.draft, "saved": kept.saved, "line": saved})

    async def restore(self, request: Request, draft: str) -> Response:
        """Show a draft as it was typed last."""
        visitor = self._console.visitor_of(request)
        held = await self._console.desk.desks.writing.draft(draft, visitor.account.name)
        if held is None:
            own = self._console.reader(request)
            line = own._("It was handed in or thrown away.")
            return self._console.problem(request, title=own._("There is no such draft"), line=line, status=404)
        if held.item is not None:
            return RedirectResponse(f"/soan/{held.item}", status_code=303)
        form = form_of_content(held.content, held.id, held.version)
        return await self._page.page(request, visitor, form, None, notes={"restored": held})

    async def drop(self, request: Request, draft: str) -> Response:
        """Throw a draft away."""
        visitor, sent = self._console.visitor_of(request), await self._console.form(request)
        await self._console.desk.desks.writing.drop(draft, visitor.account.name)
        item = await self._item(typed(sent, "item"))
        return RedirectResponse("/soan" if item is None else f"/soan/{item.name}", status_code=303)

    async def hear(self, request: Request) -> Response:
        """Play one sentence as it would be spoken."""
        own, asked = self._console.reader(request), request.query_params
        try:
            voice, rate = asked.get("giong") or None, EditorForm(rate=asked.get("nhip", "")[:4])
            audio = await self._console.desk.desks.writing.say(asked.get("cau", ""), voice, rate.rate_wpm)
        except SmartradioError as error:
            status = 422 if isinstance(error, BadInputError) else 503
            title = own._("This sentence cannot be heard")
            return self._console.problem(request, title=title, line=in_words(own, str(error)), status=status)
        return ranged(request.headers, audio, media_type="audio/ogg", etag=hashlib.sha256(audio).hexdigest()[:32])

    async def sound(self, request: Request, sha256: str) -> Response:
        """Play a sound that was brought in."""
        audio = await self._console.desk.desks.writing.sound_audio(sha256)
        if audio is None:
            own = self._console.reader(request)
            line = own._("It was not recorded, or its time to be kept is over.")
            return self._console.problem(request, title=own._("There is no such sound"), line=line, status=404)
        kind = "audio/flac" if audio.startswith(b"fLaC") else "audio/ogg"
        return ranged(request.headers, audio, media_type=kind, etag=sha256[:32])

    async def _brought_in(
        self, form: EditorForm, sent: SentForm, visitor: Visitor, own: Reader
    ) -> tuple[EditorForm, dict[str, Any]]:
        """Return a form with the files in it, and what is to be said of them."""
        desk = self._console.desk.desks.writing
        warnings: list[str] = []
        if not sent.files:
            raise BadInputError("no file was chosen")
        for name in _SOUND_FIELDS:
            if name in sent.files:
                upload = sent.files[name]
                sound = await desk.take_sound(upload.path, upload.name, by=visitor.account.title)
                form = _with_part(form, PartForm("sound", sound=sound.sha256))
                warnings += [in_words(own, line) for line in sound.warnings]
        if "document" in sent.files:
            upload = sent.files["document"]
            form = _with_text(form, await desk.take_document(upload.path, upload.name))
        return form, {"warnings": warnings}

    async def _changed(self, form: EditorForm, do: str) -> EditorForm:
        """Return a form after a button of the editor; one that is not known changes nothing."""
        act, _, rest = do.partition("-")
        numbers = [int(number[:4]) for number in rest.split("-") if number.isdecimal()]
        if act == "fork":
            return replace(form, draft=secrets.token_hex(8), saved=0)
        if act == "text":
            return _with_part(form, PartForm())
        if act == "chime":
            return _with_part(form, PartForm("chime"))
        if act in ("up", "down", "remove") and numbers and numbers[0] < len(form.parts):
            return _moved(form, act, numbers[0])
        if act == "fix" and len(numbers) == 4:
            return await self._mended(form, *numbers)
        return form

    async def _mended(self, form: EditorForm, part: int, line: int, index: int, way: int) -> EditorForm:
        if part >= len(form.parts):
            return form
        reading = await self._console.desk.desks.writing.read(form.parts[part].text)
        checks = to_check(part, reading)
        wanted = next((check for check in checks if (check.place.line, check.index) == (line, index)), None)
        if wanted is None or way >= len(wanted.ways):
            return form
        parts = list(form.parts)
        parts[part] = replace(parts[part], text=mended(parts[part].text, wanted, wanted.ways[way]))
        return replace(form, parts=tuple(parts))

    async def _shown(
        self,
        request: Request,
        form: EditorForm,
        sent: FormData,
        *,
        status: int = 200,
        notes: dict[str, Any] | None = None,
    ) -> Response:
        """Show the editor again, once what is typed is kept."""
        visitor, told = self._console.visitor_of(request), dict(notes or {})
        item = await self._item(typed(sent, "item"))
        try:
            form = await self._keep(visitor, form, item.name if item else "")
        except DraftChangedError as error:
            told["other_window"] = error.at
        return await self._page.page(request, visitor, form, item, status=status, notes=told)

    async def _keep(self, visitor: Visitor, form: EditorForm, item: str) -> EditorForm:
        form = form if form.draft else replace(form, draft=secrets.token_hex(8))
        if form.is_empty or len(form.text()) > MOST_KEPT:
            return form
        kept = await self._console.desk.desks.writing.save(
            form.draft, visitor.account.name, item or None, form.saved, form.content()
        )
        return replace(form, saved=kept.version)

    async def _item(self, name: str) -> Item | None:
        return await asyncio.to_thread(self._console.desk.approval_desk.item, name) if name else None


def _with_part(form: EditorForm, part: PartForm) -> EditorForm:
    """Return a form with one more part at its end; what is brought into an empty form stands first."""
    parts = form.parts
    if part.kind != "text" and len(parts) == 1 and parts[0].kind == "text" and not parts[0].text:
        parts = ()
    return replace(form, parts=(*parts, part)[:MOST_PARTS])


def _with_text(form: EditorForm, text: str) -> EditorForm:
    """Return a form with the text of a file: in place of an empty last part, else as a part of its own.

    Its first line becomes the title where there is none and it is short enough for one.
    """
    first, _, rest = text.strip().partition("\n")
    if not form.title and rest.strip() and len(first) <= MAX_TITLE:
        form, text = replace(form, title=" ".join(first.split())), rest
    part = PartForm(text=text.strip())
    last = form.parts[-1]
    kept = form.parts[:-1] if last.kind == "text" and not last.text else form.parts
    return replace(form, parts=(*kept, part)[:MOST_PARTS])


def _moved(form: EditorForm, act: str, number: int) -> EditorForm:
    parts = list(form.parts)
    part = parts.pop(number)
    if act != "remove":
        parts.insert(max(0, number - 1) if act == "up" else number + 1, part)
    return replace(form, parts=tuple(parts) or (PartForm(),))
