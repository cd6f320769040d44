"""A week of programmes as the broadcaster sees it: what stands, what waits, and what a change would come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from smartradio.domain.approval import ItemState
from smartradio.domain.plan_items import Decision, NoteCode
from smartradio.domain.plan_rules import PlanRules, QuietHours, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme, Turn
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day import DayAiring, Standing, span_of
from smartradio.station.items import Item
from smartradio.station.week import Slot, monday_of, slots_of, week_of
from smartradio.station.week import Standing as WhatStands
from tests.domain.plain_days import PlainDays
from tests.station.test_layout import AT, item

MONDAY = date(2026, 11, 23)
NODES = {"thon-1": ("cum-1",), "thon-2": ("cum-2",)}


def week_slots(standing: WhatStands, rules: PlanRules | None = None) -> tuple[Slot, ...]:
    start, end = span_of(MONDAY)[0], span_of(MONDAY + timedelta(days=6))[1]
    usual = PlanRules(WALL_CLOCK, ZoneRules(quiet=None))
    return slots_of(standing, start, end, nodes=NODES, rules=rules or usual, days=PlainDays())


def waiting(name: str, state: ItemState = ItemState.SUBMITTED, *, at_once: bool = False, **fields: object) -> Item:
    programme = Programme(name, name, "Chào bà con.", ("thon-1", "thon-2"), AT, "FREQ=DAILY")
    changed = replace(programme, **fields)  # type: ignore[arg-type]
    return Item(changed, Origin.CONSOLE, state, 1, at_once, "Lê Thị Lan", AT.astimezone(UTC))


def test_a_daily_programme_stands_on_every_day_of_the_week_from_its_first_on() -> None:
    slots = week_slots(WhatStands({"tin": item("tin", 20.0)}, (), frozenset({"tin"})))
    assert [slot.at.astimezone(WALL_CLOCK).day for slot in slots] == [23, 24, 25, 26, 27, 28, 29]
    assert all(slot.from_file and slot.state is None for slot in slots)
    assert {each.decision for slot in slots for each in slot.items} == {Decision.PLAYS}


def test_what_waits_for_approval_is_seen_in_its_place_and_takes_no_room() -> None:
    slots = week_slots(WhatStands({"tin": item("tin", 20.0)}, (waiting("moi"),)))
    monday = [slot for slot in slots if slot.at == AT.astimezone(UTC)]
    assert [(slot.programme.name, slot.state) for slot in monday] == [("moi", ItemState.SUBMITTED), ("tin", None)]
    by_name = {slot.programme.name: slot for slot in monday}
    assert by_name["moi"].items[0].notes[-1].code is NoteCode.NOT_APPROVED
    assert by_name["tin"].items[0].starts_at == AT.astimezone(UTC)


def test_a_programme_that_is_being_changed_stands_as_it_waits_and_not_as_it_was() -> None:
    changed = waiting("tin", ItemState.DRAFT, first_at=AT + timedelta(hours=12))
    slots = week_slots(WhatStands({"tin": item("tin", 20.0)}, (changed,)))
    assert {slot.at.astimezone(WALL_CLOCK).hour for slot in slots} == {17}


def test_what_goes_out_at_its_approval_has_no_place_in_the_week() -> None:
    assert week_slots(WhatStands({}, (waiting("ngay", at_once=True),))) == ()


def test_a_change_is_tried_among_what_stands_before_anybody_saves_it() -> None:
    as_if = Programme("thu", "Thử", "Chào bà con.", ("thon-1",), AT, approved_by="Lan", order=Turn.RELAY)
    slots = week_slots(WhatStands({"tin": item("tin", 40.0)}, (), as_if=as_if))
    tried = next(slot for slot in slots if slot.programme.name == "thu")
    assert [note.code for note in tried.items[0].notes] == [NoteCode.DELAYED]
    assert tried.items[0].starts_at == tried.at + timedelta(seconds=41)


def test_what_a_quiet_hour_keeps_off_stays_in_the_week_with_its_reason() -> None:
    quiet = PlanRules(WALL_CLOCK, ZoneRules(quiet=QuietHours(time(5), time(7))))
    slots = week_slots(WhatStands({"tin": item("tin", 20.0)}, ()), quiet)
    assert {each.notes[-1].code for slot in slots for each in slot.items} == {NoteCode.QUIET_HOURS}


def test_the_past_of_a_week_is_what_was_aired_and_its_future_what_is_planned() -> None:
    slots = week_slots(WhatStands({"tin": item("tin", 20.0)}, ()))
    now = datetime(2026, 11, 25, 12, 0, tzinfo=WALL_CLOCK)
    heard = DayAiring(
        "a1", "Tin", "tin", Priority.PROGRAMME, AT.astimezone(UTC), AT.astimezone(UTC) + timedelta(seconds=20),
        {"thon-1": Standing.AIRED}, 1, 1, 1, 0,
    )  # fmt: skip
    week = week_of(MONDAY, now, aired=[heard], slots=slots, days=PlainDays())
    assert [len(day.aired) for day in week.days] == [1, 0, 0, 0, 0, 0, 0]
    assert [len(day.slots) for day in week.days] == [0, 0, 0, 1, 1, 1, 1]


def test_a_week_begins_on_its_monday() -> None:
    assert monday_of(date(2026, 11, 29)) == MONDAY == monday_of(MONDAY)
