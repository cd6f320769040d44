"""A gauge at a real broker: it tells its readings, and can neither read nor say anything else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smartradio.broker.users import STATION_USER, BrokerUser, gauge_user, new_password
from smartradio.wire.topics import Topics
from tests.contract.brokers import REFUSED, Commune, Peer, eventually

pytestmark = pytest.mark.contract

T = Topics(Commune.station)
MakePeer = Callable[..., Peer]


@pytest.fixture
def gauge(commune: Commune) -> BrokerUser:
    """A gauge that the broker was told of."""
    user = BrokerUser(gauge_user("cau-lu"), new_password())
    nodes = {name: (name, commune.users[name].password) for name in ("thon-1", "thon-2")}
    commune.broker.set_users(commune.users[STATION_USER].password, nodes, {"cau-lu": user.password})
    return user


def test_its_readings_reach_the_station_and_nothing_else_of_it_does(
    commune: Commune, peer: MakePeer, gauge: BrokerUser
) -> None:
    station = peer(STATION_USER)
    assert station.subscribe(f"{T.root}/#") == 1
    sensor = peer("cau-lu", user=gauge)
    for topic in (T.gauge("cau-lo"), T.zone_order("thon-1"), T.node("thon-1", "report"), T.node("thon-1", "plan")):
        sensor.publish(topic, b"forged", retain=True)
    sensor.publish(T.gauge("cau-lu"), b'{"at":"2026-10-12T03:30:00+07:00","level_m":4.5}')
    eventually(lambda: bool(station.inbox.payloads()), "the reading arrives")
    assert b"forged" not in station.inbox.payloads()


def test_it_hears_nothing(commune: Commune, peer: MakePeer, gauge: BrokerUser) -> None:
    station, sensor = peer(STATION_USER), peer("cau-lu", user=gauge)
    granted = [sensor.subscribe(topic) for topic in (f"{T.root}/#", T.zone_order("thon-1"), "#")]
    if commune.broker.reports_refused_subscriptions:
        assert granted == [REFUSED] * 3
    listener = peer("thon-1")
    assert listener.subscribe(T.zone_order("thon-1")) == 1
    station.publish(T.zone_order("thon-1"), b"order")
    listener.inbox.wait_for(b"order")
    assert sensor.inbox.payloads() == []
