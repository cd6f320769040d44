"""Our link on both real brokers: outages, refusals and kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from smartradio.broker.users import STATION_USER, BrokerUser, new_password
from smartradio.wire import client as client_module
from smartradio.wire.client import Link, LinkState
from smartradio.wire.link_session import IN_FLIGHT_MESSAGES
from smartradio.wire.topics import Topics
from tests.contract.brokers import Broker, Commune, Inbox, eventually

pytestmark = pytest.mark.contract

T = Topics(Commune.station)
PLAN = T.node("thon-1", "plan")
REPORT = T.node("thon-1", "report")
MakeLink = Callable[..., tuple[Link, Inbox]]


def test_plan_down_and_report_up(commune: Commune, link: MakeLink) -> None:
    station, reports = link(commune.settings(STATION_USER), T.any_node("report"))
    node, plans = link(commune.settings("thon-1"), PLAN)
    assert station.publish(PLAN, b"plan", retain=True)
    assert node.publish(REPORT, b"delivered")
    assert plans.wait_for(b"plan")[0] == PLAN
    assert reports.wait_for(b"delivered")[0] == REPORT


def test_a_retained_message_says_that_it_is(commune: Commune, link: MakeLink) -> None:
    station, _ = link(commune.settings(STATION_USER))
    assert station.publish(PLAN, b"plan", retain=True)
    station.stop(10.0)  # waits for the broker's acknowledgement: the plan is there before the node is
    _, plans = link(commune.settings("thon-1"), PLAN)
    assert plans.wait_for(b"plan") == (PLAN, b"plan", True)


def test_a_link_may_be_there_before_its_broker(broker: Broker, link: MakeLink) -> None:
    commune = Commune(broker)
    # The embedded broker chooses its port at its first start and keeps it.
    broker.start()
    broker.stop()
    node, plans = link(commune.settings("thon-1"), PLAN, up=False)
    eventually(lambda: node.last_error is not None, "the link says that the broker is not there")
    assert "cannot be reached" in (node.last_error or "")
    assert node.publish(REPORT, b"never queued") is False
    broker.start()
    eventually(lambda: node.state is LinkState.UP, "the late broker is found")
    assert node.last_error is None
    _, reports = link(commune.settings(STATION_USER), T.any_node("report"))
    station, _ = link(commune.settings(STATION_USER))
    assert station.publish(PLAN, b"plan")
    plans.wait_for(b"plan")
    assert node.publish(REPORT, b"said later")
    reports.wait_for(b"said later")
    assert b"never queued" not in reports.payloads()


def test_after_an_outage_links_come_back_with_their_subscriptions(commune: Commune, link: MakeLink) -> None:
    states: list[LinkState] = []
    station, _ = link(commune.settings(STATION_USER))
    node, plans = link(commune.settings("thon-1"), PLAN, on_state=states.append)
    node.subscribe(f"{T.root}/audio/+/+")
    commune.broker.stop()
    eventually(lambda: LinkState.DOWN in (node.state, station.state), "the outage is noticed")
    eventually(lambda: not node.publish(REPORT, b"in the dark"), "publishing is refused")
    # Several attempts have failed by the time the broker is back.
    eventually(lambda: states.count(LinkState.CONNECTING) >= 4, "the link keeps trying")
    commune.broker.start()
    for each in (station, node):
        eventually(lambda each=each: each.state is LinkState.UP, "the link is back")  # type: ignore[misc]
    assert station.publish(PLAN, b"plan")
    assert station.publish(T.audio("ab" * 32, 0), b"chunk")
    plans.wait_for(b"plan")
    plans.wait_for(b"chunk")


def test_after_a_kill_of_the_broker_links_come_back(commune: Commune, link: MakeLink) -> None:
    station, _ = link(commune.settings(STATION_USER))
    node, plans = link(commune.settings("thon-1"), PLAN)
    former = commune.broker.pid
    commune.broker.kill()
    eventually(lambda: LinkState.UP not in (node.state, station.state), "the kill is noticed")
    if not commune.broker.supervised:
        commune.broker.start()
    for each in (station, node):
        eventually(lambda each=each: each.state is LinkState.UP, "the link is back")  # type: ignore[misc]
    assert commune.broker.pid not in (None, former)
    assert station.publish(PLAN, b"plan")
    plans.wait_for(b"plan")


def test_a_wrong_password_is_said_and_tried_again_slowly(
    commune: Commune, link: MakeLink, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "REFUSED_FIRST_S", 0.5)
    states: list[LinkState] = []
    wrong = commune.broker.link_settings(BrokerUser("thon-3", new_password()))
    node, _ = link(wrong, up=False, on_state=states.append)
    eventually(lambda: states.count(LinkState.CONNECTING) >= 3, "it is tried again")
    assert "refused user thon-3" in (node.last_error or "")
    assert "check the name and the password" in (node.last_error or "")
    told = [record for record in caplog.records if "refused user thon-3" in record.message]
    assert len([record for record in told if record.levelname == "WARNING"]) == 1
    assert wrong.password is not None
    commune.users["thon-3"] = BrokerUser("thon-3", wrong.password.get_secret_value())
    commune.apply_users()
    eventually(lambda: node.state is LinkState.UP, "the node is let in once it is registered")


def test_a_forbidden_subscription_is_told_where_the_broker_tells(commune: Commune, link: MakeLink) -> None:
    node, heard = link(commune.settings("thon-1"), PLAN, T.node("thon-2", "plan"))
    station, _ = link(commune.settings(STATION_USER))
    if commune.broker.reports_refused_subscriptions:
        eventually(lambda: node.refused == {T.node("thon-2", "plan")}, "the refusal is told")
        node.unsubscribe(T.node("thon-2", "plan"))
        assert node.refused == frozenset()
    assert station.publish(T.node("thon-2", "plan"), b"not for thon-1")
    assert station.publish(PLAN, b"for thon-1")
    heard.wait_for(b"for thon-1")
    assert node.state is LinkState.UP
    assert b"not for thon-1" not in heard.payloads()


def test_a_subscription_given_back_stays_so_after_a_reconnect(commune: Commune, link: MakeLink) -> None:
    station, _ = link(commune.settings(STATION_USER))
    node, heard = link(commune.settings("thon-1"), PLAN, T.node("thon-1", "config"))
    node.unsubscribe(T.node("thon-1", "config"))
    commune.broker.stop()
    eventually(lambda: LinkState.UP not in (node.state, station.state), "the outage is noticed")
    commune.broker.start()
    for each in (station, node):
        eventually(lambda each=each: each.state is LinkState.UP, "the link is back")  # type: ignore[misc]
    assert station.publish(T.node("thon-1", "config"), b"config")
    assert station.publish(PLAN, b"plan")
    heard.wait_for(b"plan")
    assert b"config" not in heard.payloads()


def test_a_burst_passes_whole_and_in_order_when_the_sender_waits_for_room(commune: Commune, link: MakeLink) -> None:
    station, _ = link(commune.settings(STATION_USER))
    _, heard = link(commune.settings("thon-1"), f"{T.root}/audio/+/+")
    count = 10 * IN_FLIGHT_MESSAGES
    for number in range(count):
        assert station.wait_room(20.0)
        assert station.publish(T.audio("ab" * 32, number), b"%d" % number)
    eventually(lambda: len(set(heard.payloads())) == count, "every message arrives")
    assert list(dict.fromkeys(heard.payloads())) == [b"%d" % number for number in range(count)]


def test_stop_lets_the_last_words_out_and_leaves_no_last_will(commune: Commune, link: MakeLink) -> None:
    _, states = link(commune.settings(STATION_USER), T.any_node("state"))
    state = T.node("thon-1", "state")
    node, _ = link(commune.settings("thon-1"), will=lambda: (state, b"will: offline"))
    for number in range(20):
        assert node.publish(state, b"%d" % number)
    assert node.publish(state, b"stopping in good order", retain=True)
    node.stop(10.0)
    assert node.state is LinkState.STOPPED
    assert node.publish(state, b"too late") is False
    states.wait_for(b"stopping in good order")
    _, later = link(commune.settings(STATION_USER), T.any_node("state"))
    assert later.wait_for(b"stopping in good order")[2] is True
    assert b"will: offline" not in states.payloads()


def test_the_last_will_is_made_anew_for_each_connection(commune: Commune, link: MakeLink) -> None:
    _, states = link(commune.settings(STATION_USER), T.any_node("state"))
    numbers = iter(range(1, 100))
    state = T.node("thon-1", "state")
    node, _ = link(commune.settings("thon-1"), will=lambda: (state, b"offline %d" % next(numbers)))
    for expected in (b"offline 1", b"offline 2"):
        session = node._up()
        assert session is not None
        session.abandon()  # as when the power goes
        states.wait_for(expected)
        eventually(lambda last=session: node._up() not in (None, last), "the link is back")  # type: ignore[misc]


NODE_PROCESS = """
import sys, time
from smartradio.wire.client import Link, LinkSettings, LinkState
settings = LinkSettings.model_validate_json(sys.stdin.readline())
link = Link(settings, "thon-1", subscriptions=[], on_message=print, will=lambda: (sys.argv[1], b"offline"))
link.start()
while not link.publish(sys.argv[1], b"online", retain=True):
    time.sleep(0.01)
time.sleep(60)
"""


def test_a_killed_node_is_seen_offline(commune: Commune, link: MakeLink) -> None:
    _, states = link(commune.settings(STATION_USER), T.any_node("state"))
    user = commune.users["thon-1"]
    settings = f'{{"port": {commune.broker.port}, "username": "{user.name}", "password": "{user.password}"}}\n'
    with subprocess.Popen(
        [sys.executable, "-c", NODE_PROCESS, T.node("thon-1", "state")], stdin=subprocess.PIPE
    ) as node:
        assert node.stdin is not None
        node.stdin.write(settings.encode())
        node.stdin.flush()
        try:
            states.wait_for(b"online")
        finally:
            os.kill(node.pid, signal.SIGKILL)
    states.wait_for(b"offline")


def test_two_nodes_of_one_name_do_not_push_each_other_off(commune: Commune, link: MakeLink) -> None:
    station, _ = link(commune.settings(STATION_USER))
    changes: list[LinkState] = []
    twins = [link(commune.settings("thon-1"), PLAN, client_id="thon-1", on_state=changes.append) for _ in range(2)]
    assert station.publish(PLAN, b"plan")
    for _, heard in twins:
        heard.wait_for(b"plan")
    assert LinkState.DOWN not in changes


def test_a_handler_that_fails_costs_one_message_not_the_link(
    commune: Commune, link: MakeLink, caplog: pytest.LogCaptureFixture
) -> None:
    station, _ = link(commune.settings(STATION_USER))
    good = threading.Event()

    def handle(_topic: str, payload: bytes, _retained: bool) -> None:
        if payload == b"bad":
            raise ValueError("cannot digest this")
        good.set()

    def watch(_state: LinkState) -> None:
        raise RuntimeError("the watcher is broken")

    options: dict[str, Any] = {"on_message": handle, "on_state": watch}
    node, _ = link(commune.settings("thon-1"), PLAN, **options)
    assert station.publish(PLAN, b"bad")
    assert station.publish(PLAN, b"good")
    eventually(good.is_set, "the next message is handled")
    assert node.state is LinkState.UP
    assert "cannot digest this" in caplog.text
    assert "the watcher is broken" in caplog.text
