"""Who stops whom, pair by pair, and what becomes of what was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.domain.preemption import FATES, LEAST_LEFT, Fate, Sequel, sequel
from smartradio.domain.priority import Priority, preempts

PAIRS = [(arriving, playing) for arriving in Priority for playing in Priority]


def test_the_table_holds_every_pair() -> None:
    assert set(FATES) == set(PAIRS)


@pytest.mark.parametrize(("arriving", "playing"), PAIRS, ids=str)
def test_only_what_is_more_urgent_stops_what_plays(arriving: Priority, playing: Priority) -> None:
    assert (FATES[arriving, playing] is not Fate.GOES_ON) is preempts(arriving, playing)


def test_what_is_stopped_meets_the_same_fate_whoever_stops_it() -> None:
    wanted = {
        Priority.LIVE: Fate.ENDS,
        Priority.ABOVE: Fate.RESUMES,
        Priority.PROGRAMME: Fate.RESUMES,
        Priority.RELAY: Fate.REJOINS,
        Priority.FALLBACK: Fate.ENDS,
    }
    for arriving, playing in PAIRS:
        if preempts(arriving, playing):
            assert FATES[arriving, playing] is wanted[playing]


def test_of_two_emergencies_the_second_waits_and_a_live_voice_gives_way_to_both() -> None:
    assert FATES[Priority.EMERGENCY, Priority.EMERGENCY] is Fate.GOES_ON
    assert FATES[Priority.EMERGENCY, Priority.LIVE] is Fate.ENDS
    assert FATES[Priority.LIVE, Priority.EMERGENCY] is Fate.GOES_ON


def test_an_item_from_above_stops_the_communes_programme_but_no_live_voice() -> None:
    assert FATES[Priority.ABOVE, Priority.PROGRAMME] is Fate.RESUMES
    assert FATES[Priority.ABOVE, Priority.LIVE] is Fate.GOES_ON


@pytest.mark.parametrize("stopped", [Priority.ABOVE, Priority.PROGRAMME])
def test_a_bulletin_goes_on_only_if_a_third_of_it_was_not_heard(stopped: Priority) -> None:
    assert sequel(stopped, left=LEAST_LEFT, valid=True) is Sequel.RESUME
    assert sequel(stopped, left=LEAST_LEFT - 0.01, valid=True) is Sequel.REPLAN


def test_an_emergency_plays_again_whole_however_little_was_left_of_it() -> None:
    assert sequel(Priority.EMERGENCY, left=0.01, valid=True) is Sequel.AGAIN


def test_a_relay_is_joined_again_and_a_live_voice_is_over() -> None:
    assert sequel(Priority.RELAY, left=0.1, valid=True) is Sequel.REJOIN
    assert sequel(Priority.LIVE, left=0.9, valid=True) is Sequel.REPORT


@pytest.mark.parametrize("stopped", Priority)
def test_what_is_no_longer_valid_is_only_reported(stopped: Priority) -> None:
    assert sequel(stopped, left=1.0, valid=False) is Sequel.REPORT


def test_the_documented_table_is_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    playing = next(row for row in rows if row[0] == "")[1:]
    told = {
        (Priority[row[0].upper()], Priority[column.upper()]): fate
        for row in rows
        if row[0].upper() in Priority.__members__
        for column, fate in zip(playing, row[1:], strict=True)
    }
    words = {Fate.GOES_ON: "waits", Fate.RESUMES: "resumes", Fate.REJOINS: "rejoins", Fate.ENDS: "ends"}
    assert told == {pair: words[fate] for pair, fate in FATES.items()}
