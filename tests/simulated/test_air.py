"""The simulations' broker keeps what MQTT promises, and loses what MQTT may lose."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random

import pytest

from smartradio.wire.client import LinkState
from tests.simulated.air import Broker, Line, Weather, matches


class Sky:
    """A broker and its time."""

    def __init__(self, weather: Weather | None = None, seed: int = 1) -> None:
        self.now_s = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self.broker = Broker(self._later, lambda: self.now_s, Random(seed), weather or Weather())
        self.heard: dict[str, list[tuple[str, bytes, bool]]] = {}
        self.states: dict[str, list[LinkState]] = {}

    def _later(self, after_s: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.now_s + after_s, next(self._numbers), work))

    def pass_s(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, work = heapq.heappop(self._events)
            work()
        self.now_s = until_s

    def line(self, name: str, *topics: str, will: tuple[str, bytes] | None = None) -> Line:
        heard = self.heard.setdefault(name, [])
        states = self.states.setdefault(name, [])
        make_will = (lambda: will) if will is not None else None
        line = Line(self.broker, name, topics, lambda *message: heard.append(message), states.append, make_will)
        line.start()
        self.pass_s(1.0)
        return line


@pytest.mark.parametrize(
    ("pattern", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/+/c", "a/b/c", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/+/+", "a/b/c", True),
        ("+/b", "a/c", False),
    ],
)
def test_a_filter_fits_as_in_mqtt(pattern: str, topic: str, fits: bool) -> None:
    assert matches(pattern, topic) is fits


def test_what_is_retained_is_told_to_whoever_comes_later_and_only_the_newest() -> None:
    sky = Sky()
    sender = sky.line("station")
    for payload in (b"old", b"new"):
        sender.publish("plan", payload, retain=True)
    sender.publish("order", b"gone")
    sky.pass_s(1.0)
    sky.line("node", "plan", "order")
    assert sky.heard["node"] == [("plan", b"new", True)]


def test_what_is_on_its_way_when_a_line_breaks_is_lost_and_nothing_waits_for_who_is_away() -> None:
    sky = Sky(Weather(longest_s=0.5))
    sender, _ = sky.line("station"), sky.line("node", "order")
    sender.publish("order", b"1")
    sky.broker.cut("node")
    sender.publish("order", b"2")
    sky.pass_s(5.0)
    sky.broker.mend("node")
    sky.pass_s(5.0)
    sender.publish("order", b"3")
    sky.pass_s(5.0)
    assert sky.heard["node"] == [("order", b"3", False)]
    assert sky.states["node"] == [LinkState.UP, LinkState.DOWN, LinkState.UP]


def test_a_line_that_is_down_takes_nothing() -> None:
    sky = Sky()
    sender = sky.line("station")
    sky.broker.cut("station")
    assert not sender.publish("order", b"1")


def test_one_topic_keeps_its_order_and_two_do_not() -> None:
    sky = Sky(Weather(longest_s=0.5))
    sender, _ = sky.line("station"), sky.line("node", "a", "b")
    for number in range(50):
        sender.publish("a" if number % 2 else "b", bytes([number]))
    sky.pass_s(5.0)
    numbers = [payload[0] for _, payload, _ in sky.heard["node"]]
    assert sorted(numbers) == list(range(50))
    assert numbers != sorted(numbers)
    for topic in ("a", "b"):
        of_one = [payload[0] for heard, payload, _ in sky.heard["node"] if heard == topic]
        assert of_one == sorted(of_one)


def test_messages_of_qos_1_come_at_least_once_and_those_of_qos_0_at_most_once() -> None:
    sky = Sky(Weather(longest_s=0.1, twice=0.5))
    sender, _ = sky.line("station"), sky.line("node", "sure", "time")
    for number in range(40):
        sender.publish("sure", bytes([number]))
        sender.publish("time", bytes([number]), qos=0)
    sky.pass_s(5.0)
    sure = [payload for topic, payload, _ in sky.heard["node"] if topic == "sure"]
    plain = [payload for topic, payload, _ in sky.heard["node"] if topic == "time"]
    assert set(sure) == {bytes([number]) for number in range(40)}
    assert len(sure) > 45
    assert sorted(plain) == [bytes([number]) for number in range(40)]


def test_a_will_is_told_when_a_client_dies_and_not_when_it_says_goodbye() -> None:
    sky = Sky(Weather(will_after_s=15.0))
    sky.line("station", "state/+")
    dying = sky.line("node-1", will=("state/node-1", b"offline"))
    leaving = sky.line("node-2", will=("state/node-2", b"offline"))
    sky.broker.leave(dying)
    leaving.stop()
    sky.pass_s(60.0)
    assert sky.heard["station"] == [("state/node-1", b"offline", False)]
