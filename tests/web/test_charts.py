"""Small charts: a line where something was measured, a gap where nothing was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smartradio.web.charts import HEIGHT, WIDTH, bar_chart, line_chart

START = datetime(2026, 11, 22, tzinfo=UTC)
END = START + timedelta(hours=10)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_a_line_breaks_where_nothing_was_measured() -> None:
    points = [(at(0), 10.0), (at(1), 20.0), (at(2), None), (at(5), 30.0), (at(6), 30.0)]
    chart = line_chart(points, START, END, gap_s=3_600, least=1.0)
    assert (chart.path.count("M"), chart.path.count("L")) == (2, 2)
    assert (chart.low, chart.high, chart.last) == (10.0, 30.0, 30.0)


def test_what_hardly_moves_is_no_mountain() -> None:
    chart = line_chart([(at(0), 50.0), (at(1), 50.4)], START, END, gap_s=7_200, least=20.0)
    heights = [
        float(step.split()[1].split("h")[0]) for step in chart.path.replace("M", " |").replace("L", " |").split("|")[1:]
    ]
    assert abs(heights[0] - heights[1]) < HEIGHT / 20


def test_without_any_figure_there_is_no_chart() -> None:
    assert line_chart([(at(0), None)], START, END, gap_s=1, least=1).low is None
    assert bar_chart([], START, END, width_s=1).low is None


def test_bars_stand_on_the_ground_and_are_added_up() -> None:
    chart = bar_chart([(at(0), 2.0), (at(1), 0.0), (at(2), 4.0)], START, END, width_s=3_600)
    assert (chart.path.count("z"), chart.total) == (2, 6.0)


@given(st.lists(st.tuples(st.floats(-1, 11), st.none() | st.floats(-1e6, 1e6)), max_size=30))
def test_nothing_is_drawn_outside_the_paper(values: list[tuple[float, float | None]]) -> None:
    points = [(at(hours), value) for hours, value in sorted(values, key=lambda pair: pair[0])]
    chart = line_chart(points, START, END, gap_s=3_600, least=1.0)
    for step in chart.path.replace("M", "|").replace("L", "|").split("|")[1:]:
        x, y = step.split("h")[0].split()
        assert -0.1 <= float(x) <= WIDTH + 0.1
        assert -0.1 <= float(y) <= HEIGHT + 0.1
