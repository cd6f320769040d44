"""What a technician does and sees, with a real station, broker and node in processes of their own."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import httpx
import pytest

from smartradio.audio.codec import decode_opus
from smartradio.cli.commune import Commune
from smartradio.domain.approval import Person
from smartradio.station.accounts import Role
from smartradio.station.node_condition import Condition
from smartradio.station.node_records import NodeEventKind
from smartradio.station.station import Station, utc_now
from smartradio.web.app import create_app
from smartradio.wire.client import LinkState
from tests.faults.test_withdrawal import start_nodes
from tests.station.commune import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

NODE = "thon-1"
HUY = Person("Trần Văn Huy", "huy")
PASSWORD = "tiếng-loa-sớm-mai"
SHOWN_WITHIN_S = 100.0


def condition(station: Station) -> Condition:
    standing = station.desks.upkeep.one(NODE)
    assert standing is not None
    return standing.condition


async def logged_in(station: Station) -> httpx.AsyncClient:
    """Return a technician's browser in front of the console."""
    await asyncio.to_thread(station.accounts.create, HUY.account, HUY.title, Role.TECHNICIAN, PASSWORD)
    app = create_app(
        station, station.accounts, decode=lambda data: decode_opus(data, 16_000), station="Đài", clock=utc_now
    )
    visitor = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://dai")
    token = await asyncio.to_thread(station.accounts.login, HUY.account, PASSWORD)
    assert token is not None
    visitor.cookies.set("smartradio_session", token)
    return visitor


async def shows(visitor: httpx.AsyncClient, words: str, timeout_s: float) -> float:
    """Wait until the list of nodes says something; return after how many seconds it did."""
    begun_s = time.monotonic()
    async with asyncio.timeout(timeout_s):
        while words not in (await visitor.get("/nodes")).text:  # noqa: ASYNC110 - a person looks again, too
            await asyncio.sleep(0.25)
    return time.monotonic() - begun_s


def test_a_tone_is_heard_a_node_begins_anew_in_its_place_and_one_that_dies_is_shown(tmp_path: Path) -> None:
    async def work() -> None:
        with Commune(tmp_path, (NODE,)) as commune:
            station = Station(commune.station_settings(recogniser="none"))
            await station.start()
            visitor = await logged_in(station)
            try:
                await day(commune, station, visitor)
            finally:
                await visitor.aclose()
                await station.stop()

    async def day(commune: Commune, station: Station, visitor: httpx.AsyncClient) -> None:
        desk = station.desks.upkeep
        start_nodes(commune, station, (NODE,))
        await until(lambda: station.link_state is LinkState.UP, 20)
        await until(lambda: condition(station) is Condition.FINE, 60)

        await desk.test_tone(NODE, by=HUY)
        await until(lambda: desk.orders(NODE)[0].clip is not None, 60)
        (tone,) = desk.orders(NODE)
        assert tone.answer == "measured"
        assert tone.facts["own_heard"] is True
        assert tone.facts["coverage"] >= 0.5
        clip = await desk.tone_recording(NODE, tone.id, by=HUY)
        assert clip is not None
        assert len(decode_opus(clip, 16_000)) > 5 * 16_000

        process = commune._processes[NODE]
        (boot,) = [event.value for event in desk.events(NODE) if event.what is NodeEventKind.STARTED]
        await desk.restart(NODE, by=HUY)
        await until(lambda: desk.orders(NODE)[0].answer == "restarted", 30)
        await until(lambda: len(desk.events(NODE)) == 2, 60)
        assert desk.events(NODE)[0].value != boot
        assert process.poll() is None
        os.kill(process.pid, 0)
        await until(lambda: condition(station) is Condition.FINE, 30)

        process.kill()
        await asyncio.to_thread(process.wait, 10)
        assert await shows(visitor, "1 cụm loa đang im tiếng", SHOWN_WITHIN_S) < SHOWN_WITHIN_S
        assert "đã 1 phút" in (await visitor.get(f"/nodes/{NODE}")).text
        assert station.store.verify().ok

    asyncio.run(work())
