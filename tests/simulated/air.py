"""An MQTT broker within one process and in simulated time, as honest as MQTT 3.1.1 and no better.

Kept: retained messages, the order of messages on one topic (MQTT 3.1.1, 4.6), last wills. Not kept, where `Weather`
says so: the order between topics, that a message comes only once, and all that was on its way when a connection ends
(sessions are clean, so nothing waits for a client that is away).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from smartradio.wire.client import LinkState

OnMessage = Callable[[str, bytes, bool], None]
_ANSWER_WITHIN_S = 10.0
# What hangs together with something written; heartbeats and questions for the time do not.
_KEPT = ("plan", "config", "order", "report", "ack", "audio", "want", "clip")


@dataclass(frozen=True)
class Weather:
    """What the lines do to messages.

    `longest_s` is the longest way between client and broker, `twice` the share that comes twice, `will_after_s` when a
    broken line is noticed and its will told.
    """

    longest_s: float = 0.0
    twice: float = 0.0
    will_after_s: float = 15.0


class Line:
    """One client's link to the broker: the face of `smartradio.wire.client.Link`, for stations and nodes alike."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        subscriptions: Sequence[str],
        on_message: OnMessage,
        on_state: Callable[[LinkState], None],
        will: Callable[[], tuple[str, bytes]] | None = None,
    ) -> None:
        self.name = name
        self.broker = broker
        self.topics = dict.fromkeys(subscriptions)
        self.on_message = on_message
        self.on_state = on_state
        self.make_will = will
        self.will: tuple[str, bytes] | None = None
        self.started = False
        self.up = False
        self.session = 0

    @property
    def state(self) -> LinkState:
        return LinkState.UP if self.up else LinkState.DOWN

    def start(self) -> None:
        self.started = True
        self.broker.join(self)

    def stop(self, timeout_s: float = 3.0) -> None:
        self.started = False
        self.broker.leave(self, goodbye=True)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        return self.broker.publish(self, topic, payload, qos=qos, retain=retain)

    def wait_room(self, timeout_s: float) -> bool:
        return self.up

    def subscribe(self, topic: str) -> None:
        self.topics[topic] = None
        if self.up:
            self.broker.subscribe(self, topic)

    def unsubscribe(self, topic: str) -> None:
        self.topics.pop(topic, None)
        if self.up:
            self.broker.unsubscribe(self, topic)


class Broker:
    """Carries messages between lines. `later(after_s, work)` is the world's; `touch(name, what)` may end a client."""

    def __init__(
        self,
        later: Callable[[float, Callable[[], None]], None],
        now_s: Callable[[], float],
        random: Random,
        weather: Weather,
        touch: Callable[[str, str], None] = lambda name, what: None,
    ) -> None:
        self._later = later
        self._now_s = now_s
        self._random = random
        self._weather = weather
        self._touch = touch
        self._cut: set[str] = set()
        self._lines: list[Line] = []
        self._exact: dict[str, dict[Line, None]] = defaultdict(dict)
        self._below: dict[str, dict[Line, None]] = defaultdict(dict)
        self._wild: list[tuple[list[str], Line]] = []
        self._last_s: dict[tuple[object, str], float] = {}
        self._from_thread = threading.Condition()
        self._thread_said: list[Callable[[], None]] = []
        self.retained: dict[str, bytes] = {}
        self.carried = 0

    # -- lines

    def join(self, line: Line) -> None:
        """Connect a line, at once or when it is mended."""
        self._lines.append(line)
        self._later(self._way_s(), lambda: self._connect(line))

    def cut(self, name: str) -> None:
        """Break a client's line until it is mended; what is on its way is lost."""
        self._cut.add(name)
        for line in [line for line in self._lines if line.name == name]:
            self._drop(line)
            line.on_state(LinkState.DOWN)

    def mend(self, name: str) -> None:
        """Let a client connect again."""
        self._cut.discard(name)
        for line in [line for line in self._lines if line.name == name]:
            self._later(self._way_s(), lambda line=line: self._connect(line))  # type: ignore[misc]

    def leave(self, line: Line, *, goodbye: bool = False) -> None:
        """End a line for good; without a goodbye (the client has died) its will is told."""
        if line in self._lines:
            self._lines.remove(line)
            self._drop(line, told=goodbye)

    def _connect(self, line: Line) -> None:
        if line.up or line not in self._lines or line.name in self._cut:
            return
        line.session += 1
        line.will = line.make_will() if line.make_will is not None else None
        line.up = True
        for topic in list(line.topics):
            self.subscribe(line, topic)
        line.on_state(LinkState.UP)

    def _drop(self, line: Line, *, told: bool = False) -> None:
        if not line.up:
            return
        line.up = False
        line.session += 1
        for topic in line.topics:
            self.unsubscribe(line, topic)
        if line.will is not None and not told:
            topic, payload = line.will
            session = line.session

            def tell() -> None:
                if line.session == session:
                    self._route(topic, payload, qos=1, retain=True)

            self._later(self._weather.will_after_s, tell)

    # -- subscriptions

    def subscribe(self, line: Line, topic: str) -> None:
        """Take a subscription and hand out what is retained."""
        place = self._place(topic)
        if place is not None:
            place[line] = None
        else:
            self._wild.append((topic.split("/"), line))
        for known, payload in list(self.retained.items()):
            if matches(topic, known):
                self._send(line, known, payload, qos=1, retained=True)

    def unsubscribe(self, line: Line, topic: str) -> None:
        """Forget a subscription."""
        place = self._place(topic)
        if place is not None:
            place.pop(line, None)
        else:
            self._wild = [each for each in self._wild if each != (topic.split("/"), line)]

    def _place(self, topic: str) -> dict[Line, None] | None:
        if "+" not in topic and "#" not in topic:
            return self._exact[topic]
        head, _, last = topic.rpartition("/")
        return self._below[head] if last == "+" and "+" not in head else None

    def _hearers(self, topic: str) -> dict[Line, None]:
        found = dict(self._exact.get(topic, ()))
        found |= self._below.get(topic.rpartition("/")[0], {})
        levels = topic.split("/")
        found |= {line: None for pattern, line in self._wild if _fits(pattern, levels)}
        return found

    # -- messages

    def publish(self, line: Line, topic: str, payload: bytes, *, qos: int, retain: bool) -> bool:
        """Take a message of a client; False while its line is down."""
        if threading.current_thread() is not threading.main_thread():
            # The station's timekeeper answers on a thread of its own; `ask_time` waits for it.
            with self._from_thread:
                self._thread_said.append(lambda: self._take(line, topic, payload, qos, retain))
                self._from_thread.notify_all()
            return line.up
        leaf = next((each for each in _KEPT if f"/{each}" in topic), None)
        if leaf is not None:
            self._touch(line.name, f"before {leaf} is sent")
        if not line.up:
            return False
        self._take(line, topic, payload, qos, retain)
        if leaf is not None:
            self._touch(line.name, f"after {leaf} is sent")
        return True

    def _take(self, line: Line, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        session = line.session

        def arrive() -> None:
            if line.session == session:
                self._route(topic, payload, qos=qos, retain=retain)

        self._orderly((line, "up"), topic, arrive)
        if qos and self._random.random() < self._weather.twice:
            self._orderly((line, "up"), topic, arrive)

    def _route(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        self.carried += 1
        if retain:
            self.retained[topic] = payload
        for line in self._hearers(topic):
            self._send(line, topic, payload, qos=qos, retained=False)

    def _send(self, line: Line, topic: str, payload: bytes, *, qos: int, retained: bool) -> None:
        session = line.session

        def arrive() -> None:
            if line.session != session or not line.up:
                return
            line.on_message(topic, payload, retained)
            if topic.endswith("/time"):
                self._wait_for_answer()

        self._orderly((line, "down"), topic, arrive)
        if qos and self._random.random() < self._weather.twice:
            # A duplicate comes after others of its topic too.
            self._later(self._weather.longest_s + self._way_s(), arrive)

    def _orderly(self, way: object, topic: str, arrive: Callable[[], None]) -> None:
        now_s = self._now_s()
        at_s = max(now_s + self._way_s(), self._last_s.get((way, topic), 0.0))
        if self._weather.longest_s:
            self._last_s[way, topic] = at_s
        self._later(at_s - now_s, arrive)

    def _way_s(self) -> float:
        return self._random.uniform(0.0, self._weather.longest_s) if self._weather.longest_s else 0.0

    def _wait_for_answer(self) -> None:
        with self._from_thread:
            assert self._from_thread.wait_for(lambda: self._thread_said, _ANSWER_WITHIN_S), "nobody told the time"
            said, self._thread_said = self._thread_said, []
        for each in said:
            each()


def _fits(pattern: list[str], levels: list[str]) -> bool:
    if pattern[-1] == "#":
        return len(levels) >= len(pattern) - 1 and all(
            p in ("+", v) for p, v in zip(pattern[:-1], levels, strict=False)
        )
    return len(pattern) == len(levels) and all(p in ("+", v) for p, v in zip(pattern, levels, strict=True))


def matches(pattern: str, topic: str) -> bool:
    """Say whether a topic fits an MQTT filter."""
    return _fits(pattern.split("/"), topic.split("/"))
