"""An emergency from the officer's click to the order on the wire: a real station, broker and console, 60 nodes.

The words are made audible and the PIN is checked before the click, as the page does it; what is timed begins with the
request that sends and ends when the order has come back from the broker to a node's subscription. So it is without the
telephone's own line. A week of programmes stands in the plan meanwhile.
"""

from __future__ import annotations

import asyncio
import functools
import re
import statistics
import tempfile
import threading
import time
from datetime import time as time_of_day
from pathlib import Path

import httpx
from _rows import row
from pydantic import SecretStr

from smartradio.broker.users import new_password
from smartradio.cli.serving import ConsoleSettings, console, listen
from smartradio.domain.approval import Person
from smartradio.station.accounts import Role
from smartradio.station.settings import NodeEntry, PlanSettings, StationSettings, ZoneSettings
from smartradio.station.station import Station
from smartradio.wire.client import Link, LinkSettings, LinkState
from smartradio.wire.messages import Action, Order, unseal
from smartradio.wire.signing import SigningKey
from smartradio.wire.topics import Topics

ZONES, NODES_A_ZONE = 12, 5
ROUNDS = 20
PASSWORD, PIN = "nuoc-len-giua-dem-mua", "290718"
CLICK_LIMIT_MS, STOP_LIMIT_MS = 300, 2_000
TIMEOUT_S = 20.0
ALL_ZONES = ", ".join(f"thon-{zone + 1}" for zone in range(ZONES))
PROGRAMMES = "\n".join(
    f'  - {{name: ban-tin-{n}, title: "Bản tin {n}", approved_by: Lan, zones: [{ALL_ZONES}], '
    f'at: "2026-01-01 {5 + n:02d}:00", recurrence: FREQ=DAILY, text: "Bản tin số {n} của xã. Mời bà con theo dõi."}}'
    for n in range(12)
)


class Ear:
    """A node's subscription to its zone's orders: when which order came."""

    def __init__(self, station: Station, node: NodeEntry) -> None:
        broker = station._parts.broker_link  # noqa: SLF001 - the port is drawn at the start
        link = LinkSettings(host=broker.host, port=broker.port, username=node.name, password=node.password)
        self._topics, self._key = Topics(station.settings.station), station.public_key_hex
        self._heard: dict[tuple[Action, str], float] = {}
        self._news = threading.Condition()
        self.up = threading.Event()
        self.link = Link(
            link,
            f"{node.name}-ear",
            subscriptions=[self._topics.zone_order(node.zone)],
            on_message=self._take,
            on_state=lambda state: self.up.set() if state is LinkState.UP else None,
        )

    def _take(self, topic: str, payload: bytes, _retained: bool) -> None:
        at = time.monotonic()
        order = unseal(Order, topic, payload, self._key)
        airing = order.stop_airing if order.airing is None else order.airing.airing
        with self._news:
            self._heard.setdefault((order.action, airing or ""), at)
            self._news.notify_all()

    def when(self, action: Action, airing: str) -> float:
        """Wait for an order and return when it came, by the monotonic clock."""
        with self._news:
            if not self._news.wait_for(lambda: (action, airing) in self._heard, TIMEOUT_S):
                raise TimeoutError(f"no order to {action} {airing} within {TIMEOUT_S} s")
            return self._heard[action, airing]


def settings(folder: Path) -> StationSettings:
    """A commune of 60 nodes with 12 programmes a day."""
    schedule = folder / "schedule.yaml"
    schedule.write_text(f"programmes:\n{PROGRAMMES}\n", encoding="utf-8")
    return StationSettings(
        station="bench",
        title="Bench",
        folder=folder / "station",
        plan=PlanSettings(quiet_from=time_of_day(), quiet_until=time_of_day()),
        zones=tuple(ZoneSettings(name=f"thon-{z + 1}", title=f"Thôn {z + 1}") for z in range(ZONES)),
        nodes=tuple(
            NodeEntry(
                name=f"cum-{z + 1}-{n}",
                zone=f"thon-{z + 1}",
                title=f"Cụm {z + 1}.{n}",
                public_key=SigningKey.new().public_hex,
                password=SecretStr(new_password()),
            )
            for z in range(ZONES)
            for n in range(NODES_A_ZONE)
        ),
        schedules=(schedule,),
        recogniser="none",
        standing_text="",
    )


class Officer:
    """The officer's browser: cookies, the form's token, and the time of each click."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._csrf = ""

    async def get(self, path: str) -> str:
        page = (await self._client.get(path)).raise_for_status().text
        if found := re.search(r'name="csrf" value="([^"]+)"', page):
            self._csrf = found[1]
        return page

    async def post(self, path: str, **fields: object) -> httpx.Response:
        data = {"csrf": self._csrf, **fields}
        return await self._client.post(path, data=data, headers={"accept": "application/json"})

    async def log_in(self) -> None:
        await self.get("/login")
        await self.post("/login", name="khang", password=PASSWORD, next="/khan")
        await self.get("/khan")


async def rounds(station: Station, officer: Officer, ear: Ear) -> tuple[list[float], list[float], list[float]]:
    """Return the milliseconds to the order after a checked PIN, after a PIN sent along, and to the order to stop."""
    zones = [zone.name for zone in station.settings.zones]
    clicks, whole, stops = [], [], []
    for number in range(ROUNDS):
        text = f"Nước sông lên {number + 2} m. Mời bà con thôn 2 sơ tán ngay lên trường học."
        form = {"text": text, "zones": zones, "once": f"lan-{number}", "do": "phat"}
        await officer.post("/khan/chuan-bi", text=text)
        if checked := number % 4 != 3:
            form["grant"] = (await officer.post("/khan/ma", text=text, pin=PIN)).raise_for_status().json()["grant"]
        else:
            form["pin"] = PIN
        clicked = time.monotonic()
        airing = (await officer.post("/khan", **form)).raise_for_status().json()["to"].rpartition("/")[2]
        heard = await asyncio.to_thread(ear.when, Action.PLAY, airing)
        (clicks if checked else whole).append(1e3 * (heard - clicked))
        clicked = time.monotonic()
        await officer.post(f"/khan/{airing}/thu-hoi", note="thử")
        stopped = await asyncio.to_thread(ear.when, Action.STOP, airing)
        stops.append(1e3 * (stopped - clicked))
    return clicks, whole, stops


async def measure(folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Start a station with its console, and click."""
    station = Station(settings(folder))
    listener = listen(ConsoleSettings(port=0))
    await station.start()
    try:
        create = functools.partial(station.accounts.create, "khang", "Đỗ Văn Khang", Role.OFFICER, PASSWORD)
        account = await asyncio.to_thread(create)
        await station.load_schedules()
        ear = Ear(station, station.settings.nodes[-1])
        ear.link.start()
        if not await asyncio.to_thread(ear.up.wait, TIMEOUT_S):
            raise TimeoutError("the broker let the node's ear not in")
        async with console(station, listener) as address, httpx.AsyncClient(base_url=address, timeout=30) as client:
            await station.desks.own.set_pin(PIN, password=PASSWORD, by=Person(account.title, account.name))
            officer = Officer(client)
            await officer.log_in()
            return await rounds(station, officer, ear)
    finally:
        await station.stop()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="smartradio-officer-") as folder:
        clicks, whole, stops = asyncio.run(measure(Path(folder)))
    told = f"worst of {len(clicks)}, median {statistics.median(clicks):.0f}; {ZONES * NODES_A_ZONE} nodes"
    row("officer's click to the order on the wire", max(clicks), "ms", CLICK_LIMIT_MS, told)
    row("the same with the PIN sent along, without scripts", max(whole), "ms", None, f"worst of {len(whole)}")
    row("taking back to the order to stop", max(stops), "ms", STOP_LIMIT_MS, f"worst of {len(stops)}")


if __name__ == "__main__":
    main()
