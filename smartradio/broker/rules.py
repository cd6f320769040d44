"""Who may publish and subscribe to what: the wire contract's table, as MQTT filters for any broker."""

from __future__ import annotations

from dataclasses import dataclass

from smartradio.wire.topics import NODE_PUBLISHES, NODE_SUBSCRIBES, Topics


@dataclass(frozen=True, slots=True)
class Grants:
    """MQTT topic filters one user may publish to and subscribe to; everything else is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


def station_grants(station: str) -> Grants:
    """The station may use everything below its own root, and nothing else at the broker."""
    everything = (f"{Topics(station).root}/#",)
    return Grants(publish=everything, subscribe=everything)


def gauge_grants(station: str, gauge: str) -> Grants:
    """A gauge tells its own readings and hears nothing."""
    return Grants(publish=(Topics(station).gauge(gauge),), subscribe=())


def node_grants(station: str, node: str, zone: str) -> Grants:
    """A node speaks on its own topics and hears its own, its zone's orders and live sound, and audio."""
    topics = Topics(station)
    return Grants(
        publish=tuple(topics.node(node, leaf) for leaf in NODE_PUBLISHES),
        subscribe=(
            *(topics.node(node, leaf) for leaf in NODE_SUBSCRIBES),
            topics.zone_order(zone),
            topics.live(zone),
            f"{topics.root}/audio/+/+",
        ),
    )
