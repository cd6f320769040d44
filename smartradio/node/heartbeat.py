"""The node's state on the broker: every 30 s, at changes, and "offline" as its last will."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from smartradio import __version__
from smartradio.node.clock import NodeClock
from smartradio.node.health import Health
from smartradio.wire.messages import NodeState, seal
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

EVERY_S = 30.0
# A broker that takes nothing is not asked again at every step of the loop.
AGAIN_S = 1.0


class Heartbeat:
    """Publishes the state; one thread's but for `will`. `publish(topic, payload)` must retain."""

    def __init__(
        self,
        station: str,
        node: str,
        boot: str,
        key: SigningKey,
        clock: NodeClock,
        *,
        health: Health,
        publish: Callable[[str, bytes], bool],
    ) -> None:
        self._station = station
        self._node = node
        self._boot = boot
        self._key = key
        self._clock = clock
        self._health = health
        self._publish = publish
        self._topic = Topics(station).node(node, "state")
        self._told: tuple[object, ...] | None = None
        self._due_s = 0.0
        self.trouble: str | None = None

    def will(self) -> tuple[str, bytes]:
        """Return the last will, signed now; called on the link's thread."""
        return self._topic, seal(self._key, self._topic, self._state("offline"))

    def link_up(self) -> None:
        """A new connection has forgotten us."""
        self._told = None
        self._due_s = 0.0

    def tick(
        self,
        now_s: float,
        *,
        playing: str | None,
        rung: Literal["programme", "standing", "silence"],
        plan: tuple[int, int] | None,
        cache_free_mb: float,
        left_out: int,
        underruns: int,
    ) -> None:
        """Publish if something changed or it is time; `left_out` recordings have no room on the disk."""
        told = (playing, rung, plan, self._clock.trusted, self.trouble, left_out > 0, self._health.changes)
        if now_s < self._due_s and (told == self._told or self._told is None):
            return
        health = self._health.told(now_s)
        health["underruns"] = float(underruns)
        if left_out:
            health |= {"disk_nearly_full": True, "recordings_left_out": float(left_out)}
        if self.trouble is not None:
            health["journal"] = self.trouble[:120]
        state = self._state("online").model_copy(
            update={
                "playing": playing,
                "rung": rung,
                "plan": plan,
                "cache_free_mb": round(cache_free_mb, 1),
                "health": health,
                "clock_trusted": self._clock.trusted,
                "clock_offset_ms": self._clock.offset_ms,
            }
        )
        taken = self._publish(self._topic, seal(self._key, self._topic, state))
        self._told = told if taken else None
        self._due_s = now_s + (EVERY_S if taken else AGAIN_S)

    def say_offline(self) -> None:
        """Tell that the node ends on purpose, and keep what was counted."""
        self._health.keep()
        self._publish(*self.will())

    def _state(self, status: Literal["online", "offline"]) -> NodeState:
        return NodeState(
            station=self._station,
            node=self._node,
            status=status,
            boot=self._boot,
            at=self._clock.stated(),
            clock_trusted=False,
            version=__version__,
        )
