"""News of what changed: told once, gathered, from any thread, to whoever listens."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Coroutine

import pytest

from smartradio.station.news import GATHER_S, News, Subscription


def in_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Run a test in an event loop of its own."""
    return functools.wraps(test)(lambda: asyncio.run(test()))


async def next_of(reader: Subscription) -> frozenset[str]:
    return await asyncio.wait_for(anext(reader), timeout=5)


@in_loop
async def test_the_first_news_comes_at_once_and_what_follows_comes_together() -> None:
    news = News()
    reader = news.subscribe()
    news.publish("board", "airing/a")
    began = time.monotonic()
    assert await next_of(reader) == {"board", "airing/a"}
    assert time.monotonic() - began < GATHER_S
    news.publish("airing/b")
    news.publish("airing/c", "airing/b")
    assert await next_of(reader) == {"airing/b", "airing/c"}
    assert time.monotonic() - began >= GATHER_S * 0.9


@in_loop
async def test_what_is_told_on_another_thread_is_heard_in_the_loop() -> None:
    news = News()
    reader = news.subscribe()
    told = [threading.Thread(target=news.publish, args=(f"node/{n}",)) for n in range(20)]
    for thread in told:
        thread.start()
    heard: set[str] = set()
    while len(heard) < 20:
        heard |= await next_of(reader)
    for thread in told:
        thread.join()
    assert heard == {f"node/{n}" for n in range(20)}


@in_loop
async def test_every_reader_hears_everything_and_one_that_left_hears_nothing() -> None:
    news = News()
    first, second, gone = news.subscribe(), news.subscribe(), news.subscribe()
    await gone.aclose()
    news.publish("nodes")
    assert await next_of(first) == await next_of(second) == {"nodes"}
    with pytest.raises(StopAsyncIteration):
        await next_of(gone)


@in_loop
async def test_reading_ends_when_the_station_does() -> None:
    news = News()
    reader = news.subscribe()
    waiting = asyncio.create_task(next_of(reader))
    await asyncio.sleep(0)
    news.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    news.publish("board")


@in_loop
async def test_news_of_before_is_not_told() -> None:
    news = News()
    news.publish("board")
    reader = news.subscribe()
    news.publish("items")
    assert await next_of(reader) == {"items"}
