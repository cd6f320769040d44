from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from smartradio.domain.evidence import Reason
from smartradio.station import timekeeper as timekeeper_module
from smartradio.station.timekeeper import Timekeeper
from smartradio.wire.messages import TimeAnswer, TimeRequest, unseal, write_plain
from smartradio.wire.signing import RefusedError
from tests.station.commune import NOON, STATION_KEY, TOPICS, Clock

TOPIC = TOPICS.node("thon-1", "time/answer")


class Desk:
    """A timekeeper and what it answered and refused."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.refused: queue.Queue[tuple[str, RefusedError]] = queue.Queue()
        self.broken = threading.Event()
        self.keeper = Timekeeper(
            TOPICS,
            STATION_KEY,
            self._publish,
            clock=self.clock,
            refused=lambda node, error: self.refused.put((node, error)),
        )

    def _publish(self, topic: str, payload: bytes) -> bool:
        if self.broken.is_set():
            raise OSError("the link broke")
        self.answers.put((topic, payload))
        return True

    def answer(self) -> TimeAnswer:
        topic, payload = self.answers.get(timeout=5)
        return unseal(TimeAnswer, topic, payload, STATION_KEY.public_hex)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.keeper.start()
    yield desk
    desk.keeper.stop()


def asked(nonce: str) -> bytes:
    return write_plain(TimeRequest(node="thon-1", nonce=nonce))


def test_a_fresh_nonce_is_answered_with_the_station_s_signed_time(desk: Desk) -> None:
    desk.keeper.ask("thon-1", asked("n1"))
    first = desk.answer()
    assert (first.node, first.nonce, first.at) == ("thon-1", "n1", NOON)
    desk.clock.now += timedelta(seconds=5)
    desk.keeper.ask("thon-1", asked("n2"))
    assert desk.answer().at == NOON + timedelta(seconds=5)


def test_what_is_no_request_is_refused_and_the_next_one_answered(desk: Desk) -> None:
    desk.keeper.ask("thon-1", b"\x00")
    node, error = desk.refused.get(timeout=5)
    assert (node, error.reason) == ("thon-1", Reason.MALFORMED)
    desk.keeper.ask("thon-1", asked("n1"))
    assert desk.answer().nonce == "n1"


def test_a_link_that_breaks_does_not_end_the_answers(desk: Desk) -> None:
    desk.broken.set()
    desk.keeper.ask("thon-1", asked("lost"))
    while not desk.keeper._asked.empty():
        time.sleep(0.01)
    desk.broken.clear()
    desk.keeper.ask("thon-1", asked("n2"))
    assert desk.answer().nonce in {"lost", "n2"}


def test_a_request_that_waited_too_long_is_left_and_a_flood_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    for number in range(400):
        desk.keeper.ask("thon-1", asked(f"n{number}"))
    monkeypatch.setattr(timekeeper_module, "STALE_S", -1.0)
    desk.keeper.start()
    while not desk.keeper._asked.empty():
        time.sleep(0.01)
    desk.keeper.stop()
    assert desk.answers.empty()
