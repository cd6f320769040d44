"""What nodes are told for a day that goes otherwise than planned is what the plan itself would have decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.loudness import Loudness, VolumeStep
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import Decision, NoteCode, PlanItem
from smartradio.domain.plan_rules import NIGHT, PlanRules, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.domain.sounding import Sounding
from smartradio.domain.terms import Terms, gain_in, guarded, terms_of
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
AT = datetime(2026, 11, 23, 17, 30, tzinfo=HANOI)
MINUTE = timedelta(minutes=1)
RULES = PlanRules(HANOI)
MORNING = Programme("tin", "Bản tin", "", ("thon-1", "thon-2"), AT, approved_by="Lan")


def sounding(sentences: int, sentence_s: float = 10.0) -> Sounding:
    """Sentences one after the other, a second between them."""
    starts = tuple((sentence_s + 1) * number for number in range(sentences))
    ends = tuple(start + sentence_s for start in starts)
    return Sounding(starts, ends, ends[-1]).with_pause()


def items(*programmes: Programme, rules: PlanRules = RULES, sentences: int = 10) -> list[PlanItem]:
    scheduled = [Scheduled(each, sounding(sentences)) for each in programmes]
    made = plan(scheduled, AT - 60 * MINUTE, AT + 600 * MINUTE, zones=None, rules=rules, days=PlainDays())
    return list(made.items)


def terms(item: PlanItem, rules: PlanRules = RULES, closing: timedelta = timedelta(0)) -> Terms:
    return terms_of(item, rules.of(item.zones[0]), rules, closing)


def test_a_programme_far_from_any_limit_may_start_for_its_tolerance_and_go_on_for_half_an_hour() -> None:
    (item,) = items(MORNING)
    assert terms(item) == Terms(AT + MINUTE, None, AT + timedelta(seconds=item.length_s) + 30 * MINUTE)


def test_what_may_reach_into_quiet_hours_is_over_when_they_begin() -> None:
    late = replace(MORNING, first_at=AT.replace(hour=20, minute=50))
    quiet_from = AT.replace(hour=21, minute=0)
    (item,) = items(late)
    assert item.decision is Decision.PLAYS
    assert terms(item) == Terms(late.first_at + MINUTE, quiet_from, quiet_from)


def test_a_bulletin_of_a_session_ends_where_the_closing_needs_its_room_and_the_closing_with_the_slot() -> None:
    slot_end = AT + 10 * MINUTE
    session = replace(MORNING, slot=10 * MINUTE)
    closing = replace(session, name="het", order=Turn.CLOSING)
    bulletin, end = items(session, closing)
    room = timedelta(seconds=end.length_s)
    assert terms(bulletin, closing=room) == Terms(slot_end - room, slot_end - room, slot_end - room)
    assert terms(end, closing=room) == Terms(slot_end, slot_end, slot_end)


def test_what_is_cut_in_the_plan_is_told_the_instant_at_which_it_is() -> None:
    (item,) = items(replace(MORNING, slot=MINUTE))
    (note,) = item.notes
    assert (item.decision, note.code) == (Decision.CUT, NoteCode.CUT_SLOT)
    assert terms(item).ends_by == note.at == AT + MINUTE


def test_an_emergency_knows_no_limit_and_may_begin_as_long_as_its_slot_lasts() -> None:
    (item,) = items(replace(MORNING, slot=5 * MINUTE, priority=Priority.EMERGENCY))
    assert terms(item) == Terms(AT + 5 * MINUTE, None, AT + 5 * MINUTE)


def test_a_live_voice_that_was_stopped_does_not_go_on() -> None:
    (item,) = items(replace(MORNING, priority=Priority.LIVE))
    assert terms(item).resume_until is None


def test_nothing_goes_on_after_the_last_day_on_which_it_is_valid() -> None:
    late = replace(MORNING, first_at=AT.replace(hour=23, minute=50), valid_until=date(2026, 11, 23))
    rules = PlanRules(HANOI, ZoneRules(quiet=None))
    (item,) = items(late, rules=rules)
    midnight = AT.replace(day=24, hour=0, minute=0)
    assert terms(item, rules).resume_until == midnight


def test_what_does_not_sound_has_no_terms() -> None:
    (item,) = items(replace(MORNING, first_at=AT.replace(hour=22)))
    assert item.decision is Decision.SKIPPED
    with pytest.raises(ValueError, match="no terms"):
        terms(item)


class TestStaggeredZones:
    RULES = PlanRules(HANOI, ZoneRules(), {"thon-2": ZoneRules(stagger_s=20.0)})

    def test_a_zone_that_is_put_off_starts_later_and_says_so(self) -> None:
        first, put_off = items(MORNING, rules=self.RULES)
        assert (first.zones, first.starts_at) == (("thon-1",), AT)
        assert (put_off.zones, put_off.starts_at) == (("thon-2",), AT + timedelta(seconds=20))
        assert put_off.planned_at == AT
        (note,) = put_off.notes
        assert (note.code, note.seconds, put_off.decision) == (NoteCode.STAGGERED, 20.0, Decision.PLAYS)
        assert terms(put_off, self.RULES).expires_at == AT + timedelta(seconds=80)

    def test_an_emergency_is_not_put_off(self) -> None:
        (item,) = items(replace(MORNING, priority=Priority.EMERGENCY), rules=self.RULES)
        assert (item.zones, item.starts_at) == (("thon-1", "thon-2"), AT)

    def test_a_session_keeps_its_turns_and_its_slot_ends_where_it_ends_elsewhere(self) -> None:
        session = [
            replace(MORNING, name=name, zones=("thon-2",), slot=6 * MINUTE, order=order)
            for name, order in (("mo", Turn.OPENING), ("tin", Turn.BULLETIN), ("het", Turn.CLOSING))
        ]
        told = items(*session, rules=self.RULES)
        assert [item.programme.name for item in told] == ["mo", "tin", "het"]
        assert told[0].starts_at == AT + timedelta(seconds=20)
        assert {item.planned_at for item in told} == {AT}
        assert terms(told[2], self.RULES).ends_by == AT + 6 * MINUTE


class TestGain:
    RULES = PlanRules(HANOI, loudness={"thon-1": Loudness((VolumeStep(AT.time(), -9.04),))})

    def test_it_is_that_of_the_zone_to_a_tenth_of_a_decibel(self) -> None:
        (item,) = items(MORNING, rules=self.RULES)
        assert (gain_in("thon-1", item, self.RULES), gain_in("thon-2", item, self.RULES)) == (-9.0, 0.0)

    def test_an_emergency_is_not_lowered(self) -> None:
        (item,) = items(replace(MORNING, priority=Priority.EMERGENCY), rules=self.RULES)
        assert gain_in("thon-1", item, self.RULES) == 0.0


class TestLoudnessGuard:
    """In a hamlet that somebody has measured, 75 dBA without lowering: −5 dB by day, −20 dB from 21:00 on."""

    RULES = PlanRules(HANOI, ZoneRules(quiet=None), loudness={"thon-1": Loudness(dba_at_0_db=75.0)})
    NINE = AT.replace(hour=21, minute=0)

    def told(self, at: datetime, zone: str = "thon-1", **fields: object) -> Terms:
        (item,) = items(replace(MORNING, first_at=at, **fields), rules=self.RULES)  # type: ignore[arg-type]
        return guarded(terms(item, self.RULES), zone, gain_in(zone, item, self.RULES), item, self.RULES)

    def test_what_is_moved_into_the_night_does_not_sound_there_as_loud_as_by_day(self) -> None:
        told = self.told(self.NINE - 10 * MINUTE)
        assert told.ends_by == told.resume_until == self.NINE
        assert told.expires_at < self.NINE

    def test_it_begins_no_later_than_the_night(self) -> None:
        told = self.told(self.NINE - 2 * MINUTE, start_tolerance=5 * MINUTE)
        assert told.expires_at == told.ends_by == self.NINE

    @pytest.mark.parametrize("minutes", [-1, 0, 10, -120], ids=["into it", "with it", "in it", "long before it"])
    def test_what_is_lowered_for_it_or_never_comes_near_it_knows_no_such_end(self, minutes: int) -> None:
        assert self.told(self.NINE + minutes * MINUTE).ends_by is None

    def test_neither_does_an_emergency_nor_a_hamlet_that_nobody_has_measured(self) -> None:
        assert self.told(self.NINE - 10 * MINUTE, priority=Priority.EMERGENCY).ends_by is None
        assert self.told(self.NINE - 10 * MINUTE, "thon-2").ends_by is None


@pytest.mark.parametrize(
    ("hour", "covered", "begins"),
    [(20, False, (23, 21)), (21, True, (24, 21)), (4, True, (23, 21)), (5, False, (23, 21))],
)
def test_quiet_hours_over_midnight_cover_the_night_and_begin_once_a_day(
    hour: int, covered: bool, begins: tuple[int, int]
) -> None:
    at = AT.replace(hour=hour, minute=0)
    assert NIGHT.covers(at, HANOI) is covered
    assert NIGHT.next_begin(at, HANOI) == AT.replace(day=begins[0], hour=begins[1], minute=0)


OFFSETS = st.lists(st.integers(0, 40), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(OFFSETS, st.sets(st.integers(0, 4)), st.integers(0, 45 * 60), st.integers(1, 40))
def test_what_an_unforeseen_emergency_moves_stays_within_what_nodes_were_told(
    offsets_min: list[int], in_session: set[int], emergency_s: int, sentences: int
) -> None:
    begin = AT.replace(hour=20, minute=20)
    programmes = [
        replace(
            MORNING,
            name=f"tin-{number}",
            zones=("thon-1",),
            first_at=begin if number in in_session else begin + offset * MINUTE,
            slot=30 * MINUTE if number in in_session else None,
            order=Turn.CLOSING if number == 4 else Turn.BULLETIN,
            start_tolerance=5 * MINUTE,
        )
        for number, offset in enumerate(offsets_min)
    ]
    alert = replace(MORNING, name="lu", zones=("thon-1",), priority=Priority.EMERGENCY)
    alert = replace(alert, first_at=begin + timedelta(seconds=emergency_s))
    told = {}
    foreseen = items(*programmes, sentences=sentences)
    for item in foreseen:
        if item.starts_at is not None:
            closings = [
                timedelta(seconds=other.length_s)
                for other in foreseen
                if other.programme.order is Turn.CLOSING
                and other.programme.slot
                and other.planned_at == item.planned_at
            ]
            told[item.programme.name] = terms(item, closing=sum(closings, timedelta(0)))
    for item in items(*programmes, alert, sentences=sentences):
        if item.programme.name in told and item.pieces:
            known = told[item.programme.name]
            first, *later = item.pieces
            assert first.starts_at <= known.expires_at
            assert all(known.resume_until is not None and piece.starts_at <= known.resume_until for piece in later)
            assert known.ends_by is None or item.pieces[-1].ends_at <= known.ends_by
