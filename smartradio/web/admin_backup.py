"""Backups: one file to take away, and one brought back that takes over at the next start."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import structlog
from fastapi import FastAPI
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.backup.faults import BackupError
from smartradio.station.backup.sealed import LEAST_PASSPHRASE_CHARS, MOST_PASSPHRASE_CHARS
from smartradio.web.access import needs
from smartradio.web.administering import AdministratorPages
from smartradio.web.console import Console
from smartradio.web.formats import Reader
from smartradio.web.forms import typed
from smartradio.web.rights import Right
from smartradio.web.uploads import sent_form

_PAGE: Final = "/quan-tri/sao-luu"
RESTORE_PATH: Final = f"{_PAGE}/phuc-hoi"
MAX_BACKUP_BYTES: Final = 1_000_000_000
"""What comes in by a browser; a larger one is put back by `smartradio restore`."""
_PIECE_BYTES: Final = 256 * 1024

_log = structlog.get_logger(__name__)


def add_admin_backup(app: FastAPI, console: Console) -> None:
    """Put the backups' page on the app."""
    pages = BackupPages(console)
    needed = [needs(Right.ADMINISTER)]
    app.get(_PAGE, dependencies=needed)(pages.show)
    app.post(_PAGE, dependencies=needed)(pages.make)
    app.post(RESTORE_PATH, dependencies=needed)(pages.stage)
    app.post(f"{_PAGE}/thoi", dependencies=needed)(pages.cancel)


class BackupPages(AdministratorPages):
    """One method a page or form."""

    async def show(self, request: Request) -> Response:
        """Show when the last backup was made, and the forms."""
        return await self._show(request)

    async def make(self, request: Request) -> Response:
        """Make a backup and hand it over as a file."""
        visitor, form = self._console.visitor_of(request), await self._console.form(request)
        own, given = self._console.reader(request), typed(form, "passphrase")
        if given != typed(form, "again"):
            return await self._show(request, wrong=("make", own._("The two passphrases are not the same.")), status=422)
        stack = contextlib.ExitStack()
        making = self._desk.backups.making(given, by=self._console.person(visitor))
        try:
            path, name, _made = await asyncio.to_thread(stack.enter_context, making)
        except SmartradioError as error:
            return await self._show(request, wrong=("make", _line(own, error)), status=422)
        size = path.stat().st_size
        headers = {"content-disposition": f'attachment; filename="{name}"', "content-length": str(size)}
        return StreamingResponse(_sent(path, stack), media_type="application/octet-stream", headers=headers)

    async def stage(self, request: Request) -> Response:
        """Check a backup that was brought; it takes over at the next start."""
        visitor, own = self._console.visitor_of(request), self._console.reader(request)

        def check(form: FormData) -> None:
            self._console.check_form(request, form)

        try:
            place = self._desk.backups.arriving
            async with sent_form(request, place, check, max_file_bytes=MAX_BACKUP_BYTES) as sent:
                file = sent.files.get("file")
                if file is None or not typed(sent.fields, "sure"):
                    line = own._("Please choose a backup, and say that it is to take this station's place.")
                    return await self._show(request, wrong=("restore", line), status=422)
                given, by = typed(sent.fields, "passphrase"), self._console.person(visitor)
                await asyncio.to_thread(self._desk.backups.stage, file.path, given, file.name, by=by)
        except SmartradioError as error:
            return await self._show(request, wrong=("restore", _line(own, error)), status=422)
        return RedirectResponse(f"{_PAGE}?xong=phuc-hoi", status_code=303)

    async def cancel(self, request: Request) -> Response:
        """Leave this station as it is."""
        visitor = self._console.visitor_of(request)
        await self._console.form(request)
        await asyncio.to_thread(self._desk.backups.cancel, by=self._console.person(visitor))
        return RedirectResponse(_PAGE, status_code=303)

    async def _show(self, request: Request, *, wrong: tuple[str, str] | None = None, status: int = 200) -> Response:
        backups = self._desk.backups
        context = {
            "last": await asyncio.to_thread(backups.last),
            "staged": await asyncio.to_thread(backups.staged),
            "can_restart": self._desk.restart.possible,
            "least": LEAST_PASSPHRASE_CHARS,
            "most": MOST_PASSPHRASE_CHARS,
            "wrong": wrong,
            "done": request.query_params.get("xong", ""),
        }
        return self._page(request, "admin_backup.html", context, status)


def _line(own: Reader, error: SmartradioError) -> str:
    """Return one line in the visitor's language; what only the disk knows stands in the log."""
    _log.warning("backup_refused", reason=str(error))
    if isinstance(error, BackupError):
        return own.code("backup_wrong", error.code.value)
    if isinstance(error, BadInputError):
        return own._("The file did not arrive whole, or is too large. Please send it again.")
    return own._("The disk refused: is there room for the backup? The station's log tells more.")


async def _sent(path: Path, stack: contextlib.ExitStack) -> AsyncIterator[bytes]:
    """Yield a file in pieces; it is gone afterwards, also where the browser goes away."""
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece
    finally:
        stack.close()
