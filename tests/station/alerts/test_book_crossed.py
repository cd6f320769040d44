"""Acts on alerts that cross each other: exercises and what is real, updates nobody could say, two taps, old pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.domain.errors import SmartradioError
from smartradio.station.alerts.kept import AlertRefusedError
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood

EXERCISE = flood("tap-1", title="Sơ tán", text="Sơ tán ngay.\nMời bà con lên trường học.", status=AlertStatus.EXERCISE)
NEWER = flood("lu-2", title="Tin lũ mới", text="Tin lũ mới.\nNước sông còn lên.")


class TestExercises:
    def test_a_real_alert_waits_for_no_exercise_and_ends_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(EXERCISE, by=THU)
            (sounding,) = desk.planned()
            await desk.book.send(flood(), by=KHANG)
            real, how = desk.air.aired[1][0], desk.air.aired[1][3]
            assert how["replaces"] == (sounding,)
            assert desk.office.stops.stopped == [sounding]
            assert desk.planned() == [real]
            ended = desk.kept("tap-1")
            assert (ended.state, ended.ended_by) == (AlertState.CANCELLED, "Đỗ Văn Khang")
            await desk.pass_(3 * HOUR)
            assert desk.air.titles[2:] == ["Nhắc lại: Tin lũ khẩn cấp"]

        at_the_book(tmp_path, work)

    def test_a_real_alert_that_is_said_again_waits_for_none_that_began_since(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.pass_(2 * HOUR - timedelta(seconds=20))
            await desk.book.send(EXERCISE, by=THU)
            exercise = desk.air.aired[1][0]
            assert desk.air.aired[1][3]["replaces"] == ()
            await desk.pass_(timedelta(seconds=30))
            assert desk.air.aired[2][3]["replaces"] == (exercise,)
            assert exercise not in desk.planned()

        at_the_book(tmp_path, work)

    def test_one_between_two_of_its_repetitions_is_not_said_again_beside_a_real_alert(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood("tap-2", zones=("thon-2",), status=AlertStatus.EXERCISE), by=THU)
            await desk.pass_(HOUR)
            (heard,) = desk.office.store.airings()
            await desk.office.recorder.withdraw(heard.id, desk.office.desk.withdrawals.said(heard, THU, "đã phát xong"))
            await desk.book.send(flood(zones=("thon-1",), repeat_every=None), by=KHANG)
            ended = desk.kept("tap-2")
            assert (ended.state, ended.ended_by) == (AlertState.CANCELLED, "Đỗ Văn Khang")
            assert desk.acts("tap-2")[-1] == ("cancel", "Đỗ Văn Khang")
            await desk.pass_(6 * HOUR)
            assert len(desk.air.aired) == 2

        at_the_book(tmp_path, work)

    def test_one_that_ended_before_is_left_as_it_is(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(EXERCISE, by=THU)
            await desk.book.cancel("tap-1", by=THU, why="xong", aloud=False)
            stopped = list(desk.office.stops.stopped)
            await desk.book.send(flood(), by=KHANG)
            assert desk.air.aired[1][3]["replaces"] == ()
            assert desk.office.stops.stopped == stopped
            assert desk.kept("tap-1").why == "xong"

        at_the_book(tmp_path, work)

    def test_no_exercise_takes_the_place_of_a_real_alert(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            standing = desk.planned()
            with pytest.raises(AlertRefusedError) as refused:
                await desk.book.update("lu-1", EXERCISE, by=THU)
            assert refused.value.code == "exercise"
            assert desk.kept().is_out
            assert desk.planned() == standing
            assert desk.book.alert("tap-1") is None

        at_the_book(tmp_path, work)


class TestWhatNoVoiceCouldSay:
    def test_the_update_of_an_update_that_was_never_said_silences_the_first_too(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            first = desk.planned()
            desk.air.mute = True
            with pytest.raises(SmartradioError):
                await desk.book.update("lu-1", NEWER, by=THU)
            desk.air.mute = False
            await desk.book.update("lu-2", replace(NEWER, id="lu-3", text="Tin lũ thứ ba.\nNước đang rút."), by=THU)
            newest = desk.air.aired[-1]
            assert newest[3]["replaces"] == tuple(first)
            assert desk.planned() == [newest[0]]
            assert desk.office.stops.stopped == first

        at_the_book(tmp_path, work)

    def test_cancelling_an_update_that_was_never_said_silences_what_it_was_to_replace(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            first = desk.planned()
            desk.air.mute = True
            with pytest.raises(SmartradioError):
                await desk.book.update("lu-1", NEWER, by=THU)
            await desk.book.cancel("lu-2", by=THU, why="nhầm", aloud=False)
            assert desk.planned() == []
            assert desk.office.stops.stopped == first

        at_the_book(tmp_path, work)

    def test_what_was_to_come_once_more_to_some_nodes_is_not_said_beside_the_alert_itself(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            desk.air.mute = True
            with pytest.raises(SmartradioError):
                await desk.book.send(flood(), by=KHANG)
            await desk.pass_(timedelta(seconds=15))
            with pytest.raises(SmartradioError):
                await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            desk.air.mute = False
            await desk.pass_(HOUR)
            assert [how["nodes"] for *_, how in desk.air.aired] == [None]

        at_the_book(tmp_path, work)


class TestTwice:
    def test_a_second_tap_on_once_more_is_the_same_airing(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.pass_(timedelta(minutes=5))
            once = await desk.book.send_again("lu-1", ["thon-1", "thon-2"], by=THU)
            await desk.pass_(timedelta(seconds=8))
            assert await desk.book.send_again("lu-1", ["thon-2", "thon-1"], by=KHANG) == once
            assert len(desk.air.aired) == 2
            other = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            await desk.pass_(timedelta(minutes=2))
            later = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            assert len({once.id, other.id, later.id}) == 3

        at_the_book(tmp_path, work)

    def test_what_was_taken_back_meanwhile_is_said_once_more(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            once = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            await desk.office.desk.withdraw_airing(once.id, by=THU, why="nhầm cụm")
            await desk.pass_(timedelta(seconds=5))
            again = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            assert again.id in desk.planned()

        at_the_book(tmp_path, work)


class TestTwoPersons:
    def test_words_that_the_first_has_changed_are_those_that_go_out(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.hand_in(flood(), by=KHANG)
            assert (await desk.book.hand_in(flood(), by=KHANG)).version == 1
            changed = flood(text="Tin lũ khẩn cấp.\nMời bà con thôn 1 sơ tán ngay.")
            await desk.book.hand_in(changed, by=KHANG)
            await desk.book.release("lu-1", by=THU)
            assert "thôn 1 sơ tán" in desk.air.texts[0]

        at_the_book(tmp_path, work, second_person=True)

    def test_the_second_lets_out_nothing_that_was_changed_since_they_read_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            read = await desk.book.hand_in(flood(), by=KHANG)
            await desk.book.hand_in(flood(text="Tin lũ khẩn cấp.\nMời bà con ở yên."), by=KHANG)
            with pytest.raises(AlertRefusedError) as refused:
                await desk.book.release("lu-1", by=THU, seen=read.version)
            assert refused.value.code == "changed"
            assert desk.air.aired == []

        at_the_book(tmp_path, work, second_person=True)
