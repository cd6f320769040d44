"""A crowd at the login: each sender waits for their own turn, so that nobody keeps anybody else standing outside."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from smartradio.domain.errors import SmartradioError

AT_ONCE: Final = 2
"""So many passwords are looked at together: each takes 64 MB and a thread that pages need as well."""
MOST_WAITING: Final = 8
"""So many logins of one sender wait; whoever sends more is no person."""


class CrowdedError(SmartradioError):
    """A sender tries to log in more often at once than people do."""

    def __init__(self) -> None:
        super().__init__("too many people log in at once; try again in a moment")


class Entrance:
    """Lets in one login of a sender at a time; for the event loop."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def turn(self, sender: str) -> AsyncIterator[None]:
        """Wait for the sender's turn; raises CrowdedError at once where too many of theirs wait."""
        if self._waiting[sender] >= MOST_WAITING:
            raise CrowdedError
        self._waiting[sender] += 1
        try:
            async with self._turns.setdefault(sender, asyncio.Lock()), self._places:
                yield
        finally:
            self._waiting[sender] -= 1
            if not self._waiting[sender]:
                del self._waiting[sender], self._turns[sender]
