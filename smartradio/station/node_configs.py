"""What the station sets at each node, in the words that the node reads."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from smartradio.station.settings import StationSettings
from smartradio.wire.messages import NodeConfig, SegmentRef, StandingNotice


class NodeConfigs:
    """Volumes, the standing notice and the sounds that are kept; nodes that are `older` are told of no kept ones."""

    def __init__(self, settings: StationSettings, older: Container[str]) -> None:
        self._settings = settings
        self._nodes = {node.name: node for node in settings.nodes}
        self._older = older
        self._volumes: dict[str, float] = {}
        self.standing: StandingNotice | None = None
        self.kept: Sequence[SegmentRef] = ()

    def set_volumes(self, volumes_db: Mapping[str, float]) -> None:
        """Have nodes play at another volume (dB) than that of the settings; those that are not named keep theirs."""
        self._volumes.update(volumes_db)

    def of(self, name: str, mark: tuple[int, int], now: datetime) -> NodeConfig:
        """Return a node's settings under an (epoch, counter)."""
        node = self._nodes[name]
        return NodeConfig(
            station=self._settings.station,
            node=name,
            epoch=mark[0],
            counter=mark[1],
            issued_at=now,
            zone=node.zone,
            volume_db=self._volumes.get(name, node.volume_db),
            clip_bitrate=node.clip_bitrate,
            kept_clip_days=self._settings.node_clip_days if self._settings.clip_policy.keep else 0,
            standing=self.standing,
            kept=() if name in self._older else tuple(self.kept),
        )
