"""Our own files for browsers: held in memory, packed once, kept by browsers until they change."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from smartradio.web.access import public
from smartradio.web.rendering import STATIC, static_names

_PACKED: Final = frozenset({"text/css", "text/javascript", "image/svg+xml", "text/plain"})
_KEPT: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class StaticFile:
    """One file as browsers get it."""

    path: Path

    @property
    def kind(self) -> str:
        """Its media type."""
        return mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"

    @cached_property
    def content(self) -> bytes:
        """What is in it."""
        return self.path.read_bytes()

    @cached_property
    def packed(self) -> bytes | None:
        """The same by gzip, None where that saves nothing."""
        if self.kind not in _PACKED:
            return None
        packed = gzip.compress(self.content, 9, mtime=0)
        return packed if len(packed) < len(self.content) else None

    def answer(self, accepts: str) -> Response:
        """Return it for a browser that accepts these encodings."""
        headers = {"cache-control": _KEPT}
        if self.packed is None:
            return Response(self.content, media_type=self.kind, headers=headers)
        headers["vary"] = "accept-encoding"
        if "gzip" not in accepts:
            return Response(self.content, media_type=self.kind, headers=headers)
        return Response(self.packed, media_type=self.kind, headers={**headers, "content-encoding": "gzip"})


def add_static(app: FastAPI) -> None:
    """Put our own files on the app; no path leads to any other."""
    held = {name: StaticFile(STATIC / name) for name in static_names()}

    @app.get("/static/{name:path}", dependencies=[public()])
    async def static(request: Request, name: str) -> Response:
        if name not in held:
            raise HTTPException(404)
        return held[name].answer(request.headers.get("accept-encoding", ""))
