"""The public page: read and heard by everybody, kept by caches, tied to nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from smartradio.web.public import NEWEST
from tests.web.citizens_desk import SOUND, FakeCitizensDesk, vaccination

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def citizens(desk: Any) -> FakeCitizensDesk:
    desk.desks.citizens = FakeCitizensDesk()
    return desk.desks.citizens  # type: ignore[no-any-return]


def test_everybody_reads_and_hears_what_was_aired(citizens: FakeCitizensDesk, stranger: Any) -> None:
    page = stranger.get("/cong-khai")
    assert page.status_code == 200
    assert "Đang phát" in page.text
    assert "Lịch tiêm chủng" in page.text
    assert "Thôn 1, Thôn 3" in page.text
    assert "cả xã" in page.text  # the flood, everywhere
    assert "trên &lt;báo động 3&gt;" in page.text
    heard = stranger.get(f"/cong-khai/am-thanh/{'d' * 64}.opus", range="bytes=0-3")
    assert (heard.status_code, heard.content) == (206, SOUND[:4])


def test_what_is_over_is_not_said_to_be_on_the_air(citizens: FakeCitizensDesk, stranger: Any) -> None:
    citizens.airings = [replace(vaccination(), duration_s=100.0)]
    page = stranger.get("/cong-khai").text
    assert "Đang phát" not in page
    assert "Bản tin mới nhất phát lúc 05:00, Chủ nhật, 22/11/2026." in page


def test_a_hamlet_sees_what_sounded_there(citizens: FakeCitizensDesk, stranger: Any) -> None:
    page = stranger.get("/cong-khai?thon=thon-2")
    assert "Tin lũ khẩn cấp" in page.text
    assert "Lịch tiêm chủng" not in page.text
    assert stranger.get("/cong-khai?thon=thon-9").status_code == 404


def test_one_bulletin_has_its_whole_text(citizens: FakeCitizensDesk, stranger: Any) -> None:
    page = stranger.get("/cong-khai/tin/lp-1")
    assert "Mời bà con đưa trẻ đến." in page.text
    assert "05:00" in page.text
    citizens.airings = [replace(vaccination(), sounded=())]
    assert stranger.get("/cong-khai/tin/lp-1").status_code == 404


def test_the_same_bulletin_twice_a_day_is_told_once_with_both_times(citizens: FakeCitizensDesk, stranger: Any) -> None:
    first = vaccination()
    again = replace(first, id="lp-2", starts_at=first.starts_at.replace(hour=23))
    citizens.airings = [again, first]
    page = stranger.get("/cong-khai").text
    assert page.count("<article") == 1
    assert page.index("05:00") < page.index("06:00", page.index("<article"))


def test_a_closed_page_is_not_there(citizens: FakeCitizensDesk, stranger: Any) -> None:
    citizens.is_open = False
    for path in ("", "/tin/lp-1", "/tin.atom", f"/am-thanh/{'d' * 64}.opus", "/khong-nghe-ro", "/cam-on"):
        assert stranger.get(f"/cong-khai{path}").status_code == 404
    assert stranger.post("/cong-khai/khong-nghe-ro", thon="thon-1").status_code == 404
    assert citizens.told == []


def test_no_page_for_the_public_sets_a_cookie_and_all_may_be_kept(citizens: FakeCitizensDesk, stranger: Any) -> None:
    for path in ("/cong-khai", "/cong-khai/tin/lp-1", "/cong-khai/tin.atom", "/cong-khai/khong-nghe-ro?thon=thon-1"):
        page = stranger.get(path)
        assert "set-cookie" not in page.headers, path
        assert page.headers["cache-control"] == "public, max-age=60"
        held = stranger.get(path, if_none_match=page.headers["etag"])
        assert (held.status_code, held.content) == (304, b""), path
    assert stranger.cookies == {}


def test_the_page_is_the_same_for_whoever_is_logged_in(citizens: FakeCitizensDesk, stranger: Any) -> None:
    before = stranger.get("/cong-khai").text
    stranger.log_in("tho")
    stranger.get("/language/en")
    assert stranger.get("/cong-khai").text == before
    assert "On the air now" in stranger.get("/cong-khai?lang=en").text


def test_the_feed_is_atom_with_sound_and_text(citizens: FakeCitizensDesk, stranger: Any) -> None:
    citizens.airings[0] = replace(vaccination(), text="Có ký tự lạ \x0b và <b>")
    answer = stranger.get("/cong-khai/tin.atom?thon=thon-1")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ET.fromstring(answer.text)
    assert feed.findtext(f"{ATOM}title") == "Đài truyền thanh xã Yên Hòa · Thôn 1"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-21T22:03:00+00:00"
    first = feed.findall(f"{ATOM}entry")[0]
    assert first.findtext(f"{ATOM}content") == "Có ký tự lạ  và <b>"
    links = {link.get("rel"): link.get("href") for link in first.findall(f"{ATOM}link")}
    assert links == {
        "alternate": "http://dai/cong-khai/tin/lp-1",
        "enclosure": f"http://dai/cong-khai/am-thanh/{'d' * 64}.opus",
    }
    assert ET.fromstring(stranger.get("/cong-khai/tin.atom?thon=thon-2").text).findall(f"{ATOM}entry")


def test_a_page_full_of_long_bulletins_stays_light(citizens: FakeCitizensDesk, stranger: Any) -> None:
    long = "Nước sông lên nhanh, bà con vùng bãi khẩn trương di dời. " * 350
    citizens.airings = [replace(vaccination(), id=f"lp-{n}", recording=f"{n:064x}", text=long) for n in range(NEWEST)]
    assert len(stranger.get("/cong-khai").content) < 60_000


def test_a_sound_that_was_not_aired_for_the_public_is_not_played(citizens: FakeCitizensDesk, stranger: Any) -> None:
    assert stranger.get(f"/cong-khai/am-thanh/{'a' * 64}.opus").status_code == 404
