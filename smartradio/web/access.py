"""What each route asks of its visitor, said where the route is added; an app with a silent route does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request

from smartradio.web.rights import NotAllowedError, PasswordGivenError, Right, rights_of

if TYPE_CHECKING:
    from smartradio.web.console import Console


# Where somebody comes to whose password another person knows: their own account, and what sounds in an emergency.
_ANYWAY: Final = ("/toi", "/logout", "/khan", "/api/alerts", "/su-kien", "/recordings/")


class Needs:
    """A route for those logged in who have the right.

    Who came in with a password that was handed over chooses their own first; an officer is not held up by that.
    """

    def __init__(self, right: Right) -> None:
        self.right = right

    async def __call__(self, request: Request) -> None:
        """Let the visitor in, or raise NotLoggedInError, NotAllowedError or PasswordGivenError."""
        console: Console = request.app.state.console
        visitor = await console.visitor(request)
        if self.right not in rights_of(visitor.account):
            raise NotAllowedError
        if visitor.account.password_given and not request.url.path.startswith(_ANYWAY):
            raise PasswordGivenError


class Public:
    """A route for everybody."""

    async def __call__(self) -> None:
        """Let everybody in."""


def needs(right: Right) -> Any:
    """Return the dependency of a route for those who have a right."""
    return Depends(Needs(right))


def public() -> Any:
    """Return the dependency of a route for everybody."""
    return Depends(Public())


def guard_of(route: APIRoute) -> Needs | Public | None:
    """Return what a route asks of its visitor, None if it does not say."""
    calls = [dependency.dependency for dependency in route.dependencies]
    return next((call for call in calls if isinstance(call, (Needs, Public))), None)


def check_routes(app: FastAPI) -> None:
    """Raise RuntimeError for a route that does not say who may use it, and for one that is no route of ours."""
    for route in app.routes:
        if not isinstance(route, APIRoute) or guard_of(route) is None:
            raise RuntimeError(f"route {route} does not say who may use it: add needs(...) or public()")
