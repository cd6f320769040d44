"""Signs of life stop when the node's work has stopped, and for nothing else."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from smartradio.node.notify import Notifier
from smartradio.node.watchdog import LINK_STALLED_S, SOUND_STALLED_S, Progress, Watchdog
from tests.node.disks import full_disk
from tests.node.fakes import FakeClock, World
from tests.node.stage import Stage

WATCH_S = 30.0
WELL = Progress(sound_idle_s=0.0, link_idle_s=0.0, linked=True, playing=None, clock_trusted=True)


class Manager:
    """Listens as systemd does, and knows at what instant of the clock each sign came."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self._clock = clock
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ear.bind(str(folder / "notify"))
        self._ear.setblocking(False)
        self.notifier = Notifier(str(folder / "notify"), WATCH_S)
        self.said: list[str] = []
        self.signs_s: list[float] = []

    def listen(self) -> list[str]:
        while True:
            try:
                words = self._ear.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.said
            self.said += words
            if {"READY=1", "WATCHDOG=1"} & set(words):
                self.signs_s.append(self._clock.now_s)

    def longest_silence_s(self) -> float:
        """As the manager counts it: between two signs, and from the last one until now."""
        self.listen()
        ends = [*self.signs_s[1:], self._clock.now_s]
        return max(later - earlier for earlier, later in zip(self.signs_s, ends, strict=True))

    def close(self) -> None:
        self._ear.close()


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def clock(stage: Stage) -> FakeClock:
    return stage.clock


@pytest.fixture
def manager(tmp_path: Path, clock: FakeClock) -> Iterator[Manager]:
    made = Manager(tmp_path, clock)
    yield made
    made.close()


def live(manager: Manager, clock: FakeClock, seconds: float, progress: Callable[[], Progress], turn_s: float) -> None:
    """Let a loop turn that is as slow as told."""
    watchdog = Watchdog(manager.notifier, progress, clock.monotonic)
    until_s = clock.now_s + seconds
    while clock.now_s < until_s:
        watchdog.turn()
        manager.listen()
        clock.now_s += turn_s


def test_it_is_ready_at_the_first_turn_of_its_loop(manager: Manager, clock: FakeClock) -> None:
    Watchdog(manager.notifier, lambda: WELL, clock.monotonic).turn()
    assert manager.listen() == ["READY=1", "STATUS=nothing to play now; linked to the broker; time is trusted"]


def test_a_loop_that_turns_gives_signs_in_good_time_and_not_at_every_turn(manager: Manager, clock: FakeClock) -> None:
    live(manager, clock, 120.0, lambda: WELL, turn_s=0.1)
    assert manager.longest_silence_s() <= WATCH_S / 4
    assert len(manager.signs_s) < 40


def test_a_disk_that_takes_seconds_for_each_turn_is_no_reason(manager: Manager, clock: FakeClock) -> None:
    live(manager, clock, 600.0, lambda: WELL, turn_s=9.0)
    assert manager.longest_silence_s() < WATCH_S


def test_a_loop_that_does_not_turn_says_nothing(tmp_path: Path, manager: Manager) -> None:
    world = World(tmp_path / "node")
    manager._clock = world.clock
    stuck, go_on = threading.Event(), threading.Event()

    def never_returns(topic: str, payload: bytes) -> None:
        stuck.set()
        go_on.wait(60)

    watchdog = Watchdog(manager.notifier, lambda: world.agent.progress, world.clock.monotonic)
    world.up()
    assert world.link is not None
    world.link.on_publish = never_returns
    # The next heartbeat hangs in the link.
    world.clock.now_s += 31.0
    loop = threading.Thread(target=world.agent.run, args=(watchdog.turn,))
    world.link.start = lambda: None  # type: ignore[method-assign]
    loop.start()
    try:
        assert stuck.wait(30)
        manager.listen()
        world.clock.now_s += 10 * WATCH_S
        assert manager.longest_silence_s() == 10 * WATCH_S
        world.link.on_publish = world.station.on_publish
        world.agent.stop()
    finally:
        go_on.set()
        loop.join(30)
    assert not loop.is_alive()


def test_an_hour_of_sound_is_an_hour_of_signs(manager: Manager, stage: Stage) -> None:
    stage.player.warm()

    def airing() -> Progress:
        stage.sound._fill(np.zeros(480, dtype=np.float32), stage.clock.now_s)
        stage.player.poll()
        return replace(WELL, sound_idle_s=stage.player.idle_s, playing="a1")

    live(manager, stage.clock, 3_600.0, airing, turn_s=0.5)
    assert stage.sound.output_open
    assert manager.longest_silence_s() <= WATCH_S / 4
    assert "STATUS=playing a1; linked to the broker; time is trusted" in manager.said


def test_a_card_that_stops_asking_is_closed_by_the_player_and_no_reason(manager: Manager, stage: Stage) -> None:
    stage.player.warm()
    stage.sound.frozen = True

    def look() -> Progress:
        stage.player.poll()
        return replace(WELL, sound_idle_s=stage.player.idle_s)

    live(manager, stage.clock, 120.0, look, turn_s=1.0)
    assert not stage.sound.output_open
    assert manager.longest_silence_s() <= WATCH_S / 4


def test_an_open_card_that_asks_for_nothing_and_is_not_closed_stops_the_signs(
    manager: Manager, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.player.warm()
    with caplog.at_level(logging.ERROR):
        live(manager, stage.clock, 120.0, lambda: replace(WELL, sound_idle_s=stage.player.idle_s), turn_s=1.0)
    assert manager.longest_silence_s() >= 120.0 - SOUND_STALLED_S - WATCH_S / 6
    # Said to whoever reads the log, once, and to whoever looks at the service.
    assert len(caplog.records) == 1
    assert manager.said[-1].startswith("STATUS=stands still: the sound device")


def test_a_link_that_stands_still_stops_the_signs(manager: Manager, clock: FakeClock) -> None:
    begun_s = clock.now_s
    live(manager, clock, 600.0, lambda: replace(WELL, link_idle_s=clock.now_s - begun_s), turn_s=1.0)
    assert manager.longest_silence_s() >= 600.0 - LINK_STALLED_S - WATCH_S / 6


def test_a_broker_that_is_away_for_a_week_is_no_reason(manager: Manager, clock: FakeClock) -> None:
    # The machine waits up to 60 s between two attempts, and an attempt may take as long again.
    away = replace(WELL, linked=False, clock_trusted=False)
    live(manager, clock, 7 * 86_400.0, lambda: replace(away, link_idle_s=clock.now_s % 120.0), turn_s=20.0)
    assert manager.longest_silence_s() < WATCH_S
    assert manager.said[-1] == "STATUS=nothing to play now; no link to the broker, trying; time is not trusted yet"


def test_what_stood_still_and_moves_again_is_told_again(manager: Manager, clock: FakeClock) -> None:
    now = WELL
    watchdog = Watchdog(manager.notifier, lambda: now, clock.monotonic)
    signs = []
    for now in (WELL, replace(WELL, link_idle_s=LINK_STALLED_S + 1), WELL):  # noqa: B007 - the lambda's
        watchdog.turn()
        clock.now_s += WATCH_S / 3
        manager.listen()
        signs.append(len(manager.signs_s))
    assert signs == [1, 1, 2]


def test_a_node_whose_disk_takes_nothing_lives_on(tmp_path: Path, manager: Manager) -> None:
    world = World(tmp_path / "node")
    world.agent._stopping.wait = lambda timeout: False  # type: ignore[method-assign]
    manager._clock = world.clock
    watchdog = Watchdog(manager.notifier, lambda: world.agent.progress, world.clock.monotonic)
    world.up()
    with full_disk():
        world.station.plan(world.station.airing("a1", in_s=4.0, seconds=(1.5,)))
        for _ in range(30):
            watchdog.turn()
            world.run(1.0, step_s=0.1)
            manager.listen()
    assert manager.longest_silence_s() < WATCH_S / 2
    world.crash()


def test_without_a_manager_a_stall_is_still_in_the_log(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    watchdog = Watchdog(Notifier(), lambda: replace(WELL, link_idle_s=1e9), clock.monotonic)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            watchdog.turn()
            clock.now_s += 11.0
    assert "has neither tried nor waited" in caplog.text
