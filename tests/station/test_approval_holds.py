"""What an approval stands for holds against races, alterations and whatever a voice made of the same words since."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState, Person, SecondPersonError
from smartradio.domain.errors import BadInputError
from smartradio.domain.from_above import ItemClass, ItemFromAbove
from smartradio.domain.from_above import ItemState as FromAbove
from smartradio.domain.priority import Priority
from smartradio.station.at_once import QuietHoursError
from smartradio.station.items import item_chain
from smartradio.station.settings import PlanSettings
from tests.station.test_approvals import (
    BINH,
    HANOI,
    IN_AN_HOUR,
    LAN,
    SCHEDULE,
    Humming,
    Office,
    approved,
    at_the_office,
    schedule,
    written,
)


def test_what_goes_out_at_once_goes_out_however_long_the_planning_before_it_takes(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        takes_items = office.calendar.take_items

        async def behind_another_planning(*args: Any, **values: Any) -> Any:
            office.clock.pass_s(20)
            return await takes_items(*args, **values)

        office.calendar.take_items = behind_another_planning  # type: ignore[method-assign]
        began = office.clock()
        await approved(office, written(first_at=began.astimezone(HANOI)), at_once=True)
        lead = timedelta(seconds=office.settings.lead_s)
        assert office.planned() == [("mat-nuoc", began + lead)]

    at_the_office(tmp_path, work)


class TestWhatWouldGoOutAtOnceInQuietHours:
    QUIET = PlanSettings(quiet_from=time(21), quiet_until=time(5))

    def test_it_is_told_to_whoever_approves_it_and_waits_on(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            item = await office.desk.draft(written(), by=LAN, at_once=True)
            item = await office.desk.submit(item.name, by=LAN, seen=item.version)
            office.clock.pass_s(10 * 3_600)
            with pytest.raises(QuietHoursError):
                await office.desk.approve(item.name, by=BINH, seen=item.version)
            assert office.state() is ItemState.SUBMITTED

        at_the_office(tmp_path, work, plan=self.QUIET)

    def test_an_emergency_goes_out(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            office.clock.pass_s(10 * 3_600)
            await approved(office, written(priority=Priority.EMERGENCY), at_once=True)
            assert len(office.planned()) == 1

        at_the_office(tmp_path, work, plan=self.QUIET)


def test_one_person_is_one_however_their_name_is_typed(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        item = office.desk.item("san-xuat")
        assert item is not None
        taken_apart = unicodedata.normalize("NFD", "NGUYỄN Thị  Hoa")
        with pytest.raises(SecondPersonError):
            await office.desk.approve("san-xuat", by=Person(taken_apart, "hoa"), seen=item.version)

    at_the_office(tmp_path, work, four_eyes=True, schedules=schedule(tmp_path))


def _speaks_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the voice make other sounds of the same words, as another voice of the chain does."""
    plain = Humming.__call__

    def other(self: Humming, *args: Any, **values: Any) -> Any:
        rendered = plain(self, *args, **values)
        return replace(rendered, segments=[replace(each, pause_after_s=0.5) for each in rendered.segments])

    monkeypatch.setattr(Humming, "wanted", lambda self, voice: "piper")
    monkeypatch.setattr(Humming, "__call__", other)


class TestAnotherVoiceSpeaksTheSameWords:
    def test_what_was_handed_in_anew_and_heard_is_what_is_aired(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def work(office: Office) -> None:
            item = office.desk.item("san-xuat")
            assert item is not None
            _speaks_otherwise(monkeypatch)
            item = await office.desk.submit("san-xuat", by=LAN, seen=item.version)
            item = await office.desk.approve("san-xuat", by=BINH, seen=item.version)
            (airing,) = office.store.airings()
            assert airing.recording_id == item.recording_id

        text = SCHEDULE.replace("    approved_by: Nguyễn Thị Hoa\n", "")
        at_the_office(tmp_path, work, schedules=schedule(tmp_path, text))

    def test_a_programme_taken_back_stays_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async def work(office: Office) -> None:
            await office.desk.withdraw_item("san-xuat", by=BINH, why="Trùng lịch")
            _speaks_otherwise(monkeypatch)
            await office.calendar.load()
            assert (office.state("san-xuat"), office.planned()) == (ItemState.WITHDRAWN, [])
            # Other words in the file are somebody's new word.
            schedule(tmp_path, SCHEDULE.replace("bón thúc", "phun thuốc"))
            await office.calendar.load()
            assert office.state("san-xuat") is ItemState.SCHEDULED

        at_the_office(tmp_path, work, schedules=schedule(tmp_path))

    def test_a_programme_sent_back_stays_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async def work(office: Office) -> None:
            item = office.desk.item("san-xuat")
            assert item is not None
            await office.desk.send_back("san-xuat", by=BINH, note="Sai giờ", seen=item.version)
            _speaks_otherwise(monkeypatch)
            await office.calendar.load()
            assert office.state("san-xuat") is ItemState.RETURNED

        at_the_office(tmp_path, work, four_eyes=True, schedules=schedule(tmp_path))


class TestRowsThatWereAltered:
    def test_another_name_under_an_approval_is_found(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            office.sql("UPDATE items SET approved_by = json_set(approved_by, '$.title', 'Người khác')")
            await office.calendar.load()
            assert (office.state(), office.planned()) == (ItemState.RETURNED, [])

        at_the_office(tmp_path, work)

    def test_an_airing_taken_back_does_not_come_back(self, tmp_path: Path) -> None:
        async def work(office: Office) -> None:
            await approved(office)
            (airing,) = office.store.airings()
            await office.desk.withdraw_airing(airing.id, by=BINH, why="Nhầm")
            office.sql("UPDATE airings SET withdrawn = 0, withdrawn_by = NULL")
            await office.admission.hold_against_the_log()
            assert office.planned() == []
            await office.calendar.load()
            assert office.planned() == []

        at_the_office(tmp_path, work)


def test_what_came_from_above_is_not_approved_after_its_issuers_time(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        item = await office.desk.draft(written(priority=Priority.EMERGENCY), by=LAN, at_once=True)
        item = await office.desk.submit(item.name, by=LAN, seen=item.version)
        until = office.clock() + timedelta(hours=1)
        lu = ItemFromAbove("kttv", "lu-1", "f" * 64, ItemClass.EMERGENCY, "Tin lũ", office.clock(), until, "Lũ về.")
        office.store.source.take(lu)
        office.store.source.settle(lu.key, FromAbove.SUBMITTED, handed_to=item.name)
        # Nobody has asked above meanwhile: the link is down, or no longer in the settings.
        office.clock.pass_s(3_601)
        with pytest.raises(BadInputError, match="its time has passed"):
            await office.desk.approve(item.name, by=BINH, seen=item.version)
        assert office.planned() == []

    at_the_office(tmp_path, work)


def test_the_next_times_that_an_approval_stands_for_are_told(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        weekly = written(recurrence="FREQ=WEEKLY", except_on=((IN_AN_HOUR + timedelta(days=7)).date(),))
        assert office.desk.next_times(weekly, 2) == (IN_AN_HOUR, IN_AN_HOUR + timedelta(days=14))

    at_the_office(tmp_path, work)


def test_a_word_given_in_vain_leaves_no_entry(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        await approved(office)
        entries = len(office.store.chain(item_chain("mat-nuoc")))
        with pytest.raises(BadInputError):
            await office.desk.approve("mat-nuoc", by=BINH, seen=1)
        assert len(office.store.chain(item_chain("mat-nuoc"))) == entries

    at_the_office(tmp_path, work)
