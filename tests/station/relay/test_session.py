"""A relay from its opening to its end, by the broadcaster's good and bad days."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from smartradio.domain.bulletin import Segment, SegmentKind
from smartradio.domain.evidence import Reason
from smartradio.domain.relay import Relay
from smartradio.station.relay.placed import PIECE_S, Placed
from smartradio.station.relay.session import DEAD_AIR_S, Outcome, Session
from tests.station.relay.taps import AT, RATE, Studio

FALLBACK = [Placed(at_s, Segment("ab" * 32, 10, 3.0, 0.5, SegmentKind.SENTENCE, "Mất sóng.")) for at_s in (0.0, 3.5)]


class Shears:
    """Cuts and does nothing else; half a second is held back, as the leveller does."""

    def __init__(self) -> None:
        self.samples = -RATE // 2

    def __call__(self, pcm: npt.NDArray[np.float32]) -> Iterator[bytes]:
        self.samples += len(pcm)
        while self.samples >= PIECE_S * RATE:
            self.samples -= round(PIECE_S * RATE)
            yield b"opus"


class Told:
    """What the nodes were told."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.pieces: list[Placed] = []
        self.late: list[Placed] = []
        self.ends = 0

    async def __call__(self, pieces: Sequence[Placed], ended: bool) -> None:
        now_s = (self.studio.now - AT).total_seconds()
        self.late += [piece for piece in pieces if 10.0 + piece.at_s < now_s + 1.0]
        self.pieces += pieces
        self.ends += ended


def relayed(studio: Studio, minutes: float = 2.0, already: Sequence[Placed] = ()) -> tuple[Told, Outcome]:
    told = Told(studio)
    session = Session(
        Relay("http://vov.example/1", minutes, "Mất sóng."),
        AT,
        studio,
        shelve=lambda opus, at_s, length_s: Placed(
            at_s, Segment("cd" * 32, len(opus), length_s, 0.0, SegmentKind.IMPORTED)
        ),
        tell=told,
        clock=studio.clock,
        pause=studio.pause,
        fallback=FALLBACK,
        already=already,
        cut=Shears(),
    )
    outcome = asyncio.run(session.run())
    assert studio.closed
    assert told.ends == 1
    assert not told.late
    return told, outcome


def starts(told: Told) -> list[float]:
    return [piece.at_s for piece in told.pieces]


def test_a_good_stream_is_relayed_for_its_minutes_without_a_gap() -> None:
    told, outcome = relayed(Studio((1_000.0, "sound")))
    assert starts(told) == [PIECE_S * number for number in range(60)]
    assert (outcome.reason, outcome.fell_back, outcome.heard_s, outcome.breaks) == (None, False, 120.0, 0)


def test_what_was_on_before_its_instant_is_not_relayed() -> None:
    studio = Studio((1_000.0, "sound"))
    relayed(studio)
    assert studio.dropped >= 2


def test_a_stream_that_answers_with_a_page_is_unreachable_and_the_recording_is_played() -> None:
    told, outcome = relayed(Studio((1_000.0, "refused")))
    assert outcome.reason is Reason.RELAY_UNREACHABLE
    assert "web page" in outcome.detail
    assert outcome.fell_back
    assert [piece.segment for piece in told.pieces] == [piece.segment for piece in FALLBACK]
    assert told.pieces[1].at_s - told.pieces[0].at_s == 3.5


def test_a_stream_that_opens_late_is_joined_in_time_for_the_nodes() -> None:
    told, outcome = relayed(Studio((9.0, "refused"), (1_000.0, "sound")))
    assert outcome.reason is None
    assert starts(told)[0] <= PIECE_S


def test_one_that_says_nothing_at_all_is_given_up_before_the_nodes_wait_for_it() -> None:
    studio = Studio((1_000.0, "nothing"))
    told, outcome = relayed(studio)
    assert outcome.reason is Reason.RELAY_UNREACHABLE
    assert (studio.now - AT).total_seconds() < 10.0
    assert starts(told)[0] < 2.0


def test_a_short_break_costs_what_it_lasts_and_the_rest_is_in_its_place() -> None:
    told, outcome = relayed(Studio((35.0, "sound"), (12.0, "nothing"), (1_000.0, "sound")))
    assert outcome.reason is None
    gaps = [b - a for a, b in zip(starts(told), starts(told)[1:], strict=False)]
    assert max(gaps) <= 10.0
    assert len([gap for gap in gaps if gap > PIECE_S]) == 1


def test_a_break_that_the_buffer_covers_costs_nothing() -> None:
    told, outcome = relayed(Studio((35.0, "sound"), (4.0, "nothing"), (1_000.0, "sound")))
    assert starts(told) == [PIECE_S * number for number in range(60)]
    assert outcome.heard_s == 120.0


def test_a_broken_stream_is_opened_again() -> None:
    studio = Studio((35.0, "sound"), (3.0, "broken"), (1_000.0, "sound"))
    _, outcome = relayed(studio)
    assert outcome.reason is None
    assert outcome.breaks >= 1
    assert studio.opened == outcome.breaks + 1


def test_one_that_breaks_off_for_good_ends_with_the_recording() -> None:
    told, outcome = relayed(Studio((35.0, "sound"), (1_000.0, "broken")))
    assert outcome.reason is Reason.RELAY_ENDED
    assert [piece.segment for piece in told.pieces[-2:]] == [piece.segment for piece in FALLBACK]
    assert told.pieces[-2].at_s >= told.pieces[-3].ends_s


def test_dead_air_is_found_and_ends_with_the_recording() -> None:
    studio = Studio((35.0, "sound"), (1_000.0, "silence"))
    _, outcome = relayed(studio)
    assert outcome.reason is Reason.RELAY_SILENT
    assert outcome.fell_back
    assert (studio.now - AT).total_seconds() == pytest.approx(30.0 + DEAD_AIR_S, abs=2 * PIECE_S)


def test_a_pause_in_a_programme_is_no_dead_air() -> None:
    _, outcome = relayed(Studio((35.0, "sound"), (10.0, "silence"), (1_000.0, "sound")))
    assert outcome.reason is None


def test_after_a_crash_it_goes_on_behind_what_was_told() -> None:
    before = [Placed(0.0, Segment("ef" * 32, 10, 2.0, 0.0, SegmentKind.IMPORTED))]
    told, outcome = relayed(Studio((1_000.0, "sound"), before_s=-30.0), already=before)
    assert outcome.reason is None
    assert starts(told)[0] == 26.0
    assert starts(told)[-1] == 118.0


def test_a_recording_that_does_not_fit_into_what_is_left_is_not_begun() -> None:
    told, outcome = relayed(Studio((112.0, "sound"), (1_000.0, "silence")))
    assert outcome.reason in (None, Reason.RELAY_SILENT)
    assert told.pieces[-1].ends_s <= 120.0
    assert not outcome.fell_back


def test_a_server_that_sends_everything_at_once_is_listened_to_at_its_own_pace() -> None:
    class AtOnce(Studio):
        def take(self, seconds: float, wait_s: float):  # type: ignore[no-untyped-def]
            now = self.now
            taken = super().take(seconds, wait_s)
            self.now = now
            if self.now < AT:
                self.now = AT
            return taken

    studio = AtOnce((1_000.0, "sound"))
    ahead: list[float] = []
    told = Told(studio)
    relay = Relay("http://vov.example/1", 2.0)

    async def tell(pieces: Sequence[Placed], ended: bool) -> None:
        ahead.extend(piece.at_s - (studio.now - AT).total_seconds() for piece in pieces)
        await told(pieces, ended)

    session = Session(
        relay,
        AT,
        studio,
        shelve=lambda opus, at_s, length_s: Placed(at_s, Segment("cd" * 32, 1, length_s, 0.0, SegmentKind.IMPORTED)),
        tell=tell,
        clock=studio.clock,
        pause=studio.pause,
        cut=Shears(),
    )
    assert asyncio.run(session.run()).reason is None
    assert max(ahead) < 10.0
