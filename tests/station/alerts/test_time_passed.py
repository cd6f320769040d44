"""An alert that is said again and names a time that has passed is told to somebody; what sounds is left as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from smartradio.domain.alert import AlertStatus
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood

# It goes out at noon by the wall clock.
LEAVE = flood(text="Sơ tán ngay.\nMời bà con đi xong trước 13 giờ 30.", expires_at=None)


def test_it_is_told_once_it_has_passed_and_stands_on_the_alerts_page(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(LEAVE, by=KHANG)
        await desk.pass_(HOUR)
        await desk.clockwork.round()
        assert desk.alarms.passed == {}
        await desk.pass_(HOUR)
        await desk.clockwork.round()
        assert desk.alarms.passed == {"lu-1": "13 giờ 30"}
        report = desk.book.report("lu-1")
        assert report is not None
        assert report.times_passed == ("13 giờ 30",)
        # Nobody but a person puts another time in its place.
        assert "trước 13 giờ 30" in desk.air.texts[-1]

    at_the_book(tmp_path, work)


def test_an_update_with_a_new_time_or_the_end_of_the_alert_ends_it(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(LEAVE, by=KHANG)
        await desk.pass_(2 * HOUR)
        await desk.clockwork.round()
        assert list(desk.alarms.passed) == ["lu-1"]
        later = replace(LEAVE, id="lu-2", text="Sơ tán ngay.\nMời bà con đi xong trước 16 giờ.")
        await desk.book.update("lu-1", later, by=THU)
        await desk.pass_(timedelta(seconds=5))
        assert desk.alarms.passed == {}
        await desk.pass_(3 * HOUR)
        await desk.clockwork.round()
        assert list(desk.alarms.passed) == ["lu-2"]
        await desk.book.cancel("lu-2", by=THU, why="đã đi hết", aloud=False)
        await desk.pass_(timedelta(seconds=5))
        assert desk.alarms.passed == {}

    at_the_book(tmp_path, work)


def test_an_exercise_and_what_is_said_but_once_is_told_to_nobody(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(replace(LEAVE, status=AlertStatus.EXERCISE), by=KHANG)
        await desk.pass_(2 * HOUR)
        await desk.clockwork.round()
        assert desk.alarms.passed == {}
        await desk.book.send(replace(LEAVE, id="lu-2", text="Đi xong trước 15 giờ.", repeat_every=None), by=KHANG)
        await desk.pass_(2 * HOUR)
        await desk.clockwork.round()
        assert desk.alarms.passed == {}
        report = desk.book.report("lu-2")
        assert report is not None
        assert report.times_passed == ("15 giờ",)

    at_the_book(tmp_path, work)


def test_nothing_is_said_again_after_its_stated_end(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(replace(LEAVE, expires_at=desk.clock() + 4 * HOUR), by=KHANG)
        await desk.pass_(timedelta(days=1))
        assert len(desk.air.aired) == 2

    at_the_book(tmp_path, work)
