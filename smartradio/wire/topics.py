"""Topic names of wire contract v1."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = 1
_HEAD = "smartradio"


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one station; `station`, `node` and `zone` are names without `/`, `+`, `#`."""

    station: str

    @property
    def root(self) -> str:
        """Everything of this station stands below this."""
        return f"{_HEAD}/{VERSION}/{self.station}"

    def node(self, node: str, leaf: str) -> str:
        """One of a node's topics: state, plan, config, order, want, report, ack, time, time/answer."""
        return f"{self.root}/node/{node}/{leaf}"

    def any_node(self, leaf: str) -> str:
        """The station's subscription to one leaf of all nodes."""
        return f"{self.root}/node/+/{leaf}"

    def zone_order(self, zone: str) -> str:
        """Orders for all nodes of a zone."""
        return f"{self.root}/zone/{zone}/order"

    def live(self, zone: str) -> str:
        """What grows while it is aired in a zone."""
        return f"{self.root}/live/{zone}"

    def gauge(self, name: str) -> str:
        """Readings of one gauge; not signed, so they move a person and never a horn."""
        return f"{self.root}/gauge/{name}"

    @property
    def any_gauge(self) -> str:
        """The station's subscription to all gauges."""
        return self.gauge("+")

    def audio(self, sha256: str, chunk: int) -> str:
        """One chunk of a content-addressed object."""
        return f"{self.root}/audio/{sha256}/{chunk}"

    def audio_object(self, sha256: str) -> str:
        """All chunks of one object."""
        return f"{self.root}/audio/{sha256}/+"

    def clip(self, node: str, airing: str, chunk: int) -> str:
        """One chunk of a microphone recording."""
        return f"{self.root}/node/{node}/clip/{airing}/{chunk}"

    @property
    def any_clip(self) -> str:
        """The station's subscription to all microphone recordings."""
        return f"{self.root}/node/+/clip/+/+"

    def parse(self, topic: str) -> tuple[str, ...] | None:
        """Return the levels below the root, or None for another station's or another version's topic."""
        head = self.root + "/"
        return tuple(topic[len(head) :].split("/")) if topic.startswith(head) else None


def version_of(topic: str) -> int | None:
    """Return the contract version a topic speaks of, or None if it is none of ours."""
    levels = topic.split("/")
    if len(levels) < 3 or levels[0] != _HEAD or not levels[1].isdecimal():
        return None
    return int(levels[1])


# What each party may do, for the embedded broker's and Mosquitto's rule files alike (see DESIGN.md's table).
NODE_PUBLISHES = ("state", "want", "report", "clip/+/+", "time")
# A node hears its own state, so that it notices another one under its name.
NODE_SUBSCRIBES = ("plan", "config", "order", "ack", "time/answer", "state")
