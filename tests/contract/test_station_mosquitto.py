"""A whole station on Mosquitto with the files we write for it: nothing in it may need the embedded broker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from smartradio.broker.users import BrokerUser, new_password
from smartradio.station.settings import StationSettings
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from tests.contract.brokers import Mosquitto
from tests.station.commune import NODE_KEYS, NODES, STATION, settings, until
from tests.station.pretend_node import PretendNode
from tests.station.test_station import as_played, nothing

pytestmark = pytest.mark.contract


@pytest.fixture
def passwords() -> dict[str, str]:
    return {name: new_password() for name in NODES}


@pytest.fixture
def broker(tmp_path: Path, passwords: dict[str, str]) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker", STATION)
    broker.set_users(new_password(), {name: (name, password) for name, password in passwords.items()})
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def commune(tmp_path: Path, broker: Mosquitto, passwords: dict[str, str]) -> StationSettings:
    station_password = new_password()
    broker.set_users(station_password, {name: (name, password) for name, password in passwords.items()})
    return settings(
        tmp_path / "station",
        nodes=[node.model_dump() | {"password": ""} for node in settings(tmp_path).nodes],
        broker={"outside": {"port": broker.port, "password": SecretStr(station_password)}},
        judge_deadline_s=2.0,
        lead_s=3.0,
    )


def test_a_text_travels_over_mosquitto_and_comes_back_as_verdicts(
    broker: Mosquitto, commune: StationSettings, passwords: dict[str, str]
) -> None:
    async def work() -> None:
        station = Station(commune)
        await station.start()
        try:
            with contextlib.ExitStack() as poles:
                for name, hear in (("thon-1", as_played), ("thon-2", nothing)):
                    link = broker.link_settings(BrokerUser(name, passwords[name]))
                    key = station.public_key_hex
                    poles.enter_context(PretendNode(name, NODE_KEYS[name], STATION, key, link, hear=hear))
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: [view.online for view in station.node_views()] == [True, True, False])
                airing = await station.air_now(title="Mời họp", text="Mời bà con ra nhà văn hóa thôn.", by="lan")
                view = await station.settled(airing.id, 40)
            assert [each.verdict for each in view.nodes] == ["aired", "unclear", "unreached"]
            assert view.nodes[1].reasons == ("no_clip",)
            assert station.store.verify().ok
        finally:
            await station.stop()

    asyncio.run(asyncio.wait_for(work(), 90))
