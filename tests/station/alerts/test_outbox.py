"""Beside the horns: told once, tried again, never of what is over, and no channel waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.calling import Caller
from smartradio.station.alerts.channels.outbox import Outbox, Way
from smartradio.station.alerts.channels.port import ChannelError
from smartradio.station.alerts.channels.settings import WebhookChannel
from smartradio.station.alerts.channels.webhook import WebhookTeller
from smartradio.station.relay.addresses import Door
from smartradio.station.store import Store
from tests.station.alerts.beside_office import Beside, Clock, Telephones
from tests.station.alerts.web_server import answering, hanging, serving


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = Store.open(tmp_path, clock=clock)
    yield store
    store.close()


Run = Callable[[Callable[[Beside], Coroutine[Any, Any, None]]], Beside]


@pytest.fixture
def beside(store: Store, clock: Clock) -> Run:
    """Run a story with an outbox whose channel is `sms`, unless it brings its own."""

    def run(story: Callable[[Beside], Coroutine[Any, Any, None]]) -> Beside:
        async def told() -> Beside:
            made = Beside(store, clock, sms=Telephones("0912", "0987"))
            await story(made)
            return made

        return asyncio.run(told())

    return run


def test_everybody_is_told_once_also_after_a_restart(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        await made.look()
        await made.look()
        made.begun()
        await made.look()

    made = beside(story)
    assert made.channels["sms"].told == [("sent", "lu", "0912"), ("sent", "lu", "0987")]
    assert made.states() == [("0912", "sent", "sent"), ("0987", "sent", "sent")]


def test_what_a_crash_cut_short_is_told_again_under_the_same_id(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        await made.look()
        first = made.store.beside.fan_out.of_alert("lu")[0]
        made.store.beside.fan_out.not_sent(first.number, "the station fell over", made.clock())
        made.store._database.write(lambda c: c.exec_driver_sql("UPDATE fan_out SET state = 'waiting' WHERE number = 1"))
        made.begun()
        await made.look()

    ids = beside(story).channels["sms"].ids
    assert len(ids) == 3
    assert ids[2] == ids[0] != ids[1]


def test_a_channel_that_fails_is_tried_again_and_the_technician_is_told_until_it_takes(beside: Run) -> None:
    async def story(made: Beside) -> None:
        sms = made.channels["sms"]
        sms.failure = ChannelError("no credit")
        made.out()
        await made.look()
        assert made.technician.open == {}
        made.clock.later(seconds=10)
        await made.look()
        assert made.technician.open == {"sms": "no credit"}
        sms.failure = None
        made.clock.later(minutes=5)
        await made.look()
        assert made.technician.open == {}

    assert sorted(beside(story).channels["sms"].told) == [("sent", "lu", "0912"), ("sent", "lu", "0987")]


def test_whoever_looks_at_an_alert_learns_of_each_step(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        await made.look()
        assert made.news == ["lu"] * 3
        made.channels["sms"].failure = ChannelError("no such number", for_good=True)
        made.out("bao")
        await made.look()

    assert beside(story).news[3:] == ["bao"] * 3


def test_a_channel_that_fails_is_left_alone_for_a_while(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.channels["sms"].failure = ChannelError("no credit")
        made.out()
        await made.look()
        await made.look()
        await made.look()

    assert [each.attempts for each in beside(story).store.beside.fan_out.of_alert("lu")] == [1, 0]


def test_a_number_that_is_none_holds_up_no_other(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.channels["sms"].failure = ChannelError("no such number", for_good=True)
        made.out()
        await made.look()

    made = beside(story)
    assert made.states() == [("0912", "sent", "given_up"), ("0987", "sent", "given_up")]
    assert made.technician.open == {}


def test_what_nobody_takes_is_given_up_after_a_while(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.channels["sms"].failure = ChannelError("busy")
        made.out()
        for _ in range(40):
            await made.look()
            made.clock.later(minutes=2)

    assert [state for _, _, state in beside(story).states()] == ["given_up", "given_up"]


def test_who_was_told_is_told_of_the_end_and_who_was_not_is_told_nothing(beside: Run) -> None:
    async def story(made: Beside) -> None:
        sms = made.channels["sms"]
        made.out()
        await made.outbox.look()
        await made.look()
        sms.recipients = ("0912", "0987", "0900")
        made.becomes(AlertState.CANCELLED)
        await made.look()

    assert beside(story).channels["sms"].told[2:] == [("cancelled", "lu", "0912"), ("cancelled", "lu", "0987")]


@pytest.mark.parametrize("state", [AlertState.CANCELLED, AlertState.UPDATED, AlertState.EXPIRED])
def test_what_is_over_before_it_could_be_told_is_not_told(beside: Run, state: AlertState) -> None:
    async def story(made: Beside) -> None:
        sms = made.channels["sms"]
        sms.failure = ChannelError("busy")
        made.out()
        await made.look()
        sms.failure = None
        made.becomes(state)
        made.clock.later(minutes=10)
        await made.look()

    told = beside(story).channels["sms"].told
    # A try without an answer may have reached the first of them.
    assert told == ([("cancelled", "lu", "0912")] if state is AlertState.CANCELLED else [])


def test_the_report_counts_who_was_told_and_why_others_were_not(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        await made.look()
        made.channels["sms"].failure = ChannelError("no such number", for_good=True)
        made.becomes(AlertState.CANCELLED)
        await made.look()

    told, over = beside(story).store.beside.fan_out.counts("lu")
    assert (told.channel, told.event.value, told.told, told.waiting, told.fault) == ("sms", "sent", 2, 0, "")
    assert (over.event.value, over.told, over.given_up, over.fault) == ("cancelled", 0, 2, "no such number")


def test_telephone_numbers_are_forgotten_and_what_was_told_is_not(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        await made.look()
        made.store.beside.fan_out.forget_recipients(made.clock() - timedelta(days=30))
        assert [recipient for recipient, _, _ in made.states()] == ["0912", "0987"]
        made.clock.later(days=31)
        for _ in range(2):
            made.store.beside.fan_out.forget_recipients(made.clock() - timedelta(days=30))

    made = beside(story)
    assert made.states() == [("#1", "sent", "sent"), ("#2", "sent", "sent")]
    assert made.store.beside.fan_out.counts("lu")[0].told == 2


def test_a_station_that_was_off_for_hours_tells_nobody_of_the_past(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        made.clock.later(hours=3)
        made.begun()
        await made.look()

    assert beside(story).channels["sms"].told == []


@pytest.mark.parametrize(
    ("status", "exercises", "told"),
    [
        (AlertStatus.EXERCISE, False, 0),
        (AlertStatus.EXERCISE, True, 2),
        (AlertStatus.TEST, True, 0),
        (AlertStatus.ACTUAL, False, 2),
    ],
)
def test_exercises_are_told_where_they_are_wanted_and_tests_nowhere(
    beside: Run, status: AlertStatus, exercises: bool, told: int
) -> None:
    async def story(made: Beside) -> None:
        made.begun(exercises=exercises)
        made.out(status=status)
        await made.look()

    assert len(beside(story).channels["sms"].told) == told


def test_what_waits_for_a_channel_that_is_set_no_more_is_dropped(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.channels["sms"].failure = ChannelError("busy")
        made.out()
        await made.look()
        made.channels = {}
        await made.begun().take_up()

    assert [state for _, _, state in beside(story).states()] == ["dropped", "dropped"]


def test_a_clock_that_is_set_back_hides_no_alert(beside: Run) -> None:
    async def story(made: Beside) -> None:
        await made.look()
        made.clock.later(hours=-3)
        made.out()
        await made.look()

    assert len(beside(story).channels["sms"].told) == 2


def test_the_moment_of_sending_belongs_to_the_horns(beside: Run) -> None:
    async def story(made: Beside) -> None:
        made.out()
        made.clock.later(seconds=-1)
        await made.look()
        assert made.states() == []
        made.clock.later(seconds=1)
        await made.look()

    assert len(beside(story).channels["sms"].told) == 2


def test_a_server_that_hangs_holds_up_neither_another_channel_nor_whoever_looks(store: Store, clock: Clock) -> None:
    async def run() -> tuple[float, list[tuple[str, str, str]]]:
        made = Beside(store, clock, sms=Telephones("0912"))
        async with serving(hanging) as stuck, serving(answering(b"")) as works:
            ways = dict(_hooks(clock, hangs=stuck.url, works=works.url))
            made.outbox = Outbox(store.beside.fan_out, made.book, ways, made.outbox._around)
            made.out()
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await made.outbox.look()
            took_s = loop.time() - begun
            await works.until_asked(1)
            await stuck.until_asked(1)
            waiting = {each.channel: each.state.value for each in store.beside.fan_out.of_alert("lu")}
            assert waiting["hangs"] == "waiting"
            made.outbox.close()
            while made.tasks:
                await asyncio.gather(*made.tasks)
            return took_s, sorted((each.channel, each.state.value, "") for each in store.beside.fan_out.of_alert("lu"))

    took_s, states = asyncio.run(run())
    assert took_s < 1.0
    assert states == [("hangs", "waiting", ""), ("works", "sent", "")]


def _hooks(clock: Clock, **urls: str) -> Iterator[tuple[str, Way]]:
    for name, url in urls.items():
        secret = SecretStr("0123456789abcdef")
        settings = WebhookChannel(kind="webhook", name=name, url=url, secret=secret, local_network=True)
        caller = Caller(name, Door(local_allowed=True), timeout_s=10.0)
        yield name, Way(settings, WebhookTeller(settings, caller, clock=clock))
