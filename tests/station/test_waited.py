"""A node that waited for an alert's words is judged by what it really played, silences included."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from smartradio.domain.bulletin import Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.waited import as_waited

CLIP = "c" * 64
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
ALERT = Recording(
    "r" * 64,
    "b",
    "vi",
    (
        Segment("1" * 64, 9_000, 6.0, 0.6, SegmentKind.CHIME),
        Segment("2" * 64, 4_000, 4.0, 0.9, SegmentKind.SENTENCE, "lũ khẩn cấp"),
        Segment("3" * 64, 4_000, 4.0, 0.0, SegmentKind.SENTENCE, "sơ tán ngay"),
    ),
)


def measured(waited: Any, *, node: str = "thon-1", clip: str = CLIP) -> Evidence:
    facts = {"clip": {"sha256": clip, "size_bytes": 1, "starts_s": -2.0}, "waited": waited}
    return Evidence("a", node, Step.MEASURED, NOW, f"node:{node}", None, facts)


def test_the_silence_stands_where_the_node_says_that_it_waited() -> None:
    heard = as_waited(ALERT, "thon-1", [measured([[1, 4.5]])], CLIP)
    assert [segment.pause_after_s for segment in heard.segments] == [0.6, 5.4, 0.0]
    assert heard.duration_s == pytest.approx(ALERT.duration_s + 4.5)
    assert heard.id == ALERT.id


@pytest.mark.parametrize(
    "waited",
    [
        None,
        "4",
        [[1]],
        [["1", 4.5]],
        [[1, "4.5"]],
        [[3, 4.5]],
        [[-1, 4.5]],
        [[1, -4.5]],
        [[1, 61.0]],
        [[1, float("nan")]],
    ],
)
def test_what_cannot_be_is_not_believed(waited: Any) -> None:
    assert as_waited(ALERT, "thon-1", [measured(waited)], CLIP) == ALERT


def test_neither_another_node_nor_another_clip_speaks_for_this_one() -> None:
    others = [measured([[1, 4.5]], node="thon-2"), measured([[1, 4.5]], clip="d" * 64)]
    assert as_waited(ALERT, "thon-1", others, CLIP) == ALERT
    assert as_waited(ALERT, "thon-1", [], CLIP) == ALERT
