"""A crowd at the login keeps nobody else outside."""

from __future__ import annotations

import asyncio

import pytest

from smartradio.web.entrance import AT_ONCE, MOST_WAITING, CrowdedError, Entrance

LIMIT_S = 5.0


def test_an_officer_comes_in_before_the_second_of_a_crowd_of_one_sender() -> None:
    async def work() -> list[str]:
        entrance, came = Entrance(), []
        first, go_on = asyncio.Event(), asyncio.Event()

        async def come(who: str) -> None:
            async with entrance.turn(who):
                came.append(who)
                first.set()
                if who == "crowd":
                    await go_on.wait()

        crowd = [asyncio.create_task(come("crowd")) for _ in range(MOST_WAITING)]
        async with asyncio.timeout(LIMIT_S):
            await first.wait()
            await come("officer")
            go_on.set()
            await asyncio.gather(*crowd)
        return came

    assert asyncio.run(work()) == ["crowd", "officer", *["crowd"] * (MOST_WAITING - 1)]


def test_one_sender_too_often_is_told_at_once_and_forgotten_afterwards() -> None:
    async def work() -> None:
        entrance, go_on = Entrance(), asyncio.Event()

        async def come() -> None:
            async with entrance.turn("crowd"):
                await go_on.wait()

        crowd = [asyncio.create_task(come()) for _ in range(MOST_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(CrowdedError, match="try again in a moment"):
            await come()
        go_on.set()
        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*crowd)
            await come()

    asyncio.run(work())


def test_never_more_passwords_are_looked_at_together_than_there_are_threads_to_spare() -> None:
    async def work() -> int:
        entrance, inside, most = Entrance(), 0, 0

        async def come(who: str) -> None:
            nonlocal inside, most
            async with entrance.turn(who):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        async with asyncio.timeout(LIMIT_S):
            await asyncio.gather(*(come(f"10.0.0.{number}") for number in range(50)))
        return most

    assert asyncio.run(work()) == AT_ONCE
