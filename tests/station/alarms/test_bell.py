"""Who is rung: many alarms in one message, tried until somebody takes it, never forgotten."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alarm import AlarmKind, Severity, raised
from smartradio.station.alarms.bell import Bell
from smartradio.station.alarms.desk import AlarmDesk
from smartradio.station.alarms.port import RingError, RingMessage
from smartradio.station.alarms.rules import RingRules
from smartradio.station.alarms.settings import AlarmSettings, RingSettings
from smartradio.station.commune_rules import rules_of
from smartradio.station.news import News
from smartradio.station.store import Store
from tests.station.commune import NOON, Clock, settings

TZ = rules_of(settings(Path("x"))).tz


class Target:
    """Somebody who is rung, or whose line is dead."""

    def __init__(self) -> None:
        self.dead = False
        self.got: list[RingMessage] = []

    def ring(self, message: RingMessage) -> None:
        if self.dead:
            raise RingError("no answer")
        self.got.append(message)

    def subjects(self) -> list[str]:
        return [message.subject for message in self.got]


def ring(name: str = "ky-thuat", **changes: Any) -> RingSettings:
    way = {"webhook": "https://example.vn/x", "secret": "0123456789abcdef"}
    return RingSettings.model_validate({"name": name, **way, **changes})


class Office:
    """A station's shelf, its alarms and its bell, rung every two seconds of a clock that is turned."""

    def __init__(self, folder: Path, *rings: RingSettings) -> None:
        self.clock = Clock()
        self.folder = folder
        self.rings = rings or (ring(),)
        self.targets = {each.name: Target() for each in self.rings}
        self.open()

    def open(self) -> None:
        """Start, or start again."""
        alarms = AlarmSettings()
        self.store = Store.open(self.folder, clock=self.clock)
        rules = RingRules(self.rings, TZ, alarms.gather_s)
        self.desk = AlarmDesk(self.store.alarms, rules, News(), clock=self.clock)
        names = {"station": "yen-hoa", "title": "Đài xã Yên Hòa"}
        self.bell = Bell(alarms, self.store.alarms, self.targets, tz=TZ, clock=self.clock, **names)

    def silent(self, *nodes: str) -> None:
        for node in nodes:
            facts = {"title": f"Cụm loa {node}"}
            asyncio.run(self.desk.raise_(AlarmKind.NODE_SILENT, node, facts))

    def unheard(self, node: str) -> None:
        facts = {"title": f"Cụm loa {node}", "bulletin": "Lũ về"}
        asyncio.run(self.desk.raise_(AlarmKind.EMERGENCY_NOT_HEARD, f"lu/{node}", facts))

    def pass_s(self, seconds: float) -> None:
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            self.clock.pass_s(2.0)
            asyncio.run(self.bell.round())

    def got(self, name: str = "ky-thuat") -> list[RingMessage]:
        return self.targets[name].got


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


class TestOneMessage:
    def test_ten_nodes_out_at_once_are_one_message(self, office: Office) -> None:
        office.silent(*(f"thon-{number}" for number in range(1, 11)))
        office.pass_s(60)
        (message,) = office.got()
        assert message.subject.startswith("10 cụm loa mất liên lạc: Cụm loa thon-1, Cụm loa thon-2")
        assert message.subject.endswith("và 2 nơi nữa")
        assert len(message.alarms) == 10

    def test_it_says_what_is_wrong_and_what_to_do_in_plain_vietnamese(self, office: Office) -> None:
        office.silent("thon-1")
        office.unheard("thon-3")
        office.pass_s(90)
        (urgent, other) = office.got()
        assert urgent.severity is Severity.CRITICAL
        assert urgent.subject == "Tin khẩn cấp “Lũ về” không nghe được ở Cụm loa thon-3"
        assert urgent.text.splitlines()[0] == "Đài xã Yên Hòa, 12:00 ngày 22/11/2026:"
        assert "  → Báo cho bà con nơi đó bằng cách khác ngay, rồi xem cụm loa." in urgent.text.splitlines()
        assert "• Cụm loa thon-1 mất liên lạc." in other.text.splitlines()
        assert other.alarms[0]["facts"] == {"title": "Cụm loa thon-1"}

    def test_an_emergency_does_not_wait_for_the_rest_to_gather(self, office: Office) -> None:
        office.unheard("thon-3")
        office.pass_s(4)
        assert len(office.got()) == 1

    def test_between_two_messages_there_is_a_minute(self, office: Office) -> None:
        office.silent("thon-1")
        office.pass_s(30)
        office.silent("thon-2")
        office.pass_s(40)
        assert len(office.got()) == 1
        office.pass_s(40)
        assert office.targets["ky-thuat"].subjects() == ["Cụm loa thon-1 mất liên lạc", "Cụm loa thon-2 mất liên lạc"]

    def test_that_it_is_over_is_told_once_it_is_sure(self, office: Office) -> None:
        office.silent("thon-1")
        office.pass_s(30)
        asyncio.run(office.desk.end(AlarmKind.NODE_SILENT, "thon-1"))
        office.pass_s(9 * 60)
        assert len(office.got()) == 1
        office.pass_s(2 * 60)
        assert office.got()[-1].subject == "Đã hết: Cụm loa thon-1 mất liên lạc"


class TestADeadLine:
    def test_it_is_tried_again_less_and_less_often_with_the_same_id(self, office: Office) -> None:
        office.targets["ky-thuat"].dead = True
        office.silent("thon-1")
        office.pass_s(120)
        (fault,) = office.desk.unanswered()
        assert (fault.answer, fault.attempts) == ("no answer", 3)
        office.targets["ky-thuat"].dead = False
        office.pass_s(300)
        assert office.targets["ky-thuat"].subjects() == ["Cụm loa thon-1 mất liên lạc"]
        assert office.desk.unanswered() == []

    def test_what_is_over_when_the_line_comes_back_is_told_as_over(self, office: Office) -> None:
        office.targets["ky-thuat"].dead = True
        office.silent("thon-1")
        office.pass_s(60)
        asyncio.run(office.desk.end(AlarmKind.NODE_SILENT, "thon-1"))
        office.targets["ky-thuat"].dead = False
        office.pass_s(15 * 60)
        silent = "Cụm loa thon-1 mất liên lạc"
        assert office.targets["ky-thuat"].subjects() == [silent, f"Đã hết: {silent}"]

    def test_an_emergency_does_not_wait_for_the_next_try_of_an_older_message(self, office: Office) -> None:
        target = office.targets["ky-thuat"]
        target.dead = True
        office.silent("thon-1")
        office.pass_s(45 * 60)
        target.dead = False
        office.unheard("thon-3")
        office.pass_s(10)
        assert target.subjects() == ["Tin khẩn cấp “Lũ về” không nghe được ở Cụm loa thon-3"]
        office.pass_s(16 * 60)
        assert target.subjects()[1:] == ["Cụm loa thon-1 mất liên lạc"]

    def test_one_dead_line_holds_up_no_other(self, tmp_path: Path) -> None:
        office = Office(tmp_path, ring("mot"), ring("hai"))
        office.targets["mot"].dead = True
        office.silent("thon-1")
        office.pass_s(30)
        assert len(office.got("hai")) == 1
        office.store.close()

    def test_a_station_that_falls_before_it_rang_rings_when_it_is_up_again(self, office: Office) -> None:
        office.silent("thon-1")
        office.store.close()
        office.open()
        office.pass_s(30)
        assert len(office.got()) == 1

    def test_a_station_that_falls_while_it_rings_rings_again_with_the_same_id(self, office: Office) -> None:
        office.silent("thon-1")
        office.clock.pass_s(30)
        office.store.alarms.begin_ringing(office.store.alarms.due_rings("ky-thuat"), "the-same-id")
        office.store.close()
        office.open()
        office.pass_s(2)
        assert [message.id for message in office.got()] == ["the-same-id"]

    def test_after_three_days_it_is_given_up(self, office: Office) -> None:
        office.targets["ky-thuat"].dead = True
        office.silent("thon-1")
        office.pass_s(30)
        office.clock.pass_s(80 * 3_600)
        office.pass_s(2)
        assert [told.state for told in office.desk.rings_of(office.desk.open()[0].id)] == ["given_up"]
        assert office.desk.unanswered() == []


class TestWhoIsRung:
    def due(self, kind: AlarmKind, at: datetime, **changes: Any) -> list[datetime]:
        rules = RingRules((ring(**changes),), TZ, 0.0)
        return [each.due_at for each in rules(raised(kind, "x", at, {}), at)]

    def test_nobody_is_rung_of_what_is_not_grave_enough_for_them(self) -> None:
        assert self.due(AlarmKind.TREND, NOON) == []
        assert self.due(AlarmKind.TREND, NOON, least="notice") == [NOON]
        assert self.due(AlarmKind.NODE_SILENT, NOON, least="critical") == []

    @pytest.mark.parametrize(("hour", "told_at"), [(23, (23, 6)), (3, (22, 6)), (6, (22, 6)), (21, (22, 21))], ids=str)
    def test_by_night_only_an_emergency_wakes_them(self, hour: int, told_at: tuple[int, int]) -> None:
        awake = {"awake_from": time(6), "awake_until": time(22)}
        at = datetime(2026, 11, 22, hour, tzinfo=TZ)
        day, wall = told_at
        assert self.due(AlarmKind.NODE_SILENT, at, **awake) == [datetime(2026, 11, day, wall, tzinfo=TZ)]
        assert self.due(AlarmKind.EMERGENCY_NOT_HEARD, at, **awake) == [at]

    def test_who_is_awake_over_midnight_is_rung_at_night(self) -> None:
        awake = {"awake_from": time(22), "awake_until": time(6)}
        at = datetime(2026, 11, 22, 2, tzinfo=TZ)
        assert self.due(AlarmKind.NODE_SILENT, at, **awake) == [at]

    def test_who_stands_in_is_told_only_of_what_nobody_has_seen(self) -> None:
        rules = RingRules((ring(unseen_minutes=15),), TZ, 0.0)
        (due,) = rules(raised(AlarmKind.NODE_SILENT, "x", NOON, {}), NOON)
        assert (due.due_at, due.unless_seen) == (NOON + timedelta(minutes=15), True)


def test_ways_that_hang_hold_nothing_that_the_store_needs(tmp_path: Path) -> None:
    """Without a line to the internet twelve ways hang at once; the pool of `asyncio.to_thread` stays free."""
    own = ThreadPoolExecutor(1)
    office, answers = Office(tmp_path, *(ring(f"nguoi-{number}") for number in range(12))), threading.Event()
    hung = threading.Semaphore(0)

    def hangs(_message: RingMessage) -> None:
        hung.release()
        assert answers.wait(20)

    for target in office.targets.values():
        target.ring = hangs  # type: ignore[assignment, method-assign]
    office.unheard("thon-1")
    office.clock.pass_s(60)

    async def ringing() -> None:
        loop = asyncio.get_running_loop()
        telling = asyncio.create_task(office.bell.round())
        async with asyncio.timeout(20):
            for _ in office.targets:
                await loop.run_in_executor(own, hung.acquire)
            await asyncio.gather(*(asyncio.to_thread(int) for _ in range(20)))
        assert not telling.done()
        answers.set()
        await telling

    asyncio.run(ringing())
