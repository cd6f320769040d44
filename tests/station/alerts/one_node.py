"""A whole station over a real broker with one node of its own process's making, for alerts nobody has prepared."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.priority import Priority
from smartradio.node.identity import node_key
from smartradio.node.run import make_agent
from smartradio.node.settings import NodeSettings
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from tests.station.commune import STATION, until
from tests.station.test_station import on_air, quick

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
FLOOD = "Lũ khẩn cấp. Nước sông lên nhanh. Mời bà con thôn 1 sơ tán ngay lên trường học."
NEWER = "Nước đang rút. Mời bà con chờ tin."


class OneNode:
    """A station on the air, and what its node has said to it."""

    def __init__(self, station: Station) -> None:
        self.station = station

    async def aired(self, name: str, text: str, **more: Any) -> Any:
        """Air words that nobody has prepared."""
        air = self.station.desks.book._voicing._air
        script = await self.station._parts.studio.script(name, text, Priority.EMERGENCY)
        return await air(script, airing_id=name, by=KHANG, zones=("thon-1",), **more)

    def said(self, airing: str) -> list[Evidence]:
        chain = [entry.evidence for entry in self.station.store.chain(airing)]
        return [evidence for evidence in chain if evidence.source == "node:thon-1"]

    def steps(self, airing: str) -> list[Step]:
        return [evidence.step for evidence in self.said(airing)]

    async def heard(self, airing: str) -> list[str | None]:
        """Wait until an airing is judged; returns the verdicts."""
        view = await self.station.settled(airing, 60)
        return [node.verdict for node in view.nodes]


@asynccontextmanager
async def one_node(folder: Path) -> AsyncIterator[OneNode]:
    """Run a station and its node until both see each other, and to the end."""
    key = node_key(folder / "node").public_hex
    commune = quick(folder / "station")
    one = [commune.nodes[0].model_dump() | {"public_key": key}]
    async with on_air(quick(folder / "station", nodes=one)) as station:
        with _real_node(station, folder / "node"):
            await until(lambda: station.link_state is LinkState.UP)
            await until(lambda: station.node_views()[0].online)
            yield OneNode(station)


@contextmanager
def _real_node(station: Station, folder: Path) -> Iterator[None]:
    """Run a node with a simulated pole."""
    link = station._parts.broker_link.model_copy(
        update={"username": "thon-1", "password": station.settings.nodes[0].password}
    )
    agent = make_agent(
        NodeSettings(
            name="thon-1",
            zone="thon-1",
            station=STATION,
            station_public_key=station.public_key_hex,
            data=folder,
            link=link,
            sound="virtual",
        )
    )
    running = threading.Thread(target=agent.run, name="node thon-1", daemon=True)
    running.start()
    try:
        yield
    finally:
        agent.stop()
        running.join(20)
