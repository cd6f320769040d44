from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.approval import (
    RELEASED,
    TABLE,
    Act,
    ItemState,
    Person,
    after_act,
    bound_terms,
    check_second_person,
    furthest,
)
from smartradio.domain.bulletin import Part, Segment, SegmentKind
from smartradio.domain.day_rules import Holidays, LunarRule, Season
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LAN, BINH = Person("Lê Thị Lan", "lan", "a1"), Person("Phạm Văn Bình", "binh", "b2")
SEGMENTS = (
    Segment("a" * 64, 4_000, 2.0, 0.4, SegmentKind.CHIME),
    Segment("b" * 64, 9_000, 5.0, 0.0, SegmentKind.SENTENCE, "mời bà con"),
)
PROGRAMME = Programme(
    name="mat-nuoc",
    title="Báo mất nước",
    text="Mất nước từ 8 giờ.",
    zones=("thon-1", "thon-2"),
    first_at=datetime(2026, 11, 24, 5, 30, tzinfo=HANOI),
)
D, S, R, A, P, O, W = (  # noqa: E741 - read as columns of a table
    ItemState.DRAFT,
    ItemState.SUBMITTED,
    ItemState.RETURNED,
    ItemState.APPROVED,
    ItemState.SCHEDULED,
    ItemState.AIRED,
    ItemState.WITHDRAWN,
)
# Each row: an act, and the state after it from draft, submitted, returned, approved, scheduled, aired, withdrawn.
ROWS = [
    (Act.CHANGE, (D, D, D, D, D, D, D)),
    (Act.SUBMIT, (S, None, S, None, None, None, None)),
    (Act.APPROVE, (None, A, None, None, None, None, None)),
    (Act.RETURN, (None, R, None, None, None, None, None)),
    (Act.PLAN, (None, None, None, P, P, O, None)),
    (Act.START, (None, None, None, O, O, O, None)),
    (Act.WITHDRAW, (W, W, W, W, W, W, None)),
    (Act.REFUSE, (None, None, None, R, R, R, None)),
]


@pytest.mark.parametrize(("act", "states"), ROWS, ids=[act.value for act, _ in ROWS])
def test_what_an_act_makes_of_each_state(act: Act, states: tuple[ItemState | None, ...]) -> None:
    assert tuple(after_act(state, act) for state in (D, S, R, A, P, O, W)) == states


def test_the_table_knows_every_act_and_state_and_no_others() -> None:
    assert {act for act, _ in ROWS} == set(Act)
    assert len(TABLE) == sum(state is not None for _, states in ROWS for state in states)


@given(st.lists(st.sampled_from(list(Act)), max_size=30))
def test_nothing_is_ever_released_that_nobody_approved_since_its_last_change(acts: list[Act]) -> None:
    state, approved = ItemState.DRAFT, False
    for act in acts:
        after = after_act(state, act)
        if after is None:
            continue
        state = after
        if act is Act.APPROVE:
            approved = True
        elif act in (Act.CHANGE, Act.WITHDRAW, Act.REFUSE, Act.RETURN, Act.SUBMIT):
            approved = False
        assert (state in RELEASED) == approved


def test_an_item_is_as_far_as_the_plan_and_the_nodes_have_brought_it() -> None:
    assert furthest(A, planned=False, started=False) is A
    assert furthest(A, planned=True, started=False) is P
    assert furthest(A, planned=True, started=True) is O
    # A draft of what was aired before is a draft.
    assert furthest(D, planned=True, started=True) is D


class TestFourEyes:
    def test_who_handed_it_in_does_not_approve_it(self) -> None:
        with pytest.raises(BadInputError, match=r"Lê Thị Lan handed it in; somebody else"):
            check_second_person(LAN, LAN, four_eyes=True)
        check_second_person(LAN, BINH, four_eyes=True)
        check_second_person(LAN, LAN, four_eyes=False)

    def test_a_name_in_a_file_is_the_person_of_that_name(self) -> None:
        with pytest.raises(BadInputError, match="somebody else"):
            check_second_person(Person("lê  thị lan"), LAN, four_eyes=True)

    def test_two_accounts_of_one_name_are_two_people(self) -> None:
        check_second_person(LAN, Person("Lê Thị Lan", "lan2"), four_eyes=True)


CHANGES: dict[str, Any] = {
    "name": "cup-nuoc",
    "title": "Báo cúp nước",
    "text": "Mất nước từ 9 giờ.",
    "zones": ("thon-1",),
    "first_at": PROGRAMME.first_at + timedelta(minutes=1),
    "recurrence": "FREQ=DAILY",
    "priority": Priority.EMERGENCY,
    "voice": "vi+f3",
    "rate_wpm": 120,
    "start_tolerance": timedelta(seconds=61),
    "parts": (Part(text="Mất nước."),),
    "override_open_items": True,
    "times": 2,
    "valid_from": date(2026, 11, 1),
    "valid_until": date(2026, 12, 1),
    "except_on": (date(2026, 11, 25),),
    "also_on": (date(2026, 11, 25),),
    "seasons": (Season((5, 1), (9, 30), time(5)),),
    "holidays": Holidays.SKIP,
    "lunar": LunarRule((15,)),
    "slot": timedelta(minutes=5),
    "order": Turn.OPENING,
}
FREE: dict[str, Any] = {"approved_by": "Phạm Văn Bình", "topic": "nước sạch"}


class TestWhatAnApprovalBinds:
    @pytest.mark.parametrize("field", list(CHANGES))
    def test_a_change_of_words_sounds_zones_times_or_priority_is_another_thing(self, field: str) -> None:
        changed = replace(PROGRAMME, **{field: CHANGES[field]})
        assert bound_terms(changed, SEGMENTS, at_once=False) != bound_terms(PROGRAMME, SEGMENTS, at_once=False)

    @pytest.mark.parametrize("field", list(FREE))
    def test_whose_name_stands_under_it_and_its_topic_are_not_bound(self, field: str) -> None:
        changed = replace(PROGRAMME, **{field: FREE[field]})
        assert bound_terms(changed, SEGMENTS, at_once=False) == bound_terms(PROGRAMME, SEGMENTS, at_once=False)

    def test_every_field_of_a_programme_is_either_bound_or_free(self) -> None:
        # A relay is bound as every other field is; what it is made of has its own tests.
        assert {field.name for field in fields(Programme)} == {*CHANGES, *FREE, "relay"}

    def test_another_sound_or_pause_is_another_thing(self) -> None:
        bound = bound_terms(PROGRAMME, SEGMENTS, at_once=False)
        for other in (replace(SEGMENTS[1], sha256="c" * 64), replace(SEGMENTS[1], pause_after_s=0.1)):
            assert bound_terms(PROGRAMME, (SEGMENTS[0], other), at_once=False) != bound
        assert bound_terms(PROGRAMME, SEGMENTS[::-1], at_once=False) != bound

    def test_what_goes_out_when_it_is_approved_has_no_time_of_its_own(self) -> None:
        later = replace(PROGRAMME, first_at=PROGRAMME.first_at + timedelta(hours=3))
        at_once = bound_terms(PROGRAMME, SEGMENTS, at_once=True)
        assert bound_terms(later, SEGMENTS, at_once=True) == at_once
        assert at_once != bound_terms(PROGRAMME, SEGMENTS, at_once=False)
