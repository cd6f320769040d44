"""What the evidence tells: emergencies nobody heard, programmes on no horn, forged messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.alarm import AlarmKind, Severity
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.listening.trends import Trend
from smartradio.station.alarms.desk import AlarmDesk
from smartradio.station.alarms.presses import Presses
from smartradio.station.alarms.rules import RingRules
from smartradio.station.alarms.told import Told
from smartradio.station.alarms.wording import line_of
from smartradio.station.commune_rules import rules_of
from smartradio.station.news import News
from smartradio.station.node_records import NodeEventKind
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.replay import Replays
from smartradio.station.store import NodeJudgement, Store, StoreError
from smartradio.words import words
from tests.station.commune import NODES, NOON, Clock, airing_of, planned_in, registered, settings, shelved

UNHEARD, UNCLEAR = AlarmKind.EMERGENCY_NOT_HEARD, AlarmKind.EMERGENCY_UNCLEAR


class Office:
    """A station's shelf, its alarms, and what is sent again; whoever is in `online` can be reached."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.settings = settings(folder)
        self.store = registered(Store.open(folder, clock=self.clock), self.settings)
        self.objects = Objects(folder / "objects")
        self.recording = shelved(self.store, self.objects, "lu", [b"sound"])
        self.recorder = EvidenceRecorder(self.store)
        self.replays = Replays(self.settings, self.store, self.objects, self.recorder, clock=self.clock)
        self.online = set(NODES)
        self.trends: dict[str, list[Trend]] = {}
        self.sent: list[Airing] = []
        rules = RingRules((), rules_of(self.settings).tz, 0.0)
        self.desk = AlarmDesk(self.store.alarms, rules, News(), clock=self.clock)
        self.told = self.listener()

    def listener(self) -> Told:
        async def send_again(airing: str, nodes: Sequence[str]) -> Airing | None:
            again = await self.replays.by_itself(airing, nodes)
            self.sent += [again] if again is not None else []
            return again

        return Told(
            self.store.alarms,
            self.desk,
            send_again=send_again,
            online=lambda: self.online,
            trends_of=lambda node: self.trends.get(node, ()),
            titles=self.titles,
            clock=self.clock,
            presses=Presses(self.store.alarms, self.desk, note=self.store.nodes.put_event, titles=self.titles),
        )

    def titles(self) -> dict[str, str]:
        return {view.name: view.title for view in self.store.node_views()}

    def pressed(self, press: str, step: Step = Step.STARTED, **facts: Any) -> None:
        """Commit what a node tells of its button, and have it looked at."""
        evidence = Evidence("", "thon-2", step, NOON, "node:thon-2", None, {"button": press, **facts})

        async def work() -> None:
            await self.recorder.record([evidence])
            await self.told.take(evidence)
            await self.told.round()

        asyncio.run(work())

    def aired(self, **changes: Any) -> Airing:
        values: dict[str, Any] = {"starts_at": NOON - timedelta(minutes=10), "priority": Priority.EMERGENCY}
        airing = airing_of(self.recording, **(values | changes))
        approved = Evidence(airing.id, "", Step.APPROVED, NOON, "operator:huong", None, {"by": "Trần Văn Hương"})
        self.store.plan_airing(airing, [approved, Evidence(airing.id, "", Step.PLANNED, NOON, "station")])
        return airing

    def verdicts(self, airing: Airing, **verdicts: VerdictCode) -> None:
        """Judge an airing at nodes, thon_1=…, and have it looked at."""

        async def work() -> None:
            for name, verdict in verdicts.items():
                step = Step.UNREACHED if verdict is VerdictCode.UNREACHED else Step.HEARD
                evidence = Evidence(airing.id, name.replace("_", "-"), step, self.clock(), "station")
                self.store.judge(evidence, NodeJudgement(verdict))
                await self.told.take(evidence)
            await self.told.round()

        asyncio.run(work())

    def open(self) -> set[tuple[AlarmKind, str]]:
        return {(alarm.kind, alarm.subject) for alarm in self.desk.open()}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


class TestAnEmergency:
    def test_where_it_was_badly_heard_somebody_is_told_and_it_is_sent_once_more_there(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_1=VerdictCode.AIRED, thon_2=VerdictCode.SILENT, thon_3=VerdictCode.OTHER)
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2"), (UNHEARD, f"{airing.id}/thon-3")}
        assert [again.nodes for again in office.sent] == [("thon-2", "thon-3")]
        (alarm, _) = office.desk.open()
        assert (alarm.facts["bulletin"], alarm.facts["title"]) == ("Bản tin lu", "Cụm loa thon-3")

    def test_heard_the_second_time_it_is_over_but_was_told(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.SILENT)
        (again,) = office.sent
        office.verdicts(again, thon_2=VerdictCode.AIRED)
        assert office.open() == set()
        assert [alarm.subject for alarm in office.desk.past()] == [f"{airing.id}/thon-2"]

    def test_badly_heard_a_second_time_it_stays_wrong_and_is_not_sent_a_third_time(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.SILENT)
        (again,) = office.sent
        office.verdicts(again, thon_2=VerdictCode.UNINTELLIGIBLE)
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2")}
        assert len(office.sent) == 1

    def test_a_node_out_of_reach_is_told_of_and_has_it_in_its_plan(self, office: Office) -> None:
        office.online = {"thon-1"}
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.UNREACHED)
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2")}
        assert office.sent == []

    def test_a_later_and_better_verdict_ends_it(self, office: Office) -> None:
        office.online = set()
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.UNREACHED)
        office.verdicts(airing, thon_2=VerdictCode.AIRED)
        assert office.open() == set()

    def test_where_nobody_can_say_whether_it_was_heard_somebody_is_told_once_and_it_is_not_sent_again(
        self, office: Office
    ) -> None:
        airing = office.aired()
        for _ in range(2):
            office.verdicts(airing, thon_2=VerdictCode.UNCLEAR)
        (alarm,) = office.desk.open()
        assert (alarm.kind, alarm.subject, alarm.times) == (UNCLEAR, f"{airing.id}/thon-2", 1)
        assert alarm.severity is Severity.WARNING
        assert office.sent == []

    @pytest.mark.parametrize(
        ("later", "left"), [(VerdictCode.AIRED, set()), (VerdictCode.SILENT, {UNHEARD})], ids=["heard", "not heard"]
    )
    def test_a_later_and_certain_verdict_takes_the_place_of_an_unclear_one(
        self, office: Office, later: VerdictCode, left: set[AlarmKind]
    ) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.UNCLEAR)
        office.verdicts(airing, thon_2=later)
        assert {kind for kind, _ in office.open()} == left
        assert len(office.sent) == len(left)

    def test_an_unclear_one_is_over_once_a_person_has_said_what_came_of_it(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_1=VerdictCode.SILENT, thon_2=VerdictCode.UNCLEAR)

        async def settled() -> None:
            for node in ("thon-1", "thon-2"):
                facts = {"by": "Trần Văn Hương", "note": "Bà con nghe rõ"}
                await office.told.take(Evidence(airing.id, node, Step.DISPUTED, office.clock(), "x", None, facts))
            assert office.told.waits
            await office.told.round()
            assert not office.told.waits

        asyncio.run(settled())
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-1")}

    def test_badly_heard_and_then_unclear_it_stays_the_graver_of_both(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.SILENT)
        (again,) = office.sent
        office.verdicts(again, thon_2=VerdictCode.UNCLEAR)
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2")}

    def test_what_a_person_has_ended_stays_ended(self, office: Office) -> None:
        airing = office.aired()
        office.verdicts(airing, thon_2=VerdictCode.SILENT)
        (alarm,) = office.desk.open()
        asyncio.run(office.desk.close(alarm.id, by=Person("Anh Tư", "tu")))
        office.verdicts(airing, thon_2=VerdictCode.SILENT)
        assert office.open() == set()

    def test_a_station_that_fell_before_it_looked_looks_at_its_next_start(self, office: Office) -> None:
        airing = office.aired()
        evidence = Evidence(airing.id, "thon-2", Step.HEARD, office.clock(), "station")
        office.store.judge(evidence, NodeJudgement(VerdictCode.SILENT))

        async def started_again() -> None:
            await office.told.take_up()
            await office.told.round()

        asyncio.run(started_again())
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2")}
        assert len(office.sent) == 1

    def test_a_bad_moment_of_the_store_puts_it_off_and_loses_nothing(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy() -> None:
            raise StoreError("the disk does not answer")

        airing = office.aired()
        with monkeypatch.context() as patch:
            patch.setattr(office.desk, "open", busy)
            with pytest.raises(StoreError):
                office.verdicts(airing, thon_2=VerdictCode.SILENT)
        asyncio.run(office.told.round())
        assert office.open() == {(UNHEARD, f"{airing.id}/thon-2")}


class TestAProgramme:
    def test_one_that_could_not_be_judged_for_certain_waits_for_a_person_and_rings_nobody(self, office: Office) -> None:
        office.verdicts(office.aired(priority=Priority.PROGRAMME), thon_2=VerdictCode.UNCLEAR)
        assert office.open() == set()

    def test_a_hamlet_where_no_horn_sounded_is_dead_air(self, office: Office) -> None:
        airing = office.aired(priority=Priority.PROGRAMME)
        office.verdicts(airing, thon_1=VerdictCode.AIRED, thon_2=VerdictCode.SILENT, thon_3=VerdictCode.PARTLY_AIRED)
        assert office.open() == {(AlarmKind.DEAD_AIR, f"{airing.id}/thon-2")}
        assert office.sent == []

    def test_where_one_of_several_horns_sounded_it_is_none(self, office: Office) -> None:
        one_zone = [node.node() for node in office.settings.nodes]
        for node in one_zone:
            office.store.put_node(type(node)(node.name, "thon-1", node.title, node.public_key))
        airing = office.aired(priority=Priority.PROGRAMME)
        office.verdicts(airing, thon_1=VerdictCode.SILENT, thon_2=VerdictCode.UNREACHED, thon_3=VerdictCode.AIRED)
        assert office.open() == set()

    def test_while_a_verdict_is_missing_nothing_is_said(self, office: Office) -> None:
        planned_in(office.store, airing_of(office.recording, NOON, id="sap-toi"))
        asyncio.run(office.told.take_up())
        asyncio.run(office.told.round())
        assert office.open() == set()


class TestMessages:
    def forged(self, reason: Reason, node: str = "thon-2") -> Evidence:
        facts = {"topic": "report", "line": "signature does not fit", "times": 1}
        return Evidence("", node, Step.REFUSED, NOON, "station", reason, facts)

    def test_a_forged_message_is_told_of_once_however_often_it_comes(self, office: Office) -> None:
        for _ in range(3):
            asyncio.run(office.told.take(self.forged(Reason.BAD_SIGNATURE)))
        (alarm,) = office.desk.open()
        assert (alarm.kind, alarm.subject, alarm.times) == (AlarmKind.FORGED, "thon-2", 3)
        assert (alarm.facts["title"], alarm.facts["line"]) == ("Cụm loa thon-2", "signature does not fit")

    def test_what_is_refused_for_another_reason_is_no_forgery(self, office: Office) -> None:
        asyncio.run(office.told.take(self.forged(Reason.EXPIRED)))
        assert office.open() == set()


class TestTrends:
    def test_a_horn_that_grows_weaker_is_told_of_until_it_is_mended(self, office: Office) -> None:
        airing = office.aired(priority=Priority.PROGRAMME)
        office.trends["thon-1"] = [Trend("weaker", -9.04, -3.0, "dB", NOON)]
        office.verdicts(airing, thon_1=VerdictCode.AIRED)
        asyncio.run(office.told.trends())
        (alarm,) = office.desk.open()
        assert (alarm.subject, alarm.facts["value"], alarm.facts["usual"]) == ("thon-1/weaker", -9.0, -3.0)
        office.trends.clear()
        office.verdicts(airing, thon_1=VerdictCode.AIRED)
        asyncio.run(office.told.trends())
        assert office.open() == set()


class TestAPressOfTheButtonAtAPole:
    def test_it_rings_once_as_critical_with_its_time_and_stands_with_the_node(self, office: Office) -> None:
        office.pressed("p1")
        office.pressed("p1", Step.INTERRUPTED)
        (alarm,) = office.desk.open()
        assert (alarm.kind, alarm.subject) == (AlarmKind.BUTTON_PRESSED, "thon-2/p1")
        assert alarm.severity is Severity.CRITICAL
        assert line_of(words("vi"), alarm) == "Có người nhấn nút gọi sơ tán tại Cụm loa thon-2 lúc 12:00 22/11/2026"
        (event,) = office.store.nodes.events("thon-2")
        assert (event.what, event.at) == (NodeEventKind.BUTTON, NOON)

    def test_a_guess_of_the_time_is_told_as_one(self, office: Office) -> None:
        office.pressed("p1", time_unsure=True)
        assert "lúc ~12:00" in line_of(words("vi"), office.desk.open()[0])

    def test_each_press_rings_also_one_that_found_no_horn_and_one_that_was_closed_stays_closed(
        self, office: Office
    ) -> None:
        office.pressed("p1")
        asyncio.run(office.desk.close(office.desk.open()[0].id, by=Person("huong", "Trần Văn Hương")))
        office.pressed("p1", Step.INTERRUPTED)
        assert office.open() == set()
        office.pressed("p2", Step.SKIPPED)
        assert office.open() == {(AlarmKind.BUTTON_PRESSED, "thon-2/p2")}

    def test_what_came_just_before_a_crash_rings_at_the_next_start(self, office: Office) -> None:
        evidence = Evidence("", "thon-2", Step.STARTED, NOON, "node:thon-2", None, {"button": "p1"})
        asyncio.run(office.recorder.record([evidence]))
        anew = office.listener()
        assert anew.waits
        asyncio.run(anew.round())
        assert office.open() == {(AlarmKind.BUTTON_PRESSED, "thon-2/p1")}
        assert not anew.waits

    def test_what_is_no_nodes_word_of_a_press_rings_nobody(self, office: Office) -> None:
        office.pressed("p1", Step.MEASURED)
        office.pressed("p1", Step.REFUSED)
        assert office.open() == set()
