"""When a node asks the station for its time: in bursts, in quiet moments, and which questions wait for an answer."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from smartradio.node.discipline import Discipline

BURST = 5
BURST_STEP_S = 0.15
EVERY_S = 180.0
# Without any answer the burst is tried again sooner.
RETRY_S = 5.0
ANSWER_WITHIN_S = 5.0
# An answer that has to queue behind audio says little: with a trusted time the question waits for a quiet
# moment, not for ever.
QUIET_S = 1.0
PUT_OFF_S = 120.0
# Until the answers leave less open than this, it is asked often at first and less often later: what an hour has not
# told the next one hardly does.
FINE_S = 0.0005
FINE_SPEED = 5e-6
OFTEN_S = ((600.0, 10.0), (1_800.0, 20.0), (float("inf"), 60.0))


class Asking:
    """The questions of one node; one thread's.

    `request(nonce)` sends one and says whether it left; `discipline` tells how much the answers leave open.
    """

    def __init__(self, monotonic: Callable[[], float], request: Callable[[str], bool], discipline: Discipline) -> None:
        self._monotonic = monotonic
        self._request = request
        self._discipline = discipline
        self._asked: dict[str, float] = {}
        self._due: list[float] = []
        self._next_burst_s: float | None = None
        self._answered_s: float | None = None
        self._noise_s = -1e9

    def begin(self) -> None:
        """The link is up: ask now."""
        self._next_burst_s = self._monotonic()

    def stop(self) -> None:
        """The link is down: ask nobody."""
        self._next_burst_s = None
        self._due.clear()
        self._asked.clear()

    def noise(self, at_s: float) -> None:
        """Something large came down the link: this is no moment to measure its delay."""
        self._noise_s = at_s

    def tick(self, *, patient: bool) -> float | None:
        """Send what is due, in a quiet moment if `patient`; return the monotonic time of the next request."""
        if self._next_burst_s is None:
            return None
        now_s = self._monotonic()
        quiet_s = min(self._noise_s + QUIET_S, self._next_burst_s + PUT_OFF_S)
        if self._next_burst_s <= now_s < quiet_s and patient:
            return quiet_s
        if now_s >= self._next_burst_s:
            self._due = [now_s + step * BURST_STEP_S for step in range(BURST)]
            self._next_burst_s = now_s + (self._every_s() if self._fresh(now_s) else RETRY_S)
        while self._due and now_s >= self._due[0]:
            self._due.pop(0)
            nonce = secrets.token_urlsafe(16)
            asked_s = self._monotonic()
            if self._request(nonce):
                self._asked[nonce] = asked_s
        self._asked = {n: at for n, at in self._asked.items() if now_s - at <= ANSWER_WITHIN_S}
        return min([self._next_burst_s, *self._due])

    def asked_s(self, nonce: str, received_s: float) -> float | None:
        """Return when an answer's question was sent, once; None if it is not ours or came too late."""
        asked_s = self._asked.pop(nonce, None)
        return asked_s if asked_s is not None and 0 <= received_s - asked_s <= ANSWER_WITHIN_S else None

    def taken(self, received_s: float) -> bool:
        """An answer was taken: ask again when that leaves it due; say whether it was the first in a while."""
        first = not self._fresh(received_s)
        self._answered_s = received_s
        again_s = received_s + self._every_s()
        if first or self._next_burst_s is None or again_s < self._next_burst_s:
            self._next_burst_s = again_s
        return first

    def _every_s(self) -> float:
        line = self._discipline.line
        if line is None or (line.spread_s <= FINE_S and line.rate_error <= FINE_SPEED):
            return EVERY_S
        return next(often_s for within_s, often_s in OFTEN_S if self._discipline.window_s < within_s)

    def _fresh(self, now_s: float) -> bool:
        return self._answered_s is not None and 0 <= now_s - self._answered_s < EVERY_S
