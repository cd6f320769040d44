"""Aired once more at one node, and the row of verdicts that wait for a person."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.dispatcher import Dispatcher
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.replay import Replays
from smartradio.station.settings import StationSettings
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.views import worst_first
from smartradio.wire.messages import Order, unseal
from tests.station.commune import (
    NODES,
    NOON,
    STATION_KEY,
    TOPICS,
    Clock,
    FakeLink,
    airing_of,
    planned_in,
    registered,
    run,
    settings,
    shelved,
    until,
)


class Office:
    """A station's shelf with one airing of ten minutes ago, and who airs it once more."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        one_zone = settings(folder)
        # The first two poles stand in one hamlet.
        nodes = tuple(n.model_copy(update={"zone": "thon-1"}) if n.name == "thon-2" else n for n in one_zone.nodes)
        self.settings: StationSettings = one_zone.model_copy(update={"nodes": nodes})
        self.store = registered(Store.open(folder, clock=self.clock), self.settings)
        self.objects = Objects(folder / "objects")
        self.recording = shelved(self.store, self.objects, "tin", [b"sound"])
        self.airing = self.aired(NOON - timedelta(minutes=10))
        self.replays = Replays(self.settings, self.store, self.objects, EvidenceRecorder(self.store), clock=self.clock)

    def aired(self, starts_at: Any, **changes: Any) -> Airing:
        return planned_in(self.store, airing_of(self.recording, starts_at, **changes))

    def judge(self, airing: Airing, node: str, verdict: VerdictCode = VerdictCode.SILENT, **figures: Any) -> None:
        heard = Evidence(airing.id, node, Step.HEARD, self.clock(), "station")
        self.store.judge(heard, NodeJudgement(verdict, **figures))

    def again(self, node: str = "thon-1", by: str = "Lê Thị Lan", airing: Airing | None = None) -> Airing:
        return asyncio.run(self.replays.at_node((airing or self.airing).id, node, by=by))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def test_the_same_recording_is_planned_at_that_node_alone_and_stands_in_both_chains(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    again = office.again()
    assert (again.recording_id, again.nodes, again.zones) == (office.recording.id, ("thon-1",), ("thon-1",))
    assert again.priority == office.airing.priority
    assert again.starts_at == NOON + timedelta(seconds=office.settings.lead_s)
    (asked,) = [e.evidence for e in office.store.chain(office.airing.id) if e.evidence.step is Step.REPLAY_ASKED]
    assert (asked.node, asked.source, asked.facts) == (
        "thon-1",
        "operator:Lê Thị Lan",
        {"by": "Lê Thị Lan", "airing": again.id},
    )
    chain = [entry.evidence for entry in office.store.chain(again.id)]
    assert [entry.step for entry in chain] == [Step.RENDERED, Step.APPROVED, Step.PLANNED]
    assert chain[1].source == "operator:Lê Thị Lan"
    assert chain[1].facts == {"by": "Lê Thị Lan", "recording": office.recording.id, "again_of": office.airing.id}
    assert office.store.verify().ok


def test_the_verdict_asked_again_stays_unsettled(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    office.again()
    view = office.store.airing_view(office.airing.id)
    assert view is not None
    assert (view.nodes[0].verdict, view.nodes[0].settled) == ("silent", None)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda o: {"by": "  "}, "give a name"),
        (lambda o: {"node": "thon-9"}, "never planned there"),
        (lambda o: {"node": "thon-2"}, "not over yet"),
        (lambda o: o.clock.pass_s(86_400), "older than a day"),
        (lambda o: o.objects.path(o.recording.segments[0].sha256).unlink(), "gone from the disk"),
        (
            lambda o: o.store.withdraw_airing(
                o.airing.id, [Evidence(o.airing.id, "", Step.SKIPPED, NOON, "station", Reason.WITHDRAWN)]
            ),
            "withdrawn",
        ),
        (lambda o: o.again() and None, "being aired again"),
    ],
)
def test_what_cannot_be_aired_again_is_one_clear_line_and_plans_nothing(office: Office, spoil: Any, said: str) -> None:
    office.judge(office.airing, "thon-1")
    changed = spoil(office)
    before = len(office.store.board())
    with pytest.raises(BadInputError, match=said):
        office.again(**(changed if isinstance(changed, dict) else {}))
    assert len(office.store.board()) == before


def test_an_alert_of_which_only_the_opening_was_made_is_not_aired_again_as_if_that_were_all(office: Office) -> None:
    grows = planned_in(office.store, replace(office.airing, id="lu-1", priority=Priority.EMERGENCY, grows=True))
    office.judge(grows, "thon-1")
    with pytest.raises(BadInputError, match="was not made"):
        office.again(airing=grows)


def test_a_node_that_is_no_longer_the_station_s_airs_nothing(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    fewer = office.settings.model_copy(update={"nodes": office.settings.nodes[1:]})
    replays = Replays(fewer, office.store, office.objects, EvidenceRecorder(office.store), clock=office.clock)
    with pytest.raises(BadInputError, match="no longer the station's"):
        asyncio.run(replays.at_node(office.airing.id, "thon-1", by="Lan"))


def test_when_it_is_over_it_may_be_aired_yet_again(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    first = office.again()
    office.clock.pass_s(300)
    assert office.again().id != first.id


def test_the_bell_of_an_airing_at_one_node_does_not_ring_its_neighbours(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    again, whole, link = office.again(), office.airing, FakeLink()
    numbers = iter(range(1, 100))
    dispatcher = Dispatcher(
        office.settings,
        STATION_KEY,
        link,
        office.objects,
        lambda: (1, next(numbers)),
        clock=office.clock,
        on_published=_nothing,
    )

    async def work() -> None:
        dispatcher.hold([again, whole], {office.recording.id: office.recording})
        dispatcher.start()
        dispatcher.link_is(True)
        dispatcher.ring(again.id)
        await until(lambda: any(topic.endswith("/order") for topic in link.topics()))
        await dispatcher.stop()

    run(work)
    (rung,) = [(topic, payload) for topic, payload, _ in link.sent if topic.endswith("/order")]
    assert rung[0] == TOPICS.node("thon-1", "order")
    order = unseal(Order, rung[0], rung[1], STATION_KEY.public_hex)
    assert (order.node, order.zone) == ("thon-1", None)
    assert order.airing is not None
    assert order.airing.airing == again.id


async def _nothing(_published: Any) -> None:
    return None


def test_verdicts_wait_until_somebody_confirms_disputes_or_airs_again(office: Office) -> None:
    for node in NODES:
        office.judge(office.airing, node)
    later = office.aired(NOON - timedelta(minutes=5))
    office.judge(later, "thon-3", VerdictCode.AIRED, coverage=0.97)
    since = NOON - timedelta(days=1)
    assert len(office.store.waiting(since)) == 4
    office.store.settle(Evidence(office.airing.id, "thon-1", Step.CONFIRMED, NOON, "operator:lan", None, {"by": "Lan"}))
    told = {"by": "Lan", "note": "nghe rõ"}
    office.store.settle(Evidence(office.airing.id, "thon-2", Step.DISPUTED, NOON, "operator:lan", None, told))
    office.again("thon-3")
    (left,) = office.store.waiting(since)
    assert (left.airing, left.node, left.title, left.node_title) == (
        later.id,
        "thon-3",
        "Bản tin tin",
        "Cụm loa thon-3",
    )
    assert (left.verdict, left.coverage, left.starts_at) == ("aired", 0.97, later.starts_at)
    assert office.store.waiting(NOON) == []


def test_the_worst_verdict_comes_first_and_an_unheard_emergency_before_all(office: Office) -> None:
    flood = office.aired(NOON - timedelta(hours=2), priority=Priority.EMERGENCY)
    news = office.aired(NOON - timedelta(hours=1))
    office.judge(office.airing, "thon-1", VerdictCode.AIRED, coverage=1.0)
    office.judge(office.airing, "thon-2", VerdictCode.PARTLY_AIRED, coverage=0.7)
    office.judge(office.airing, "thon-3", VerdictCode.PARTLY_AIRED, coverage=0.2)
    office.judge(news, "thon-1", VerdictCode.SILENT)
    office.judge(flood, "thon-1", VerdictCode.UNCLEAR)
    office.judge(flood, "thon-2", VerdictCode.AIRED, coverage=1.0)
    row = worst_first(office.store.waiting(NOON - timedelta(days=1)))
    assert [(item.verdict, item.coverage) for item in row] == [
        ("unclear", None),
        ("silent", None),
        ("partly_aired", 0.2),
        ("partly_aired", 0.7),
        ("aired", 1.0),
        ("aired", 1.0),
    ]
    assert row[0].priority is Priority.EMERGENCY


def test_a_replay_of_a_replay_is_as_old_as_the_first(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    office.clock.pass_s(20 * 3_600)
    again = office.again()
    office.judge(again, "thon-1")
    office.clock.pass_s(5 * 3_600)
    with pytest.raises(BadInputError, match="older than a day"):
        office.again(airing=again)


def test_what_is_aired_again_is_not_aired_twice_from_its_two_pages(office: Office) -> None:
    office.judge(office.airing, "thon-1")
    first = office.again()
    office.judge(first, "thon-1")
    office.clock.pass_s(300)
    office.again(airing=first)
    with pytest.raises(BadInputError, match="being aired again"):
        office.again()


def test_nobody_settles_what_they_have_not_seen(office: Office) -> None:
    def mark() -> str:
        view = office.store.airing_view(office.airing.id)
        assert view is not None
        return view.nodes[0].mark

    def settle(step: Step, by: str, seen: str) -> None:
        word = Evidence(office.airing.id, "thon-1", step, NOON, f"operator:{by}", None, {"by": by, "note": "im"})
        office.store.settle(word, seen=seen)

    office.judge(office.airing, "thon-1", VerdictCode.AIRED)
    flattering = mark()
    office.judge(office.airing, "thon-1", VerdictCode.SILENT)
    with pytest.raises(BadInputError, match="meanwhile"):
        settle(Step.CONFIRMED, "lan", flattering)
    # Two operators at the same verdict: the second sees first what the other said.
    both = mark()
    settle(Step.DISPUTED, "lan", both)
    with pytest.raises(BadInputError, match="meanwhile"):
        settle(Step.CONFIRMED, "hùng", both)
    settle(Step.CONFIRMED, "hùng", mark())
    assert office.store.verify().ok


def test_a_clip_that_came_after_the_dispute_is_there_to_hear(office: Office) -> None:
    office.judge(office.airing, "thon-1", VerdictCode.AIRED)
    office.store.settle(Evidence(office.airing.id, "thon-1", Step.DISPUTED, NOON, "operator:lan", None, {"by": "Lan"}))
    office.store.put_clip(office.airing.id, "thon-1", "c" * 64, 100, {"starts_s": -2.0})
    office.judge(office.airing, "thon-1", VerdictCode.SILENT, clip="c" * 64, clip_starts_s=-2.0)
    view = office.store.airing_view(office.airing.id)
    assert view is not None
    held = view.nodes[0]
    # What was settled stays as it was; the recording it was disputed for can be played.
    assert (held.verdict, held.settled) == ("aired", "disputed")
    assert (held.clip, held.clip_starts_s) == ("c" * 64, -2.0)
    office.store.forget_clip(office.airing.id, "thon-1", "c" * 64)
    assert office.store.board()[0].nodes[0].clip is None


class TestAnEmergencyThatWasBadlyHeard:
    """Sent once more by itself, to those nodes and to no other."""

    def emergency(self, office: Office, **changes: Any) -> Airing:
        values: dict[str, Any] = {
            "id": "lu-ve",
            "priority": Priority.EMERGENCY,
            "starts_at": NOON - timedelta(minutes=10),
        }
        airing = airing_of(office.recording, **(values | changes))
        approved = Evidence(airing.id, "", Step.APPROVED, NOON, "operator:huong", None, {"by": "Trần Văn Hương"})
        assert office.store.plan_airing(airing, [approved, Evidence(airing.id, "", Step.PLANNED, NOON, "station")])
        return airing

    def again(self, office: Office, airing: Airing, *nodes: str) -> Airing | None:
        return asyncio.run(office.replays.by_itself(airing.id, nodes))

    def test_it_goes_to_all_of_them_in_one_airing_in_the_name_of_who_approved_it(self, office: Office) -> None:
        airing = self.emergency(office)
        for node in ("thon-1", "thon-3"):
            office.judge(airing, node)
        again = self.again(office, airing, "thon-1", "thon-3")
        assert again is not None
        assert (again.nodes, again.zones, again.priority) == (
            ("thon-1", "thon-3"),
            ("thon-1", "thon-3"),
            Priority.EMERGENCY,
        )
        asked = [e.evidence for e in office.store.chain(airing.id) if e.evidence.step is Step.REPLAY_ASKED]
        assert [(each.node, each.source, each.facts["why"]) for each in asked] == [
            ("thon-1", "station", "badly_heard"),
            ("thon-3", "station", "badly_heard"),
        ]
        approved = [e.evidence for e in office.store.chain(again.id) if e.evidence.step is Step.APPROVED]
        assert (approved[0].source, approved[0].facts["by"]) == ("station", "Trần Văn Hương")
        assert office.store.verify().ok

    def test_a_second_time_it_is_not_sent(self, office: Office) -> None:
        airing = self.emergency(office)
        office.judge(airing, "thon-1")
        again = self.again(office, airing, "thon-1")
        assert again is not None
        office.judge(again, "thon-1")
        assert self.again(office, airing, "thon-1") is None
        assert self.again(office, again, "thon-1") is None

    def test_a_node_whose_verdict_comes_later_gets_its_own(self, office: Office) -> None:
        airing = self.emergency(office)
        office.judge(airing, "thon-1")
        self.again(office, airing, "thon-1")
        office.judge(airing, "thon-3")
        later = self.again(office, airing, "thon-1", "thon-3")
        assert later is not None
        assert later.nodes == ("thon-3",)

    @pytest.mark.parametrize(
        "changes", [{"priority": Priority.PROGRAMME}, {"starts_at": NOON - timedelta(hours=2)}], ids=str
    )
    def test_a_programme_is_not_and_what_is_old_is_not(self, office: Office, changes: dict[str, Any]) -> None:
        airing = self.emergency(office, **changes)
        office.judge(airing, "thon-1")
        assert self.again(office, airing, "thon-1") is None

    def test_what_was_taken_back_is_not(self, office: Office) -> None:
        airing = self.emergency(office)
        office.judge(airing, "thon-1")
        withdrawn = Evidence(airing.id, "", Step.SKIPPED, NOON, "operator:huong", Reason.WITHDRAWN)
        office.store.withdraw_airing(airing.id, [withdrawn], by="huong")
        assert self.again(office, airing, "thon-1") is None

    def test_what_is_taken_back_while_it_is_decided_is_not(self, office: Office) -> None:
        airing = self.emergency(office)
        office.judge(airing, "thon-1")
        admitted = office.replays._at_once.admitted

        def meanwhile(*wanted: Any) -> Airing:
            withdrawn = Evidence(airing.id, "", Step.SKIPPED, NOON, "operator:huong", Reason.WITHDRAWN)
            office.store.withdraw_airing(airing.id, [withdrawn], by="huong")
            return admitted(*wanted)

        office.replays._at_once.admitted = meanwhile  # type: ignore[method-assign]
        assert self.again(office, airing, "thon-1") is None
        assert [each.id for each in office.store.airings() if each.recording_id == airing.recording_id] == [
            office.airing.id
        ]
