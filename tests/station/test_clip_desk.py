"""What becomes of an airing whose clip was not sent: judged by the node's figures, or its clip asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode, WordState
from smartradio.node.measuring import packed
from smartradio.station.alarm_clock import AlarmClock
from smartradio.station.clip_desk import ClipDesk
from smartradio.station.clip_orders import NodeWish
from smartradio.station.clip_policy import ClipPolicy
from smartradio.station.deadlines import Deadlines
from smartradio.station.judging import Judging
from smartradio.station.objects import Objects
from smartradio.station.recorder import EvidenceRecorder
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.store.errors import StoreError
from tests.listening.test_node_figures import FIGURES
from tests.station.commune import NODES, NOON, Clock, airing_of, planned_in, registered, run, settings, shelved

NODE = "thon-1"
KEPT = {"sha256": "c" * 64, "size_bytes": 20_000, "starts_s": -2.0}
ROUTINE = ClipPolicy(first=5, every=0)


class Bell:
    """A dispatcher that only remembers."""

    def __init__(self) -> None:
        self.rung: list[NodeWish] = []
        self.answers: list[str] = []

    def order_clip(self, wish: NodeWish) -> None:
        self.rung.append(wish)

    def clip_answered(self, order: str) -> None:
        self.answers.append(order)


class Office:
    """A clip desk and its deadlines on a real store; five airings of the node were heard before."""

    def __init__(self, folder: Path, store: Store, policy: ClipPolicy = ROUTINE, *, crowded_above: int = 20) -> None:
        self.store, self.objects = registered(store, settings(folder)), Objects(folder / "objects")
        self.clock, self.bell = Clock(), Bell()
        self.recorder = EvidenceRecorder(store)
        self.judging = Judging(store, self.objects, self.recorder, clock=self.clock, crowded_above=crowded_above)
        # Two sentences, 5 s with the pause between: what FIGURES were measured against.
        self.recording = shelved(store, self.objects, "tin", [b"sound", b"more"], 2.25)
        self.desk = self.open(policy)
        self.alarms = AlarmClock(clock=self.clock)
        self.deadlines = Deadlines(
            store,
            self.recorder,
            self.judging,
            self.alarms,
            clock=self.clock,
            wait=timedelta(seconds=15),
            clips=self.desk,
        )
        for day in range(1, 6):
            self.heard_before(NOON - timedelta(days=day))
        self.airing = self.plan(NOON)

    def open(self, policy: ClipPolicy) -> ClipDesk:
        return ClipDesk(
            self.store,
            self.recorder,
            self.judging,
            self.bell,
            policy,
            nodes=NODES[:2],
            clock=self.clock,
            valid=timedelta(days=7),
            max_clip_bytes=1_000_000,
        )

    def plan(self, at: datetime, **changes: Any) -> Airing:
        return planned_in(self.store, airing_of(self.recording, at, **changes))

    def heard_before(self, at: datetime) -> None:
        airing = self.plan(at)
        clip = f"{at.day:064x}"
        self.store.put_clip(airing.id, NODE, clip, 100, {"starts_s": -2.0})
        figures: dict[str, Any] = {"level_db": -20.0, "background_db": -55.0, "snr_db": 18.0, "tilt_db": -2.0}
        judgement = NodeJudgement(VerdictCode.AIRED, **figures, delay_ms=12.0, gain_db=-6.0, clip=clip)
        self.store.judge(Evidence(airing.id, NODE, Step.HEARD, at, "station"), judgement)

    async def measured(self, airing: Airing | None = None, **changes: Any) -> None:
        airing = airing or self.airing
        facts = FIGURES | {"kept_clip": KEPT} | changes
        told = Evidence(airing.id, NODE, Step.MEASURED, self.clock(), f"node:{NODE}", None, facts)
        self.store.record([told])
        await self.deadlines.reported(told, None)

    async def answers(self, reason: str | None = None) -> None:
        facts = {"order": self.bell.rung[-1].order, "clips": []}
        told = Evidence(self.airing.id, NODE, Step.CLIP_ASKED, self.clock(), f"node:{NODE}", reason, facts)
        self.store.record([told])
        await self.deadlines.reported(told, None)

    def at(self, airing: Airing | None = None) -> Any:
        view = self.store.airing_view((airing or self.airing).id)
        assert view is not None
        return next(each for each in view.nodes if each.node == NODE)

    def said(self, step: Step) -> list[Evidence]:
        chain = [entry.evidence for entry in self.store.chain(self.airing.id, NODE)]
        return [entry for entry in chain if entry.step is step]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path)
    yield store
    store.close()


@pytest.fixture
def office(tmp_path: Path, store: Store) -> Office:
    return Office(tmp_path, store)


def test_a_routine_airing_beyond_doubt_needs_no_clip_and_says_so(office: Office) -> None:
    async def work() -> None:
        await office.measured()
        heard = office.at()
        assert (heard.verdict, heard.reasons) == ("aired", ("measured_at_node",))
        assert heard.coverage == FIGURES["coverage"]
        assert heard.clip is None
        assert heard.transcript is None
        # Nobody listened: not one word of it is proven.
        assert {sentence.state for sentence in heard.sentences} <= {WordState.UNPROVEN}
        assert office.bell.rung == []
        (verdict,) = office.said(Step.HEARD)
        assert verdict.source == "station"
        assert verdict.reason == "measured_at_node"
        assert office.store.verify().ok

    run(work)


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"coverage": 0.6}, "coverage"),
        ({"coverage_by_segment": [1.0, 0.4]}, "coverage"),
        ({"snr_db": 5.0}, "snr"),
        ({"snr_db": None}, "snr"),
        ({"tilt_db": -14.0}, "tilt"),
        ({"other_speech": 0.05}, "other_speech"),
        ({"delay_ms": 60.0}, "delay"),
        ({"gain_db": -13.0}, "gain"),
        ({"own_heard": False}, "own_horn_silent"),
        ({"observed": 0.5}, "clip_incomplete"),
        ({"frames": None}, "no_figures"),
        ({"frames": {"count": 30, "heard": packed([True] * 30), "active": packed([True] * 30)}}, "other_recording"),
        ({"coverage_by_segment": []}, "other_recording"),
        ({"level_db": 10**400}, "no_figures"),
    ],
)
def test_figures_that_leave_a_doubt_have_the_clip_asked_for(
    office: Office, changes: Mapping[str, Any], doubt: str
) -> None:
    async def work() -> None:
        await office.measured(**changes)
        assert office.at().verdict is None
        (wish,) = office.bell.rung
        assert (wish.clip_airing, wish.node) == (office.airing.id, NODE)
        (asked,) = office.said(Step.CLIP_ASKED)
        assert (asked.source, asked.facts["why"], asked.facts["order"]) == ("station", "doubtful", wish.order)
        assert doubt in asked.facts["doubts"]

    run(work)


@pytest.mark.parametrize(
    ("step", "reason", "facts"),
    [
        (Step.INTERRUPTED, Reason.STOPPED, {"played_s": 3.1}),
        (Step.SKIPPED, Reason.AUDIO_MISSING, {}),
        (Step.FINISHED, None, {"played_s": 4.9, "whole": False}),
    ],
)
def test_good_figures_of_what_the_node_says_it_did_not_play_whole_are_not_believed(
    office: Office, step: Step, reason: Reason | None, facts: Mapping[str, Any]
) -> None:
    async def work() -> None:
        source = f"node:{NODE}"
        office.store.record([Evidence(office.airing.id, NODE, Step.STARTED, office.clock(), source)])
        office.store.record([Evidence(office.airing.id, NODE, step, office.clock(), source, reason, facts)])
        await office.measured()
        assert office.at().verdict is None
        (asked,) = office.said(Step.CLIP_ASKED)
        assert asked.facts["doubts"] == ["not_played_whole"]

    run(work)


def test_a_node_without_a_past_is_listened_to_until_it_has_one(tmp_path: Path, store: Store) -> None:
    office = Office(tmp_path, store)
    later = office.plan(NOON + timedelta(hours=1), nodes=("thon-2",))

    async def work() -> None:
        facts = FIGURES | {"kept_clip": KEPT}
        told = Evidence(later.id, "thon-2", Step.MEASURED, office.clock(), "node:thon-2", None, facts)
        store.record([told])
        await office.deadlines.reported(told, None)
        (wish,) = office.bell.rung
        assert wish.node == "thon-2"

    run(work)


def test_an_alert_is_never_judged_by_the_nodes_own_word(office: Office) -> None:
    async def work() -> None:
        alert = office.plan(NOON + timedelta(minutes=9), priority=Priority.EMERGENCY)
        await office.measured(alert)
        assert office.at(alert).verdict is None
        assert [wish.clip_airing for wish in office.bell.rung] == [alert.id]

    run(work)


def test_what_is_asked_for_and_does_not_come_leaves_the_verdict_unclear(office: Office) -> None:
    async def work() -> None:
        await office.measured(coverage=0.5)
        await office.deadlines._check(office.airing.id, NODE)
        assert (office.at().verdict, office.at().reasons) == ("unclear", ("no_clip",))
        # It is asked for once; the order stands in the plan as long as the node may keep the clip.
        assert len(office.bell.rung) == 1

    run(work)


def test_a_node_that_no_longer_holds_the_clip_is_not_waited_for(office: Office) -> None:
    async def work() -> None:
        await office.measured(coverage=0.5)
        await office.answers(reason="clip_gone")
        assert (office.at().verdict, office.at().reasons) == ("unclear", ("no_clip",))
        assert office.bell.answers == [office.bell.rung[0].order]

    run(work)


def test_a_node_that_answers_is_waited_for(office: Office) -> None:
    async def work() -> None:
        await office.measured(coverage=0.5)
        await office.answers()
        assert office.at().verdict is None
        assert office.bell.answers == [office.bell.rung[0].order]

    run(work)


def test_a_doubtful_airing_without_a_kept_clip_is_unclear_at_once(office: Office) -> None:
    async def work() -> None:
        await office.measured(coverage=0.5, kept_clip=None)
        assert office.at().reasons == ("no_clip",)
        assert office.bell.rung == []

    run(work)


@pytest.mark.parametrize(("waiting", "asked"), [(1, True), (3, False)])
def test_while_too_many_clips_wait_none_is_fetched_for_the_sample(
    tmp_path: Path, store: Store, waiting: int, asked: bool
) -> None:
    office = Office(tmp_path, store, ClipPolicy(first=0, every=1), crowded_above=2)

    async def work() -> None:
        for number in range(waiting):
            store.put_clip(office.airing.id, "thon-3", f"{number:064x}", 10, {"starts_s": 0.0})
        await office.measured()
        assert bool(office.bell.rung) is asked
        assert office.at().reasons == (() if asked else ("measured_at_node",))
        # A doubt is worth its clip however many wait.
        second = office.plan(NOON + timedelta(hours=1))
        await office.measured(second, coverage=0.5)
        assert office.bell.rung[-1].clip_airing == second.id

    run(work)


def test_a_station_that_fell_asks_again_for_what_was_not_answered(office: Office) -> None:
    async def work() -> None:
        await office.measured(coverage=0.5)
        (first,) = office.bell.rung
        await office.open(ROUTINE).take_up()
        assert office.bell.rung == [first, first]
        await office.answers()
        await office.open(ROUTINE).take_up()
        assert len(office.bell.rung) == 2

    run(work)


def test_a_station_that_fell_between_figures_and_verdict_decides_at_its_next_start(office: Office) -> None:
    async def work() -> None:
        facts = FIGURES | {"kept_clip": KEPT}
        office.store.record([Evidence(office.airing.id, NODE, Step.MEASURED, NOON, f"node:{NODE}", None, facts)])
        await office.deadlines._check(office.airing.id, NODE)
        assert office.at().reasons == ("measured_at_node",)

    run(work)


def test_who_asks_for_a_clip_is_on_record(office: Office) -> None:
    async def work() -> None:
        await office.measured()
        await office.desk.ask(office.airing.id, NODE, by="lan")
        (asked,) = office.said(Step.CLIP_ASKED)
        assert (asked.source, asked.facts["by"], asked.facts["why"]) == ("operator:lan", "lan", "operator")
        assert [wish.clip_airing for wish in office.bell.rung] == [office.airing.id]
        # The verdict stands until the clip is heard.
        assert office.at().reasons == ("measured_at_node",)

    run(work)


def test_what_is_asked_for_already_is_not_asked_for_again(office: Office) -> None:
    async def work() -> None:
        await office.measured()
        await asyncio.gather(*(office.desk.ask(office.airing.id, NODE, by=by) for by in ("lan", "hùng", "lan")))
        await office.desk.disputed(office.airing.id, NODE, by="lan")
        # A thumb on the button must not fill the plan of a node that is off line.
        assert len(office.bell.rung) == len(office.said(Step.CLIP_ASKED)) == 1
        await office.answers(reason="clip_gone")
        await office.desk.ask(office.airing.id, NODE, by="lan")
        assert len(office.bell.rung) == 2

    run(work)


def test_the_recording_of_what_is_disputed_is_fetched_before_it_goes_at_the_node(office: Office) -> None:
    async def work() -> None:
        await office.measured()
        await office.desk.disputed(office.airing.id, NODE, by="lan")
        assert [wish.clip_airing for wish in office.bell.rung] == [office.airing.id]
        (asked,) = office.said(Step.CLIP_ASKED)
        assert asked.source == "operator:lan"
        # One that is here is fetched no second time, and one that nobody has is no error.
        office.store.put_clip(office.airing.id, NODE, "c" * 64, 10, {"starts_s": -2.0})
        await office.desk.disputed(office.airing.id, NODE, by="lan")
        await office.desk.disputed(office.airing.id, "thon-3", by="lan")
        assert len(office.bell.rung) == 1

    run(work)


@pytest.mark.parametrize(
    ("airing", "node", "by", "policy", "said"),
    [
        ("unknown", NODE, "lan", ROUTINE, "no airing"),
        (None, "thon-9", "lan", ROUTINE, "thon-9"),
        (None, "thon-2", "lan", ROUTINE, "keeps no recording"),
        (None, "thon-3", "lan", ROUTINE, "no longer the station's"),
        (None, NODE, " ", ROUTINE, "name"),
        (None, NODE, "lan", ClipPolicy(keep=False), "keeps no recording"),
    ],
)
def test_a_clip_that_cannot_be_asked_for_is_one_line(
    office: Office, airing: str | None, node: str, by: str, policy: ClipPolicy, said: str
) -> None:
    async def work() -> None:
        await office.measured()
        with pytest.raises(BadInputError, match=said):
            await office.open(policy).ask(airing or office.airing.id, node, by=by)
        assert office.bell.rung == []
        assert office.said(Step.CLIP_ASKED) == []

    run(work)


def test_every_listening_is_on_record_once(office: Office) -> None:
    async def work() -> None:
        for _ in range(3):  # a player fetches a sound piece by piece
            await office.desk.listened(office.airing.id, NODE, by="lan")
        await office.desk.listened(office.airing.id, NODE, by="hùng")
        office.clock.pass_s(601)
        await office.desk.listened(office.airing.id, NODE, by="lan")
        heard: Sequence[Evidence] = office.said(Step.LISTENED)
        assert [entry.source for entry in heard] == ["operator:lan", "operator:hùng", "operator:lan"]
        assert office.store.verify().ok

    run(work)


def test_a_listening_that_could_not_be_put_on_record_is_put_there_with_the_next_piece(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        with monkeypatch.context() as broken:
            broken.setattr(office.store, "record", _full_disk)
            with pytest.raises(StoreError):
                await office.desk.listened(office.airing.id, NODE, by="lan")
        await office.desk.listened(office.airing.id, NODE, by="lan")
        assert [entry.source for entry in office.said(Step.LISTENED)] == ["operator:lan"]

    run(work)


def _full_disk(*_: object, **__: object) -> bool:
    raise StoreError("the disk is full")


def test_a_commune_that_wants_no_recordings_asks_for_none_and_proves_nothing(tmp_path: Path, store: Store) -> None:
    office = Office(tmp_path, store, ClipPolicy(keep=False))

    async def work() -> None:
        await office.measured()
        assert office.bell.rung == []
        assert (office.at().verdict, office.at().reasons) == ("unclear", ("no_clip",))

    run(work)
