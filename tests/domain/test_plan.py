"""What is aired when, and why not: one commune's day, told by its plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.day_rules import Holidays
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_items import Decision, NoteCode, Plan, PlanItem
from smartradio.domain.plan_rules import PlanRules, QuietHours, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Turn
from smartradio.domain.sounding import Sounding
from tests.domain.communes import DAY, HERE, RULES, ZONES, at, planned, programme
from tests.domain.plain_days import PlainDays

HOUR = timedelta(hours=1)
LATE = timedelta(minutes=20)


def only(plan: Plan, name: str) -> PlanItem:
    """The one item of a programme."""
    (item,) = plan.of(name)
    return item


def sounds(item: PlanItem) -> list[tuple[str, str]]:
    """When it sounds, by the wall clock."""
    return [
        (f"{piece.starts_at.astimezone(HERE):%H:%M:%S}", f"{piece.ends_at.astimezone(HERE):%H:%M:%S}")
        for piece in item.pieces
    ]


def codes(item: PlanItem) -> list[NoteCode]:
    return [note.code for note in item.notes]


def test_a_programme_alone_sounds_at_its_instant_on_all_its_nodes() -> None:
    item = only(planned(programme("sang", "05:30", zones=("thon-2", "thon-1"))), "sang")
    assert (item.decision, item.notes) == (Decision.PLAYS, ())
    assert sounds(item) == [("05:30:00", "05:31:00")]
    assert (item.zones, item.nodes) == (("thon-2", "thon-1"), ("thon-2-a", "thon-1-a", "thon-1-b"))


def test_an_emergency_delays_what_comes_while_it_sounds() -> None:
    flood = programme("lu", "05:10", sentences=12, priority=Priority.EMERGENCY)
    item = only(planned(flood, programme("sang", "05:11", start_tolerance=LATE)), "sang")
    assert item.decision is Decision.DELAYED
    assert sounds(item) == [("05:12:00", "05:13:00")]
    (note,) = item.notes
    assert (note.code, note.by, note.by_at) == (NoteCode.DELAYED, flood.programme, at("05:10"))


def test_a_programme_stopped_early_goes_on_at_the_sentence_in_which_it_stopped() -> None:
    item = only(
        planned(programme("sang", "05:30"), programme("lu", "05:30:25", sentences=3, priority=Priority.EMERGENCY)),
        "sang",
    )
    assert item.decision is Decision.RESUMED
    assert sounds(item) == [("05:30:00", "05:30:25"), ("05:30:55", "05:31:35")]
    assert [(piece.first, piece.last) for piece in item.pieces] == [(1, 2), (3, 6)]
    stopped, resumed = item.notes
    assert (stopped.code, stopped.sentence, stopped.of) == (NoteCode.PREEMPTED, 3, 6)
    assert (resumed.code, resumed.sentence, resumed.at) == (NoteCode.RESUMED, 3, at("05:30:55"))


def test_with_less_than_a_third_left_it_does_not_go_on_and_its_next_airing_is_told() -> None:
    daily = programme("sang", "05:30", recurrence="FREQ=DAILY")
    item = next(planned(daily, programme("lu", "05:30:51", priority=Priority.EMERGENCY)).of("sang"))
    assert item.decision is Decision.BROKEN_OFF
    assert sounds(item) == [("05:30:00", "05:30:51")]
    assert codes(item) == [NoteCode.PREEMPTED, NoteCode.LITTLE_LEFT]
    assert (item.notes[1].seconds, item.notes[1].until) == (10.0, at("05:30") + timedelta(days=1))


def test_what_is_stopped_in_its_closing_chime_was_heard_whole() -> None:
    chimed = Scheduled(programme("sang", "05:30").programme, Sounding((2.0,), (10.0,), 12.0))
    item = only(planned(chimed, programme("lu", "05:30:11", priority=Priority.EMERGENCY)), "sang")
    assert (item.decision, sounds(item)) == (Decision.PLAYS, [("05:30:00", "05:30:11")])


def test_what_has_room_for_all_but_its_closing_chime_is_heard_whole() -> None:
    chimed = Scheduled(programme("toi", "20:59:50").programme, Sounding((2.0,), (9.0,), 12.0))
    item = only(planned(chimed), "toi")
    assert (item.decision, sounds(item), item.notes) == (Decision.PLAYS, [("20:59:50", "20:59:59")], ())


def test_an_item_from_above_stops_a_programme_which_goes_on_after_it() -> None:
    above = programme("tren", "05:30:15", priority=Priority.ABOVE)
    found = planned(programme("sang", "05:30"), above, programme("sau", "05:30:10", start_tolerance=LATE))
    assert sounds(only(found, "sang")) == [("05:30:00", "05:30:15"), ("05:31:15", "05:32:05")]
    assert sounds(only(found, "sau")) == [("05:32:05", "05:33:05")]
    (note,) = only(found, "sau").notes
    assert note.by == above.programme


def test_one_that_is_stopped_twice_goes_on_twice_where_it_stopped() -> None:
    first = programme("lu", "05:30:15", sentences=1, priority=Priority.EMERGENCY)
    second = programme("sat-lo", "05:30:40", sentences=1, priority=Priority.EMERGENCY)
    item = only(planned(programme("sang", "05:30"), first, second), "sang")
    assert [(piece.first, piece.last) for piece in item.pieces] == [(1, 1), (2, 2), (3, 6)]
    assert sounds(item)[1:] == [("05:30:25", "05:30:40"), ("05:30:50", "05:31:30")]


def test_it_may_still_begin_at_the_last_second_of_its_tolerance() -> None:
    flood = programme("lu", "05:29", sentences=12, priority=Priority.EMERGENCY)
    assert only(planned(flood, programme("sang", "05:30")), "sang").decision is Decision.DELAYED


def test_what_went_on_air_before_midnight_delays_what_comes_after_it() -> None:
    rules = PlanRules(HERE, ZoneRules(quiet=None))
    flood = programme("lu", "05:00", sentences=12, priority=Priority.EMERGENCY)
    flood = replace(flood, programme=replace(flood.programme, first_at=at("00:00") - timedelta(minutes=1)))
    found = planned(flood, programme("sang", "00:00:30"), rules=rules)
    assert only(found, "sang").decision is Decision.DELAYED
    assert sounds(only(found, "lu")) == [("23:59:00", "00:01:00")]


def test_what_was_stopped_does_not_go_on_past_the_day_until_which_it_is_valid() -> None:
    rules = PlanRules(HERE, ZoneRules(quiet=None))
    evening = programme("toi", "23:59:30", valid_until=DAY)
    flood = programme("lu", "23:59:45", priority=Priority.EMERGENCY)
    item = only(planned(evening, flood, rules=rules), "toi")
    assert codes(item) == [NoteCode.PREEMPTED, NoteCode.EXPIRED]
    assert item.notes[1].at == at("00:00") + 24 * HOUR


def test_a_live_voice_that_an_emergency_stops_is_over() -> None:
    live = programme("truc-tiep", "17:00", sentences=30, priority=Priority.LIVE)
    item = only(planned(live, programme("lu", "17:01", priority=Priority.EMERGENCY)), "truc-tiep")
    assert (item.decision, codes(item)) == (Decision.BROKEN_OFF, [NoteCode.PREEMPTED, NoteCode.ENDED])


def test_a_relay_is_joined_again_where_it_is_by_then() -> None:
    relay = programme("tiep-am", "06:00", sentences=60, priority=Priority.RELAY)
    item = only(planned(relay, programme("tin", "06:01", sentences=12)), "tiep-am")
    assert item.decision is Decision.RESUMED
    assert [(piece.first, piece.last) for piece in item.pieces] == [(1, 6), (19, 60)]
    assert sounds(item)[1] == ("06:03:00", "06:10:00")


def test_two_emergencies_sound_one_after_the_other() -> None:
    first = programme("lu", "05:10", priority=Priority.EMERGENCY)
    second = programme("sat-lo", "05:10:30", priority=Priority.EMERGENCY)
    found = planned(first, second)
    assert sounds(only(found, "lu")) == [("05:10:00", "05:11:00")]
    assert sounds(only(found, "sat-lo")) == [("05:11:00", "05:12:00")]


def test_an_emergency_waits_for_another_one_however_long_that_is() -> None:
    first = programme("lu", "05:10", 60, priority=Priority.EMERGENCY)
    second = programme("sat-lo", "05:10:30", priority=Priority.EMERGENCY)
    assert sounds(only(planned(first, second), "sat-lo")) == [("05:20:00", "05:21:00")]


def test_what_may_not_begin_so_late_is_dropped() -> None:
    item = only(planned(programme("lu", "05:10", 30, priority=Priority.EMERGENCY), programme("sang", "05:11")), "sang")
    assert item.decision is Decision.DROPPED
    (note,) = item.notes
    assert (note.code, note.at) == (NoteCode.EXPIRED, at("05:12"))
    assert note.by is not None
    assert note.by.name == "lu"


def test_what_was_stopped_does_not_go_on_for_ever_afterwards() -> None:
    rules = replace(RULES, resume_within=timedelta(minutes=1))
    flood = programme("lu", "05:30:05", sentences=60, priority=Priority.EMERGENCY)
    item = only(planned(programme("sang", "05:30"), flood, rules=rules), "sang")
    assert (item.decision, codes(item)) == (Decision.BROKEN_OFF, [NoteCode.PREEMPTED, NoteCode.EXPIRED])
    assert item.notes[1].at == at("05:32")


class TestQuietHours:
    """From 21:00 to 05:00 only what a person answers for sounds."""

    def test_a_programme_that_would_begin_inside_is_skipped(self) -> None:
        item = only(planned(programme("som", "04:30")), "som")
        assert (item.decision, item.pieces) == (Decision.SKIPPED, ())
        (note,) = item.notes
        assert (note.code, note.at, note.until) == (NoteCode.QUIET_HOURS, at("21:00") - 24 * HOUR, at("05:00"))

    def test_it_begins_when_they_end_and_not_when_they_begin(self) -> None:
        found = planned(programme("dung-gio", "05:00"), programme("muon", "21:00"))
        assert only(found, "dung-gio").decision is Decision.PLAYS
        assert only(found, "muon").decision is Decision.SKIPPED

    def test_one_that_runs_into_them_is_cut_at_a_sentence(self) -> None:
        item = only(planned(programme("toi", "20:59:35")), "toi")
        assert item.decision is Decision.CUT
        assert sounds(item) == [("20:59:35", "20:59:55")]
        (note,) = item.notes
        assert (note.code, note.at, note.sentence, note.of) == (NoteCode.CUT_QUIET, at("21:00"), 2, 6)

    def test_one_of_which_not_a_sentence_fits_before_them_is_skipped(self) -> None:
        assert codes(only(planned(programme("toi", "20:59:55")), "toi")) == [NoteCode.QUIET_HOURS]

    @pytest.mark.parametrize("priority", [Priority.EMERGENCY, Priority.LIVE])
    def test_an_emergency_and_a_live_voice_sound_in_them(self, priority: Priority) -> None:
        assert only(planned(programme("dem", "02:00", priority=priority)), "dem").decision is Decision.PLAYS

    def test_what_they_silence_stops_nothing(self) -> None:
        hush = PlanRules(HERE, ZoneRules(QuietHours(time(12), time(13))))
        live = programme("truc-tiep", "11:59", sentences=30, priority=Priority.LIVE)
        relay = programme("tiep-am", "11:59", sentences=6, priority=Priority.RELAY, start_tolerance=HOUR)
        found = planned(live, relay, rules=hush)
        assert only(found, "truc-tiep").decision is Decision.PLAYS
        assert codes(only(found, "tiep-am")) == [NoteCode.QUIET_HOURS]

    def test_a_zone_may_have_hours_of_its_own(self) -> None:
        rules = PlanRules(HERE, by_zone={"thon-2": ZoneRules(quiet=None)})
        found = planned(programme("dem", "22:00", zones=("thon-1", "thon-2")), rules=rules)
        decided = {item.zones: item.decision for item in found.of("dem")}
        assert decided == {("thon-1",): Decision.SKIPPED, ("thon-2",): Decision.PLAYS}


class TestSlots:
    """What begins at the same instant with a slot is one session: opening, bulletins, closing."""

    def test_they_follow_each_other_in_their_turn_whatever_their_names(self) -> None:
        found = planned(
            programme("a-ket", "05:30", slot=HOUR, order=Turn.CLOSING),
            programme("b-tin", "05:30", slot=HOUR),
            programme("c-mo", "05:30", slot=HOUR, order=Turn.OPENING),
        )
        assert [sounds(only(found, name))[0][0] for name in ("c-mo", "b-tin", "a-ket")] == [
            "05:30:00",
            "05:31:00",
            "05:32:00",
        ]
        assert codes(only(found, "c-mo")) == []
        second = only(found, "b-tin")
        assert (second.decision, codes(second)) == (Decision.PLAYS, [NoteCode.IN_TURN])

    def test_what_does_not_fit_is_cut_where_the_closing_needs_its_room(self) -> None:
        slot = timedelta(minutes=2)
        found = planned(
            programme("mo", "05:30", sentences=4, slot=slot, order=Turn.OPENING),
            programme("tin", "05:30", sentences=9, slot=slot),
            programme("ket", "05:30", sentences=2, slot=slot, order=Turn.CLOSING),
        )
        assert sounds(only(found, "tin")) == [("05:30:40", "05:31:40")]
        assert codes(only(found, "tin")) == [NoteCode.IN_TURN, NoteCode.CUT_SLOT]
        assert sounds(only(found, "ket")) == [("05:31:40", "05:32:00")]

    def test_what_has_no_room_left_is_told_with_its_figures(self) -> None:
        slot = timedelta(seconds=65)
        found = planned(programme("a", "05:30", slot=slot), programme("b", "05:30", slot=slot))
        item = only(found, "b")
        assert item.decision is Decision.SKIPPED
        (note,) = item.notes
        assert (note.code, note.at, note.seconds, note.limit_s) == (NoteCode.SLOT_FULL, at("05:31:05"), 60.0, 5.0)

    def test_the_newer_bulletin_goes_first(self) -> None:
        old = programme("a-cu", "05:30", slot=HOUR, recurrence="FREQ=DAILY")
        old = replace(old, programme=replace(old.programme, first_at=at("05:30") - timedelta(days=30)))
        found = planned(old, programme("b-moi", "05:30", slot=HOUR))
        assert sounds(only(found, "b-moi"))[0][0] == "05:30:00"
        assert sounds(only(found, "a-cu"))[0][0] == "05:31:00"

    def test_what_was_stopped_does_not_go_on_when_its_slot_is_over(self) -> None:
        flood = programme("lu", "05:30:05", sentences=12, priority=Priority.EMERGENCY)
        item = only(planned(programme("sang", "05:30", slot=timedelta(minutes=2)), flood), "sang")
        assert (item.decision, codes(item)) == (Decision.BROKEN_OFF, [NoteCode.PREEMPTED, NoteCode.SLOT_FULL])

    def test_in_a_slot_the_slot_says_when_it_is_too_late(self) -> None:
        flood = programme("lu", "05:29", sentences=60, priority=Priority.EMERGENCY)
        assert only(planned(flood, programme("sang", "05:30", slot=HOUR)), "sang").decision is Decision.DELAYED


class TestAirtime:
    """A zone's day may hold only so many seconds."""

    RULES = PlanRules(HERE, ZoneRules(airtime_s=90.0))

    def test_what_would_go_beyond_it_is_skipped_with_the_figures(self) -> None:
        found = planned(programme("mot", "06:00"), programme("hai", "07:00"), rules=self.RULES)
        (note,) = only(found, "hai").notes
        assert (note.code, note.used_s, note.limit_s, note.seconds) == (NoteCode.AIRTIME, 60.0, 90.0, 60.0)

    def test_emergencies_take_nothing_of_it_and_every_day_begins_anew(self) -> None:
        flood = programme("lu", "05:30", sentences=60, priority=Priority.EMERGENCY)
        daily = programme("mot", "06:00", recurrence="FREQ=DAILY")
        found = planned(flood, daily, days=3, rules=self.RULES)
        assert [item.decision for item in found.of("mot")] == [Decision.PLAYS] * 3

    def test_what_has_begun_may_end(self) -> None:
        flood = programme("lu", "06:00:15", priority=Priority.EMERGENCY)
        rules = PlanRules(HERE, ZoneRules(airtime_s=60.0))
        assert only(planned(programme("mot", "06:00"), flood, rules=rules), "mot").decision is Decision.RESUMED

    def test_what_sounded_before_the_plan_begins_counts(self) -> None:
        found = plan(
            [programme("mot", "06:00"), programme("hai", "07:00")],
            at("06:30"),
            at("08:00"),
            zones=ZONES,
            rules=self.RULES,
            days=PlainDays(),
        )
        assert [(item.programme.name, item.decision) for item in found.items] == [("hai", Decision.SKIPPED)]


def test_without_a_name_that_answers_for_it_nothing_sounds() -> None:
    item = only(planned(programme("nhap", "06:00", approved_by=None)), "nhap")
    assert (item.decision, codes(item)) == (Decision.SKIPPED, [NoteCode.NOT_APPROVED])


def test_a_zone_without_nodes_is_told_and_a_commune_whose_nodes_nobody_knows_is_not() -> None:
    far = programme("xa", "06:00", zones=("thon-1", "thon-9"))
    decided = {item.zones: codes(item) for item in planned(far).of("xa")}
    assert decided == {("thon-1",): [], ("thon-9",): [NoteCode.NO_NODES]}
    assert only(planned(far, zones=None), "xa").zones == ("thon-1", "thon-9")


def test_an_airing_that_a_holiday_or_an_exception_takes_out_is_told_with_its_reason() -> None:
    tet = PlainDays(holidays={DAY: "Tết"})
    daily = {"recurrence": "FREQ=DAILY"}
    closed = programme("tiep-dan", "06:00", holidays=Holidays.SKIP, **daily)
    (note,) = only(planned(closed, days=1, calendar=tet), "tiep-dan").notes
    assert (note.code, note.named) == (NoteCode.HOLIDAY, "Tết")
    found = list(planned(programme("cho", "06:00", except_on=(DAY,), **daily), days=2).of("cho"))
    assert [(item.decision, codes(item)) for item in found] == [
        (Decision.SKIPPED, [NoteCode.LEFT_OUT]),
        (Decision.PLAYS, []),
    ]


def test_what_still_sounds_when_the_plan_begins_is_in_it() -> None:
    found = plan([programme("dai", "05:30")], at("05:30:30"), at("06:00"), zones=ZONES, rules=RULES, days=PlainDays())
    assert sounds(only(found, "dai")) == [("05:30:00", "05:31:00")]


def test_zones_in_which_different_things_come_of_it_stand_apart() -> None:
    flood = programme("lu", "05:29:30", priority=Priority.EMERGENCY)
    found = planned(flood, programme("sang", "05:30", zones=("thon-1", "thon-2")))
    decided = {item.zones: item.decision for item in found.of("sang")}
    assert decided == {("thon-1",): Decision.DELAYED, ("thon-2",): Decision.PLAYS}


def test_a_recording_tells_where_its_sentences_lie() -> None:
    chime = Segment("a" * 64, 1, 1.9, 0.6, SegmentKind.CHIME)
    said = Segment("b" * 64, 1, 3.0, 0.5, SegmentKind.SENTENCE, "một")
    known = Sounding.of(Recording("r", "b", "vi", (chime, said, said)))
    assert known == Sounding((2.5, 6.0), (5.5, 9.0), 9.0)
    assert (known.offset_s(0), known.offset_s(1), known.heard_by(5.5)) == (0.0, 6.0, 1)


def test_among_others_it_takes_whole_seconds_with_the_pause_after_it() -> None:
    assert Sounding((0.0,), (8.2,), 9.3).with_pause() == Sounding((0.0,), (8.2,), 11.0)
    assert Sounding((0.0,), (8.0,), 9.0).with_pause().duration_s == 10.0


def test_a_sounding_whose_sentences_lie_outside_of_it_is_refused() -> None:
    with pytest.raises(BadInputError, match="within its length"):
        Sounding((0.0,), (10.0,), 9.0)
