"""The report after action: all acts, every hamlet in seconds, what was said; an exercise says that it is one."""

from __future__ import annotations

import re
from typing import Any

from smartradio.domain.alert import AlertState, AlertStatus
from tests.web.alert_book_desk import kept


def test_it_says_who_sent_what_when_and_what_came_of_it(khang: Any, desk: Any) -> None:
    desk.desks.alerts.book["lu-1"] = kept()
    page = khang.get("/khan/tin/lu-1/bao-cao").text
    assert "Đỗ Văn Khang phát lúc 05:01:00" in page
    assert "Mực nước 4,5 m." in page
    assert "1 cụm không phát được: Cụm loa thôn 3." in page
    hamlets = re.findall(r'<th scope="rowgroup" colspan="5">([^<]+)', page)
    assert hamlets == ["Thôn 1", "Thôn 2", "Thôn 3"]
    assert re.findall(r'<td class="num">([^<]*)</td>', page[page.index("Cụm loa thôn 1") :])[:3] == ["0,4", "0,6", "21"]
    acts = page[page.index("Ai đã làm gì") :]
    assert "Đỗ Văn Khang" in acts
    assert '<td class="num">7 <small>eeeeeeee</small>' in acts


def test_an_exercise_is_marked_and_its_alert_leads_to_it(khang: Any, desk: Any) -> None:
    desk.desks.alerts.book["lu-1"] = kept(status=AlertStatus.EXERCISE)
    assert '<b class="mark">DIỄN TẬP</b>' in khang.get("/khan/tin/lu-1/bao-cao").text
    assert 'href="/khan/tin/lu-1/bao-cao"' in khang.get("/khan/tin/lu-1").text


def test_what_the_station_ended_by_itself_says_why_in_the_readers_words(khang: Any, desk: Any) -> None:
    ended = kept(state=AlertState.CANCELLED, ended_by="Đỗ Văn Khang", why="a real alert goes out")
    desk.desks.alerts.book["lu-1"] = ended
    for page in ("/khan/tin/lu-1", "/khan/tin/lu-1/bao-cao"):
        assert "có tin thật phải phát" in khang.get(page).text
        assert "a real alert" not in khang.get(page).text


def test_a_draft_that_nobody_sent_says_so(khang: Any, desk: Any) -> None:
    lapsed = kept("cho-1", state=AlertState.DISCARDED, ended_by="station", why="nobody sent it in time")
    desk.desks.alerts.book["cho-1"] = lapsed
    assert "đài đã bỏ: không ai phát trong thời gian chờ" in khang.get("/khan/tin/cho-1").text.lower()


def test_it_prints_from_its_own_style_and_needs_no_script(khang: Any, desk: Any) -> None:
    desk.desks.alerts.book["lu-1"] = kept()
    page = khang.get("/khan/tin/lu-1/bao-cao").text
    assert "<script" not in page
    styles = [khang.get(path).text for path in re.findall(r'href="(/static/[^"]+css[^"]*)"', page)]
    assert any("@media print" in style for style in styles)


def test_what_was_never_sent_has_none(khang: Any, desk: Any) -> None:
    desk.desks.alerts.book["cho-1"] = kept("cho-1", state=AlertState.DRAFT)
    assert khang.get("/khan/tin/cho-1/bao-cao").status_code == 404
    assert khang.get("/khan/tin/khong-co/bao-cao").status_code == 404
