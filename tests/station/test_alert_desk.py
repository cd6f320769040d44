"""The emergency officer's desk: a real store, log and plan, a studio whose sounds are the words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.alert_board import Fate, words_used
from smartradio.station.alert_desk import LEAD_S, SAME_AGAIN, AlertDesk, PinNeededError, Sending, WrongPinError
from smartradio.station.alert_grants import LEAVE
from smartradio.station.alert_text import said_again, title_of
from smartradio.station.scripts import OpenItemsError
from smartradio.station.store import NodeJudgement
from tests.station.commune import NODES, NOON
from tests.station.test_approvals import Office, at_the_office

KHANG = Person("Đỗ Văn Khang", "khang", "phien-7")
FLOOD = "Nước sông lên nhanh. Mời bà con thôn 2 sơ tán ngay lên trường học."
UNCERTAIN = "Mời bà con đến PXKQ ngay."
PIN = "290718"


@dataclass
class KnownPins:
    """Pins that know one PIN; `asked` counts how often they were."""

    pin: str = PIN
    asked: int = 0
    locked_s: float = 0.0

    def is_pin(self, account: str, pin: str) -> bool:
        self.asked += 1
        return account == "khang" and pin == self.pin and self.locked_s == 0

    def locked_for_s(self, account: str) -> float:
        return self.locked_s


@dataclass
class Bells:
    """What was rung, in order with what was handed on."""

    heard: list[str] = field(default_factory=list)

    def ring(self, airing: Airing, recording: Recording) -> None:
        self.heard.append(f"ring {airing.id}")

    async def refresh(self) -> None:
        self.heard.append("plan")


def desk_of(office: Office, pins: KnownPins, bells: Bells) -> AlertDesk:
    return AlertDesk(
        office.store,
        office.objects,
        office.calendar._studio,
        office.calendar,
        pins,
        clock=office.clock,
        ring=bells.ring,
        refresh=bells.refresh,
        withdraw=office.desk.withdraw_airing,
    )


def at_the_desk(
    folder: Path, work: Callable[[Office, AlertDesk, KnownPins, Bells], Awaitable[None]], **changes: Any
) -> None:
    async def done(office: Office) -> None:
        pins, bells = KnownPins(), Bells()
        await work(office, desk_of(office, pins, bells), pins, bells)

    at_the_office(folder, done, **changes)


def sending(**changes: Any) -> Sending:
    return replace(Sending(FLOOD, ("thon-1", "thon-2"), "mau-1", pin=PIN), **changes)


def heard(office: Office, airing: Airing, node: str, verdict: VerdictCode) -> None:
    now = office.clock()
    step = Step.UNREACHED if verdict is VerdictCode.UNREACHED else Step.HEARD
    office.store.judge(Evidence(airing.id, node, step, now, "station"), NodeJudgement(verdict=verdict))


class TestSending:
    def test_an_alert_is_rung_before_the_plan_is_handed_on(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            airing = await desk.send(sending(), by=KHANG)
            assert bells.heard == [f"ring {airing.id}", "plan"]
            assert (airing.priority, airing.zones) == (Priority.EMERGENCY, ("thon-1", "thon-2"))
            assert airing.starts_at == NOON + timedelta(seconds=LEAD_S)
            assert office.store.airing(airing.id) == airing
            approved = next(e.evidence for e in office.store.chain(airing.id) if e.evidence.step is Step.APPROVED)
            assert (approved.facts["by"], approved.facts["account"]) == ("Đỗ Văn Khang", "khang")

        at_the_desk(tmp_path, work)

    def test_where_two_must_answer_an_emergency_goes_out_on_one_word(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            assert (await desk.send(sending(), by=KHANG)).id

        at_the_desk(tmp_path, work, four_eyes=True)

    def test_two_taps_and_a_retry_after_a_restart_send_one_alert(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            grant = await desk.grant(FLOOD, PIN, by=KHANG)
            tapped = sending(grant=grant, pin="")
            first, second = await asyncio.gather(desk.send(tapped, by=KHANG), desk.send(tapped, by=KHANG))
            restarted = desk_of(office, pins, bells)
            third = await restarted.send(tapped, by=KHANG)
            assert first.id == second.id == third.id
            assert len(office.store.airings()) == 1
            assert [line for line in bells.heard if line.startswith("ring")] == [f"ring {first.id}"]

        at_the_desk(tmp_path, work)

    def test_a_page_loaded_again_and_filled_in_again_sends_no_second_one(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            first = await desk.send(sending(), by=KHANG)
            office.clock.pass_s(20)
            assert await desk.send(sending(once="mau-2"), by=KHANG) == first
            await desk.cancel(first.id, by=KHANG, why="Nhầm thôn")
            # Whoever took it back and sends it again means it.
            assert (await desk.send(sending(once="mau-3"), by=KHANG)).id != first.id
            office.clock.now += SAME_AGAIN
            assert (await desk.send(sending(once="mau-4"), by=KHANG)).id != first.id

        at_the_desk(tmp_path, work)

    def test_other_words_of_the_same_form_are_another_alert(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            await desk.send(sending(), by=KHANG)
            await desk.send(sending(text="Nước đã rút."), by=KHANG)
            await desk.send(sending(zones=("thon-3",)), by=KHANG)
            assert len(office.store.airings()) == 3

        at_the_desk(tmp_path, work)

    def test_a_phone_that_gives_up_waiting_does_not_undo_the_sending(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            waiting = asyncio.create_task(desk.send(sending(), by=KHANG))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            airing = await desk.send(sending(), by=KHANG)
            assert office.store.airings() == [airing]

        at_the_desk(tmp_path, work)

    def test_a_zone_that_is_none_and_words_that_are_none_are_told_before_anything(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            for wrong in (
                sending(zones=("thon-9",)),
                sending(zones=()),
                sending(text=" \n "),
                sending(text="a" * 5_000),
            ):
                with pytest.raises(BadInputError):
                    await desk.send(wrong, by=KHANG)
            assert office.store.airings() == []
            assert bells.heard == []

        at_the_desk(tmp_path, work)


class TestThePin:
    def test_a_pin_typed_before_costs_nothing_at_the_click(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            grant = await desk.grant(FLOOD, PIN, by=KHANG)
            assert pins.asked == 1
            await desk.send(sending(grant=grant, pin=""), by=KHANG)
            assert pins.asked == 1

        at_the_desk(tmp_path, work)

    def test_a_leave_is_for_one_sending_of_these_words_in_this_session(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            for wanted, by in (
                (sending(text="Nước đã rút."), KHANG),
                (sending(), replace(KHANG, session="phien-8")),
                (sending(grant="bia-ra"), KHANG),
            ):
                grant = wanted.grant or await desk.grant(FLOOD, PIN, by=KHANG)
                with pytest.raises(PinNeededError):
                    await desk.send(replace(wanted, grant=grant, pin=""), by=by)
            grant = await desk.grant(FLOOD, PIN, by=KHANG)
            await desk.send(sending(grant=grant, pin=""), by=KHANG)
            office.clock.now += SAME_AGAIN
            with pytest.raises(PinNeededError):
                await desk.send(sending(grant=grant, pin="", once="mau-2"), by=KHANG)
            assert len(office.store.airings()) == 1

        at_the_desk(tmp_path, work)

    def test_a_leave_that_lay_too_long_is_none_and_the_pin_itself_still_sends(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            grant = await desk.grant(FLOOD, PIN, by=KHANG)
            office.clock.now += LEAVE
            with pytest.raises(PinNeededError):
                await desk.send(sending(grant=grant, pin=""), by=KHANG)
            await desk.send(sending(grant=grant, pin=PIN), by=KHANG)
            assert len(office.store.airings()) == 1

        at_the_desk(tmp_path, work)

    def test_a_wrong_pin_sends_nothing_and_tells_how_long_to_wait(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            with pytest.raises(WrongPinError) as wrong:
                await desk.send(sending(pin="000001"), by=KHANG)
            assert wrong.value.locked_s == 0
            pins.locked_s = 8.0
            with pytest.raises(WrongPinError) as wrong:
                await desk.grant(FLOOD, PIN, by=KHANG)
            assert wrong.value.locked_s == 8
            assert office.store.airings() == []

        at_the_desk(tmp_path, work)


class TestPreparing:
    def test_what_was_made_while_they_chose_is_not_made_again(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            first, second = await asyncio.gather(desk.prepare(FLOOD), desk.prepare(FLOOD + "\r\n"))
            assert first is second
            assert (await desk.prepare(FLOOD)) is first
            assert "trường học" in str(first.spoken)
            heard = [await desk.segment_audio(first.recording.id, number) for number in range(3)]
            assert [sound is not None for sound in heard] == [True, True, False]
            assert office.store.airings() == []

        at_the_desk(tmp_path, work)

    def test_uncertain_places_are_told_and_stop_it_until_somebody_takes_them_on(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            prepared = await desk.prepare(UNCERTAIN)
            assert [place.written for place in prepared.open_places] == ["PXKQ"]
            grant = await desk.grant(UNCERTAIN, PIN, by=KHANG)
            uncertain = sending(text=UNCERTAIN, grant=grant, pin="")
            with pytest.raises(OpenItemsError):
                await desk.send(uncertain, by=KHANG)
            airing = await desk.send(replace(uncertain, taken_on=True), by=KHANG)
            approved = next(e.evidence for e in office.store.chain(airing.id) if e.evidence.step is Step.APPROVED)
            assert approved.facts["open_items_overridden"] == 1

        at_the_desk(tmp_path, work)


class TestTheBoard:
    def test_it_counts_what_the_nodes_have_told_and_no_more(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            office.store.put_node_state("thon-1", online=True, at=NOON, facts={})
            office.store.put_node_state("thon-2", online=True, at=NOON, facts={})
            airing = await desk.send(sending(zones=NODES), by=KHANG)
            board = desk.board(airing.id)
            assert board is not None
            assert [node.fate for node in board.nodes] == [Fate.WAITING, Fate.WAITING, Fate.UNREACHABLE]
            assert (board.reached, board.started, board.by) == (0, 0, "Đỗ Văn Khang")

            def told(node: str, step: Step) -> None:
                office.store.record([Evidence(airing.id, node, step, office.clock(), f"node:{node}")])

            told("thon-1", Step.DELIVERED)
            told("thon-2", Step.STARTED)
            board = desk.board(airing.id)
            assert board is not None
            assert [node.fate for node in board.nodes] == [Fate.REACHED, Fate.SOUNDING, Fate.UNREACHABLE]
            # That it is playing says that it was reached, and not that anybody heard it.
            assert (board.reached, board.started, board.count(Fate.HEARD)) == (2, 1, 0)
            heard(office, airing, "thon-1", VerdictCode.SILENT)
            heard(office, airing, "thon-2", VerdictCode.AIRED)
            heard(office, airing, "thon-3", VerdictCode.UNREACHED)
            board = desk.board(airing.id)
            assert board is not None
            assert board.settled
            assert [zone.title for zone in board.zones] == ["Thôn 1", "Thôn 3", "Thôn 2"]
            assert [zone.title for zone in board.not_reached] == ["Thôn 1", "Thôn 3"]
            assert board.fates == {Fate.SILENT: 1, Fate.HEARD: 1, Fate.UNREACHABLE: 1}

        at_the_desk(tmp_path, work)

    def test_it_knows_where_it_was_sent_once_more(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            airing = await desk.send(sending(), by=KHANG)
            for node in ("thon-1", "thon-2"):
                facts = {"by": "Đỗ Văn Khang", "airing": "lai-1"}
                asked = Evidence(airing.id, node, Step.REPLAY_ASKED, office.clock(), "station", None, facts)
                office.store.record([asked])
            board = desk.board(airing.id)
            assert board is not None
            assert board.once_more == ("lai-1",)

        at_the_desk(tmp_path, work)

    def test_an_ordinary_airing_has_no_board(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            script = await office.calendar._studio.script("Họp thôn", "Mời bà con đi họp.")
            produced = await office.calendar._studio.produce(script)
            airing = await office.calendar.plan_now(script, produced, by="lan", zones=("thon-1",), lead_s=5)
            assert desk.board(airing.id) is None
            assert desk.board("khong-co") is None
            with pytest.raises(BadInputError):
                await desk.again(airing.id)

        at_the_desk(tmp_path, work)

    def test_a_cancelled_alert_falls_silent_and_says_who_took_it_back(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            airing = await desk.send(sending(), by=KHANG)
            await desk.cancel(airing.id, by=KHANG, why="Nước đã rút")
            assert office.stops.stopped == [airing.id]
            board = desk.board(airing.id)
            assert board is not None
            assert board.withdrawn_by == "Đỗ Văn Khang"
            assert office.store.chain(airing.id)[-1].evidence.reason is Reason.WITHDRAWN
            with pytest.raises(BadInputError, match="withdrawn"):
                await desk.again(airing.id)

        at_the_desk(tmp_path, work)


class TestRepeating:
    def test_what_is_said_again_begins_with_when_it_was_first_said(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            first = await desk.send(sending(), by=KHANG)
            office.clock.pass_s(600)
            text, zones = await desk.again(first.id)
            assert text == f"Nhắc lại tin khẩn cấp phát lúc 12 giờ 00 ngày 22/11/2026.\n{FLOOD}"
            second = await desk.send(sending(text=text, zones=zones, once="mau-2"), by=KHANG)
            office.clock.pass_s(600)
            again, _ = await desk.again(second.id)
            assert again == text, "the time it names stays that of the first"
            assert [alert.airing for alert in desk.recent()] == [second.id, first.id]
            assert [alert.text for alert in words_used(desk.recent(), 5)] == [FLOOD]
            assert desk.recent()[0].title == "Nhắc lại: Nước sông lên nhanh."

        at_the_desk(tmp_path, work)

    def test_yesterdays_alert_is_written_anew(self, tmp_path: Path) -> None:
        async def work(office: Office, desk: AlertDesk, pins: KnownPins, bells: Bells) -> None:
            airing = await desk.send(sending(), by=KHANG)
            office.clock.now += timedelta(hours=25)
            with pytest.raises(BadInputError, match="older than a day"):
                await desk.again(airing.id)

        at_the_desk(tmp_path, work)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Nước lên nhanh. Mời sơ tán.", "Nước lên nhanh."),
        ("Mời bà con\nsơ tán ngay", "Mời bà con"),
        ("Mức nước 4.52 m", "Mức nước 4.52 m"),
    ],
)
def test_the_first_sentence_is_the_title(text: str, title: str) -> None:
    assert title_of(text) == title


def test_a_long_first_sentence_is_cut_at_a_word() -> None:
    title = title_of("Mời toàn thể bà con " * 10)
    assert len(title) <= 80
    assert title.endswith(("con…", "bà…", "toàn…", "thể…"))


def test_the_time_of_a_repetition_is_by_the_wall_clock() -> None:
    assert said_again("Lũ về.", NOON).startswith("Nhắc lại tin khẩn cấp phát lúc 12 giờ 00 ngày 22/11/2026.\n")
