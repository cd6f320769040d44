"""A newer alert takes the place of one; a cancelled one falls silent at once, and says so where that is wanted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Reason, Step
from smartradio.station.alerts.kept import AlertRefusedError
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood

NEWER = flood("lu-2", title="Tin lũ mới", text="Tin lũ mới.\nNước sông còn lên.")


class TestAllClear:
    def test_it_goes_out_only_when_nothing_is_left_to_be_said_again(self, tmp_path: Path) -> None:
        clear = flood("het", title="Hết báo động", siren="all_clear")

        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            with pytest.raises(AlertRefusedError, match=flood().title):
                await desk.book.send(clear, by=THU)
            with pytest.raises(AlertRefusedError, match="would be said again"):
                await desk.book.hand_in(clear, by=THU)
            await desk.book.cancel("lu-1", by=KHANG, why="nước rút", aloud=False)
            first = await desk.book.send(clear, by=THU)
            assert first.is_out
            assert await desk.book.send(clear, by=THU) == first

        at_the_book(tmp_path, work)

    def test_it_takes_the_place_of_the_alert_that_it_ends(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.book.update("lu-1", flood("het", title="Hết báo động", siren="all_clear"), by=THU)
            assert desk.kept().state is AlertState.UPDATED

        at_the_book(tmp_path, work)

    def test_an_exercise_holds_back_no_real_one_and_the_other_way_round(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            drill = flood("het-dien-tap", title="Hết báo động", siren="all_clear", status=AlertStatus.EXERCISE)
            assert (await desk.book.send(drill, by=THU)).is_out

        at_the_book(tmp_path, work)


class TestUpdating:
    def test_what_it_ends_is_on_record_as_replaced_and_by_which_alert_not_as_taken_back(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            (first,) = desk.planned()
            await desk.book.update("lu-1", NEWER, by=THU)
            last = desk.office.store.chain(first, "")[-1].evidence
            assert (last.step, last.reason) == (Step.SKIPPED, Reason.REPLACED)
            assert (last.facts["by"], last.facts["replaced_by"]) == (THU.title, "lu-2")
            board, report = desk.office.store.alerts.board(first), desk.book.report("lu-1")
            assert board is not None and report is not None
            assert board.replaced_by == report.airings[0].replaced_by == "lu-2"
            newer = desk.book.report("lu-2")
            assert newer is not None
            assert newer.airings[0].replaced_by == ""

        at_the_book(tmp_path, work)

    def test_what_somebody_took_back_has_no_other_alert_in_its_place(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            (first,) = desk.planned()
            await desk.book.cancel("lu-1", by=THU, why="nhầm", aloud=False)
            assert desk.office.store.chain(first, "")[-1].evidence.reason == Reason.WITHDRAWN
            report = desk.book.report("lu-1")
            assert report is not None
            assert (report.airings[0].withdrawn, report.airings[0].replaced_by) == (True, "")

        at_the_book(tmp_path, work)

    def test_the_newer_one_replaces_what_plays_and_what_is_planned(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            (first,) = desk.planned()
            kept = await desk.book.update("lu-1", NEWER, by=THU)
            old = desk.kept()
            assert (old.state, old.replaced_by, old.ended_by) == (AlertState.UPDATED, "lu-2", "Hà Thị Thu")
            assert desk.air.aired[1][3]["replaces"] == (first,)
            assert desk.office.stops.stopped == [first]
            assert desk.planned() == [desk.air.aired[1][0]]
            assert desk.air.texts[1].startswith("Tin mới, thay cho tin phát lúc 12 giờ ngày 22/11.")
            assert desk.occasions("lu-2") == [Occasion.UPDATE]
            await desk.pass_(3 * HOUR)
            assert desk.air.titles[2:] == ["Nhắc lại: Tin lũ mới"]
            assert kept.alert.supersedes == "lu-1"

        at_the_book(tmp_path, work)

    def test_the_older_one_is_not_silenced_before_the_newer_one_can_be_said(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            first = desk.planned()
            desk.air.mute = True
            with pytest.raises(SmartradioError):
                await desk.book.update("lu-1", NEWER, by=THU)
            assert desk.planned() == first
            desk.air.mute = False
            await desk.pass_(timedelta(minutes=1))
            assert desk.office.stops.stopped == first
            assert desk.planned() == [desk.air.aired[1][0]]
            assert desk.air.aired[1][3]["replaces"] == tuple(first)

        at_the_book(tmp_path, work)

    def test_the_draft_of_an_update_is_one_when_it_is_sent(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.book.draft(replace(NEWER, supersedes="lu-1"), by="feed:kttv")
            assert desk.kept().is_out
            await desk.book.send("lu-2", by=KHANG)
            assert desk.kept().state is AlertState.UPDATED

        at_the_book(tmp_path, work)

    def test_of_two_updates_of_one_alert_the_later_takes_the_place_of_the_earlier(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.book.update("lu-1", NEWER, by=KHANG)
            await desk.book.update("lu-1", replace(NEWER, id="lu-3"), by=THU)
            assert [kept.id for kept in desk.book.current()] == ["lu-3"]
            assert desk.kept("lu-2").replaced_by == "lu-3"
            assert desk.kept("lu-3").alert.supersedes == "lu-2"

        at_the_book(tmp_path, work)

    def test_an_update_of_what_has_ended_is_an_alert_of_its_own(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.book.cancel("lu-1", by=KHANG, why="nhầm", aloud=False)
            await desk.book.update("lu-1", NEWER, by=KHANG)
            assert desk.occasions("lu-2") == [Occasion.FIRST]
            assert desk.kept().state is AlertState.CANCELLED

        at_the_book(tmp_path, work)


class TestCancelling:
    def test_it_falls_silent_for_good(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            (first,) = desk.planned()
            kept = await desk.book.cancel("lu-1", by=THU, why="nhầm xã", aloud=False)
            assert (kept.state, kept.why, kept.ended_by) == (AlertState.CANCELLED, "nhầm xã", "Hà Thị Thu")
            assert desk.office.stops.stopped == [first]
            assert desk.planned() == []
            await desk.pass_(timedelta(days=1))
            assert len(desk.air.aired) == 1
            assert desk.acts()[-1] == ("cancel", "Hà Thị Thu")

        at_the_book(tmp_path, work)

    def test_said_aloud_the_nodes_hear_that_it_no_longer_holds_after_they_fell_silent(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            (first,) = desk.planned()
            await desk.book.cancel("lu-1", by=KHANG, why="nước rút", aloud=True)
            (_, _, script, how) = desk.air.aired[1]
            # Taken back is not over: nobody goes home for a wrong word.
            assert how == {"siren": "priority", "replaces": (first,), "nodes": None}
            assert "Xin nhắc lại: đã hủy tin" in script.bulletin.text
            assert desk.occasions() == [Occasion.FIRST, Occasion.CANCEL]
            assert desk.office.stops.stopped == [first]
            assert desk.planned() == [desk.air.aired[1][0]]

        at_the_book(tmp_path, work)

    def test_an_all_clear_that_is_taken_back_does_not_sound_like_one(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(replace(flood(), siren="all_clear"), by=KHANG)
            await desk.book.cancel("lu-1", by=KHANG, why="nước lên lại", aloud=True)
            (_, _, script, how) = desk.air.aired[1]
            assert how["siren"] == "emergency"
            assert script.bulletin.text.startswith("Chú ý! Báo động vẫn còn.")

        at_the_book(tmp_path, work)

    def test_the_sendings_to_single_nodes_fall_silent_too(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.send(flood(), by=KHANG)
            await desk.pass_(timedelta(minutes=1))
            again = await desk.book.send_again("lu-1", ["thon-2"], by=THU)
            await desk.book.cancel("lu-1", by=KHANG, why="nhầm xã", aloud=False)
            assert again.id in desk.office.stops.stopped
            assert desk.planned() == []

        at_the_book(tmp_path, work)

    def test_what_is_cancelled_while_it_is_made_never_comes_to_sound(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            desk.air.meanwhile = lambda: desk.book.cancel("lu-1", by=THU, why="nhầm xã", aloud=False)
            await desk.book.send(flood(), by=KHANG)
            ((airing, *_),) = desk.air.aired
            assert desk.office.stops.stopped == [airing]
            assert desk.planned() == []

        at_the_book(tmp_path, work)

    def test_only_what_is_out_is_cancelled_and_somebody_says_why(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            with pytest.raises(AlertRefusedError):
                await desk.book.cancel("lu-1", by=KHANG, why="nhầm", aloud=False)
            await desk.book.send(flood(), by=KHANG)
            with pytest.raises(BadInputError, match="why"):
                await desk.book.cancel("lu-1", by=KHANG, why="  ", aloud=False)
            await desk.book.cancel("lu-1", by=KHANG, why="nhầm", aloud=False)
            with pytest.raises(AlertRefusedError):
                await desk.book.cancel("lu-1", by=THU, why="nhầm", aloud=True)
            with pytest.raises(AlertRefusedError):
                await desk.book.send_again("lu-1", ["thon-1"], by=KHANG)
            assert len(desk.air.aired) == 1

        at_the_book(tmp_path, work)
