"""What the administrator's pages share: the desk behind them, and their place in the navigation."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from smartradio.station.admin.desk import AdminDesk
from smartradio.web.console import Console


class AdministratorPages:
    """The head of a class with one method a page or form."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def _desk(self) -> AdminDesk:
        return self._console.desk.desks.admin

    def _page(self, request: Request, template: str, context: Mapping[str, object], status: int = 200) -> Response:
        """Return a page for whoever asks for it."""
        visitor, here = self._console.visitor_of(request), {"here": "admin"}
        return self._console.page(request, template, visitor=visitor, status=status, context={**context, **here})
