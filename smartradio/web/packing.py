"""Pages packed by gzip on their way: a bulletin's page on bad 4G is a fifth of its size."""

from __future__ import annotations

import gzip
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES: Final = 1_024
_LEVEL: Final = 5
_KINDS: Final = ("text/html", "text/csv", "application/json", "application/atom+xml", "image/svg+xml")


class Packing:
    """ASGI middleware: packs whole answers of text. Sounds, ranges and streams go as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        begun: Message | None = None

        async def packed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _may_be_packed(message):
                begun = message
                return
            if begun is not None:
                start, begun = begun, None
                body = message.get("body", b"")
                if not message.get("more_body", False) and len(body) >= LEAST_BYTES:
                    message = {**message, "body": gzip.compress(body, _LEVEL, mtime=0)}
                    headers = MutableHeaders(raw=list(start["headers"]))
                    headers["content-encoding"] = "gzip"
                    headers["content-length"] = str(len(message["body"]))
                    headers.add_vary_header("accept-encoding")
                    start = {**start, "headers": headers.raw}
                await send(start)
            await send(message)

        await self._app(scope, receive, packed)


def _may_be_packed(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    whole = start["status"] != 206 and "content-encoding" not in headers
    return whole and headers.get("content-type", "").startswith(_KINDS)
