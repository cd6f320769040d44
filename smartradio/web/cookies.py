"""Cookies that scripts cannot read; over https their names say that no other host may have set them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response


def _name(request: Request, name: str) -> str:
    # The prefix holds browsers to: Secure, this host alone, all of its paths.
    return f"__Host-{name}" if request.url.scheme == "https" else name


def cookie(request: Request, name: str) -> str | None:
    """Return a cookie of ours, None without it."""
    return request.cookies.get(_name(request, name))


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie until the browser is closed; over https it never travels in the clear.

    It has no date: a browser whose clock is a day off would drop one that has.
    """
    secure = request.url.scheme == "https"
    response.set_cookie(_name(request, name), value, httponly=True, samesite="lax", secure=secure, path="/")


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_name(request, name), path="/", secure=request.url.scheme == "https", httponly=True)
