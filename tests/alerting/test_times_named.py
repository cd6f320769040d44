"""Times that an alert names and that have passed are found; spans of hours and what was past before are none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.alerting.saying import said_time
from smartradio.alerting.times_named import times_passed

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
SENT = datetime(2026, 11, 24, 13, 40, tzinfo=HANOI)
EVENING = datetime(2026, 11, 24, 19, 0, tzinfo=HANOI)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Bà con đi xong trước 18 giờ.", "18 giờ"),
        ("Bà con đi xong trước 18 giờ 30 phút.", "18 giờ 30 phút"),
        ("Bà con đi xong trước 18 giờ rưỡi.", "18 giờ rưỡi"),
        ("Bà con đi xong trước 18 giờ 30.", "18 giờ 30"),
        ("Có mặt lúc 15h30.", "15h30"),
        ("Có mặt lúc 15:30, mang theo đèn.", "15:30"),
        ("Đi xong trước 5 giờ chiều nay.", "5 giờ chiều nay"),
        ("Đi xong trước 18 giờ ngày 24/11. Mang theo đèn.", "18 giờ ngày 24/11"),
        ("Đi xong trước 18h 24/11/2026.", "18h 24/11/2026"),
        ("Đi xong trước 18 giờ ngày 24 tháng 11.", "18 giờ ngày 24 tháng 11"),
        ("Cấm đường từ 6 giờ tới 18 giờ.", "18 giờ"),
    ],
)
def test_a_time_that_lay_ahead_when_it_was_said_and_has_passed_is_told_as_it_stands(text: str, named: str) -> None:
    assert times_passed(text, since=SENT, now=EVENING) == (named,)
    assert times_passed(text, since=SENT, now=SENT) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Lúc 13 giờ 30, mực nước sông là 4,5 mét.",
        "Trong 16 giờ qua mưa 120 mi-li-mét.",
        "Trong vòng 15 giờ nước còn lên.",
        "Mưa còn kéo dài 18 giờ nữa.",
        "Dự báo 18 giờ tới nước còn lên.",
        "Gió giật 60km/h, có nơi 15 m/h.",
        "Đi xong trước 18 giờ ngày mai.",
        "Đi xong trước 18 giờ ngày 25/11.",
        "Đi xong trước 8 giờ tối nay.",
        "Lưu lượng 15,18 mét khối mỗi giây; cấp 3/15.",
        "Gọi 0912 345 678 hoặc 18.000 đồng.",
        "Trước 25 giờ, trước 18 giờ ngày 31/2.",
    ],
)
def test_what_was_past_lies_ahead_or_is_no_time_of_a_day_is_not_told(text: str) -> None:
    assert times_passed(text, since=SENT, now=EVENING) == ()


def test_in_the_evening_a_morning_hour_is_that_of_the_next_day() -> None:
    sent = datetime(2026, 11, 24, 22, 0, tzinfo=HANOI)
    text = "Bà con đi xong trước 5 giờ sáng."
    assert times_passed(text, since=sent, now=sent.replace(day=25, hour=4)) == ()
    assert times_passed(text, since=sent, now=sent.replace(day=25, hour=6)) == ("5 giờ sáng",)


def test_midnight_and_the_turn_of_the_year() -> None:
    sent = datetime(2026, 12, 31, 20, 0, tzinfo=HANOI)
    text = "Cấm đường đến 12 giờ đêm. Họp lúc 8 giờ ngày 1/1."
    assert times_passed(text, since=sent, now=datetime(2027, 1, 1, 0, 30, tzinfo=HANOI)) == ("12 giờ đêm",)
    told = times_passed(text, since=sent, now=datetime(2027, 1, 1, 9, 0, tzinfo=HANOI))
    assert told == ("12 giờ đêm", "8 giờ ngày 1/1")


def test_the_times_of_templates_are_found_and_each_is_told_once() -> None:
    text = f"Đi xong trước {said_time(EVENING)}. Nhắc lại, đi xong trước {said_time(EVENING)}."
    assert times_passed(text, since=SENT, now=EVENING) == ("19 giờ ngày 24/11",)


@pytest.mark.parametrize("day", ["29/2", "31/12/9999", "1/1/0001", "29/2/2027"])
def test_a_day_that_no_calendar_has_is_none(day: str) -> None:
    said = datetime(2028, 12, 1, 12, 0, tzinfo=HANOI)
    assert times_passed(f"Họp trước 24 giờ ngày {day}.", since=said, now=said.replace(day=30)) == ()


@given(
    st.lists(st.sampled_from(["24", "0", "31", "12", "29", "2", "9999", "/", " giờ", "h", ":", " ngày ", " đêm", " "]))
)
def test_whatever_stands_in_an_alert_its_turn_comes(parts: list[str]) -> None:
    text = "".join(parts)
    assert all(named in text for named in times_passed(text, since=SENT, now=EVENING))
