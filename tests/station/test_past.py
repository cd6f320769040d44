from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.usual import usual_of
from smartradio.station.objects import Objects
from smartradio.station.store import NodeJudgement, Store
from tests.station.commune import NOON, airing_of, planned_in, registered, settings, shelved

GOOD = NodeJudgement(
    VerdictCode.AIRED,
    level_db=-24.0,
    background_db=-50.0,
    snr_db=18.0,
    tilt_db=-2.0,
    delay_ms=11.0,
    gain_db=-6.0,
)
FAINT = replace(GOOD, verdict=VerdictCode.SILENT, gain_db=-20.0, reasons=("own_horn_silent", "below_usual"))


class Diary:
    """A node's airings of one recording, one a day, as they were judged."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = registered(store, settings(folder))
        self.objects = Objects(folder / "objects")
        self.recording = shelved(store, self.objects, "tin", [b"sound"])
        self.day = 0

    def heard(self, judgement: NodeJudgement, node: str = "thon-1", clip: str | None = None) -> str:
        self.day += 1
        at = NOON + timedelta(days=self.day)
        airing = planned_in(self.store, airing_of(self.recording, at)).id
        if clip is not None:
            self.store.put_clip(airing, node, clip, 10, {"starts_s": -2.0})
        self.store.judge(Evidence(airing, node, Step.HEARD, at, "station"), replace(judgement, clip=clip))
        return airing

    def settled(self, airing: str, step: Step, node: str = "thon-1") -> None:
        self.store.settle(Evidence(airing, node, step, NOON, "operator:lan", None, {"by": "lan"}))

    def gains_db(self) -> list[float | None]:
        return [past.gain_db for past in self.store.past_airings("thon-1")]


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    store = Store.open(tmp_path)
    yield Diary(store, tmp_path)
    store.close()


def test_a_node_s_past_is_its_own_good_airings_in_their_order(diary: Diary) -> None:
    for gain_db in (-6.0, -5.0, -7.0):
        diary.heard(replace(GOOD, gain_db=gain_db))
    diary.heard(replace(GOOD, gain_db=-30.0), node="thon-2")
    diary.heard(FAINT)
    diary.heard(replace(GOOD, verdict=VerdictCode.PARTLY_AIRED))
    past = diary.store.past_airings("thon-1")
    assert [one.gain_db for one in past] == [-6.0, -5.0, -7.0]
    assert past[0] == replace(past[0], at=NOON + timedelta(days=1), level_db=-24.0, delay_ms=11.0, tilt_db=-2.0)
    assert (past[0].background_db, past[0].snr_db) == (-50.0, 18.0)
    assert usual_of(past) is None


def test_the_past_is_of_the_last_forty_airings(diary: Diary) -> None:
    for day in range(45):
        diary.heard(replace(GOOD, gain_db=-float(day)))
    assert diary.gains_db() == [-float(day) for day in range(5, 45)]


def test_an_airing_that_somebody_disputes_is_no_measure_of_the_horn(diary: Diary) -> None:
    first, second = diary.heard(GOOD), diary.heard(replace(GOOD, gain_db=-3.0))
    diary.settled(first, Step.CONFIRMED)
    diary.settled(second, Step.DISPUTED)
    assert diary.gains_db() == [-6.0]


def test_a_horn_that_was_changed_is_learnt_anew_once_somebody_says_that_it_is_well(diary: Diary) -> None:
    for _ in range(6):
        diary.heard(GOOD)
    assert usual_of(diary.store.past_airings("thon-1")) is not None
    turned_down = diary.heard(FAINT)
    diary.settled(turned_down, Step.CONFIRMED)
    assert len(diary.gains_db()) == 6
    diary.settled(diary.heard(FAINT), Step.DISPUTED)
    assert diary.gains_db() == []
    diary.heard(replace(GOOD, gain_db=-20.0))
    assert diary.gains_db() == [-20.0]


def test_a_dispute_about_anything_else_leaves_what_is_usual(diary: Diary) -> None:
    for _ in range(5):
        diary.heard(GOOD)
    noisy = diary.heard(replace(GOOD, verdict=VerdictCode.UNCLEAR, reasons=("too_noisy",)))
    diary.settled(noisy, Step.DISPUTED)
    assert len(diary.gains_db()) == 5


def test_a_horn_that_loses_its_strength_is_named_and_the_others_are_not(diary: Diary) -> None:
    for day in range(20):
        diary.heard(replace(GOOD, gain_db=-6.0 if day < 15 else -11.0))
        diary.heard(GOOD, node="thon-2")
    trends = diary.store.trends()
    assert list(trends) == ["thon-1"]
    (trend,) = trends["thon-1"]
    assert (trend.code, trend.value, trend.usual, trend.unit) == ("weaker", -11.0, -6.0, "dB")
    assert diary.store.trends_of("thon-1") == (trend,)
    assert diary.store.trends_of("thon-2") == diary.store.trends_of("nobody") == ()


def test_only_clips_of_the_same_recording_and_node_that_are_kept_and_came_before_are_held_against_a_new_one(
    diary: Diary,
) -> None:
    hashes = [letter * 64 for letter in "abcde"]
    airings = [diary.heard(GOOD, clip=sha256) for sha256 in hashes]
    diary.heard(GOOD, node="thon-2", clip="9" * 64)
    diary.store.forget_clip(airings[3], "thon-1", hashes[3])
    assert diary.store.earlier_clips(airings[4], "thon-1") == [(sha256, -2.0) for sha256 in reversed(hashes[:3])]
    assert diary.store.earlier_clips(airings[0], "thon-1") == []
    other = shelved(diary.store, diary.objects, "khac", [b"other sound"])
    airing = planned_in(diary.store, airing_of(other, NOON + timedelta(days=90)))
    assert diary.store.earlier_clips(airing.id, "thon-1") == []
