from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.day_rules import Holidays, LunarRule
from smartradio.domain.days import LunarDay
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_rules import PlanRules
from smartradio.domain.programme import Programme
from smartradio.domain.relay import Relay
from smartradio.station.layout import laid_out
from smartradio.station.planner import (
    ReadyProgramme,
    changes,
    fitting,
    node_airings,
    planned,
    tells_anything_new,
    with_id,
)
from smartradio.wire.messages import Plan, PlannedAiring, seal
from smartradio.wire.signing import MAX_ENVELOPE_BYTES, SigningKey
from tests.domain.plain_days import PlainDays
from tests.station.commune import NODES, NOON

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
RULES = PlanRules(HANOI)
SEGMENT = Segment("a" * 64, 1000, 10.0, 0.5, SegmentKind.SENTENCE)
RECORDING = Recording("b" * 64, "tin", "vi", (SEGMENT, replace(SEGMENT, sha256="c" * 64)))
MORNING = Programme(
    name="sang",
    title="Buổi sáng",
    text="Xin chào",
    zones=NODES,
    first_at=datetime(2026, 11, 20, 5, 0, tzinfo=HANOI),
    recurrence="FREQ=DAILY",
    approved_by="Chủ tịch xã",
)
WEEK = timedelta(days=7)


def ready(programme: Programme = MORNING, recording: Recording = RECORDING) -> ReadyProgramme:
    return ReadyProgramme(programme, recording.bulletin_id, recording)


def nodes_of(zones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(zone for zone in NODES if zone in zones)


def week(programme: ReadyProgramme, start: datetime = NOON) -> tuple[Airing, ...]:
    return laid_out([programme], nodes_of, start, start + WEEK, PlainDays(), rules=RULES).airings


def test_a_daily_programme_is_planned_for_each_of_seven_days_at_the_commune_s_wall_clock() -> None:
    airings = week(ready())
    assert len(airings) == 7
    assert {airing.starts_at.astimezone(HANOI).strftime("%H:%M") for airing in airings} == {"05:00"}
    assert all(airing.nodes == NODES for airing in airings)


def test_a_programme_that_nobody_approved_is_not_planned() -> None:
    assert week(ready(replace(MORNING, approved_by=None))) == ()
    assert week(ready(replace(MORNING, approved_by=""))) == ()


def test_lunar_days_and_holidays_are_planned_by_the_calendar_of_days_that_is_passed_in() -> None:
    tet = date(2026, 11, 25)
    days = PlainDays({tet + timedelta(days=n): LunarDay(2026, 1, 1 + n) for n in range(-3, 7)}, {tet: "Tết"})
    lunar = replace(MORNING, recurrence=None, lunar=LunarRule((1,), (1,)))
    assert [at.astimezone(HANOI).day for at in starts(lunar, days)] == [25]
    assert len(starts(replace(MORNING, holidays=Holidays.SKIP), days)) == 6


def held(
    node: str, airings: Sequence[Airing], recordings: Mapping[str, Recording], now: datetime
) -> tuple[PlannedAiring, ...]:
    return node_airings(node, airings, recordings, now, told=lambda each: planned(each, recordings[each.recording_id]))


def starts(programme: Programme, days: PlainDays) -> list[datetime]:
    laid = laid_out([ready(programme)], nodes_of, NOON, NOON + WEEK, days, rules=RULES)
    return [airing.starts_at for airing in laid.airings]


def test_planning_twice_gives_the_same_ids_and_changed_content_others() -> None:
    first = [airing.id for airing in week(ready())]
    assert [airing.id for airing in week(ready())] == first
    other_words = week(ready(recording=replace(RECORDING, id="d" * 64)))
    assert not set(first) & {airing.id for airing in other_words}
    assert len(set(first)) == 7


def test_a_recurrence_that_is_no_rule_is_told_with_its_programme() -> None:
    with pytest.raises(BadInputError, match="sang"):
        week(ready(replace(MORNING, recurrence="FREQ=OFTEN")))


def test_a_changed_programme_replaces_what_is_not_yet_on_its_way() -> None:
    old, new = week(ready()), week(ready(recording=replace(RECORDING, id="d" * 64)))
    on_its_way = old[0]
    found = changes(new, old, settled_before=on_its_way.starts_at + timedelta(seconds=1), nodes_of=nodes_of)
    assert found.withdraw == tuple(airing.id for airing in old[1:])
    assert found.add == new[1:]  # the slot that is on its way is not given away twice


def test_an_airing_planned_again_after_it_was_withdrawn_stands_under_its_new_id() -> None:
    again = with_id(week(ready())[0], attempt=1)
    assert again.id != week(ready())[0].id
    found = changes(week(ready())[:1], [again], settled_before=NOON, nodes_of=nodes_of)
    assert found.add == ()
    assert found.withdraw == ()


def test_what_was_aired_at_once_is_no_programme_s_to_withdraw() -> None:
    by_hand = replace(week(ready())[0], programme=None, id="by-hand")
    assert changes((), [by_hand], settled_before=NOON, nodes_of=nodes_of).withdraw == ()


@given(st.lists(st.sampled_from(["b", "d", None]), min_size=1, max_size=6), st.lists(st.integers(0, 40), max_size=6))
def test_however_programmes_change_a_slot_has_one_airing_and_planning_again_changes_nothing(
    recordings: list[str | None], hours: list[int]
) -> None:
    standing: dict[str, Airing] = {}
    now = NOON
    for number, letter in enumerate(recordings):
        wanted = week(ready(recording=replace(RECORDING, id=letter * 64)), now) if letter else ()
        settled_before = now + timedelta(minutes=1)
        found = changes(wanted, standing.values(), settled_before=settled_before, nodes_of=nodes_of)
        for gone in found.withdraw:
            assert standing.pop(gone).starts_at >= settled_before
        for airing in found.add:
            standing[airing.id] = airing
        slots = [(airing.programme, airing.starts_at) for airing in standing.values()]
        assert len(slots) == len(set(slots))
        again = changes(wanted, standing.values(), settled_before=settled_before, nodes_of=nodes_of)
        assert again.add == ()
        assert again.withdraw == ()
        now += timedelta(hours=hours[number] if number < len(hours) else 1)


def test_a_node_s_plan_holds_its_own_airings_that_may_still_start_or_sound() -> None:
    airings = week(ready())
    elsewhere = replace(airings[1], nodes=("thon-9",))
    recordings = {RECORDING.id: RECORDING}
    plan = held("thon-1", [airings[2], elsewhere, airings[0]], recordings, NOON)
    assert [told.airing for told in plan] == [airings[0].id, airings[2].id]
    assert [ref.sha256 for ref in plan[0].segments] == ["a" * 64, "c" * 64]
    while_it_may_start = airings[0].starts_at + timedelta(seconds=59)
    assert held("thon-1", airings[:1], recordings, while_it_may_start)
    # What was stopped may go on for half an hour after its end.
    while_it_may_go_on = airings[0].starts_at + timedelta(minutes=30)
    assert held("thon-1", airings[:1], recordings, while_it_may_go_on)
    assert not held("thon-1", airings[:1], recordings, airings[0].starts_at + timedelta(minutes=31))


def test_a_plan_is_sent_again_for_news_and_not_for_an_airing_that_merely_passed() -> None:
    airings, recordings = week(ready()), {RECORDING.id: RECORDING}
    sent = held("thon-1", airings, recordings, NOON)
    later = airings[0].starts_at + timedelta(minutes=35)
    passed = held("thon-1", airings, recordings, later)
    assert len(passed) == 6
    assert not tells_anything_new(sent, passed, later)
    assert tells_anything_new(None, passed, later)
    assert tells_anything_new(sent, passed[:-1], later)
    assert tells_anything_new(passed, (*passed, passed[0].model_copy(update={"airing": "one-more"})), later)
    assert tells_anything_new(passed, (passed[0].model_copy(update={"gain_db": -3.0}), *passed[1:]), later)


def test_a_plan_that_nodes_would_refuse_for_its_size_loses_its_farthest_airings() -> None:
    sentence = replace(SEGMENT, size_bytes=64 * 1024 * 1024, duration_s=86399.12345678901, pause_after_s=0.12345678901)
    long = replace(RECORDING, segments=(sentence,) * 300)
    airings = [
        replace(
            airing,
            id=secrets.token_hex(32),
            starts_at=airing.starts_at + timedelta(hours=hours),
            expires_at=airing.expires_at + timedelta(hours=hours),
            gain_db=-12.3,
            ends_by=airing.starts_at + timedelta(hours=hours, microseconds=1),
            resume_until=airing.starts_at + timedelta(hours=hours, microseconds=1),
            relay=Relay("https://vov.vn/a", 119.123456789),
        )
        for hours in range(10)
        for airing in week(ready())
    ]
    whole = held("thon-1", airings, {long.id: long}, NOON)
    fit = fitting(whole, MAX_ENVELOPE_BYTES)
    plan = Plan(station="y" * 48, node="thon-1", epoch=2**31, counter=2**40, issued_at=NOON, airings=fit)
    assert len(seal(SigningKey.new(), "topic", plan)) <= MAX_ENVELOPE_BYTES
    assert fit == whole[: len(fit)]
    assert 0 < len(fit) < len(whole)
    assert fitting(whole[:5], MAX_ENVELOPE_BYTES) == whole[:5]
