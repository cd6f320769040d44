"""What may be acted on and what may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.evidence import Reason
from smartradio.node.gate import AHEAD, Gate, Marks, RefusalBudget
from smartradio.wire.messages import NodeConfig, Order, Plan, seal
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

KEY = SigningKey.new()
TOPICS = Topics("yen-hoa")
GATE = Gate("yen-hoa", "thon-1", "zone-a", KEY.public_hex)
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
PLAN_TOPIC, ORDER_TOPIC = TOPICS.node("thon-1", "plan"), TOPICS.node("thon-1", "order")


def order(**changes: Any) -> bytes:
    fields = {
        "order": "o1",
        "epoch": 1,
        "counter": 5,
        "station": "yen-hoa",
        "issued_at": NOW,
        "not_before": NOW,
        "expires_at": NOW + timedelta(minutes=1),
        "node": "thon-1",
        "action": "stop",
        "priority": 100,
    }
    return seal(KEY, ORDER_TOPIC, Order.model_validate(fields | changes))


def plan(epoch: int, counter: int, **changes: Any) -> bytes:
    fields = {"station": "yen-hoa", "node": "thon-1", "epoch": epoch, "counter": counter, "issued_at": NOW}
    return seal(KEY, PLAN_TOPIC, Plan.model_validate(fields | changes))


def refusal(payload: bytes, marks: Marks | None = None, now: datetime | None = NOW) -> Reason | None:
    try:
        GATE.order(ORDER_TOPIC, payload, marks or Marks(), now)
    except RefusedError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"station": "elsewhere"}, Reason.FOREIGN_STATION),
        ({"node": "thon-2"}, Reason.NOT_FOR_THIS_NODE),
        ({"node": None, "zone": "zone-a"}, None),
        ({"node": None, "zone": "zone-b"}, Reason.NOT_FOR_THIS_NODE),
        ({"expires_at": NOW - timedelta(milliseconds=1)}, Reason.EXPIRED),
        ({"expires_at": NOW}, None),
        ({"issued_at": NOW + AHEAD}, None),
        ({"issued_at": NOW + 2 * AHEAD}, Reason.MALFORMED),
    ],
)
def test_an_order_is_taken_or_refused_by_this_table(changes: dict[str, Any], reason: Reason | None) -> None:
    assert refusal(order(**changes)) is reason


@pytest.mark.parametrize(
    ("mark", "seen", "replayed"),
    [
        ((1, 5), (1, 4), False),
        ((1, 5), (1, 5), True),
        ((1, 5), (1, 6), True),
        ((2, 0), (1, 900), False),
        ((1, 901), (2, 0), True),
    ],
)
def test_what_is_not_newer_is_a_replay(mark: tuple[int, int], seen: tuple[int, int], *, replayed: bool) -> None:
    found = refusal(order(epoch=mark[0], counter=mark[1]), Marks(order=seen))
    assert (found is Reason.REPLAYED) == replayed


def test_a_takeover_seen_in_a_plan_ends_the_old_stations_orders() -> None:
    assert refusal(order(epoch=1, counter=900), Marks(plan=(2, 0))) is Reason.REPLAYED


def test_a_plan_overtaken_by_a_newer_order_is_still_the_plan() -> None:
    _, marks, new = GATE.plan(PLAN_TOPIC, plan(1, 7), Marks(plan=(1, 3), order=(1, 8)))
    assert new
    assert marks.plan == (1, 7)


def test_the_plan_in_force_may_come_again_and_an_older_one_may_not() -> None:
    marks = Marks(plan=(1, 7))
    assert GATE.plan(PLAN_TOPIC, plan(1, 7), marks)[2] is False
    with pytest.raises(RefusedError) as refused:
        GATE.plan(PLAN_TOPIC, plan(1, 6), marks)
    assert refused.value.reason is Reason.REPLAYED


def test_a_plan_with_an_order_for_another_node_is_refused_whole() -> None:
    foreign = Order.model_validate(
        {
            "order": "o1",
            "epoch": 1,
            "counter": 1,
            "station": "yen-hoa",
            "issued_at": NOW,
            "not_before": NOW,
            "expires_at": NOW,
            "node": "thon-2",
            "action": "stop",
            "priority": 50,
        }
    )
    with pytest.raises(RefusedError) as refused:
        GATE.plan(PLAN_TOPIC, plan(1, 1, orders=(foreign,)), Marks())
    assert refused.value.reason is Reason.NOT_FOR_THIS_NODE


def test_without_trusted_time_no_order_is_obeyed() -> None:
    assert refusal(order(), now=None) is Reason.CLOCK_UNTRUSTED


def test_a_config_moved_to_another_nodes_topic_is_refused() -> None:
    config = NodeConfig(station="yen-hoa", node="thon-1", epoch=1, counter=1, issued_at=NOW, zone="zone-a")
    payload = seal(KEY, TOPICS.node("thon-2", "config"), config)
    with pytest.raises(RefusedError) as refused:
        GATE.config(TOPICS.node("thon-1", "config"), payload, Marks())
    assert refused.value.reason is Reason.BAD_SIGNATURE


@given(st.binary(max_size=400))
def test_no_bytes_get_past_the_gate_or_break_it(payload: bytes) -> None:
    for take in (GATE.plan, GATE.config):
        with pytest.raises(RefusedError):
            take(PLAN_TOPIC, payload, Marks())
    for check in (GATE.ack, GATE.time_answer):
        with pytest.raises(RefusedError):
            check(PLAN_TOPIC, payload)
    assert refusal(payload) is not None


MARK = st.tuples(st.integers(0, 4), st.integers(0, 6))


@given(st.lists(MARK, max_size=30))
def test_over_any_sequence_of_orders_only_growing_ones_are_obeyed(sent: list[tuple[int, int]]) -> None:
    marks, obeyed = Marks(), []
    for epoch, counter in sent:
        try:
            _, marks = GATE.order(ORDER_TOPIC, order(epoch=epoch, counter=counter), marks, NOW)
        except RefusedError:
            continue
        obeyed.append((epoch, counter))
    assert obeyed == sorted(set(obeyed))
    assert not sent or max(sent) in obeyed


@given(MARK, MARK, MARK)
def test_marks_come_back_from_the_journal_as_they_were(a: Any, b: Any, c: Any) -> None:
    marks = Marks(a, b, c)
    assert Marks.read(marks.write()) == marks


def test_refusals_are_told_in_a_burst_then_slowly_and_none_goes_uncounted() -> None:
    budget = RefusalBudget(burst=3, every_s=10.0)
    told = [budget.allow(Reason.MALFORMED, 0.1 * number) for number in range(100)]
    assert [answer for answer in told if answer is not None] == [0, 0, 0]
    assert budget.allow(Reason.BAD_SIGNATURE, 10.0) == 0
    assert budget.allow(Reason.MALFORMED, 21.0) == 97
