"""A station that serves: the garbage collector leaves what stands alone, and threads give way to each other."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio.cli.collector import spared
from smartradio.cli.serving import ConsoleSettings, console, listen
from smartradio.station.settings import StationSettings, ZoneSettings
from smartradio.station.station import Station


class Ring:
    """Holds itself, so that the collector alone can find that nobody wants it any more."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold(), sys.getswitchinterval()
    assert gc.get_freeze_count() == 0
    yield
    assert gc.get_freeze_count() == 0
    assert (gc.get_threshold(), sys.getswitchinterval()) == before


def test_what_stands_when_serving_begins_is_not_walked_through() -> None:
    held = Ring()
    with spared():
        assert gc.get_freeze_count() > 10_000
        assert not any(each is held for each in gc.get_objects())


def test_garbage_of_before_is_not_kept_for_months() -> None:
    gone = weakref.ref(Ring())
    with spared():
        assert gone() is None


def test_what_comes_while_it_serves_is_collected() -> None:
    with spared():
        gone = weakref.ref(Ring())
        gc.collect()
        assert gone() is None


def test_what_stood_from_the_start_is_collected_once_it_serves_no_more() -> None:
    held = Ring()
    gone = weakref.ref(held)
    with spared():
        del held
    gc.collect()
    assert gone() is None


def test_both_hold_as_long_as_the_console_stands_open(tmp_path: Path) -> None:
    settings = StationSettings(
        station="yen-hoa",
        title="Đài",
        folder=tmp_path / "station",
        zones=(ZoneSettings(name="thon-1", title="Thôn 1"),),
        recogniser="none",
        standing_text="",
    )

    async def served() -> tuple[int, float]:
        station = Station(settings)
        await station.start()
        try:
            async with console(station, listen(ConsoleSettings(port=0))):
                return gc.get_freeze_count(), sys.getswitchinterval()
        finally:
            await station.stop()

    frozen, turn_s = asyncio.run(served())
    assert frozen > 10_000
    assert turn_s < 0.001 < sys.getswitchinterval()
