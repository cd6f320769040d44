"""What the dispatcher does for alerts: rung again when more is made, never after a stop, sounds kept on every node."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.priority import Priority
from smartradio.wire.chunks import sha256_hex
from smartradio.wire.messages import Action, NodeConfig, Order, SegmentRef, unseal
from tests.station.commune import NODES, NOON, STATION_KEY, TOPICS, airing_of, recording_of, run, until
from tests.station.test_dispatcher import LARGE, SMALL, Office, wish, working


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def alert(office: Office) -> tuple[Airing, Recording, Airing, Recording]:
    """An alert with its opening, and what it has become."""
    whole = recording_of(office.objects, "lu", [SMALL, LARGE])
    opening = replace(whole, id="0" * 64, segments=whole.segments[:1])
    flood = replace(airing_of(opening, NOON, priority=Priority.EMERGENCY), grows=True)
    return flood, opening, replace(flood, recording_id=whole.id, grows=False), whole


def played(office: Office) -> list[Order]:
    return [order for order in office.orders() if order.action is Action.PLAY]


def test_an_alert_is_rung_again_with_all_of_it_and_its_words_may_be_wished_for_at_once(office: Office) -> None:
    async def work() -> None:
        flood, opening, grown, whole = alert(office)
        async with working(office):
            office.dispatcher.link_is(True)
            office.dispatcher.alert(flood, opening)
            await until(lambda: len(played(office)) == 1)
            office.dispatcher.alert(grown, whole)
            for node in NODES:
                office.dispatcher.wish(wish(node, LARGE))
            await until(lambda: len(played(office)) == 2)
            await until(lambda: len(office.chunks()) == 3)
            await until(lambda: office.plans()[-1].airings == (played(office)[1].airing,))
        first, second = (order.airing for order in played(office))
        assert first is not None
        assert second is not None
        assert (first.grows, second.grows) == (True, False)
        assert second.continues(first)

    run(work)


def test_what_was_stopped_is_not_rung_when_the_rest_of_it_is_made(office: Office) -> None:
    async def work() -> None:
        flood, opening, grown, whole = alert(office)
        async with working(office):
            office.dispatcher.link_is(True)
            office.dispatcher.alert(flood, opening)
            await until(lambda: len(played(office)) == 1)
            office.dispatcher.stop_airing(flood)
            office.dispatcher.hold([], {})
            office.dispatcher.alert(grown, whole)
            await until(lambda: [order.action for order in office.orders()][-1:] == [Action.STOP])
            await until(lambda: bool(office.plans()) and office.plans()[-1].airings == ())
            office.dispatcher.wish(wish("thon-1", LARGE))
            await until(lambda: len(office.orders()) == 2)
        assert [order.action for order in office.orders()] == [Action.PLAY, Action.STOP]

    run(work)


def test_an_older_look_into_the_store_takes_no_alert_off_the_wire(office: Office) -> None:
    async def work() -> None:
        flood, opening, _, _ = alert(office)
        async with working(office):
            # The link is down: the order waits, and the plan is handed on as it stood a moment before.
            office.dispatcher.alert(flood, opening)
            office.hold()
            office.dispatcher.link_is(True)
            await until(lambda: len(played(office)) == 1)
            both = {office.airing.id, flood.id}
            await until(lambda: {each.airing for plan in office.plans()[-1:] for each in plan.airings} == both)

    run(work)


def test_an_alert_that_sounds_is_not_silenced_by_a_look_into_the_store_from_before_it(office: Office) -> None:
    async def work() -> None:
        flood, opening, grown, whole = alert(office)
        async with working(office):
            office.dispatcher.link_is(True)
            office.hold()
            office.dispatcher.alert(flood, opening)
            both = {office.airing.id, flood.id}
            await until(lambda: {each.airing for plan in office.plans()[-1:] for each in plan.airings} == both)
            # Read before the alert was committed, handed on after it was rung; then before its rest was made.
            office.hold()
            office.dispatcher.alert(grown, whole)
            await until(lambda: len(played(office)) == 2)
            recordings = {office.recording.id: office.recording, opening.id: opening}
            office.dispatcher.hold([office.airing, flood], recordings)
            office.dispatcher.say_again()
            before = len(office.plans())
            await until(lambda: len(office.plans()) > before)
        since = [plan for plan in office.plans() if flood.id in {each.airing for each in plan.airings}]
        assert since == office.plans()[office.plans().index(since[0]) :]
        assert since[-1].airings == tuple(sorted(since[-1].airings, key=lambda each: each.starts_at))
        assert [each.grows for each in since[-1].airings if each.airing == flood.id] == [False]

    run(work)


def test_what_was_stopped_comes_back_by_no_older_look_into_the_store(office: Office) -> None:
    async def work() -> None:
        flood, opening, _, _ = alert(office)
        async with working(office):
            office.dispatcher.link_is(True)
            office.dispatcher.alert(flood, opening)
            await until(lambda: bool(office.plans()) and bool(office.plans()[-1].airings))
            office.dispatcher.stop_airing(flood)
            recordings = {office.recording.id: office.recording, opening.id: opening}
            office.dispatcher.hold([office.airing, flood], recordings)
            await until(lambda: [each.airing for each in office.plans()[-1].airings] == [office.airing.id])

    run(work)


def test_sounds_that_are_kept_stand_in_every_nodes_settings_and_are_sent_to_whom_wishes_for_them(
    office: Office,
) -> None:
    async def work() -> None:
        siren = SegmentRef(sha256=sha256_hex(SMALL), size_bytes=len(SMALL), duration_s=6.0)
        office.objects.put(SMALL)
        async with working(office):
            office.dispatcher.link_is(True)
            office.dispatcher.wishes.offer({siren.sha256: len(SMALL)}, NOON + timedelta(hours=1), NODES)
            office.dispatcher.keep([siren])
            configs = [TOPICS.node(node, "config") for node in NODES]

            def kept() -> list[tuple[SegmentRef, ...]]:
                newest = {t: p for t, p, retained in office.link.sent if t in configs and retained}
                return [unseal(NodeConfig, t, p, STATION_KEY.public_hex).kept for t, p in newest.items()]

            await until(lambda: kept() == [(siren,)] * len(NODES))
            office.dispatcher.wish(wish("thon-2", SMALL))
            await until(lambda: len(office.chunks()) == 1)

    run(work)
