from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.station.commune import (
    NOON,
    run,
    sealed_state,
    until,
)
from tests.station.monitored import Listening, awake


def test_a_node_is_online_by_its_state_and_offline_when_it_falls_silent(listening: Listening) -> None:
    def online() -> dict[str, bool]:
        return {view.name: view.online for view in listening.store.node_views()}

    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON))
            listening.say(*sealed_state("thon-2", NOON - timedelta(hours=3)), retained=True)
            await until(lambda: online()["thon-1"])
            await asyncio.sleep(0.1)
            assert not online()["thon-2"]  # what the broker kept of a node long gone
            listening.clock.pass_s(94)
            listening.monitor.mark_silent()
            await asyncio.sleep(0.1)
            assert online()["thon-1"]
            listening.clock.pass_s(2)
            listening.monitor.mark_silent()
            await until(lambda: not online()["thon-1"])

    run(work)


def test_two_nodes_with_one_name_are_told_and_a_restarted_one_is_not(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            for boot in ("boot-1", "boot-2"):
                listening.say(*sealed_state("thon-1", NOON, boot=boot))
            await asyncio.sleep(0.2)
            assert listening.refusals() == []
            listening.say(*sealed_state("thon-1", NOON, boot="boot-1"))
            await until(listening.refusals)
        assert listening.refusals()[0].reason == "name_taken"

    run(work)


def test_what_is_wrong_with_a_node_stands_beside_its_name(listening: Listening) -> None:
    async def work() -> None:
        async with awake(listening):
            health = {"undervoltage_now": True, "load_1min": 0.4, "throttled_now": False}
            listening.say(*sealed_state("thon-1", NOON, health=health, clock_trusted=False))
            await until(lambda: listening.store.node_views()[0].online)
        assert listening.store.node_views()[0].problems == ("undervoltage_now", "clock_untrusted")

    run(work)


def test_after_a_restored_backup_the_station_counts_on_from_where_its_nodes_stand(listening: Listening) -> None:
    async def work() -> None:
        before = listening.store.next_counter()
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON, plan=before))
            await until(lambda: listening.store.node_views()[0].online)
            assert listening.said_again == 0
            held = (before[0], before[1] + 1_000)
            listening.say(*sealed_state("thon-1", NOON, plan=held))
            await until(lambda: listening.said_again)
            after = listening.store.next_counter()
            assert after > held
            listening.say(*sealed_state("thon-2", NOON, plan=held))
            await until(lambda: listening.store.node_views()[1].online)
            assert listening.said_again == 1
            listening.say(*sealed_state("thon-3", NOON, plan=(2**40, 1)))
            await until(listening.refusals)
        assert listening.store.next_counter()[0] == after[0]

    run(work)


@pytest.mark.parametrize("rung", ["standing", "silence"])
def test_a_node_that_has_no_programme_to_play_says_on_which_rung_it_stands(listening: Listening, rung: str) -> None:
    async def work() -> None:
        async with awake(listening):
            listening.say(*sealed_state("thon-1", NOON, rung=rung))
            await until(lambda: listening.store.node_views()[0].online)
        assert listening.store.node_views()[0].problems == (f"rung_{rung}",)

    run(work)
