"""A technician's desk on a real store and monitor, and a dispatcher that remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence
from smartradio.station.clip_orders import NodeWish
from smartradio.station.health_keeper import HealthKeeper
from smartradio.station.monitor import Monitor
from smartradio.station.news import News
from smartradio.station.node_condition import Condition
from smartradio.station.node_news import NodeNews
from smartradio.station.node_orders import NodeOrders
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import Store
from smartradio.station.upkeep import UpkeepDesk
from tests.station.commune import (
    STATION_KEY,
    Clock,
    FakeLink,
    registered,
    sealed_state,
    settings,
    until,
)
from tests.station.monitored import Hearer

HUY = Person("Trần Văn Huy", "huy")


class Dispatcher:
    """Remembers what nodes were asked and set."""

    def __init__(self) -> None:
        self.wishes: list[NodeWish] = []
        self.answered: list[str] = []
        self.volumes: dict[str, float] = {}

    def order_clip(self, wish: NodeWish) -> None:
        self.wishes.append(wish)

    def clip_answered(self, order: str) -> None:
        self.answered.append(order)

    def set_volumes(self, volumes_db: Mapping[str, float]) -> None:
        self.volumes.update(volumes_db)


class Workshop:
    """The desk on a real store and monitor."""

    def __init__(self, folder: Path, store: Store, **changes: Any) -> None:
        self.settings = settings(folder, **changes)
        self.store = registered(store, self.settings)
        self.objects = Objects(folder / "objects")
        self.clock, self.link, self.dispatcher = Clock(), FakeLink(), Dispatcher()
        self.recorder = EvidenceRecorder(store)
        self.sent: dict[str, int] = {}
        self.health = HealthKeeper(store, sent=lambda: self.sent, clock=self.clock)
        self.nodes = NodeNews(store, self.recorder, clock=self.clock)
        self.orders = NodeOrders(
            store, self.objects, self.recorder, dispatcher=self.dispatcher, news=News(), clock=self.clock
        )
        self.monitor = Monitor(
            self.settings,
            STATION_KEY,
            store,
            self.objects,
            self.recorder,
            nodes={node.name: node.node() for node in self.settings.nodes}.get,
            clock=self.clock,
            send=self.link.publish,
            wish=lambda _want: None,
            hearer=Hearer(),
            say_again=lambda: None,
        )
        self.monitor.health, self.monitor.orders = self.health, self.orders
        self.desk = UpkeepDesk(
            self.settings,
            store,
            self.recorder,
            News(),
            nodes=self.nodes,
            orders=self.orders,
            clock=self.clock,
            set_volumes=self.dispatcher.set_volumes,
        )

    def say(self, message: tuple[str, bytes], *, retained: bool = False) -> None:
        self.monitor.take(*message, retained)

    def condition(self, node: str = "thon-1") -> Condition:
        standing = self.desk.one(node)
        assert standing is not None
        return standing.condition

    async def beats(self, node: str = "thon-1", **changes: Any) -> None:
        """Have a node's heartbeat taken."""
        self.say(sealed_state(node, self.clock.now, **changes))
        await until(
            lambda: self.store.nodes.last_told().get(node, {}).get("at") == self.clock.now.isoformat()[:-6] + "Z"
        )

    def logged(self) -> list[Evidence]:
        return [entry.evidence for entry in self.store.chain("")]


@asynccontextmanager
async def awake(workshop: Workshop) -> AsyncIterator[None]:
    await workshop.health.take_up()
    await workshop.nodes.start()
    workshop.monitor.start()
    try:
        yield
    finally:
        await workshop.monitor.stop()
        await workshop.nodes.stop()
