"""Whose turn it is beside the horns: what is newest goes before the rest of what is older, exercises last of all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.channels.port import ChannelMessage
from smartradio.station.alerts.kept import AlertStep
from smartradio.station.store import Store
from smartradio.station.store.fan_out import ChannelCount
from tests.station.alerts.beside_office import Beside, Clock, Telephones

NUMBERS = ("01", "02", "03", "04", "05")


class Slow(Telephones):
    """A channel at which something happens after its second message."""

    def __init__(self) -> None:
        super().__init__(*NUMBERS)
        self.then: Callable[[], Awaitable[None]] | None = None

    async def tell(self, message: ChannelMessage, recipient: str) -> str:
        answer = await super().tell(message, recipient)
        if self.then is not None and len(self.told) == 2:
            await self.then()
        return answer

    def turns(self) -> list[str]:
        """What was told in a row, as "event alert numbers"."""
        said: list[str] = []
        for event, alert, number in self.told:
            if said and said[-1].startswith(f"{event} {alert} "):
                said[-1] += number[-1]
            else:
                said.append(f"{event} {alert} {number[-1]}")
        return said


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    clock = Clock()
    store = Store.open(tmp_path, clock=clock)
    yield Beside(store, clock, sms=Slow())
    store.close()


def told(beside: Beside, *first: str, then: Callable[[], None]) -> list[str]:
    """Send alerts, have something happen after two messages, and return what was told in which turn."""
    sms = beside.channels["sms"]
    assert isinstance(sms, Slow)

    async def happens() -> None:
        then()
        await beside.outbox.look()

    async def run() -> None:
        for name in first:
            beside.out(name)
        sms.then = happens
        await beside.look()

    asyncio.run(run())
    return sms.turns()


def counts(beside: Beside, name: str) -> list[ChannelCount]:
    return beside.store.beside.fan_out.counts(name)


def test_a_newer_alert_goes_before_the_rest_of_an_older_ones_numbers(beside: Beside) -> None:
    def newer() -> None:
        beside.out("vo-de")

    assert told(beside, "lu", then=newer) == ["sent lu 12", "sent vo-de 12345", "sent lu 345"]
    assert [each.dropped for each in counts(beside, "lu")] == [0]


def test_an_update_goes_first_and_the_rest_are_not_told_what_it_replaced(beside: Beside) -> None:
    def update() -> None:
        beside.becomes(AlertState.UPDATED, "lu")
        beside.out("lu-2", supersedes="lu")

    assert told(beside, "lu", then=update) == ["sent lu 12", "sent lu-2 12345"]
    (count,) = counts(beside, "lu")
    assert (count.told, count.waiting, count.dropped) == (2, 0, 3)


def test_a_cancellation_goes_before_the_rest_of_an_older_alert_to_those_who_were_told(beside: Beside) -> None:
    def cancelled() -> None:
        beside.becomes(AlertState.CANCELLED, "lu")
        beside.clock.later(seconds=1)

    assert told(beside, "bao", "lu", then=cancelled) == ["sent lu 12", "cancelled lu 12", "sent bao 12345"]
    sent, over = counts(beside, "lu")
    assert (sent.told, sent.dropped, over.told, over.dropped) == (2, 3, 2, 0)


def test_a_newer_exercise_does_not_go_before_an_older_alert(beside: Beside) -> None:
    def drill() -> None:
        beside.out("dien-tap", status=AlertStatus.EXERCISE)
        beside.store.alert_book.take([AlertStep(beside.book.held["dien-tap"][0], None, ())])

    beside.begun(exercises=True)
    assert told(beside, "lu", then=drill) == ["sent lu 12345", "sent dien-tap 12345"]
