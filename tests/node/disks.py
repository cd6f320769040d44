"""Disks that a node may find under it: one that takes nothing, one that takes its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from smartradio.node.journal import Journal, JournalError
from tests.node.fakes import World


@contextmanager
def full_disk() -> Iterator[None]:
    """Have the journal take nothing."""
    real = Journal.together

    @contextmanager
    def full(self: Journal) -> Iterator[None]:
        raise JournalError("the disk is full")
        yield

    Journal.together = full  # type: ignore[method-assign]
    try:
        yield
    finally:
        Journal.together = real  # type: ignore[method-assign]


@contextmanager
def slow_disk(world: World, write_s: float) -> Iterator[None]:
    """Have every write take so long; meanwhile the loudspeaker goes on."""
    real = Journal.together

    @contextmanager
    def slow(self: Journal) -> Iterator[None]:
        outermost = not self._inside()
        with real(self):
            yield
            if outermost:
                until_s = world.clock.now_s + write_s
                while world.clock.now_s < until_s:
                    world.clock.now_s += 0.01
                    world.sound.pump()

    Journal.together = slow  # type: ignore[method-assign]
    try:
        yield
    finally:
        Journal.together = real  # type: ignore[method-assign]
