"""What a gauge sends is a reading or one line that says why not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from smartradio.domain.errors import BadInputError
from smartradio.domain.gauge import Reading, RuleKind
from smartradio.station.alerts.gauge_readings import read_reading
from smartradio.station.alerts.gauge_settings import GaugeRuleSettings, GaugeSettings

NOW = datetime(2026, 10, 11, 20, 30, tzinfo=UTC)
GAUGE = GaugeSettings(name="ben-de", title="trạm Bến Đế")


def message(**changes: Any) -> bytes:
    return json.dumps({"at": NOW.isoformat(), "level_m": 4.52, **changes}).encode()


def test_a_reading_is_a_time_with_its_offset_and_metres() -> None:
    got = read_reading(GAUGE, message(at="2026-10-12T03:30:00+07:00", battery_v=12.1), now=NOW, last=None)
    assert got == Reading(NOW, 4.52)


@pytest.mark.parametrize(
    ("payload", "line"),
    [
        (b"", "no JSON"),
        (b"4.52", "no JSON object"),
        (b"[" * 1_000, "no JSON"),
        (b'{"level_m": 1}', "at is missing"),
        (message(level_m="4,52"), "level_m is missing"),
        (message(level_m=True), "level_m is missing"),
        (message(level_m=None), "level_m is missing"),
        (message(level_m=float("nan")), "no number"),
        (message(level_m=10**400), "no level"),
        (message(level_m=-99), "is not from -10 to 100"),
        (message(level_m=6553.5), "is not from -10 to 100"),
        (message(at=1_760_214_600), "at is missing"),
        (message(at="03:30"), "no time"),
        (message(at="2026-10-12T03:30:00"), "no offset"),
        (message(at="9999-12-31T23:59:59-12:00"), "no time"),
        (message(at=(NOW + timedelta(minutes=3)).isoformat()), "in the future"),
        (message(at=(NOW - timedelta(minutes=31)).isoformat()), "more than 30 minutes ago"),
        (message(padding="x" * 1_100), "bytes"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_anything_else_is_told_in_one_line(payload: bytes, line: str) -> None:
    with pytest.raises(BadInputError, match=line) as caught:
        read_reading(GAUGE, payload, now=NOW, last=None)
    assert "\n" not in str(caught.value)


def test_a_reading_that_is_not_later_than_the_last_is_old() -> None:
    with pytest.raises(BadInputError, match="not later"):
        read_reading(GAUGE, message(), now=NOW, last=NOW)


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps({"at": value, "level_m": value}).encode()
    )
)
def test_no_message_whatsoever_breaks_the_reading(payload: bytes) -> None:
    try:
        got = read_reading(GAUGE, payload, now=NOW, last=None)
    except BadInputError:
        return
    assert -10 <= got.level_m <= 100


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "one of the two"),
        ({"level_m": 4.5, "rise_m_h": 0.5}, "one of the two"),
        ({"level_m": 4.5, "back": 4.6}, "calm again above"),
        ({"rise_m_h": 0.0}, "greater than 0"),
        ({"level_m": 4.5, "times": 0}, "greater than or equal to 1"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_work_is_refused(values: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        GaugeRuleSettings(name="bd2", template="lu-bao-dong-2", **values)


def test_a_rule_is_calm_again_somewhat_below_its_limit() -> None:
    level = GaugeRuleSettings(name="bd2", template="lu-bao-dong-2", level_m=4.5).rule()
    rise = GaugeRuleSettings(name="nhanh", template="lu-khan-cap", rise_m_h=0.5).rule()
    assert (level.kind, level.over, level.back) == (RuleKind.LEVEL, 4.5, 4.3)
    assert (rise.kind, rise.over, rise.back) == (RuleKind.RISE, 0.5, 0.25)


def test_a_limit_where_readings_are_nonsense_is_refused() -> None:
    rule = GaugeRuleSettings(name="bd2", template="lu-bao-dong-2", level_m=450)
    with pytest.raises(ValidationError, match="nonsense"):
        GaugeSettings(name="ben-de", title="trạm Bến Đế", rules=(rule,))
