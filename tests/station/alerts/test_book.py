"""An alert goes out once, under a name, in the words that were approved; what cannot go out is told before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.alert import AlertState, AlertStatus, Origin
from smartradio.domain.approval import Person, SecondPersonError
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.kept import AlertRefusedError
from smartradio.station.scripts import OpenItemsError
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.commune import NOON


def test_an_alert_is_said_with_its_siren_and_stands_in_the_book_and_the_log(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        kept = await desk.book.send(flood(), by=KHANG)
        assert (kept.state, kept.sent_by, kept.sent_at) == (AlertState.OUT, KHANG, NOON)
        assert desk.kept() == kept
        assert desk.acts() == [("send", "Đỗ Văn Khang")]
        ((airing, _, script, how),) = desk.air.aired
        assert [each.airing for each in desk.book.airings_of("lu-1")] == [airing]
        assert how["siren"] == "siren_flood"
        assert script.bulletin.text.startswith("Tin lũ khẩn cấp.\nTin của Đài khí tượng thủy văn tỉnh, ban hành lúc")
        assert [each.id for each in desk.book.current()] == ["lu-1"]

    at_the_book(tmp_path, work)


def test_a_double_tap_is_one_alert(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        await asyncio.gather(*(desk.book.send(flood(), by=KHANG) for _ in range(3)))
        await desk.book.send(flood(), by=THU)
        assert len(desk.air.aired) == 1
        assert desk.acts() == [("send", "Đỗ Văn Khang")]

    at_the_book(tmp_path, work)


def test_an_alert_without_an_end_is_not_said_for_ever(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        kept = await desk.book.send(flood(expires_at=None), by=KHANG)
        assert kept.alert.expires_at == NOON + 6 * HOUR

    at_the_book(tmp_path, work, lasts_hours=6)


def test_what_cannot_go_out_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        for wrong in (
            flood(zones=("thon-9",)),
            flood(zones=()),
            flood(expires_at=NOON),
            flood(status=AlertStatus.TEST),
            flood(text=" \n "),
            flood(text="Nước lên. " * 401),
            flood(repeat_every=timedelta(seconds=30)),
            flood(supersedes="khong-co"),
        ):
            with pytest.raises(BadInputError):
                await desk.book.send(wrong, by=KHANG)
        with pytest.raises(OpenItemsError):
            await desk.book.send(flood(text="Mời bà con đến PXKQ ngay."), by=KHANG)
        assert desk.book.alert("lu-1") is None
        assert desk.planned() == []
        assert (await desk.book.send(flood(text="Mời bà con đến PXKQ ngay."), by=KHANG, taken_on=True)).taken_on

    at_the_book(tmp_path, work)


def test_an_exercise_is_named_one_wherever_it_is_listed(tmp_path: Path) -> None:
    async def work(desk: Desk) -> None:
        kept = await desk.book.send(flood(status=AlertStatus.EXERCISE), by=KHANG)
        assert kept.is_exercise
        assert desk.air.titles == ["Diễn tập: Tin lũ khẩn cấp"]
        lines = desk.air.texts[0].split("\n")
        assert lines[0].startswith("Đây là diễn tập")
        assert "diễn tập" in lines[-1]
        assert desk.book.history("lu-1")[0].evidence.facts["status"] == "exercise"

    at_the_book(tmp_path, work)


class TestDrafts:
    def test_what_a_feed_brings_waits_once_and_somebody_is_rung(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            brought = flood(origin=Origin.CAP, source="kttv,7,2026")
            for _ in range(2):
                await desk.book.draft(brought, by="feed:kttv")
            await desk.clockwork.settle()
            assert [kept.id for kept in desk.book.drafts()] == ["lu-1"]
            assert desk.alarms.open["lu-1"]["title"] == "Tin lũ khẩn cấp"
            assert desk.planned() == []
            await desk.book.send("lu-1", by=THU)
            await desk.pass_(timedelta(seconds=2))
            assert desk.alarms.open == {}
            assert desk.acts() == [("draft", "feed:kttv"), ("send", "Hà Thị Thu")]
            assert [kept.id for kept in desk.book.of_source("kttv,7,2026")] == ["lu-1"]

        at_the_book(tmp_path, work)

    def test_a_draft_that_is_put_aside_never_sounds(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.draft(flood(), by="feed:kttv")
            kept = await desk.book.discard("lu-1", by=KHANG, why="tin của tỉnh khác")
            assert (kept.state, kept.why, kept.ended_by) == (AlertState.DISCARDED, "tin của tỉnh khác", KHANG.title)
            with pytest.raises(AlertRefusedError) as refused:
                await desk.book.send("lu-1", by=KHANG)
            assert (refused.value.code, refused.value.values) == ("state", {"state": "discarded"})
            assert (await desk.book.draft(flood(), by="feed:kttv")).state is AlertState.DISCARDED

        at_the_book(tmp_path, work)

    def test_a_draft_ends_with_its_time(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.draft(flood(expires_at=NOON + HOUR), by="gauge:cau-dat")
            await desk.pass_(2 * HOUR)
            assert desk.kept().state is AlertState.EXPIRED
            assert desk.alarms.open == {}

        at_the_book(tmp_path, work)


class TestWhereTwoMustAnswer:
    def test_the_second_person_lets_it_out(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            with pytest.raises(AlertRefusedError) as refused:
                await desk.book.send(flood(), by=KHANG)
            assert refused.value.code == "two"
            await desk.book.hand_in(flood(), by=KHANG)
            await desk.clockwork.settle()
            assert desk.alarms.open["lu-1/second"]["by"] == "Đỗ Văn Khang"
            assert desk.planned() == []
            with pytest.raises(SecondPersonError):
                await desk.book.release("lu-1", by=KHANG)
            kept = await desk.book.release("lu-1", by=THU)
            assert (kept.sent_by, kept.released_by, kept.state) == (KHANG, THU, AlertState.OUT)
            assert (await desk.book.release("lu-1", by=THU)).version == kept.version
            assert desk.acts() == [("hand_in", "Đỗ Văn Khang"), ("send", "Hà Thị Thu")]
            assert len(desk.air.aired) == 1

        at_the_book(tmp_path, work, second_person=True)

    def test_nobody_lets_out_what_nobody_handed_in(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.draft(flood(), by="feed:kttv")
            with pytest.raises(AlertRefusedError):
                await desk.book.release("lu-1", by=THU)
            await desk.clockwork.settle()
            assert list(desk.alarms.open) == ["lu-1"]
            await desk.book.hand_in("lu-1", by=THU)
            await desk.clockwork.settle()
            assert list(desk.alarms.open) == ["lu-1/second"]
            assert (await desk.book.release("lu-1", by=KHANG)).is_out

        at_the_book(tmp_path, work, second_person=True)

    def test_what_a_setting_sends_by_itself_waits_for_nobody(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            assert (await desk.book.send(flood(), by=Person("kttv-khan"))).is_out

        at_the_book(tmp_path, work, second_person=True)

    def test_one_person_is_enough_to_silence(self, tmp_path: Path) -> None:
        async def work(desk: Desk) -> None:
            await desk.book.hand_in(flood(), by=KHANG)
            await desk.book.release("lu-1", by=THU)
            kept = await desk.book.cancel("lu-1", by=KHANG, why="nhầm xã", aloud=False)
            assert kept.state is AlertState.CANCELLED

        at_the_book(tmp_path, work, second_person=True)
