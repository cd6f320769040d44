"""Short words of leave: a PIN checked before the click that sends, so that the click itself costs no hashing."""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEAVE: Final = timedelta(minutes=3)
"""So long a PIN that was typed stands for the one sending it was typed for."""
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class _Leave:
    session: str
    mark: str
    until: datetime


class Grants:
    """Leaves to send once, in memory only: after a restart the PIN is typed again. For one thread."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._held: OrderedDict[str, _Leave] = OrderedDict()

    def give(self, session: str, mark: str) -> str:
        """Return a token that lets this session send what has this mark, once and soon."""
        token = secrets.token_urlsafe(18)
        self._held[token] = _Leave(session, mark, self._clock() + LEAVE)
        while len(self._held) > _MOST:
            self._held.popitem(last=False)
        return token

    def take(self, token: str, session: str, mark: str) -> bool:
        """Use a token up; False for one that is unknown, used, old, another session's or for other words."""
        leave = self._held.pop(token, None)
        if leave is None or leave.until <= self._clock():
            return False
        same = hmac.compare_digest(leave.session.encode(), session.encode())
        return same and hmac.compare_digest(leave.mark.encode(), mark.encode())
