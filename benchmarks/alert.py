"""An emergency from the click to the nodes: orders verified at many, sound and silence at real ones, over Mosquitto.

The click is the request that sends, at a real station with its console: of the page, where the PIN was checked before,
for orders and for own words; of the API, with the PIN in it, for templates and for own words once more. Light nodes
verify the order's signature and shape as real ones do. Real nodes run in processes of their own, with simulated poles;
when their first sample sounds, and their last, is what they report by the station's time. All of it shares this
machine's processors; what ten nodes measure after an airing, which is done by ten machines in a commune, is waited for.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import numpy as np
from _alert_nodes import Entry, LightNodes, real_nodes
from _rows import row
from pydantic import SecretStr

from smartradio.broker.users import new_password
from smartradio.cli.alert_console import ConsoleLink
from smartradio.cli.serving import ConsoleSettings, console, listen
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.node.identity import node_key
from smartradio.station.accounts import Role
from smartradio.station.settings import (
    NodeEntry,
    OutsideBroker,
    PlanSettings,
    StationBroker,
    StationSettings,
    ZoneSettings,
)
from smartradio.station.station import Station
from smartradio.web.alert_form import local_time
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Action
from smartradio.wire.signing import SigningKey
from tests.contract.brokers import Mosquitto

STATION = "bench"
PASSWORD, PIN = "nuoc-len-giua-dem-mua", "290718"
TEMPLATE = "so-tan-ngay"
LIGHT = ((60, 12, 300), (1_000, 20, 1_500))
REAL = 10
TEMPLATE_LIMIT_MS, FREE_LIMIT_MS, SILENCE_LIMIT_MS, GIVE_WAY_LIMIT_MS, SKEW_LIMIT_MS = 900, 1_500, 500, 300, 30
WITHIN_S = 40.0
SENTENCES = (
    "Nước sông Thao đang lên nhanh, mỗi giờ thêm ba mươi xăng ti mét.",
    "Mời bà con các thôn ven sông đưa người già và trẻ nhỏ lên trường tiểu học ngay bây giờ.",
    "Khi đi mang theo nước uống, thuốc, đèn pin và giấy tờ tùy thân.",
    "Không lội qua ngầm tràn, không quay lại nhà lấy đồ khi nước đã vào sân.",
    "Ai cần giúp thì gọi trưởng thôn hoặc đứng ở chỗ cao và làm hiệu bằng đèn.",
    "Bà con ở đầu thôn giúp nhà bên cạnh đưa trâu bò lên đồi sau trường.",
    "Tổ xung kích đang đi từng nhà, mong bà con nghe theo lời anh em.",
    "Ủy ban xã sẽ báo tin mới sau ba mươi phút nữa.",
)


@dataclass
class Samples:
    """Milliseconds of each kind, one a node and round."""

    template: list[float] = field(default_factory=list)
    free: list[float] = field(default_factory=list)
    free_with_pin: list[float] = field(default_factory=list)
    silence: list[float] = field(default_factory=list)
    give_way: list[float] = field(default_factory=list)
    skew: list[float] = field(default_factory=list)


def settings(folder: Path, entries: Sequence[Entry], keys: Sequence[str], broker: Mosquitto) -> StationSettings:
    """A commune of these nodes, with some programmes a day; its users are at the broker."""
    password = new_password()
    broker.set_users(password, {entry.name: (entry.zone, entry.password) for entry in entries})
    zones = list(dict.fromkeys(entry.zone for entry in entries))
    programmes = "\n".join(
        f'  - {{name: ban-tin-{n}, title: "Bản tin {n}", approved_by: Lan, zones: [{", ".join(zones)}], '
        f'at: "2026-01-01 {5 + 4 * n:02d}:00", recurrence: FREQ=DAILY, text: "Bản tin số {n} của xã."}}'
        for n in range(3)
    )
    schedule = folder / "schedule.yaml"
    schedule.write_text(f"programmes:\n{programmes}\n", encoding="utf-8")
    return StationSettings(
        station=STATION,
        title="Bench",
        folder=folder / "station",
        plan=PlanSettings(quiet_from=time_of_day(), quiet_until=time_of_day()),
        zones=tuple(ZoneSettings(name=zone, title=zone) for zone in zones),
        nodes=tuple(
            NodeEntry(name=entry.name, zone=entry.zone, title=entry.name, public_key=key)
            for entry, key in zip(entries, keys, strict=True)
        ),
        broker=StationBroker(outside=OutsideBroker(port=broker.port, password=SecretStr(password))),
        schedules=(schedule,),
        recogniser="none",
        standing_text="",
    )


def entries(nodes: int, zones: int) -> list[Entry]:
    """Return so many nodes, shared out among so many zones."""
    return [Entry(f"cum-{n}", f"thon-{n % zones + 1}", new_password()) for n in range(nodes)]


@dataclass(frozen=True, slots=True)
class Click:
    """An alert that was sent: its id, that of its airing, when it was clicked by the monotonic and the wall clock."""

    alert: str
    airing: str
    at_s: float
    at: datetime


class Officer:
    """An officer's program at the console: reads back, sends with the PIN, takes back."""

    def __init__(self, station: Station, console: ConsoleLink) -> None:
        self._station = station
        self._console = console

    async def send(self, *, prepared: bool, **asked: object) -> Click:
        """Send an alert to all zones; `prepared` ones were read back and heard before."""
        alert = {"repeat_minutes": 0, **asked}
        if prepared:
            read = await asyncio.to_thread(self._console.post, "/api/alerts/reading", alert=json.dumps(alert))
            alert["issued_at"] = read["issued_at"]
        form = {"alert": json.dumps(alert), "pin": PIN, "once": secrets.token_hex(8)}
        clicked_s, clicked_at = time.monotonic(), datetime.now(UTC)
        sent = await asyncio.to_thread(functools.partial(self._console.post, "/api/alerts", **form))
        name = sent["alert"]["id"]
        airing = (await asyncio.to_thread(self._station.desks.alerts.airings_of, name))[0].airing
        return Click(name, airing, clicked_s, clicked_at)

    async def press(self, text: str) -> Click:
        """Send words by the officer's page, as its script does: read and the PIN checked before the click."""
        form = {
            "text": text,
            "zones": [zone.name for zone in self._station.settings.zones],
            "issued": local_time(datetime.now(UTC)),
            "repeat_min": "180",
            "lasts_h": "24",
            "once": secrets.token_hex(8),
        }
        # The page's script says so; a form without it is answered with a page.
        self._console._session.headers["accept"] = "application/json"  # noqa: SLF001
        granted = await asyncio.to_thread(functools.partial(self._console.post, "/khan/ma", **form, pin=PIN))
        sending = functools.partial(self._console.post, "/khan", **form, grant=granted["grant"], do="phat")
        clicked_s, clicked_at = time.monotonic(), datetime.now(UTC)
        sent = await asyncio.to_thread(sending)
        return Click(sent["to"].rpartition("/")[2], sent["airing"], clicked_s, clicked_at)

    async def take_back(self, alert: str) -> datetime:
        """Take an alert back; return when that was clicked."""
        clicked_at = datetime.now(UTC)
        await asyncio.to_thread(functools.partial(self._console.post, f"/api/alerts/{alert}/cancel", why="thử"))
        return clicked_at


@contextlib.asynccontextmanager
async def office(station: Station) -> AsyncIterator[Officer]:
    """Run a station with its console; an officer has logged in."""
    listener = listen(ConsoleSettings(port=0))
    await station.start()
    try:
        create = functools.partial(station.accounts.create, "khang", "Đỗ Văn Khang", Role.OFFICER, PASSWORD)
        account = await asyncio.to_thread(create)
        await station.load_schedules()
        async with console(station, listener) as address:
            await station.desks.own.set_pin(PIN, password=PASSWORD, by=Person(account.title, account.name))
            with ConsoleLink(address) as session:
                await asyncio.to_thread(session.log_in, "khang", PASSWORD)
                yield Officer(station, session)
    finally:
        await station.stop()


async def orders(folder: Path, nodes: int, zones: int, rounds: int) -> list[float]:
    """Return for each node and round the milliseconds from the click to the verified order."""
    all_nodes = entries(nodes, zones)
    broker = Mosquitto(folder / "broker", STATION)
    try:
        broker.start()
        station = Station(settings(folder, all_nodes, [SigningKey.new().public_hex for _ in all_nodes], broker))
        async with office(station) as officer:
            light = LightNodes(all_nodes, STATION, station.public_key_hex, broker.port)
            try:
                await asyncio.to_thread(light.wait_up)
                # All nodes' settings and plans are out long before a flood.
                await asyncio.sleep(nodes / 50)
                found: list[float] = []
                for number in range(rounds):
                    text = f"Nước sông lên {number + 2} m. Mời bà con thôn 2 sơ tán ngay lên trường học."
                    click = await officer.press(text)
                    heard = await asyncio.to_thread(light.when, Action.PLAY, click.airing)
                    found += [1e3 * (at_s - click.at_s) for at_s in heard]
                    await officer.take_back(click.alert)
                    await asyncio.to_thread(light.when, Action.STOP, click.airing)
                    # The plans of all nodes follow; the next alert is not that close behind.
                    await asyncio.sleep(2.0 if nodes > 100 else 0.5)
                return found
            finally:
                await asyncio.to_thread(light.stop)
    finally:
        broker.stop()


async def told(station: Station, airing: str, step: Step) -> list[Evidence]:
    """Wait until every node has told a step of an airing; return what each said first."""
    until_s = time.monotonic() + WITHIN_S
    while True:
        chain = await asyncio.to_thread(station.store.chain, airing)
        found = {e.evidence.node: e.evidence for e in reversed(chain) if e.evidence.step is step and e.evidence.node}
        if len(found) == len(station.settings.nodes):
            return list(found.values())
        if time.monotonic() > until_s:
            raise TimeoutError(f"{sorted(found)} of {len(station.settings.nodes)} nodes told {step} of {airing}")
        await asyncio.sleep(0.05)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; raises TimeoutError."""
    until_s = time.monotonic() + WITHIN_S
    while not await asyncio.to_thread(holds):
        if time.monotonic() > until_s:
            raise TimeoutError("the nodes are not as they should be")
        await asyncio.sleep(0.2)


async def quiet(station: Station) -> None:
    """Wait until the nodes have listened to the end of what they played and worked out their figures."""
    await asyncio.sleep(5.0)
    await until(lambda: not any(view.playing for view in station.node_views()))
    await until(_is_idle)


def _is_idle() -> bool:
    """Say whether more than half of this machine's time is idle, for half a second. Blocking."""
    before = _ticks()
    time.sleep(0.5)
    idle, whole = (after - then for after, then in zip(_ticks(), before, strict=True))
    return 2 * idle > whole


def _ticks() -> tuple[int, int]:
    """Return the processors' ticks since the start: idle ones, all of them (proc(5), /proc/stat)."""
    ticks = [int(each) for each in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def after(click_at: datetime, said: Sequence[Evidence]) -> list[float]:
    """Return how many milliseconds after a click each node says that it happened."""
    return [1e3 * (each.at - click_at).total_seconds() for each in said]


async def sounds(folder: Path, rounds: int) -> Samples:
    """Return what real nodes do: first sound, silence, giving way."""
    all_nodes = entries(REAL, REAL)
    keys = [node_key(folder / "nodes" / entry.name).public_hex for entry in all_nodes]
    broker = Mosquitto(folder / "broker", STATION)
    samples = Samples()
    try:
        broker.start()
        station = Station(settings(folder, all_nodes, keys, broker))
        async with office(station) as officer:
            with real_nodes(all_nodes, STATION, station.public_key_hex, broker.port, folder / "nodes"):
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: all(view.online for view in station.node_views()))
                # Sirens and fixed sentences are on the nodes long before a flood.
                await asyncio.sleep(15.0)
                # What a node's subscription hears tells when an order has come to the nodes.
                ear = LightNodes(all_nodes[:1], STATION, station.public_key_hex, broker.port)
                try:
                    await asyncio.to_thread(ear.wait_up)
                    for number in range(rounds):
                        await _round(officer, station, ear, number, samples)
                finally:
                    await asyncio.to_thread(ear.stop)
    finally:
        broker.stop()
    return samples


async def _round(officer: Officer, station: Station, ear: LightNodes, number: int, samples: Samples) -> None:
    # A template, read back before, then taken back while it sounds.
    template = (await station.desks.alerts.templates()).by_name[TEMPLATE]
    values = {each.name: each.example for each in template.fields if each.required}
    click = await officer.send(template=TEMPLATE, values=values, issuer="Ủy ban xã", prepared=True)
    started = after(click.at, await told(station, click.airing, Step.STARTED))
    samples.template += started
    samples.skew.append(max(started) - min(started))
    await asyncio.sleep(1.0)
    clicked = await officer.take_back(click.alert)
    samples.silence += after(clicked, await told(station, click.airing, Step.INTERRUPTED))
    await quiet(station)
    # Free text that nobody has made audible before, by a program that sends the PIN with it.
    words = " ".join(SENTENCES[(number + n) % len(SENTENCES)] for n in range(len(SENTENCES)))
    text = f"Tin lũ số {number + 1}. {words}"[:600].rpartition(".")[0] + "."
    click = await officer.send(text=f"Tin khẩn. {text}"[:600], prepared=False)
    samples.free_with_pin += after(click.at, await told(station, click.airing, Step.STARTED))
    await officer.take_back(click.alert)
    await told(station, click.airing, Step.INTERRUPTED)
    await quiet(station)
    # The same by the page, where the PIN was right before the click; then an update that takes its place.
    click = await officer.press(text)
    samples.free += after(click.at, await told(station, click.airing, Step.STARTED))
    await asyncio.sleep(2.0)
    newer = await officer.send(text="Tin mới. Nước đang rút.", update=click.alert, prepared=True)
    arrived_s = (await asyncio.to_thread(ear.when, Action.PLAY, newer.airing))[0]
    stopped = [each for each in await told(station, click.airing, Step.INTERRUPTED) if each.reason == Reason.REPLACED]
    samples.give_way += after(newer.at + timedelta(seconds=arrived_s - newer.at_s), stopped)
    await told(station, newer.airing, Step.STARTED)
    await officer.take_back(newer.alert)
    await told(station, newer.airing, Step.INTERRUPTED)
    await quiet(station)


def tell(name: str, found: Sequence[float], limit: float) -> None:
    """Print a row: the 99th percentile over all nodes and rounds."""
    note = f"p99 of {len(found)}, median {np.median(found):.0f}, worst {max(found):.0f}"
    row(name, float(np.percentile(found, 99)), "ms", limit, note)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="alerts of each kind (default 10)")
    parser.add_argument("--only", choices=("orders", "sounds"), help="one half of it")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="smartradio-alert-") as temporary:
        folder = Path(temporary)
        for nodes, zones, limit in LIGHT if wanted.only != "sounds" else ():
            (folder / str(nodes)).mkdir()
            found = asyncio.run(orders(folder / str(nodes), nodes, zones, wanted.rounds))
            tell(f"click to verified order, {nodes:,} light nodes", found, limit)
        if wanted.only != "orders":
            (folder / "real").mkdir()
            samples = asyncio.run(sounds(folder / "real", wanted.rounds))
            tell(f"click to first sound, a template, {REAL} real nodes", samples.template, TEMPLATE_LIMIT_MS)
            tell("click to first sound, 600 characters never prepared", samples.free, FREE_LIMIT_MS)
            tell("the same, with the PIN in the request that sends", samples.free_with_pin, FREE_LIMIT_MS)
            tell("start skew of an alert over all nodes", samples.skew, SKEW_LIMIT_MS)
            tell("cancel to silence", samples.silence, SILENCE_LIMIT_MS)
            tell("arrival of an update to silence of what it replaces", samples.give_way, GIVE_WAY_LIMIT_MS)


if __name__ == "__main__":
    main()
