"""What stands before every page: headers on every answer, and limits on what may be sent in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MB: Final = 1024 * 1024
QUIET_S: Final = 30.0
"""So long a body may take for its next `PROGRESS_BYTES`, or for its end: GPRS at its worst brings that in a second."""
PROGRESS_BYTES: Final = 1_024
_DRAIN_S: Final = 10.0
_DRAIN_BYTES: Final = 64 * MB

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), screen-wake-lock=(self), camera=(), geolocation=(), payment=(), usb=()",
}
"""What every answer carries: nothing runs or loads but our own files; `blob:` is what was just recorded here, `data:`
the empty picture that the map draws on."""
_HTTPS: Final = ("strict-transport-security", "max-age=31536000")

Refusal = Callable[[Scope, Receive], Awaitable[tuple[int, Mapping[str, str], bytes]]]


class TooMuchError(Exception):
    """More was sent than the form holds."""


class TooSlowError(Exception):
    """What was sent stopped coming before its end."""


class Guard:
    """ASGI middleware. `limit_bytes` holds for all paths but those of `uploads`, which have limits of their own.

    A body that says beforehand that it is too large is refused before it is read: `refuse` makes the answer. One that
    stops coming ends in TooSlowError for whoever reads it; however large, it takes its time while it comes.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int, uploads: Mapping[str, int], refuse: Refusal) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._uploads = uploads
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._uploads.get(scope["path"], self._limit_bytes)
        with_headers = _with_headers(send, secure=scope.get("scheme") == "https")
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            await self._turn_away(scope, receive, with_headers)
            return
        await self._app(scope, _Arriving(receive, limit).next, with_headers)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once; then take in a little of what comes, or the browser would never read the answer."""
        status, headers, body = await self._refuse(scope, receive)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        raw += [(b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": True})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await _drain(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Arriving:
    """A body on its way in; what comes after its end, that the visitor goes away, may take for ever."""

    def __init__(self, receive: Receive, limit_bytes: int) -> None:
        self._receive = receive
        self._limit_bytes = limit_bytes
        self._taken = 0
        self._since_progress = 0
        self._left_s: float | None = QUIET_S

    async def next(self) -> Message:
        """Return the next message; raises TooMuchError, TooSlowError."""
        waits_since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._left_s):
                message = await self._receive()
        except TimeoutError as error:
            raise TooSlowError from error
        self._took(message, asyncio.get_running_loop().time() - waits_since)
        return message

    def _took(self, message: Message, waited_s: float) -> None:
        arrived = len(message.get("body", b""))
        self._taken += arrived
        if self._taken > self._limit_bytes:
            raise TooMuchError
        self._since_progress += arrived
        if self._left_s is None or not message.get("more_body", False):
            self._left_s = None
        elif self._since_progress >= PROGRESS_BYTES:
            self._left_s, self._since_progress = QUIET_S, 0
        else:
            # Only the time in which nothing came counts, not what the console did with what had come.
            self._left_s -= waited_s


async def _drain(receive: Receive) -> None:
    taken = 0
    while taken < _DRAIN_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


def _with_headers(send: Send, *, secure: bool) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            extra = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in present]
            if b"cache-control" not in present:
                extra.append((b"cache-control", b"no-store"))
            if secure:
                extra.append((_HTTPS[0].encode(), _HTTPS[1].encode()))
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sent
