"""Which recordings a commune pays for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smartradio.domain.priority import Priority
from smartradio.station.clip_orders import ClipOrders, NodeWish
from smartradio.station.clip_policy import ClipPolicy, Why, sampled
from smartradio.wire.messages import Action
from tests.station.commune import NOON, settings

HEARD_OFTEN: dict[str, Any] = {"heard": 10, "doubts": (), "crowded": False}


def why(policy: ClipPolicy, priority: Priority = Priority.PROGRAMME, airing: str = "a1", **changes: Any) -> Why | None:
    return policy.why(airing, "thon-1", priority, **(HEARD_OFTEN | changes))


@pytest.mark.parametrize(
    ("policy", "priority", "changes", "expected"),
    [
        (ClipPolicy(every=0), Priority.PROGRAMME, {}, None),
        (ClipPolicy(every=0), Priority.EMERGENCY, {}, Why.ALERT),
        (ClipPolicy(every=0), Priority.PROGRAMME, {"doubts": ("snr",)}, Why.DOUBTFUL),
        (ClipPolicy(every=0), Priority.PROGRAMME, {"heard": 9}, Why.FIRST_AIRINGS),
        (ClipPolicy(every=1), Priority.PROGRAMME, {}, Why.SAMPLE),
        # Too many wait: what can be done without is not asked for, what is needed is.
        (ClipPolicy(every=1), Priority.PROGRAMME, {"crowded": True}, None),
        (ClipPolicy(every=1), Priority.PROGRAMME, {"crowded": True, "heard": 0}, None),
        (ClipPolicy(every=1), Priority.PROGRAMME, {"crowded": True, "doubts": ("snr",)}, Why.DOUBTFUL),
        (ClipPolicy(every=1), Priority.EMERGENCY, {"crowded": True}, Why.ALERT),
        # A commune that wants no recordings gets none.
        (ClipPolicy(keep=False, every=1), Priority.EMERGENCY, {"doubts": ("snr",)}, None),
    ],
)
def test_alerts_doubts_first_airings_and_a_sample_are_listened_to(
    policy: ClipPolicy, priority: Priority, changes: dict[str, Any], expected: Why | None
) -> None:
    assert why(policy, priority, **changes) is expected


def test_only_alerts_come_unasked_unless_everything_is_listened_to(tmp_path: Path) -> None:
    usual = settings(tmp_path).clip_policy
    assert usual.at_once(Priority.EMERGENCY)
    assert not any(usual.at_once(priority) for priority in set(Priority) - {Priority.EMERGENCY})
    assert settings(tmp_path, clip_every=1).clip_policy.at_once(Priority.FALLBACK)
    assert not settings(tmp_path, clip_every=1, keep_clips=False).clip_policy.at_once(Priority.EMERGENCY)


def test_the_sample_is_one_in_so_many_and_does_not_follow_the_timetable() -> None:
    five_a_day = [[f"day{day}-{slot}" for slot in range(5)] for day in range(200)]
    chosen = [[sampled(airing, "thon-1", 5) for airing in day] for day in five_a_day]
    assert 160 < sum(map(sum, chosen)) < 240
    # Every slot of the day is heard, and nodes are heard at different times.
    assert all(any(day[slot] for day in chosen) for slot in range(5))
    together = [sum(sampled("a1", f"thon-{node}", 5) for node in range(60))]
    assert 4 < together[0] < 22
    assert not any(sampled(airing, "thon-1", 0) for day in five_a_day for airing in day)
    assert all(sampled(airing, "thon-1", 1) for airing in five_a_day[0])


def test_a_fresh_commune_hears_every_airing_of_its_first_ten(tmp_path: Path) -> None:
    usual = settings(tmp_path).clip_policy
    reasons = [why(usual, heard=min(number, 10), airing=f"a{number}") for number in range(60)]
    assert reasons[:10] == [Why.FIRST_AIRINGS] * 10
    assert {Why.SAMPLE, None} == set(reasons[10:])


def wish(order: str = "o1", node: str = "thon-1", **changes: Any) -> NodeWish:
    fields = {"action": Action.CLIP, "clip_airing": "a1", "asked_at": NOON, "expires_at": NOON + timedelta(days=7)}
    return NodeWish(order=order, node=node, **(fields | changes))  # type: ignore[arg-type]


def test_nodes_that_keep_nothing_send_every_recording_or_none(tmp_path: Path) -> None:
    """Otherwise the first airings are asked for in vain, and no node ever comes to a past."""
    with pytest.raises(ValidationError, match=r"clip_every = 1.*keep_clips = false"):
        settings(tmp_path, node_clip_days=0)
    assert settings(tmp_path, node_clip_days=0, clip_every=1).clip_policy.at_once(Priority.PROGRAMME)
    assert not settings(tmp_path, node_clip_days=0, keep_clips=False).clip_policy.keep


def test_an_order_for_a_clip_stays_open_until_it_is_answered_or_too_old() -> None:
    orders = ClipOrders()
    orders.add(wish())
    orders.add(wish("o2", expires_at=NOON + timedelta(hours=1)))
    orders.add(wish("o3", "thon-2"))
    assert [each.order for each in orders.of("thon-1", NOON)] == ["o1", "o2"]
    assert [each.order for each in orders.of("thon-1", NOON + timedelta(hours=1))] == ["o1"]
    orders.answered("o1")
    orders.answered("never asked")
    assert orders.of("thon-1", NOON) == ()
    assert [each.order for each in orders.of("thon-2", NOON)] == ["o3"]


def test_a_plan_is_news_only_for_an_order_that_it_does_not_hold() -> None:
    orders = ClipOrders()
    assert not orders.news("thon-1", NOON)
    orders.add(wish())
    assert orders.news("thon-1", NOON)
    orders.stand_in_plan("thon-1", orders.of("thon-1", NOON))
    assert not orders.news("thon-1", NOON)
    orders.answered("o1")
    # What was answered may stand in the plan till its next change.
    assert not orders.news("thon-1", NOON)
    orders.add(wish())
    orders.forget_plans()
    assert orders.news("thon-1", NOON)


def test_the_same_asking_keeps_its_id_under_every_counter() -> None:
    first = wish().signed_as("yen-hoa", 1, 5, NOON)
    again = wish().signed_as("yen-hoa", 1, 9, NOON + timedelta(minutes=1))
    assert (first.action, first.clip_airing, first.node) == (Action.CLIP, "a1", "thon-1")
    assert (first.order, first.counter, again.order, again.counter) == ("o1", 5, "o1", 9)
