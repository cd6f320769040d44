"""A node's own figures: told in full, read back as they were, and enough only beyond doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.audio.match import match
from smartradio.listening.facts import AtNode
from smartradio.listening.node_figures import NO_FIGURES, NO_PAST, at_node, doubts, match_of
from smartradio.listening.usual import PastAiring, Usual, usual_of
from smartradio.node.measuring import figures_of, packed
from tests.node.fakes import voice
from tests.station.commune import NOON

_ALL = [True] * 50
FIGURES: dict[str, Any] = {
    "own_heard": True,
    "coverage": 0.99,
    "coverage_by_segment": [1.0, 0.98],
    "delay_ms": 14.0,
    "delay_confidence": 0.9,
    "level_db": -20.5,
    "background_db": -54.0,
    "snr_db": 17.0,
    "tilt_db": -2.5,
    "high_band_coverage": 0.95,
    "far_delay_ms": None,
    "far_confidence": 0.0,
    "other_speech": 0.0,
    "other_db": -60.0,
    "observed": 1.0,
    "gain_db": -6.5,
    "frames": {"count": len(_ALL), "heard": packed(_ALL), "active": packed(_ALL)},
}


def usual() -> Usual:
    past = [PastAiring(NOON, level_db=-20.0, snr_db=18.0, delay_ms=12.0 + n, gain_db=-6.0 + 0.1 * n) for n in range(6)]
    found = usual_of(past)
    assert found is not None
    return found


def test_what_the_node_matched_is_what_the_station_reads() -> None:
    """The decision table at the station stands on the very figures that the clip would have given."""
    reference = voice(6.0, seed=3)
    heard = np.concatenate([np.zeros(32_000, np.float32), 0.3 * reference, np.zeros(48_000, np.float32)])
    heard += np.random.default_rng(5).normal(0, 0.002, heard.size).astype(np.float32)
    found = match(heard, reference, clip_starts_s=-2.0, segments=[(0.0, 3.0), (3.0, 6.0)])
    told = match_of(figures_of(found))
    assert told is not None
    assert (told.frames, told.active, told.own_heard) == (found.frames, found.active, found.own_heard)
    for name in ("coverage", "level_db", "snr_db", "tilt_db", "delay_s", "observed", "other_db", "gain_db"):
        assert getattr(told, name) == pytest.approx(getattr(found, name), abs=0.006), name


def test_good_figures_of_a_node_with_a_past_leave_no_doubt() -> None:
    against = doubts(match_of(FIGURES), usual())
    assert against == ()
    assert at_node(against) is AtNode.GOOD


def test_without_a_past_there_is_nothing_to_hold_figures_against() -> None:
    assert doubts(match_of(FIGURES), None) == (NO_PAST,)
    assert at_node((NO_PAST,)) is AtNode.DOUBTFUL


@pytest.mark.parametrize(("frames", "doubtful"), [(3, False), (5, True)])
def test_a_gap_in_which_two_words_could_have_been_others_is_a_doubt(frames: int, doubtful: bool) -> None:
    long = [True] * 600
    told = {"count": 600, "heard": packed(long[:300] + [False] * frames + long[300 + frames :]), "active": packed(long)}
    assert ("gap" in doubts(match_of(FIGURES | {"frames": told}), usual())) is doubtful


def test_a_gap_of_two_seconds_is_a_doubt_though_the_coverage_is_high() -> None:
    long = [True] * 600
    gap = long[:300] + [False] * 20 + long[320:]
    frames = {"count": 600, "heard": packed(gap), "active": packed(long)}
    found = match_of(FIGURES | {"frames": frames, "coverage": 0.967})
    assert "gaps" in doubts(found, usual()) or "partly_aired" in doubts(found, usual())


def test_the_next_poles_horn_is_a_doubt_even_at_our_own_delay() -> None:
    found = match_of(FIGURES)
    assert found is not None
    assert "gain" in doubts(replace(found, gain_db=-25.0), usual())


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_half_the_figures_are_none(name: str) -> None:
    without = {key: value for key, value in FIGURES.items() if key != name}
    assert match_of(without) is None
    assert doubts(match_of(without), usual()) == (NO_FIGURES,)
    assert at_node((NO_FIGURES,)) is AtNode.UNTOLD


@pytest.mark.parametrize(
    "wrong",
    [
        {"coverage": 1.2},
        {"coverage": True},
        {"coverage": float("nan")},
        {"level_db": "loud"},
        {"level_db": 10**400},
        {"coverage_by_segment": 0.9},
        {"coverage_by_segment": [None]},
        {"own_heard": 1},
        {"frames": {"count": 10**9, "heard": packed(_ALL), "active": packed(_ALL)}},
        {"frames": {"count": 51 * 8, "heard": packed(_ALL), "active": packed(_ALL)}},
        {"frames": {"count": 50, "heard": "not base64!", "active": packed(_ALL)}},
        {"frames": {"count": 50, "heard": "AAAA", "active": packed(_ALL)}},
        # A little text that would unpack to a gigabyte.
        {"frames": {"count": 50, "heard": packed([False] * 8_000_000), "active": packed(_ALL)}},
    ],
)
def test_what_is_no_figure_is_no_match(wrong: dict[str, Any]) -> None:
    assert match_of(FIGURES | wrong) is None


@given(st.dictionaries(st.sampled_from(sorted(FIGURES)), st.none() | st.integers() | st.text() | st.lists(st.text())))
def test_no_report_raises_anything(changes: dict[str, Any]) -> None:
    assert doubts(match_of(FIGURES | changes), usual()) is not None
