from __future__ import annotations

import pytest

from smartradio.audio.match import Match
from smartradio.listening.facts import Covered, Missing, facts_of


def match_of(heard, by_segment):
    """A match of a recording that sounds throughout, heard in these frames of 100 ms."""
    return Match(
        own_heard=True,
        delay_s=0.01,
        delay_confidence=0.9,
        coverage=sum(heard) / len(heard),
        coverage_by_segment=by_segment,
        frames=tuple(heard),
        active=(True,) * len(heard),
        level_db=-20.0,
        background_db=-30.0,
        snr_db=6.0,
        tilt_db=0.0,
        high_band_coverage=0.9,
        far_delay_s=None,
        far_confidence=0.0,
        other_speech=0.0,
        other_db=-60.0,
        observed=1.0,
        gain_db=-6.0,
    )


def test_a_short_bulletin_whose_last_chime_dies_away_in_the_wind_is_all_covered():
    facts = facts_of(match_of([True] * 43 + [False] * 7, (1.0,)))
    assert (facts.covered, facts.missing) == (Covered.ALL, Missing.NOTHING)


@pytest.mark.parametrize("by_segment", [(), (0.85,), (1.0, 0.85)], ids=["no segments", "one", "one of two"])
def test_where_a_sentence_lacks_more_than_a_tenth_the_rest_of_the_recording_counts(by_segment):
    facts = facts_of(match_of([True] * 43 + [False] * 7, by_segment))
    assert (facts.covered, facts.missing) == (Covered.PART, Missing.END)


def test_a_horn_that_stops_for_long_before_the_last_chime_has_stopped_early():
    facts = facts_of(match_of([True] * 40 + [False] * 15, (1.0,)))
    assert (facts.covered, facts.missing) == (Covered.PART, Missing.END)
