"""A form sent twice, by an impatient thumb or a weak link, counts once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request

from smartradio.web.security import CSRF_FIELD

_NOT_SAID: Final = frozenset({CSRF_FIELD, "saved"})
"""Fields that differ between two taps on the same form: its token, and how far the draft is kept."""


def form_key(request: Request, account: str, form: FormData) -> str:
    """Return what is the same when a form is sent twice, and another when somebody went back and changed it."""
    said = [[name, str(value)] for name, value in form.multi_items() if name not in _NOT_SAID]
    return hashlib.sha256(json.dumps([account, request.url.path, said]).encode()).hexdigest()


class Once:
    """Remembers the outcome of the newest keys; a repeat waits for the first and gets its outcome."""

    def __init__(self, keep: int = 256) -> None:
        self._keep = keep
        self._outcomes: OrderedDict[str, asyncio.Future[str]] = OrderedDict()

    async def run(self, key: str, act: Callable[[], Awaitable[str]]) -> str:
        """Return what `act` returned for this key; a failed act is forgotten and may be tried again."""
        held = self._outcomes.get(key)
        if held is not None:
            return await asyncio.shield(held)
        outcome = asyncio.ensure_future(act())
        self._outcomes[key] = outcome
        while len(self._outcomes) > self._keep:
            self._outcomes.popitem(last=False)
        outcome.add_done_callback(lambda done: self._forget_failed(key, done))
        return await asyncio.shield(outcome)

    def _forget_failed(self, key: str, done: asyncio.Future[str]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._outcomes.pop(key, None)
