"""Voices and recognisers: which speak and listen here, whether they are whole, how they sound."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from smartradio.domain.errors import BadInputError
from smartradio.station.admin.models import ModelsDesk
from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.rights import Right

_PAGE: Final = "/quan-tri/giong"
TRIAL: Final = "Đây là giọng đọc thử của đài truyền thanh. Chúc bà con một ngày tốt lành."
"""What a voice says to be heard."""


def add_admin_models(app: FastAPI, console: Console) -> None:
    """Put the page of voices and recognisers on the app."""
    pages = ModelsPages(console)
    app.get(_PAGE, dependencies=[needs(Right.ADMINISTER)])(pages.show)
    app.post(f"{_PAGE}/kiem-tra", dependencies=[needs(Right.ADMINISTER)])(pages.check)


class ModelsPages:
    """One method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> ModelsDesk:
        return self._console.desk.desks.admin.models

    async def show(self, request: Request) -> Response:
        """Show what speaks, what listens, what could be installed."""
        return await self._show(request)

    async def check(self, request: Request) -> Response:
        """Read every byte of the installed models again."""
        visitor = self._console.visitor_of(request)
        await self._console.form(request)
        try:
            checked = await asyncio.to_thread(self._desk.check, by=self._console.person(visitor))
        except BadInputError as error:
            return await self._show(request, error=str(error), status=422)
        return await self._show(request, checked=checked)

    async def _show(
        self, request: Request, *, checked: Mapping[str, bool] | None = None, error: str = "", status: int = 200
    ) -> Response:
        recogniser, deaf = await asyncio.to_thread(self._desk.recogniser)
        context = {
            "voices": await asyncio.to_thread(self._desk.voices),
            "models": await asyncio.to_thread(self._desk.models),
            "folder": str(self._desk.folder),
            "recogniser": recogniser,
            "deaf": deaf,
            "checked": checked,
            "error": error,
            "trial": TRIAL,
            "here": "admin",
        }
        visitor = self._console.visitor_of(request)
        return self._console.page(request, "admin_models.html", visitor=visitor, status=status, context=context)
