"""Two nodes under one name: noticed by the other's state, told, and settled without an endless fight."""

from __future__ import annotations

from smartradio.domain.evidence import Reason
from smartradio.wire.messages import NodeState, unseal
from smartradio.wire.signing import RefusedError, read_json

TELL_EVERY_S = 3_600.0
BACK_OFF_FIRST_S = 60.0
BACK_OFF_CAP_S = 900.0


class Namesake:
    """Decides who steps back from the link; what is planned plays on meanwhile.

    A copy of this node's disk signs with the same key: the one that started later steps back. What another
    key has signed is told and nothing more: whoever holds the broker's password can publish it, and a machine
    with a key of its own has no word at the station anyhow.
    """

    def __init__(self, boot: str, public_hex: str) -> None:
        self._boot = boot
        self._public_hex = public_hex
        self._copy_boot: str | None = None
        self._told_s: float | None = None
        self._back_at_s: float | None = None
        self._wait_s = BACK_OFF_FIRST_S

    def meets(self, topic: str, payload: bytes) -> bool:
        """Say whether a live message on our own state topic is another node's; may raise RefusedError."""
        try:
            state = unseal(NodeState, topic, payload, self._public_hex)
        except RefusedError as error:
            if error.reason is not Reason.BAD_SIGNATURE:
                raise
            body = read_json(payload).get("body")
            return isinstance(body, dict) and body.get("status") == "online"
        if state.boot == self._boot or state.status != "online":
            return False
        self._copy_boot = state.boot
        return True

    def tells(self, now_s: float) -> bool:
        """Say whether to report it now: once an hour."""
        if self._told_s is not None and now_s - self._told_s < TELL_EVERY_S:
            return False
        self._told_s = now_s
        return True

    def steps_back(self, now_s: float) -> bool:
        """Say whether this node leaves the link for a while, longer each time."""
        if self._copy_boot is None or self._boot <= self._copy_boot:
            return False
        self._copy_boot = None
        self._back_at_s = now_s + self._wait_s
        self._wait_s = min(2 * self._wait_s, BACK_OFF_CAP_S)
        return True

    def comes_back(self, now_s: float) -> bool:
        """Say, once, that the waiting is over."""
        if self._back_at_s is None or now_s < self._back_at_s:
            return False
        self._back_at_s = None
        return True
