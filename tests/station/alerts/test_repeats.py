"""An alert is said again until it ends, by the book and not by what is in memory; never twice in a row."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState
from smartradio.domain.errors import SmartradioError
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON


def test_it_is_said_again_as_often_as_was_set_until_its_end(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(repeat_every=3 * HOUR, expires_at=NOON + 50 * HOUR), by=KHANG)
        await desk.pass_(timedelta(days=3))
        assert desk.air.times == [NOON + hours * HOUR for hours in range(0, 50, 3)]
        assert desk.kept().state is AlertState.EXPIRED
        assert desk.kept().ended_at == NOON + 50 * HOUR
        assert set(desk.occasions()[1:]) == {Occasion.REPEAT}
        assert desk.acts()[-1] == ("expire", "station")
        assert desk.book.current() == []

    at_the_book(tmp_path, work)


def test_each_time_the_issuer_and_the_time_of_issue_are_restated(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.pass_(3 * HOUR)
        first, again = desk.air.texts
        issued = "ban hành lúc 11 giờ 40 phút ngày 22/11"
        assert issued in first
        assert issued in again
        assert again.startswith("Tin nhắc lại, phát lần đầu lúc 12 giờ ngày 22/11.")
        assert desk.air.titles[1] == "Nhắc lại: Tin lũ khẩn cấp"

    at_the_book(tmp_path, work)


def test_an_alert_that_is_said_once_rings_nothing_but_its_end(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(repeat_every=None), by=KHANG)
        await desk.pass_(timedelta(days=2))
        assert desk.air.times == [NOON]
        assert desk.kept().state is AlertState.EXPIRED

    at_the_book(tmp_path, work)


def test_repeats_go_on_after_a_restart_where_they_were(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.pass_(2 * HOUR + timedelta(minutes=30))
        await desk.restart(after=timedelta(minutes=10))
        await desk.pass_(4 * HOUR)
        assert desk.air.times == [NOON, NOON + 2 * HOUR, NOON + 4 * HOUR, NOON + 6 * HOUR]

    at_the_book(tmp_path, work)


def test_what_fell_due_while_the_station_was_off_is_said_once_and_not_in_a_row(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.restart(after=7 * HOUR + timedelta(minutes=50))
        await desk.pass_(timedelta())
        back = NOON + 7 * HOUR + timedelta(minutes=50)
        assert desk.air.times == [NOON, back]
        await desk.pass_(2 * HOUR)
        assert desk.air.times == [NOON, back, back + 2 * HOUR]

    at_the_book(tmp_path, work)


def test_what_is_over_when_the_station_comes_back_is_not_said(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.restart(after=13 * HOUR)
        await desk.pass_(HOUR)
        assert desk.air.times == [NOON]
        assert desk.kept().state is AlertState.EXPIRED

    at_the_book(tmp_path, work)


def test_nothing_is_said_again_that_a_person_took_off_the_air_elsewhere(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        (airing,) = desk.planned()
        await desk.office.desk.withdraw_airing(airing, by=THU, why="nhầm xã")
        await desk.pass_(6 * HOUR)
        assert desk.air.times == [NOON]
        assert (desk.kept().state, desk.kept().ended_by) == (AlertState.CANCELLED, "Hà Thị Thu")

    at_the_book(tmp_path, work)


def test_what_no_voice_could_say_is_tried_until_one_can(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        desk.air.mute = True
        with pytest.raises(SmartradioError, match="no voice"):
            await desk.book.send(flood(), by=KHANG)
        assert desk.kept().is_out
        await desk.pass_(timedelta(seconds=35))
        desk.air.mute = False
        await desk.pass_(timedelta(seconds=10))
        said_at = desk.air.times[0]
        assert NOON + timedelta(seconds=35) < said_at <= NOON + timedelta(seconds=45)
        await desk.pass_(2 * HOUR)
        assert desk.air.times == [said_at, said_at + 2 * HOUR]

    at_the_book(tmp_path, work)


def test_once_more_is_for_the_nodes_that_were_not_reached_alone(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await desk.book.send(flood(), by=KHANG)
        await desk.pass_(timedelta(minutes=10))
        airing = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
        assert (airing.nodes, airing.zones) == (("thon-2",), ("thon-2",))
        assert desk.acts()[-1] == ("send_again", "Hà Thị Thu")
        # The others are not told in the meantime, and not later than was set.
        await desk.pass_(2 * HOUR)
        assert desk.air.times == [NOON, NOON + timedelta(minutes=10), NOON + 2 * HOUR]
        for nodes in (["thon-3"], ["khong-co"], []):
            with pytest.raises(SmartradioError):
                await desk.book.send_again("lu-1", nodes, by=THU)

    at_the_book(tmp_path, work)
