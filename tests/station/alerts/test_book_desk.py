"""The pages' door to the book: the PIN before the click, sent once, two persons where two must answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import SecondPersonError
from smartradio.domain.errors import BadInputError
from smartradio.station.alert_desk import SAME_AGAIN, PinNeededError, WrongPinError
from smartradio.station.alert_grants import LEAVE
from smartradio.station.alerts.desk import AlertSending, BookDesk
from smartradio.station.alerts.kept import AlertRefusedError
from smartradio.station.alerts.places import Places
from smartradio.station.scripts import OpenItemsError
from tests.station.alert_office import PIN, KnownPins
from tests.station.alerts.book_office import HOUR, KHANG, THU, Desk, at_the_book, flood
from tests.station.alerts.test_kept_sounds import TEMPLATE

Work = Callable[[Desk, BookDesk, KnownPins], Awaitable[None]]


def door_of(desk: Desk, pins: KnownPins, own: Path | None = None) -> BookDesk:
    return BookDesk(
        desk.office.store,
        desk.office.calendar._studio,
        desk.book,
        pins,
        own_templates=own,
        places=lambda: Places((), ()),
        clock=desk.office.clock,
    )


def at_the_desk(folder: Path, work: Work, *, own: Path | None = None, **settings: Any) -> None:
    async def done(desk: Desk) -> None:
        pins = KnownPins()
        await work(desk, door_of(desk, pins, own), pins)

    at_the_book(folder / "station", done, **settings)


def sending(alert: Alert | None = None, **changes: Any) -> AlertSending:
    return replace(AlertSending(alert or flood(""), "mau-1", pin=PIN), **changes)


class TestSending:
    def test_what_was_heard_before_the_click_is_what_goes_out(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            prepared = await door.prepare(flood(""))
            grant = await door.grant(flood(""), PIN, by=KHANG)
            kept = await door.send(sending(grant=grant, pin=""), by=KHANG)
            assert pins.asked == 1
            assert kept.is_out
            assert desk.air.texts == [prepared.text]
            assert [figure.written for figure in door.read_back(prepared)] == ["11 giờ 40 phút", "22/11", "2"]
            assert door.of_airing(desk.planned()[0]) == kept

        at_the_desk(tmp_path, work)

    def test_the_pin_is_checked_and_the_alert_out_before_a_voice_has_made_any_of_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            grant = await door.grant(flood(""), PIN, by=KHANG)
            assert (await door.send(sending(grant=grant, pin=""), by=KHANG)).is_out
            assert (pins.asked, door._prepared) == (1, {})

        at_the_desk(tmp_path, work)

    def test_a_form_is_one_alert_however_often_it_comes(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            kept, twice = await asyncio.gather(door.send(sending(), by=KHANG), door.send(sending(), by=KHANG))
            assert twice.id == kept.id
            # Loaded and filled in again within a minute, or side by side.
            again = await asyncio.gather(*(door.send(sending(once=f"mau-{key}"), by=KHANG) for key in (2, 3)))
            assert {each.id for each in again} == {kept.id}
            assert len(desk.planned()) == 1
            other = await door.send(sending(flood("", zones=("thon-3",)), once="mau-2"), by=KHANG)
            theirs = await door.send(sending(), by=THU)
            desk.clock.now += SAME_AGAIN
            later = await door.send(sending(once="mau-4"), by=KHANG)
            assert len({kept.id, other.id, theirs.id, later.id}) == 4

        at_the_desk(tmp_path, work)

    def test_filled_in_again_after_a_restart_it_is_the_same_one(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            kept = await door.send(sending(), by=KHANG)
            desk.clock.now += SAME_AGAIN - timedelta(seconds=1)
            assert (await door_of(desk, pins).send(sending(once="mau-2"), by=KHANG)).id == kept.id
            desk.clock.now += timedelta(seconds=1)
            assert (await door_of(desk, pins).send(sending(once="mau-3"), by=KHANG)).id != kept.id

        at_the_desk(tmp_path, work)

    def test_a_clock_that_was_set_back_holds_no_alert_up(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            kept = await door.send(sending(), by=KHANG)
            desk.clock.now -= timedelta(hours=1)
            assert (await door.send(sending(once="mau-2"), by=KHANG)).id != kept.id

        at_the_desk(tmp_path, work)

    def test_whoever_took_it_back_and_sends_it_again_means_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            kept = await door.send(sending(), by=KHANG)
            await door.cancel(kept.id, by=KHANG, why="Nhầm thôn", aloud=False)
            assert (await door.send(sending(once="mau-2"), by=KHANG)).id != kept.id

        at_the_desk(tmp_path, work)

    def test_an_exercise_and_the_real_one_are_two_alerts(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            drill = flood("", status=AlertStatus.EXERCISE)
            first = await door.send(sending(drill, once="mau-1"), by=KHANG)
            second = await door.send(sending(once="mau-2"), by=KHANG)
            assert (first.is_exercise, second.is_exercise) == (True, False)

        at_the_desk(tmp_path, work)

    def test_without_the_pin_nothing_sounds(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            leave = await door.grant(flood("", text="Nước đã rút."), PIN, by=KHANG)
            for wanted, error in (
                (sending(pin=""), PinNeededError),
                (sending(pin="", grant=leave), PinNeededError),
                (sending(pin="000001"), WrongPinError),
                (sending(flood("", zones=("thon-9",))), BadInputError),
                (sending(flood("", text="Mời bà con đến PXKQ ngay.")), OpenItemsError),
            ):
                with pytest.raises(error):
                    await door.send(wanted, by=KHANG)
            assert desk.planned() == []
            assert door.current() == door.drafts() == []
            grant = await door.grant(flood(""), PIN, by=KHANG)
            desk.clock.now += LEAVE
            with pytest.raises(PinNeededError):
                await door.send(sending(pin="", grant=grant), by=KHANG)

        at_the_desk(tmp_path, work)

    def test_a_draft_is_sent_as_the_officer_has_changed_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            await desk.book.draft(flood(), by="feed:kttv")
            (draft,) = door.drafts()
            changed = replace(draft.alert, zones=("thon-3",), repeat_every=HOUR)
            kept = await door.send(sending(changed, once=""), by=THU)
            assert (kept.id, kept.alert.zones, kept.drafted_by) == ("lu-1", ("thon-3",), "feed:kttv")
            assert door.drafts() == []
            assert [each.id for each in door.lately(5)] == ["lu-1"]

        at_the_desk(tmp_path, work)

    def test_a_draft_that_somebody_else_sent_meanwhile_is_not_taken_for_the_officers_words(
        self, tmp_path: Path
    ) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            await desk.book.draft(flood(), by="feed:kttv")
            await door.send(sending(flood(), once=""), by=KHANG)
            mine = flood(text="Tin lũ khẩn cấp.\nMời bà con thôn 3 sơ tán ngay.")
            with pytest.raises(AlertRefusedError) as refused:
                await door.send(sending(mine, once=""), by=THU)
            assert refused.value.code == "changed"
            assert (await door.send(sending(flood(), once=""), by=THU)).sent_by == KHANG
            assert len(desk.air.aired) == 1

        at_the_desk(tmp_path, work)

    def test_a_phone_that_gives_up_waiting_does_not_undo_it(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            waiting = asyncio.create_task(door.send(sending(), by=KHANG))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            kept = await door.send(sending(), by=KHANG)
            assert [each.airing for each in door.airings_of(kept.id)] == desk.planned()

        at_the_desk(tmp_path, work)


class TestWhereTwoMustAnswer:
    def test_each_has_a_pin_of_their_own(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            assert door.two_must_answer
            waits = await door.send(sending(), by=KHANG)
            assert (await door.send(sending(), by=KHANG)).version == waits.version
            assert (waits.state, waits.handed_in_by) == (AlertState.DRAFT, KHANG)
            with pytest.raises(PinNeededError):
                await door.release(waits.id, by=THU)
            with pytest.raises(WrongPinError):
                await door.release(waits.id, by=THU, pin="000001")
            with pytest.raises(SecondPersonError):
                await door.release(waits.id, by=KHANG, pin=PIN)
            grant = await door.grant(waits.id, PIN, by=THU)
            kept = await door.release(waits.id, by=THU, grant=grant)
            assert (kept.state, kept.released_by) == (AlertState.OUT, THU)
            assert (await door.send(sending(), by=KHANG)).id == kept.id
            assert len(desk.planned()) == 1

        at_the_desk(tmp_path, work, second_person=True)

    def test_who_changes_what_they_handed_in_finds_the_change_in_what_goes_out(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            await desk.book.draft(flood(), by="feed:kttv")
            read = await door.send(sending(flood(), once=""), by=KHANG)
            changed = flood(text="Tin lũ khẩn cấp.\nMời bà con thôn 1 sơ tán ngay.")
            await door.send(sending(changed, once=""), by=KHANG)
            with pytest.raises(AlertRefusedError, match="meanwhile"):
                await door.release("lu-1", by=THU, pin=PIN, seen=read.version)
            await door.release("lu-1", by=THU, pin=PIN)
            assert "thôn 1 sơ tán" in desk.air.texts[0]

        at_the_desk(tmp_path, work, second_person=True)


class TestTemplates:
    def test_they_are_read_as_their_files_are_now(self, tmp_path: Path) -> None:
        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            builtin = await door.templates()
            assert builtin.fault == ""
            assert len(builtin.by_name) > 5
            assert await door.templates() is builtin

        at_the_desk(tmp_path, work)

    def test_a_file_with_a_fault_is_told_and_leaves_ours_and_the_communes_others(self, tmp_path: Path) -> None:
        own = tmp_path / "own"
        own.mkdir()
        (own / "dap.yaml").write_text(TEMPLATE, encoding="utf-8")
        (own / "lu.yaml").write_text("templates: 3\n", encoding="utf-8")
        (own / "mat.yaml").symlink_to(own / "khong-co")

        async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
            found = await door.templates()
            first, second = found.fault.splitlines()
            assert first.startswith(f"{own / 'lu.yaml'}, line 1: ")
            assert str(own / "mat.yaml") in second
            assert {"vo-dap", "lu-khan-cap"} <= set(found.by_name)
            for path in ("lu.yaml", "mat.yaml"):
                (own / path).unlink()
            assert (await door.templates()).fault == ""

        at_the_desk(tmp_path, work, own=own)


def test_what_has_ended_is_silenced_from_the_pages_too(tmp_path: Path) -> None:
    async def work(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
        kept = await door.send(sending(), by=KHANG)
        await desk.pass_(timedelta(minutes=5))
        again = await door.send_again(kept.id, ["thon-1"], by=THU)
        ended = await door.cancel(kept.id, by=THU, why="nước rút", aloud=True)
        assert ended.state is AlertState.CANCELLED
        assert again.id in desk.office.stops.stopped
        assert [entry.evidence.facts["act"] for entry in door.history(kept.id)] == ["send", "send_again", "cancel"]
        await desk.book.draft(flood("lu-9"), by="feed:kttv")
        assert (await door.discard("lu-9", by=THU, why="xã khác")).state is AlertState.DISCARDED

    at_the_desk(tmp_path, work)


def test_how_often_it_is_said_again_is_the_communes_word(tmp_path: Path) -> None:
    async def every_two_hours(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
        assert door.usual_repeat == 2 * HOUR

    async def once(desk: Desk, door: BookDesk, pins: KnownPins) -> None:
        assert door.usual_repeat is None

    at_the_desk(tmp_path / "1", every_two_hours, repeat_hours=2)
    at_the_desk(tmp_path / "2", once, repeat_hours=0)
