"""What shares a slot goes on air one after another, and nothing of it twice however it moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.plan import Scheduled, plan
from smartradio.domain.plan_rules import PlanRules, ZoneRules
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.domain.sounding import Sounding
from smartradio.station.days import vietnam_days
from smartradio.station.layout import laid_out, occurrences, replanned
from smartradio.station.planner import Changes, ReadyProgramme
from smartradio.station.schedule_files import load_schedule
from tests.domain.plain_days import PlainDays

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ZONES = ("thon-1", "thon-2")
AT = datetime(2026, 11, 23, 5, 30, tzinfo=HANOI)
DAYS = PlainDays()
RULES = PlanRules(HANOI, ZoneRules(quiet=None))
START, END = AT - timedelta(hours=5), AT + timedelta(hours=12)


def nodes_of(zones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"cum-{zone}" for zone in ZONES if zone in zones)


def item(name: str, length_s: float, *, zones: tuple[str, ...] = ZONES, **fields: object) -> ReadyProgramme:
    programme = Programme(name, name, "Chào.", zones, AT, "FREQ=DAILY", approved_by="Lan", slot=timedelta(minutes=10))
    segment = Segment(name[0] * 64, 1000, length_s, 0.5, SegmentKind.SENTENCE)
    recording = Recording(f"{name}-{length_s}", name, "vi", (segment,))
    return ReadyProgramme(replace(programme, **fields), name, recording)  # type: ignore[arg-type]


SESSION = [
    item("het", 10.0, order=Turn.CLOSING),
    item("tin-cu", 30.0, first_at=AT - timedelta(days=1)),
    item("tin-moi", 20.5, zones=("thon-2",)),
    item("mo-dau", 5.0, order=Turn.OPENING),
]


def lay(ready: Sequence[ReadyProgramme]) -> tuple[Airing, ...]:
    return laid_out(ready, nodes_of, START, END, DAYS, rules=RULES).airings


def heard_in(zone: str, airings: Sequence[Airing]) -> list[tuple[str, float]]:
    """Programmes in the order of their start, with the seconds since the slot began."""
    return [
        (airing.programme or "", (airing.starts_at - AT).total_seconds())
        for airing in sorted(airings, key=lambda airing: airing.starts_at)
        if zone in airing.zones
    ]


def test_a_session_goes_from_its_opening_through_its_bulletins_to_its_closing() -> None:
    assert heard_in("thon-2", lay(SESSION)) == [("mo-dau", 0), ("tin-moi", 6), ("tin-cu", 28), ("het", 59)]


def test_a_zone_that_one_bulletin_is_not_for_does_not_wait_for_it() -> None:
    airings = lay(SESSION)
    assert heard_in("thon-1", airings) == [("mo-dau", 0), ("tin-cu", 6), ("het", 37)]
    closings = {airing.zones: airing.nodes for airing in airings if airing.programme == "het"}
    assert closings == {("thon-1",): ("cum-thon-1",), ("thon-2",): ("cum-thon-2",)}


def test_the_same_programmes_give_the_same_ids_and_a_longer_bulletin_moves_only_what_follows_it() -> None:
    first, again = lay(SESSION), lay(list(reversed(SESSION)))
    assert [airing.id for airing in first] == [airing.id for airing in again]
    longer = lay(
        [item("tin-moi", 40.0, zones=("thon-2",)) if each.bulletin_id == "tin-moi" else each for each in SESSION]
    )
    kept = {airing.id for airing in first} & {airing.id for airing in longer}
    assert {(airing.programme, airing.zones) for airing in first if airing.id in kept} == {
        ("mo-dau", ZONES),
        ("tin-cu", ("thon-1",)),
        ("het", ("thon-1",)),
    }


def test_an_item_may_start_late_as_long_as_its_slot_has_room_beside_the_closing() -> None:
    opening, *_, closing = (airing for airing in lay(SESSION) if "thon-1" in airing.zones)
    assert (opening.programme, closing.programme) == ("mo-dau", "het")
    assert opening.expires_at == opening.ends_by == AT + timedelta(minutes=10) - timedelta(seconds=11)
    assert closing.expires_at == closing.ends_by == AT + timedelta(minutes=10)


def test_what_finds_no_room_is_told_and_the_closing_keeps_its_own() -> None:
    crowded = [*SESSION, item("tin-dai", 580.0, first_at=AT - timedelta(days=2))]
    layout = laid_out(crowded, nodes_of, START, END, DAYS, rules=RULES)
    assert ("tin-dai", AT.astimezone(UTC)) in [(item.programme.name, item.planned_at) for item in layout.kept_off]
    assert [name for name, _ in heard_in("thon-2", layout.airings)][-1] == "het"


def test_a_closing_that_is_left_out_that_day_takes_no_room_from_the_bulletins() -> None:
    closing = item("het", 10.0, order=Turn.CLOSING, except_on=(AT.date(),))
    (airing,) = lay([item("tin-dai", 597.0), closing])
    assert airing.ends_by is not None
    assert airing.ends_by - AT == timedelta(minutes=10)


def test_a_programme_without_a_slot_starts_when_it_says() -> None:
    alone = item("rieng", 10.0, slot=None)
    (airing,) = lay([alone])
    assert (airing.starts_at, airing.expires_at, airing.zones) == (AT, AT + timedelta(seconds=60), ZONES)


def test_a_session_that_nobody_approved_is_not_aired() -> None:
    assert lay([replace(each, programme=replace(each.programme, approved_by=None)) for each in SESSION]) == ()


def test_an_airing_late_in_its_slot_belongs_to_the_day_s_instant() -> None:
    of = occurrences([each.programme for each in SESSION], START - timedelta(days=2), END, DAYS)
    assert {of(airing) for airing in lay(SESSION)} == {AT.astimezone(UTC)}


def test_the_second_of_two_emergencies_in_a_session_is_aired_after_the_first() -> None:
    first = item("bao-1", 120.0, priority=Priority.EMERGENCY)
    second = item("bao-2", 90.0, priority=Priority.EMERGENCY)
    assert heard_in("thon-1", lay([*SESSION, first, second]))[:2] == [("bao-1", 0), ("bao-2", 121)]


def test_an_emergency_that_would_begin_after_its_slot_is_told_as_without_room() -> None:
    first = item("bao-1", 700.0, priority=Priority.EMERGENCY)
    second = item("bao-2", 90.0, priority=Priority.EMERGENCY)
    kept_off = laid_out([first, second], nodes_of, START, END, DAYS, rules=RULES).kept_off
    assert ("bao-2", AT.astimezone(UTC)) in [(item.programme.name, item.planned_at) for item in kept_off]


def test_taking_out_the_first_day_of_a_new_bulletin_does_not_put_it_on_the_day_before() -> None:
    new = item("tin-moi", 30.0, first_at=AT - timedelta(days=3))
    now = AT - timedelta(minutes=10)
    standing = [airing for airing in lay([new]) if airing.starts_at >= now]
    out = replace(new, programme=replace(new.programme, except_on=(AT.date(),)))
    found = replanned([out], standing, nodes_of, (now, END), DAYS, rules=RULES, settled_before=now).changes
    assert found == Changes((), tuple(airing.id for airing in standing))


def test_a_bulletin_that_loses_its_slot_while_it_is_on_its_way_is_not_aired_again() -> None:
    standing = lay(SESSION)
    now = AT - timedelta(seconds=30)
    bare = [replace(each, programme=replace(each.programme, slot=None)) for each in SESSION]
    found = replanned(
        bare, standing, nodes_of, (now, END), DAYS, rules=RULES, settled_before=now + timedelta(seconds=60)
    )
    heard = {airing.programme for airing in standing if airing.starts_at < now + timedelta(seconds=60)}
    assert "tin-cu" in heard
    assert not [airing for airing in found.changes.add if airing.programme in heard and "thon-1" in airing.zones]


def test_a_session_moved_to_hours_that_are_over_is_not_told_as_missed() -> None:
    evening = [
        replace(each, programme=replace(each.programme, first_at=AT + timedelta(hours=11, minutes=30)))
        for each in SESSION
    ]
    now = AT + timedelta(hours=5)
    standing = laid_out(evening, nodes_of, now, END + timedelta(hours=1), DAYS, rules=RULES).airings
    assert standing
    found = replanned(
        SESSION, standing, nodes_of, (now, END), DAYS, rules=RULES, settled_before=now + timedelta(seconds=60)
    )
    assert found.changes == Changes((), tuple(airing.id for airing in standing))


lengths = st.lists(st.sampled_from([5.0, 12.5, 30.0, 45.0]), min_size=4, max_size=4)


@given(st.lists(st.tuples(lengths, st.integers(0, 90)), min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_however_bulletins_change_during_the_session_every_zone_hears_each_of_them_once(
    steps: list[tuple[list[float], int]],
) -> None:
    standing: dict[str, Airing] = {}
    now = AT - timedelta(minutes=3)
    for sizes, seconds in steps:
        changed = [
            replace(item(each.bulletin_id, size), programme=each.programme)
            for each, size in zip(SESSION, sizes, strict=True)
        ]

        def run(changed: list[ReadyProgramme] = changed, now: datetime = now) -> Changes:
            settled_before = now + timedelta(seconds=60)
            there = list(standing.values())
            return replanned(
                changed, there, nodes_of, (now, END), DAYS, rules=RULES, settled_before=settled_before
            ).changes

        found = run()
        for gone in found.withdraw:
            assert standing.pop(gone).starts_at >= now + timedelta(seconds=60)
        standing.update({airing.id: airing for airing in found.add})
        assert run() == Changes((), ())
        heard = sorted((airing.programme or "", zone) for airing in standing.values() for zone in airing.zones)
        assert heard == sorted((each.programme.name, zone) for each in SESSION for zone in each.programme.zones)
        now += timedelta(seconds=seconds)


def test_what_the_plan_shows_of_the_example_commune_at_tet_is_what_its_station_airs() -> None:
    schedules = Path(__file__).parents[2] / "schedules"
    days = vietnam_days(schedules / "ngay-nghi" / "vi-du.yaml")
    programmes = load_schedule(schedules / "vi-du.yaml", now=START, days=days)
    start, end = datetime(2027, 2, 3, tzinfo=HANOI), datetime(2027, 2, 10, tzinfo=HANOI)
    ready = []
    for number, programme in enumerate(programmes):
        segment = Segment("a" * 64, 1000, 20.0 + 7.3 * number, 0.5, SegmentKind.SENTENCE)
        ready.append(ReadyProgramme(programme, programme.name, Recording(programme.name, "", "vi", (segment,))))
    shown = plan(
        [Scheduled(each.programme, Sounding.of(each.recording).with_pause()) for each in ready],
        start,
        end,
        zones=None,
        rules=PlanRules(HANOI),
        days=days,
    )
    said = {
        (item.programme.name, zone, item.starts_at)
        for item in shown.items
        for zone in item.zones
        if item.starts_at is not None
    }
    airings = laid_out(ready, lambda zones: zones, start, end, days, rules=PlanRules(HANOI)).airings
    assert {(airing.programme, zone, airing.starts_at) for airing in airings for zone in airing.zones} == said
    assert len(said) > 200
