"""What every broker must keep between a commune's nodes, shown with bare clients that try to break it."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from smartradio.broker.users import STATION_USER, BrokerUser, new_password
from smartradio.wire.chunks import Assembly, chunk_count, sha256_hex, split
from smartradio.wire.topics import Topics
from tests.contract.brokers import REFUSED, Commune, Peer, eventually

pytestmark = pytest.mark.contract

T = Topics(Commune.station)
MakePeer = Callable[..., Peer]

# Every way a curious node may spell "somebody else's", in MQTT and in NATS's own words.
CURIOUS = [
    "#",
    "+/#",
    f"{T.root}/#",
    f"{T.root}/node/#",
    f"{T.root}/node/+/plan",
    f"{T.root}/node/+/config",
    f"{T.root}/+/+/plan",
    "+/+/+/+/+/plan",
    f"{T.root}/node/thon-2/plan",
    f"{T.root}/node/thon-2/+",
    f"{T.root}/node/thon-2/#",
    f"{T.root}/zone/+/order",
    f"{T.root}/zone/thon-2/order",
    f"$share/g/{T.root}/node/thon-2/plan",
    "$share/g/#",
    f"$queue/{T.root}/node/thon-2/plan",
    "$SYS/#",
    "$MQTT/#",
    "$MQTT/msgs/#",
    "$MQTT/rmsgs/#",
    "$MQTT/sub/#",
    "$MQTT/sess/#",
    "$MQTT/deliver/#",
    "$JS/#",
    "_INBOX/#",
    f"{T.root}/node/*/plan",
    f"{T.root}/node/>",
    ">",
    f"{T.root}.node.thon-2.plan".replace("/", "."),
]


def quiet_after(station: Peer, listener: Peer, node: str) -> None:
    """Wait until a message sent now has come through at both QoS: what was to come before it has come."""
    assert listener.subscribe(T.node(node, "ack")) == 1
    for qos in (0, 1):
        marker = f"marker {qos}".encode()
        station.publish(T.node(node, "ack"), marker, qos=qos)
        listener.inbox.wait_for(marker)
    time.sleep(0.2)  # other subscriptions may be a moment behind this one


def test_nobody_without_a_name_is_let_in(peer: MakePeer) -> None:
    assert not peer("nobody", user=None).let_in


def test_a_wrong_password_is_refused(peer: MakePeer) -> None:
    assert not peer("thon-1", user=BrokerUser("thon-1", new_password())).let_in
    assert not peer("thon-1", user=BrokerUser("thon-1", "")).let_in


@pytest.mark.parametrize("intruder", [None, BrokerUser("thon-1", "n-wrong-wrong-wrong"), BrokerUser("x", "y")])
def test_a_failed_login_under_a_living_clients_id_does_not_disturb_it(
    peer: MakePeer, intruder: BrokerUser | None
) -> None:
    station, node = peer(STATION_USER), peer("thon-1", client_id="loa-thon-1")
    assert node.subscribe(T.node("thon-1", "plan")) == 1
    for _ in range(3):
        assert not peer("thon-1", user=intruder, client_id="loa-thon-1").let_in
    station.publish(T.node("thon-1", "plan"), b"plan", retain=True)
    node.inbox.wait_for(b"plan")
    assert node.let_in


def test_a_node_gets_nothing_of_anothers_by_any_pattern(commune: Commune, peer: MakePeer) -> None:
    station, curious, other = peer(STATION_USER), peer("thon-1"), peer("thon-2")
    assert other.subscribe(T.node("thon-2", "plan")) == 1
    for leaf in ("plan", "config"):
        station.publish(T.node("thon-2", leaf), b"retained for thon-2", retain=True)
    for pattern in CURIOUS:
        for qos in (0, 1):
            answer = curious.subscribe(pattern, qos)
            if answer is None:  # hung up on: also a refusal
                curious = peer("thon-1")
            assert answer in (None, REFUSED) or not commune.broker.reports_refused_subscriptions, pattern
    for leaf in ("plan", "config", "order", "ack", "time/answer"):
        station.publish(T.node("thon-2", leaf), b"live for thon-2", retain=leaf in ("plan", "config"))
    station.publish(T.zone_order("thon-2"), b"order for the other zone")
    other.publish(T.node("thon-2", "state"), b"state of thon-2", retain=True)
    other.publish(T.clip("thon-2", "airing", 0), b"microphone of thon-2")
    other.inbox.wait_for(b"live for thon-2")
    quiet_after(station, curious, "thon-1")
    assert {payload[:6] for payload in curious.inbox.payloads()} == {b"marker"}


def test_a_node_hears_its_own_its_zones_orders_and_audio(peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    own = [T.node("thon-1", leaf) for leaf in ("plan", "config", "order", "ack", "time/answer")]
    own += [T.zone_order("thon-1"), T.audio("ab" * 32, 3)]
    for topic in own:
        assert node.subscribe(topic if "/audio/" not in topic else f"{T.root}/audio/+/+") == 1
    for topic in own:
        station.publish(topic, topic.encode())
    for topic in own:
        assert node.inbox.wait_for(topic.encode())[0] == topic


def test_the_station_hears_its_nodes(peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    assert station.subscribe(f"{T.root}/#") == 1
    said = [T.node("thon-1", leaf) for leaf in ("state", "want", "report", "time")]
    said.append(T.clip("thon-1", "airing", 0))
    for topic in said:
        node.publish(topic, topic.encode())
        station.inbox.wait_for(topic.encode())


FORGED = [
    T.node("thon-2", "state"),
    T.node("thon-2", "report"),
    T.node("thon-2", "want"),
    T.node("thon-2", "time"),
    T.clip("thon-2", "airing", 0),
    T.node("thon-2", "plan"),
    T.node("thon-2", "config"),
    T.node("thon-2", "order"),
    T.node("thon-2", "ack"),
    T.node("thon-1", "plan"),
    T.node("thon-1", "order"),
    T.zone_order("thon-1"),
    T.zone_order("thon-2"),
    T.audio("ab" * 32, 0),
    f"$MQTT/msgs/{T.root}/node/thon-2/plan",
    f"$MQTT/rmsgs/{T.root}/node/thon-2/plan",
    "$MQTT/sub/x",
    "$JS/API/STREAM/PURGE/$MQTT_rmsgs",
    f"{T.root}/node/*/plan",
    f"{T.root}/node/>",
    f"{T.root}.node.thon-2.plan".replace("/", "."),
    f"{T.root}/elsewhere",
    "smartradio/1/another-station/node/thon-1/state",
]


@pytest.mark.parametrize("retain", [False, True])
def test_a_node_cannot_speak_for_others_or_for_the_station(peer: MakePeer, retain: bool) -> None:
    station, other, forger = peer(STATION_USER), peer("thon-2"), peer("thon-1")
    assert station.subscribe(f"{T.root}/#") == 1
    for leaf in ("plan", "config", "order", "ack"):
        assert other.subscribe(T.node("thon-2", leaf)) == 1
    assert other.subscribe(f"{T.root}/audio/+/+") == 1
    station.publish(T.node("thon-2", "plan"), b"true plan", retain=True)
    other.inbox.wait_for(b"true plan")
    for topic in FORGED:
        for qos in (0, 1):
            if not forger.let_in:
                forger = peer("thon-1")
            forger.publish(topic, b"forged", retain=retain, qos=qos)
    if not forger.let_in:
        forger = peer("thon-1")
    forger.publish(T.node("thon-1", "state"), b"own state")
    station.inbox.wait_for(b"own state")
    quiet_after(station, other, "thon-2")
    assert b"forged" not in station.inbox.payloads() + other.inbox.payloads()
    late = peer("thon-2", client_id="late")
    assert late.subscribe(T.node("thon-2", "plan")) == 1
    assert late.inbox.wait_for(b"true plan")[2] is True


def test_a_last_will_obeys_the_rules_too(peer: MakePeer) -> None:
    station, other = peer(STATION_USER), peer("thon-2")
    assert station.subscribe(f"{T.root}/#") == 1
    assert other.subscribe(T.node("thon-2", "plan")) == 1
    try:
        forger = peer("thon-1", will=(T.node("thon-2", "plan"), b"forged by will"))
        forger.vanish()
        eventually(forger.gone.is_set, "the forger is gone")
    except AssertionError:
        pytest.fail("the broker neither let the forger in nor refused it")
    honest = peer("thon-1", client_id="honest", will=(T.node("thon-1", "state"), b"offline"))
    honest.vanish()
    station.inbox.wait_for(b"offline")
    quiet_after(station, other, "thon-2")
    assert b"forged by will" not in station.inbox.payloads() + other.inbox.payloads()


def test_the_last_will_of_a_node_that_loses_power_is_kept_for_the_station(peer: MakePeer) -> None:
    station = peer(STATION_USER)
    assert station.subscribe(T.any_node("state")) == 1
    node = peer("thon-1", will=(T.node("thon-1", "state"), b"offline"))
    node.publish(T.node("thon-1", "state"), b"online", retain=True)
    station.inbox.wait_for(b"online")
    node.vanish()
    station.inbox.wait_for(b"offline")
    late = peer(STATION_USER, client_id="station-after-restart")
    assert late.subscribe(T.any_node("state")) == 1
    assert late.inbox.wait_for(b"offline")[2] is True


def test_a_node_that_was_away_finds_the_newest_plan(peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    assert node.subscribe(T.node("thon-1", "plan")) == 1
    node.close()
    station.publish(T.node("thon-1", "plan"), b"old plan", retain=True)
    station.publish(T.node("thon-1", "plan"), b"new plan", retain=True)
    back = peer("thon-1")
    assert back.subscribe(T.node("thon-1", "plan")) == 1
    assert back.inbox.wait_for(b"new plan")[2] is True
    assert b"old plan" not in back.inbox.payloads()


def test_audio_goes_to_who_listens_and_is_not_kept(peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    assert node.subscribe(f"{T.root}/audio/+/+") == 1
    station.publish(T.audio("ab" * 32, 0), b"chunk")
    node.inbox.wait_for(b"chunk")
    late = peer("thon-2")
    assert late.subscribe(f"{T.root}/audio/+/+") == 1
    quiet_after(station, late, "thon-2")
    assert b"chunk" not in late.inbox.payloads()


def test_an_object_sent_twice_is_whole_once(peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    recording = bytes(range(256)) * 400
    name = sha256_hex(recording)
    assert node.subscribe(f"{T.root}/audio/+/+") == 1
    for _ in range(2):
        for number, chunk in enumerate(split(recording)):
            station.publish(T.audio(name, number), chunk)
    eventually(lambda: len(node.inbox.payloads()) >= 2 * chunk_count(len(recording)), "both copies of every chunk")
    assembly = Assembly(name, len(recording))
    for topic, chunk, _ in node.inbox.seen:
        assert assembly.add(int(topic.rsplit("/", 1)[1]), chunk)
    assert assembly.whole() == recording


def test_a_node_added_later_is_let_in_and_nobody_is_dropped(commune: Commune, peer: MakePeer) -> None:
    station, node = peer(STATION_USER), peer("thon-1")
    assert station.subscribe(T.any_node("state")) == 1
    assert node.subscribe(T.node("thon-1", "plan")) == 1
    commune.add_node("thon-3")
    newcomer = peer("thon-3")
    assert newcomer.let_in
    newcomer.publish(T.node("thon-3", "state"), b"hello")
    station.inbox.wait_for(b"hello")
    station.publish(T.node("thon-1", "plan"), b"still here")
    node.inbox.wait_for(b"still here")
    assert station.let_in
    assert node.let_in


def test_a_node_taken_off_the_list_is_locked_out(commune: Commune, peer: MakePeer) -> None:
    node = peer("thon-2")
    assert node.let_in
    former = commune.users.pop("thon-2")
    commune.apply_users()
    eventually(node.gone.is_set, "the connection of the former node is ended")
    assert not peer("thon-2", user=former).let_in


def test_the_broker_listens_on_loopback_only(commune: Commune) -> None:
    assert commune.broker.pid is not None
    listening = [
        connection.laddr
        for connection in psutil.Process(commune.broker.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert commune.broker.port in {address.port for address in listening}
    assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
