"""What somebody typed into a form whose session had ended, or whose page was too old: it is sent on after a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from smartradio.web.security import CSRF_FIELD

FIELD: Final = "kept"
_NEVER_KEPT: Final = frozenset({CSRF_FIELD, FIELD, "password", "pin", "again_pin", "new_password", "old_password"})
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
        form = await request.form()
    except (MultiPartException, ClientDisconnect):
        return ()
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return [(name, value) for name, value in fields if _is_kept(name)][:_MOST_FIELDS]


def _is_kept(name: str) -> bool:
    return name not in _NEVER_KEPT and "password" not in name


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
