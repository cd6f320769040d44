"""Recordings on the disk: whole, right, and never more than there is room for."""

from __future__ import annotations

import errno
import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.node.cache import ASK_CAP_S, Arrival, Cache
from smartradio.wire.chunks import CHUNK_BYTES, sha256_hex, split


def make(folder: Path, **more: Any) -> Cache:
    fields = {"limit_mb": 1.0, "floor_mb": 0.0, "free_bytes": lambda path: 10**9, "jitter": lambda: 0.5}
    return Cache(folder / "audio", **(fields | more))


def send(cache: Cache, data: bytes, now_s: float = 0.0, keep: tuple[str, ...] = ()) -> Arrival:
    arrival = Arrival.UNWANTED
    for number, chunk in enumerate(split(data)):
        arrival = cache.chunk(sha256_hex(data), number, chunk, now_s, keep)
    return arrival


def fill(cache: Cache, *objects: bytes) -> None:
    cache.want({sha256_hex(data): len(data) for data in objects}, 0.0)
    for data in objects:
        assert send(cache, data) is Arrival.WHOLE


def test_an_object_is_here_only_when_it_is_whole(tmp_path: Path) -> None:
    cache, data = make(tmp_path), os.urandom(2 * CHUNK_BYTES + 5)
    sha = sha256_hex(data)
    cache.want({sha: len(data)}, 0.0)
    chunks = list(split(data))
    assert cache.chunk(sha, 2, chunks[2], 0.0, ()) is Arrival.KEPT
    assert cache.chunk(sha, 0, chunks[0], 0.0, ()) is Arrival.KEPT
    assert sha not in cache
    assert cache.chunk(sha, 1, chunks[1], 0.0, ()) is Arrival.WHOLE
    assert sha in cache
    assert cache.load(sha) == data
    assert make(tmp_path).load(sha) == data


def test_what_nobody_wants_is_not_kept(tmp_path: Path) -> None:
    cache = make(tmp_path)
    assert send(cache, b"x" * 10) is Arrival.UNWANTED


def test_a_wish_names_only_what_is_missing_and_comes_again_with_growing_patience(tmp_path: Path) -> None:
    cache, data = make(tmp_path), os.urandom(3 * CHUNK_BYTES)
    sha = sha256_hex(data)
    cache.want({sha: len(data)}, 0.0)
    assert cache.wishes(0.0) == []
    (wish,) = cache.wishes(0.1)
    assert wish.chunks == (0, 1, 2)
    cache.chunk(sha, 1, list(split(data))[1], 0.2, ())
    times, now_s = [], 0.2
    while now_s < 600:
        now_s += 0.1
        if wishes := cache.wishes(now_s):
            assert wishes[0].chunks == (0, 2)
            times.append(now_s)
    waits = [b - a for a, b in pairwise(times)]
    assert waits[0] < 5
    assert waits == pytest.approx(sorted(waits), abs=0.2)
    assert max(waits) <= 1.25 * ASK_CAP_S


def test_what_airs_first_is_asked_for_first(tmp_path: Path) -> None:
    cache = make(tmp_path)
    cache.want({"b" * 64: 10, "a" * 64: 10}, 0.0)
    cache.want({"c" * 64: 10, "b" * 64: 10, "a" * 64: 10}, 0.0)
    assert [wish.sha256[0] for wish in cache.wishes(1.0)] == ["c", "b", "a"]


def test_an_object_spoilt_on_the_disk_is_noticed_and_wanted_again(tmp_path: Path) -> None:
    cache, data = make(tmp_path), os.urandom(100)
    fill(cache, data)
    path = tmp_path / "audio" / sha256_hex(data)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert cache.load(sha256_hex(data)) is None
    new, _ = cache.want({sha256_hex(data): len(data)}, 0.0)
    assert new == {sha256_hex(data)}


def test_the_oldest_that_is_not_planned_makes_room(tmp_path: Path) -> None:
    objects = [bytes([n]) * 300_000 for n in range(3)]
    cache = make(tmp_path)
    fill(cache, *objects)
    for age, data in enumerate(objects):
        os.utime(tmp_path / "audio" / sha256_hex(data), (1_000 + age, 1_000 + age))
    newest = b"n" * 300_000
    cache.want({sha256_hex(newest): len(newest)}, 0.0)
    assert send(cache, newest, keep=(sha256_hex(objects[0]),)) is Arrival.WHOLE
    assert [sha256_hex(data) in cache for data in [*objects, newest]] == [True, False, True, True]


def test_nothing_that_is_planned_is_let_go(tmp_path: Path) -> None:
    first, second = b"1" * 700_000, b"2" * 700_000
    cache = make(tmp_path)
    fill(cache, first)
    cache.want({sha256_hex(second): len(second)}, 0.0)
    assert send(cache, second, keep=(sha256_hex(first),)) is Arrival.DISK_FULL
    assert sha256_hex(first) in cache


def test_below_the_floor_nothing_is_stored(tmp_path: Path) -> None:
    free = [10**9]
    cache = make(tmp_path, floor_mb=64.0, free_bytes=lambda path: free[0])
    data = b"x" * 1_000
    cache.want({sha256_hex(data): len(data)}, 0.0)
    free[0] = 64_000_500
    assert send(cache, data) is Arrival.DISK_FULL
    assert cache.free_mb == pytest.approx(0.0005)


def test_on_a_disk_nearly_full_what_is_needed_first_is_asked_for_and_the_rest_waits_for_room(tmp_path: Path) -> None:
    first, second, third = (bytes([n]) * 400_000 for n in range(3))
    cache = make(tmp_path)
    needed = {sha256_hex(data): len(data) for data in (first, second, third)}
    new, _ = cache.want(needed, 0.0)
    assert new == {sha256_hex(first), sha256_hex(second)}
    assert cache.left_out == {sha256_hex(third)}
    assert [wish.sha256 for wish in cache.wishes(1.0)] == [sha256_hex(first), sha256_hex(second)]
    for data in (first, second):
        assert send(cache, data, keep=tuple(needed)) is Arrival.WHOLE
    # The first has been played.
    del needed[sha256_hex(first)]
    assert cache.want(needed, 2.0)[0] == {sha256_hex(third)}
    assert send(cache, third, keep=tuple(needed)) is Arrival.WHOLE
    assert [sha256_hex(data) in cache for data in (first, second, third)] == [False, True, True]


def test_what_is_needed_last_makes_room_for_what_is_needed_sooner(tmp_path: Path) -> None:
    tomorrow, in_a_week, alarm = (bytes([n]) * 400_000 for n in range(3))
    cache = make(tmp_path)
    fill(cache, tomorrow, in_a_week)
    needed = {sha256_hex(data): len(data) for data in (alarm, tomorrow, in_a_week)}
    assert cache.want(needed, 0.0)[0] == {sha256_hex(alarm)}
    assert send(cache, alarm, keep=tuple(needed)) is Arrival.WHOLE
    assert [sha256_hex(data) in cache for data in (alarm, tomorrow, in_a_week)] == [True, True, False]
    cache.want(needed, 1.0)
    # It does not come and go for ever: there is no room for it beside the others.
    assert cache.left_out == {sha256_hex(in_a_week)}
    assert cache.missing() == ()


def test_a_recording_larger_than_the_disk_keeps_no_other_one_out(tmp_path: Path) -> None:
    huge, small = b"h" * 2_000_000, b"s" * 1_000
    cache = make(tmp_path)
    new, _ = cache.want({sha256_hex(data): len(data) for data in (huge, small)}, 0.0)
    assert new == {sha256_hex(small)}
    assert cache.left_out == {sha256_hex(huge)}


def test_a_disk_that_fills_while_writing_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    cache, data = make(tmp_path), b"x" * 1_000
    cache.want({sha256_hex(data): len(data)}, 0.0)
    monkeypatch.setattr("smartradio.files.sync_file", full)
    assert send(cache, data) is Arrival.DISK_FULL
    assert list((tmp_path / "audio").iterdir()) == []
    assert sha256_hex(data) not in cache
    assert cache.missing() == (sha256_hex(data),)


def test_what_a_power_cut_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "audio" / "abc.part").write_bytes(b"half")
    make(tmp_path)
    assert list((tmp_path / "audio").iterdir()) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-1, 4), st.binary(max_size=40)), max_size=20))
def test_no_chunk_from_a_stranger_makes_a_wrong_object(tmp_path: Path, chunks: list[tuple[int, bytes]]) -> None:
    cache, data = make(tmp_path), b"the real sound"
    sha = sha256_hex(data)
    cache._remove(sha)
    cache.want({sha: len(data)}, 0.0)
    for number, chunk in chunks:
        cache.chunk(sha, number, chunk, 0.0, ())
    assert sha not in cache or cache.load(sha) == data
