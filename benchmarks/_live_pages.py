"""Open pages that follow what happens, as browsers do, and note when they are told."""

from __future__ import annotations

import asyncio
import html
import re
import time
from dataclasses import dataclass, field

import httpx

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_PART = re.compile(r'data-live="([^"]+)" data-mark="([^"]+)"')


async def log_in(address: str, name: str, password: str) -> httpx.AsyncClient:
    """Return a browser that is logged in."""
    client = httpx.AsyncClient(base_url=address, timeout=60, limits=httpx.Limits(max_connections=None))
    form = await client.get("/login")
    found = _TOKEN.search(form.text)
    assert found is not None, form.text[:500]
    sent = {"csrf": html.unescape(found[1]), "name": name, "password": password, "next": "/"}
    answer = await client.post("/login", data=sent)
    assert answer.status_code == 303, answer.text[:500]
    return client


@dataclass
class OpenPage:
    """A page that somebody looks at: its parts are followed from when it was loaded."""

    client: httpx.AsyncClient
    path: str
    told_at: float = 0.0
    told: asyncio.Event = field(default_factory=asyncio.Event)
    following: asyncio.Event = field(default_factory=asyncio.Event)

    async def stay(self) -> None:
        """Load the page and listen until cancelled; `told_at` is the monotonic clock (seconds) at the last event."""
        page = await self.client.get(self.path)
        assert page.status_code == 200, f"{self.path}: {page.status_code}"
        parts = [(html.unescape(path), mark) for path, mark in _PART.findall(page.text)]
        asked = [*(("part", path) for path, _ in parts), *(("seen", mark) for _, mark in parts)]
        async with self.client.stream("GET", "/su-kien", params=asked, timeout=None) as stream:
            assert stream.status_code == 200, f"{self.path}: {stream.status_code}"
            self.following.set()
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    self.told_at = time.monotonic()
                    self.told.set()
