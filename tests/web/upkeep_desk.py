"""A technician's desk of the tests: nodes in every state, and what it was asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.listening.trends import Trend
from smartradio.station.commune_map import CommuneMap, read_map
from smartradio.station.health_means import HealthMean
from smartradio.station.node_condition import Condition, LastHeard, NodeStanding, condition_of, problems_of
from smartradio.station.node_records import NodeEvent, NodeEventKind, NodeOrder, NodeSetting
from smartradio.station.store.node_past import PastAtNode
from smartradio.station.upkeep_refusals import TooLoudError
from smartradio.station.views import NodeView
from smartradio.wire.messages import Action

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)


def standing(name: str, title: str, **changes: Any) -> NodeStanding:
    """Return a node that is well unless something is changed of it; `trends`, `last`, `setting`, `foreign_key` too."""
    around = {key: changes.pop(key) for key in ("trends", "last", "setting", "carried_mb") if key in changes}
    foreign_key = changes.pop("foreign_key", False)
    values: dict[str, Any] = {
        "online": True,
        "last_seen": NOW - timedelta(seconds=12),
        "version": "0.6.0",
        "clock_trusted": True,
        "clock_offset_ms": 0.8,
        "health": {"temperature_c": 48.5, "disk_free_mb": 12_340.0, "load_1min": 0.4},
    }
    view = NodeView(name, changes.pop("zone", name), title, **(values | changes))
    problems = problems_of(view, last=around.get("last"), foreign_key=foreign_key)
    condition = condition_of(view, problems, around.get("trends", ()))
    return NodeStanding(view, f"Thôn {view.zone[-1]}", condition, problems, **around)


def nodes() -> list[NodeStanding]:
    """Return nodes in every state."""
    weaker = Trend("weaker", -31.0, -24.5, "dB", NOW - timedelta(days=4))
    return [
        standing("thon-1", "Cụm loa nhà văn hóa thôn 1", last=LastHeard("lp-1", NOW, "aired"), carried_mb=6.2,
                 setting=NodeSetting(-3.0, 20.105, 105.98)),
        standing("thon-2", "Cụm loa chợ Yên Hòa", last=LastHeard("lp-1", NOW, "silent"), carried_mb=5.9,
                 setting=NodeSetting(0.0, 20.112, 105.992)),
        standing("thon-3", "Cụm loa đê sông Vạc", online=False, last_seen=NOW - timedelta(hours=5), carried_mb=0.4,
                 setting=NodeSetting(0.0, 20.098, 105.996)),
        standing("thon-4", "Cụm loa trạm bơm", problems=("undervoltage_now",), setting=NodeSetting(0.0)),
        standing("thon-5", "Cụm loa trường tiểu học", trends=(weaker,), setting=NodeSetting(0.0)),
        standing("thon-6", "Cụm loa nghĩa trang", online=False, last_seen=None, version=None, clock_trusted=None,
                 clock_offset_ms=None, health={}, setting=NodeSetting(0.0)),
    ]  # fmt: skip


def day_of(node: str, now: datetime = NOW) -> list[HealthMean]:
    """Return a day of five-minute means with two hours in which the node was away."""
    rows = []
    for number in range(288):
        at = now - timedelta(minutes=5 * (288 - number))
        if 140 <= number < 164:
            continue
        warm = 46 + 9 * math.sin(2 * math.pi * number / 288) + (number * 37 % 11) / 8
        weak = 0.4 if 96 <= number < 108 else 0.0
        rows.append(
            HealthMean(
                node, at, 300, 10, temperature_c=warm, undervoltage=weak, clock_offset_ms=0.8 - (number % 7) / 10,
                disk_free_mb=12_400 - number, load=0.3 + (number % 5) / 20, underruns=float(number == 100),
                carried_mb=0.02 + (0.9 if number in (84, 85, 228) else 0.0), station_sent_mb=0.02,
            )
        )  # fmt: skip
    return rows


@dataclass
class FakeUpkeepDesk:
    """Remembers what it was told; `refuses` is raised once by whatever is asked next."""

    nodes: list[NodeStanding] = field(default_factory=nodes)
    rows: list[HealthMean] = field(default_factory=lambda: day_of("thon-1"))
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    kept_orders: list[NodeOrder] = field(default_factory=list)
    refuses: BadInputError | None = None
    loudest: float = 0.0
    map: CommuneMap | None = None
    clip: bytes | None = None
    read: list[str] = field(default_factory=list)

    def all(self) -> list[NodeStanding]:
        self.read.append("all")
        return self.nodes

    def one(self, node: str) -> NodeStanding | None:
        self.read.append("one")
        return next((each for each in self.nodes if each.view.name == node), None)

    def health(self, node: str, span_s: int, since: datetime) -> list[HealthMean]:
        return [row for row in self.rows if row.node == node and row.at >= since]

    def carried(self, node: str, since: datetime) -> tuple[float, float]:
        return 143.4, 131.9

    def past(self, node: str, most: int = 10) -> list[PastAtNode]:
        self.read.append("past")
        if node not in ("thon-1", "thon-2"):
            return []
        verdicts = ("aired", "aired", "partly_aired", "aired", "silent", None)
        return [
            PastAtNode(
                "lp-1", "Lịch tiêm chủng mở rộng tháng 11", NOW - timedelta(hours=12 * number), 50,
                "judged" if verdict else "delivered", verdict, None, None if verdict is None else -23.0 - number / 3,
                0.97, has_clip=number == 0,
            )
            for number, verdict in enumerate(verdicts)
        ][:most]  # fmt: skip

    def events(self, node: str) -> list[NodeEvent]:
        return [
            NodeEvent(node, NOW - timedelta(hours=9), NodeEventKind.STARTED, "boot-2"),
            NodeEvent(node, NOW - timedelta(days=3), NodeEventKind.VERSION, "0.6.0"),
        ]

    def orders(self, node: str) -> list[NodeOrder]:
        return [order for order in self.kept_orders if order.node == node]

    def loudest_db(self, node: str) -> float:
        return self.loudest

    def commune_map(self) -> CommuneMap | None:
        return self.map

    async def set_volume(self, node: str, volume_db: float, *, by: Person) -> None:
        self._refuse()
        if not -40.0 <= volume_db <= self.loudest:
            raise TooLoudError(-40.0, self.loudest)
        self.asked.append(("volume", node, volume_db, by.title))
        self._set(node, volume_db=volume_db)

    async def set_place(self, node: str, lat: float, lon: float, *, by: Person) -> None:
        self._refuse()
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise BadInputError("A place is a latitude of -90 to 90 and a longitude of -180 to 180 degrees.")
        self.asked.append(("place", node, lat, lon, by.title))
        self._set(node, lat=lat, lon=lon)

    async def test_tone(self, node: str, *, by: Person) -> NodeOrder:
        return self._order(node, Action.CLIP, by)

    async def restart(self, node: str, *, by: Person, even_while_playing: bool = False) -> NodeOrder:
        self.asked.append(("restart", node, even_while_playing, by.title))
        return self._order(node, Action.RESTART, by)

    async def tone_recording(self, node: str, order: str, *, by: Person) -> bytes | None:
        self.asked.append(("listened", node, order, by.title))
        return self.clip

    async def put_map(self, data: bytes, *, by: Person) -> CommuneMap:
        self.map = read_map(data)
        self.asked.append(("map", len(self.map.shapes), by.title))
        return self.map

    def answer(self, **changes: Any) -> None:
        """Have the newest order answered."""
        self.kept_orders[0] = replace(self.kept_orders[0], **changes)

    def condition(self, name: str) -> Condition:
        """Return how a node is."""
        found = self.one(name)
        assert found is not None
        return found.condition

    def _order(self, node: str, action: Action, by: Person) -> NodeOrder:
        self._refuse()
        number = len(self.kept_orders) + 1
        order = NodeOrder(f"order-{number}", node, action, by.title, NOW, NOW + timedelta(minutes=1))
        self.kept_orders.insert(0, order)
        return order

    def _refuse(self) -> None:
        if self.refuses is not None:
            raise self.refuses

    def _set(self, node: str, **changes: Any) -> None:
        self.nodes = [
            replace(each, setting=replace(each.setting, **changes)) if each.view.name == node else each
            for each in self.nodes
        ]
