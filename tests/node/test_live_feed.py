"""A relay on the horn: every piece at its place, silence where none came, the recording where nothing comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest

from smartradio.domain.bulletin import SegmentKind
from smartradio.node.feed import Piece
from smartradio.node.live_feed import GIVE_UP_S, LiveFeed
from smartradio.node.relays import WAIT_FOR_FIRST, Relays
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.wire.messages import LivePart, LivePiece, LiveSource, PlannedAiring, SegmentRef

PIECE_S = 0.5
AT = datetime(2026, 11, 23, 5, 0, 10, tzinfo=UTC)


def tone(height: float, seconds: float = PIECE_S) -> npt.NDArray[np.float32]:
    return np.full(round(seconds * OUTPUT_RATE), height, np.float32)


def piece(height: float, seconds: float = PIECE_S) -> Piece:
    return Piece(lambda: tone(height, seconds), seconds, 0.0, SegmentKind.IMPORTED)


def until(true: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + 5.0
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.002)


def played(feed: LiveFeed, seconds: float, block_s: float = 0.1) -> npt.NDArray[np.float32]:
    blocks = []
    for _ in range(round(seconds / block_s)):
        out = np.zeros(round(block_s * OUTPUT_RATE), np.float32)
        feed.take(out)
        blocks.append(out)
    return np.concatenate(blocks)


def lay_and_wait(feed: LiveFeed, at_s: float, it: Piece) -> None:
    before = len(feed._laid)
    feed.lay(at_s, it)
    until(lambda: len(feed._laid) > before, "the piece was not decoded")


def test_pieces_sound_at_their_places_in_whatever_order_they_come() -> None:
    feed = LiveFeed(2.0)
    for at_s, height in ((1.0, 0.3), (0.0, 0.1), (0.5, 0.2)):
        lay_and_wait(feed, at_s, piece(height))
    sound = played(feed, 1.5)
    assert [float(sound[round(at_s * OUTPUT_RATE)]) for at_s in (0.1, 0.6, 1.1)] == pytest.approx([0.1, 0.2, 0.3])
    assert feed.starved == 0
    feed.close()


def test_a_piece_that_did_not_come_is_silence_and_the_next_is_in_step() -> None:
    feed = LiveFeed(2.0)
    lay_and_wait(feed, 0.0, piece(0.1))
    lay_and_wait(feed, 1.0, piece(0.3))
    sound = played(feed, 1.5)
    gap = sound[round(0.5 * OUTPUT_RATE) : round(1.0 * OUTPUT_RATE)]
    assert not gap.any()
    assert sound[round(1.0 * OUTPUT_RATE)] == pytest.approx(0.3)
    assert feed.starved == round(0.5 * OUTPUT_RATE)
    feed.close()


def test_the_same_piece_told_again_changes_nothing() -> None:
    feed = LiveFeed(2.0)
    lay_and_wait(feed, 0.0, piece(0.1))
    feed.lay(0.0, piece(0.9))
    lay_and_wait(feed, 0.5, piece(0.2))
    assert played(feed, 0.2)[-1] == pytest.approx(0.1)
    feed.close()


def test_a_node_that_joins_late_plays_what_the_others_play_then() -> None:
    feed = LiveFeed(2.0, offset_s=0.7)
    for at_s, height in ((0.5, 0.2), (1.0, 0.3)):
        lay_and_wait(feed, at_s, piece(height))
    sound = played(feed, 0.5)
    assert sound[0] == pytest.approx(0.2)
    assert sound[round(0.35 * OUTPUT_RATE)] == pytest.approx(0.3)
    feed.close()


def test_it_ends_behind_the_last_piece_when_no_more_will_come_and_else_at_its_length() -> None:
    told, untold = LiveFeed(10.0), LiveFeed(0.8)
    lay_and_wait(told, 0.0, piece(0.1))
    told.finish(0.5)
    played(told, 0.5)
    played(untold, 0.8)
    assert (told.ended, untold.ended) == (True, True)
    told.close()
    untold.close()


def test_after_a_long_silence_the_recording_sounds_in_its_place_once() -> None:
    feed = LiveFeed(60.0, fallback=(piece(0.7), piece(0.8)))
    lay_and_wait(feed, 0.0, piece(0.1))
    played(feed, 0.5 + GIVE_UP_S + 0.2)
    until(lambda: feed.fell_back and len(feed._laid) >= 2, "the recording was not laid")
    sound = played(feed, 2.0)
    assert {0.7, 0.8} <= {round(float(height), 3) for height in np.unique(sound)}
    assert feed.ended
    feed.close()


def test_pieces_that_come_after_all_do_not_sound_in_the_middle_of_the_recording_in_their_place() -> None:
    feed = LiveFeed(10.0, fallback=(piece(0.7, 2.0),), give_up=True)
    until(lambda: len(feed._laid) == 1, "the recording was not decoded")
    feed.lay(1.0, piece(0.1))
    feed.lay(1.5, piece(0.2))
    sound = played(feed, 2.0)
    assert sound == pytest.approx(tone(0.7, 2.0))
    assert feed.ended
    assert feed.starved == 0
    feed.close()


def test_without_a_recording_a_relay_that_stays_silent_is_over() -> None:
    feed = LiveFeed(60.0)
    lay_and_wait(feed, 0.0, piece(0.1))
    played(feed, 0.5 + GIVE_UP_S + 0.2)
    until(lambda: feed.ended, "it went on for ever")
    assert not feed.fell_back
    feed.close()


def test_what_was_to_be_heard_is_told_with_its_gaps() -> None:
    feed = LiveFeed(10.0)
    for at_s in (0.5, 1.0, 2.0, 5.0):
        lay_and_wait(feed, at_s, piece(0.1))
    played(feed, 2.5)
    found = feed.pieces()
    assert [(each.kind, each.duration_s, each.pause_after_s) for each in found] == [
        (SegmentKind.CHIME, 0.5, 0.0),
        (SegmentKind.IMPORTED, 0.5, 0.0),
        (SegmentKind.IMPORTED, 0.5, 0.5),
        (SegmentKind.IMPORTED, 0.5, 0.0),
    ]
    assert found[0].decode().size == round(0.5 * OUTPUT_RATE)
    feed.close()


# -- what the node knows of it


def ref(number: int) -> SegmentRef:
    return SegmentRef(sha256=f"{number:064x}", size_bytes=100, duration_s=PIECE_S, kind=SegmentKind.IMPORTED)


def airing(*, fallback: bool = True) -> PlannedAiring:
    return PlannedAiring(
        airing="a1",
        recording="ab" * 32,
        priority=30,
        starts_at=AT,
        expires_at=AT + timedelta(minutes=29),
        segments=(ref(999),),
        live=LiveSource(length_s=1_800, fallback=fallback),
    )


def part(*numbers: int, ended: bool = False) -> LivePart:
    pieces = tuple(LivePiece(at_s=number * PIECE_S, segment=ref(number)) for number in numbers)
    return LivePart(station="yen-hoa", zone="thon-1", airing="a1", pieces=pieces, ended=ended)


def relays(here: set[str]) -> Relays:
    return Relays(here, lambda segment: piece(int(segment.sha256, 16) / 100))


def test_a_relay_begins_when_a_piece_of_it_is_known_that_is_still_to_come() -> None:
    known = relays(set())
    assert not known.may_start(airing(), AT, recording_here=True)
    known.take(part(0, 1))
    assert known.may_start(airing(), AT, recording_here=False)
    assert not known.may_start(airing(), AT + timedelta(seconds=1), recording_here=True)


def test_the_recording_is_played_only_after_a_first_wait_or_when_nothing_will_come() -> None:
    known = relays(set())
    later = AT + WAIT_FOR_FIRST
    assert known.may_start(airing(), later, recording_here=True)
    assert not known.may_start(airing(fallback=False), later, recording_here=True)
    assert not known.may_start(airing(), later, recording_here=False)
    known.take(part(ended=True))
    assert known.may_start(airing(), AT, recording_here=True)


def test_pieces_are_fetched_in_order_and_laid_when_their_sound_is_here() -> None:
    here: set[str] = set()
    known = relays(here)
    known.take(part(2, 1))
    assert list(known.needed()) == [ref(1).sha256, ref(2).sha256]
    feed = known.feed(airing(), begins_in_s=0.0, gain=1.0)
    here.add(ref(1).sha256)
    known.look()
    until(lambda: len(feed._laid) == 1, "the piece was not laid")
    assert feed._laid[0][0] == round(PIECE_S * OUTPUT_RATE)
    feed.close()


def test_a_relay_whose_last_sound_does_not_come_ends_all_the_same() -> None:
    known = relays({ref(0).sha256})
    known.take(part(0))
    feed = known.feed(airing(), begins_in_s=0.0, gain=1.0)
    known.take(part(1, ended=True))
    played(feed, 2 * PIECE_S)
    assert feed.ended
    feed.close()


def test_what_is_over_is_forgotten() -> None:
    known = relays(set())
    known.take(part(0))
    known.keep_only(())
    assert known.needed() == {}
