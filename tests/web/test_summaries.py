"""The report of a period on its page, as a sheet and as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from smartradio.domain.priority import Priority
from smartradio.station.source_information.exchange import SourceState
from smartradio.station.store.exchange import OutboxState
from smartradio.station.summaries import AiringOutcome, By, Outcome, summarise
from smartradio.web.rendering import reader
from smartradio.web.summaries import write_sheet

AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>"


def outcome(name: str = "a1", **changes: Any) -> AiringOutcome:
    values: dict[str, Any] = {
        "programme": "sang",
        "title": "Bản tin sáng",
        "topic": "y tế",
        "priority": Priority.PROGRAMME,
        "zones": ("thon-1",),
        "starts_at": AT,
        "length_s": 600.0,
        "results": {("thon-1", Outcome.AIRED): 3, ("thon-2", Outcome.SILENT): 1},
    }
    return AiringOutcome(airing=name, **{**values, **changes})


@pytest.fixture
def month(desk: Any) -> Any:
    desk.outcomes = [
        outcome(),
        outcome("a2", topic=HOSTILE),
        outcome("a3", topic=None, reason="quiet_hours", results={("thon-1", Outcome.SKIPPED): 2}),
    ]
    return desk


def test_this_month_stands_there_by_topic_without_being_asked(lan: Any, month: Any) -> None:
    page = lan.get("/bao-cao").text
    assert 'value="2026-11-01"' in page and 'value="2026-11-22"' in page
    assert "y tế" in page and "Chưa ghi chủ đề" in page
    assert "75\u00a0%" in page
    assert "giờ yên tĩnh: 1" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("by", list(By))
def test_it_is_broken_down_as_asked(lan: Any, month: Any, by: By) -> None:
    page = lan.get(f"/bao-cao?from=2026-11-01&to=2026-11-30&by={by}")
    assert page.status_code == 200
    assert f'<option value="{by}" selected>' in page.text
    assert "Tất cả" in page.text


def test_days_of_the_commune_count_not_those_of_utc(lan: Any, month: Any) -> None:
    assert "y tế" not in lan.get("/bao-cao?from=2026-11-20&to=2026-11-20").text
    assert "y tế" in lan.get("/bao-cao?from=2026-11-21&to=2026-11-21").text


@pytest.mark.parametrize(
    "query",
    ["from=x", "from=2026-11-22&to=2026-11-01", "from=1700-01-01&to=2026-01-01", "by=colour", "from=2026-02-31",
     "from=0001-01-01&to=0001-01-02", "to=9999-12-31&from=9999-12-31", "from=2020-01-01&to=2026-01-01"],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_answers_422(lan: Any, month: Any, query: str) -> None:
    page = lan.get(f"/bao-cao?{query}")
    assert page.status_code == 422
    assert "Khoảng thời gian không hợp lệ" in page.text
    assert lan.get(f"/bao-cao.csv?{query}").status_code == 422


def test_the_table_comes_as_a_file(lan: Any, month: Any) -> None:
    answer = lan.get("/bao-cao.csv?from=2026-11-01&to=2026-11-30&by=topic")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="bao-cao-2026-11-01-2026-11-30.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf" + "Chủ đề;Lượt phát".encode())


def test_the_sheet_to_be_printed_needs_no_script(lan: Any, month: Any) -> None:
    page = lan.get("/bao-cao/in?from=2026-11-01&to=2026-11-30").text
    assert "<script" not in page
    assert "Từ 01/11/2026 đến hết 30/11/2026" in page
    assert "/static/summary.css" in page
    assert "A4" in lan.get("/static/summary.css").text


def test_a_sheet_as_a_file_needs_nothing_else() -> None:
    made = summarise([outcome()], By.TOPIC, AT - timedelta(days=1), AT + timedelta(days=1))
    text = write_sheet(made, reader("vi"), station="Đài xã", made_at=AT, zones={}, alone=True)
    assert "@page" in text
    assert "href=" not in text and "src=" not in text


@pytest.mark.parametrize("path", ["/bao-cao", "/bao-cao/in", "/bao-cao.csv"])
def test_a_stranger_sees_none_of_it(stranger: Any, month: Any, path: str) -> None:
    assert stranger.get(path).headers["location"].startswith("/login")


def test_an_emergency_from_above_that_waits_stands_above_the_day(lan: Any, month: Any) -> None:
    month.above = SourceState(AT, None, OutboxState(0, 0))
    assert "đang chờ quyết định" not in lan.get("/").text
    month.above = SourceState(AT, None, OutboxState(0, 0), emergencies=2)
    page = lan.get("/").text
    assert "Tin khẩn cấp từ trên đang chờ quyết định: 2" in page
    assert 'role="alert"><a href="/duyet">' in page


def test_how_the_link_upward_stands_is_told_below(lan: Any, month: Any) -> None:
    assert "Hệ thống thông tin nguồn" not in lan.get("/bao-cao").text
    month.above = SourceState(AT, None, OutboxState(3, 1))
    page = lan.get("/bao-cao").text
    assert "Liên lạc lần cuối lúc 05:00" in page
    assert "3 báo cáo chờ gửi, 1 báo cáo không được nhận" in page
    month.above = SourceState(None, "no answer", OutboxState(0, 0))
    assert "Không liên lạc được: no answer" in lan.get("/bao-cao").text
