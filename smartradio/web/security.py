"""Who is at the page, and that a form came from our own page."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smartradio.station.accounts import Account

SESSION_COOKIE: Final = "smartradio_session"
VISIT_COOKIE: Final = "smartradio_visit"
CSRF_FIELD: Final = "csrf"

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer carries: nothing runs or loads but our own files."""


class Door(Protocol):
    """The accounts. Blocking calls: passwords are hashed slowly on purpose."""

    def login(self, name: str, password: str) -> str | None:
        """Return a new session token, None for a wrong name or password, or one tried too often."""
        ...

    def is_password(self, name: str, password: str) -> bool:
        """Say whether this is the account's password; wrong tries count as those of `login`."""
        ...

    def locked_for_s(self, name: str) -> float:
        """Return for how many seconds this name is refused after wrong tries, 0 if it is not."""
        ...

    def who(self, token: str) -> Account | None:
        """Return whose session it is, None if it has ended."""
        ...

    def logout(self, token: str) -> None:
        """End a session."""
        ...


def new_form_token(secret: str) -> str:
    """Return a form token bound to the visitor's cookie; salted, so that no two pages show the same."""
    salt = secrets.token_urlsafe(9)
    return f"{salt}.{_digest(salt, secret)}"


def is_form_token(token: str, secret: str) -> bool:
    """Say whether a form token was made for the holder of this cookie."""
    salt, _, digest = token.partition(".")
    return bool(salt) and hmac.compare_digest(digest.encode(), _digest(salt, secret).encode())


def _digest(salt: str, secret: str) -> str:
    # Hashed first: HMAC pads short keys with zeros, and a key that ends in zeros would be another's.
    key = hashlib.sha256(secret.encode()).digest()
    return hmac.new(key, b"smartradio form:" + salt.encode(), hashlib.sha256).hexdigest()


def form_secret(request: Request) -> str | None:
    """Return the cookie that form tokens of this visitor are bound to: the session's, else the visit's."""
    return request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISIT_COOKIE)


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts cannot read; over https it never travels in the clear."""
    response.set_cookie(name, value, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/")


class Guard:
    """ASGI middleware: security headers on every answer, and a limit on what may be sent in."""

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self._app = app
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit_bytes:
                raise TooMuchError
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in present]
                if b"cache-control" not in present:
                    extra.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self._app(scope, limited, with_headers)


class TooMuchError(Exception):
    """More was sent than any form holds."""
