"""What somebody typed into a form whose session had ended, or whose page was too old: it is sent on after a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request

from smartradio.domain.errors import BadInputError
from smartradio.web.guard import TooSlowError
from smartradio.web.security import CSRF_FIELD
from smartradio.web.uploads import MAX_FIELDS_BYTES, typed_fields

FIELD: Final = "kept"
_NEVER_KEPT: Final = frozenset({CSRF_FIELD, FIELD, "pin", "again_pin", "again", "grant", "ma"})
_SECRETS: Final = ("password", "passphrase")
_MOST_FIELDS: Final = 400

Fields = Sequence[tuple[str, str]]


def from_our_page(request: Request) -> bool:
    """Say whether a browser vouches that a form came from a page of this console."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    # A browser of before 2023 says where the page came from instead.
    return request.headers.get("origin") == f"{request.url.scheme}://{request.url.netloc}"


async def kept_fields(request: Request) -> Fields:
    """Return what was typed, without secrets and files; nothing of a form that did not come from our page."""
    if request.method != "POST" or not from_our_page(request):
        return ()
    try:
        pairs = await _typed(request)
    except (BadInputError, ClientDisconnect, TooSlowError, ValueError):
        return ()
    return [(name, value) for name, value in pairs if isinstance(value, str) and _is_kept(name)][:_MOST_FIELDS]


async def _typed(request: Request) -> Sequence[tuple[str, object]]:
    """Return a form's fields, read before or now; a stranger's files leave nothing in memory or on the disk."""
    held = getattr(request.state, "form", None)
    if isinstance(held, FormData):
        return held.multi_items()
    if request.headers.get("content-type", "").startswith("multipart/"):
        return await typed_fields(request)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > 2 * MAX_FIELDS_BYTES:
            return ()
    return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")


def _is_kept(name: str) -> bool:
    return name not in _NEVER_KEPT and not any(secret in name for secret in _SECRETS)


def as_text(fields: Fields) -> str:
    """Return fields as they stand in the page of the login."""
    return json.dumps([list(pair) for pair in fields], ensure_ascii=False)


def from_text(text: str) -> Fields:
    """Return the fields of such a text, nothing for anything else."""
    try:
        held = json.loads(text) if text else []
    except ValueError:
        return ()
    if not isinstance(held, list):
        return ()
    pairs = [tuple(pair) for pair in held if isinstance(pair, list) and len(pair) == 2]
    return [(n, v) for n, v in pairs if isinstance(n, str) and isinstance(v, str) and _is_kept(n)][:_MOST_FIELDS]
