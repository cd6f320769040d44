"""What is wrong is found by looking, and is over when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node
from smartradio.station.alarms.desk import AlarmDesk
from smartradio.station.alarms.rounds import LINE_PATIENCE, ROUND_S, Looked, Rounds
from smartradio.station.alarms.rules import RingRules
from smartradio.station.alarms.settings import AlarmSettings
from smartradio.station.alarms.wording import line_of
from smartradio.station.backup.last import LastBackup, note_backup
from smartradio.station.commune_rules import rules_of
from smartradio.station.news import News
from smartradio.station.objects import Objects
from smartradio.station.store import Store
from smartradio.wire.client import LinkState
from smartradio.words import words
from tests.station.commune import NODES, NOON, Clock, airing_of, planned_in, registered, settings, shelved

SILENT_AFTER = timedelta(seconds=100)


@dataclass
class Around:
    """What the rounds see beside the store."""

    link: LinkState = LinkState.UP
    listens: bool = True
    free_mb: float = 50_000.0


class Office:
    """A station's shelf and its rounds, every ten seconds of a clock that is turned."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.folder = folder
        self.settings = settings(folder)
        self.store = registered(Store.open(folder, clock=self.clock), self.settings)
        self.around = Around()
        rules = RingRules((), rules_of(self.settings).tz, 0.0)
        self.desk = AlarmDesk(self.store.alarms, rules, News(), clock=self.clock)
        self.begin()

    def begin(self) -> None:
        """Begin with the rounds, as at a start of the station."""
        self.rounds = Rounds(
            AlarmSettings(),
            self.store.alarms,
            self.desk,
            Looked(
                link=lambda: self.around.link,
                recogniser=lambda: self.around.listens,
                free_mb=lambda _folder: self.around.free_mb,
            ),
            folder=self.folder,
            nodes=NODES,
            silent_after=SILENT_AFTER,
            clock=self.clock,
        )

    def node(self, name: str, *, online: bool = True, **facts: Any) -> None:
        self.store.put_node_state(name, online=online, at=self.clock(), facts=facts)

    def pass_s(self, seconds: float) -> None:
        """Let time pass, with a round every ten seconds."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            self.clock.pass_s(ROUND_S)
            asyncio.run(self.rounds.round())

    def open(self) -> set[tuple[AlarmKind, str]]:
        return {(alarm.kind, alarm.subject) for alarm in self.desk.open()}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


class TestNodes:
    def test_one_that_is_silent_for_a_hundred_seconds_is_told_of_and_comes_back(self, office: Office) -> None:
        office.pass_s(100)
        office.node("thon-1")
        office.node("thon-1", online=False)
        office.pass_s(90)
        assert office.open() == set()
        office.pass_s(10)
        assert office.open() == {(AlarmKind.NODE_SILENT, "thon-1")}
        office.node("thon-1")
        office.pass_s(10)
        assert office.open() == set()

    def test_one_that_never_spoke_is_not_missed(self, office: Office) -> None:
        office.pass_s(300)
        assert office.open() == set()

    def test_a_station_that_was_off_gives_its_nodes_time_to_speak(self, office: Office) -> None:
        office.node("thon-1")
        office.node("thon-1", online=False)
        office.clock.pass_s(86_400)
        office.begin()
        office.pass_s(90)
        assert office.open() == set()
        office.pass_s(20)
        assert office.open() == {(AlarmKind.NODE_SILENT, "thon-1")}

    def test_while_the_line_is_down_that_is_one_alarm_and_not_one_for_each_node(self, office: Office) -> None:
        for name in NODES:
            office.node(name)
            office.node(name, online=False)
        office.around.link = LinkState.CONNECTING
        office.pass_s(LINE_PATIENCE.total_seconds() + 300)
        assert office.open() == {(AlarmKind.BROKER_DOWN, "")}
        office.around.link = LinkState.UP
        for name in NODES:
            office.node(name)
        office.pass_s(300)
        assert office.open() == set()

    def test_what_a_node_says_of_itself_is_told(self, office: Office) -> None:
        office.node("thon-1", problems=["undervoltage_now", "clock_untrusted"], health={"disk_free_mb": 12.5})
        office.pass_s(10)
        assert office.open() == {
            (AlarmKind.UNDERVOLTAGE, "thon-1"),
            (AlarmKind.CLOCK_UNTRUSTED, "thon-1"),
            (AlarmKind.NODE_DISK_FULL, "thon-1"),
        }
        office.node("thon-1", problems=[], health={"disk_free_mb": 900.0})
        office.pass_s(10)
        assert office.open() == set()

    @pytest.mark.parametrize(
        ("flag", "kind"),
        [
            ("disk_errors", AlarmKind.NODE_DISK_BROKEN),
            ("disk_worn", AlarmKind.NODE_DISK_BROKEN),
            ("button_stuck", AlarmKind.BUTTON_FAULT),
            ("data_near_budget", AlarmKind.DATA_BUDGET),
            ("data_over_budget", AlarmKind.DATA_BUDGET),
        ],
    )
    def test_a_fault_of_its_machine_is_told_until_it_is_gone(self, office: Office, flag: str, kind: AlarmKind) -> None:
        office.node("thon-1", problems=[flag])
        office.pass_s(10)
        assert office.open() == {(kind, "thon-1")}
        office.node("thon-1", problems=[])
        office.pass_s(10)
        assert office.open() == set()

    def test_a_contact_of_the_cabinet_is_told_by_its_name(self, office: Office) -> None:
        office.node("thon-1", problems=["input_alarm"], health={"input_alarms": "cua-tu, dien-luoi"})
        office.pass_s(10)
        (alarm,) = office.desk.open()
        assert alarm.kind is AlarmKind.CABINET_CONTACT
        assert line_of(words("vi"), alarm).endswith("báo sự cố: cua-tu, dien-luoi")

    def test_one_with_older_software_is_told_of_until_it_is_updated(self, office: Office) -> None:
        office.node("thon-1", problems=["software_older"])
        office.pass_s(10)
        assert office.open() == {(AlarmKind.NODE_OUTDATED, "thon-1")}
        office.node("thon-1", problems=[])
        office.pass_s(10)
        assert office.open() == set()

    def test_one_that_the_settings_no_longer_name_is_nobodys_trouble(self, office: Office) -> None:
        office.store.put_node(Node("thon-9", "thon-1", "Cụm loa cũ", "0" * 64))
        office.node("thon-9", problems=["undervoltage_now"])
        office.pass_s(10)
        assert office.open() == set()


class TestTheStation:
    def test_its_disk_and_its_recogniser_are_watched(self, office: Office) -> None:
        office.around.free_mb, office.around.listens = 300.0, False
        office.pass_s(10)
        assert office.open() == {(AlarmKind.STATION_DISK_FULL, ""), (AlarmKind.RECOGNISER_DOWN, "")}

    def test_a_backup_that_is_too_old_is_told_of_until_a_new_one_is_made(self, office: Office) -> None:
        office.store.record([Evidence("", "", Step.REFUSED, NOON, "station")])
        office.clock.pass_s(7 * 86_400)
        office.pass_s(10)
        assert office.open() == set()
        office.clock.pass_s(2 * 86_400)
        office.pass_s(10)
        assert office.open() == {(AlarmKind.BACKUP_OLD, "")}
        note_backup(office.folder, LastBackup(made_at=office.clock(), size_bytes=1, entries=1, head="0"))
        office.pass_s(10)
        assert office.open() == set()


class TestAProgrammeThatDoesNotBegin:
    def test_a_hamlet_on_line_where_nobody_says_that_it_sounds_is_dead_air(self, office: Office) -> None:
        recording = shelved(office.store, Objects(office.folder / "objects"), "sang", [b"sound"], 600.0)
        for name in ("thon-1", "thon-2"):
            office.node(name)
        airing = planned_in(office.store, airing_of(recording, NOON, id="sang"))
        office.store.record([Evidence("sang", "thon-1", Step.STARTED, NOON, "node:thon-1")])
        office.pass_s(70)
        assert office.open() == set()
        office.pass_s(10)
        # The third hamlet has no line: its nodes may air what they hold.
        assert office.open() == {(AlarmKind.DEAD_AIR, f"{airing.id}/thon-2")}
        (alarm,) = office.desk.open()
        office.pass_s(60)
        assert office.desk.open() == [alarm]


def test_what_happened_a_week_ago_ends_by_itself(office: Office) -> None:
    asyncio.run(office.desk.raise_(AlarmKind.FORGED, "thon-1", {}))
    office.clock.pass_s(6 * 86_400)
    asyncio.run(office.rounds.forget_old())
    assert office.open() == {(AlarmKind.FORGED, "thon-1")}
    office.clock.pass_s(2 * 86_400)
    asyncio.run(office.rounds.forget_old())
    assert office.open() == set()
