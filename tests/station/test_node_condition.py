"""How a node is, in a word, and what its heartbeats leave behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog

from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.health_means import FIVE_MINUTES_S
from smartradio.station.node_condition import Condition
from smartradio.station.node_news import NodeNews
from smartradio.station.store import NodeJudgement, StoreError
from smartradio.wire.signing import SigningKey
from tests.station.commune import (
    NODE_KEYS,
    NOON,
    airing_of,
    planned_in,
    run,
    sealed_state,
    shelved,
    until,
)
from tests.station.workshop import Workshop, awake


class TestCondition:
    def test_a_node_that_never_spoke_is_new_and_one_that_beats_is_fine(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                assert workshop.condition() is Condition.NEW
                await workshop.beats()
                assert workshop.condition() is Condition.FINE

        run(work)

    def test_a_node_that_falls_silent_is_shown_within_a_hundred_seconds(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                workshop.clock.pass_s(98.0)
                workshop.monitor.mark_silent()
                await until(lambda: workshop.condition() is Condition.OFFLINE)

        run(work)

    @pytest.mark.parametrize(
        "flag",
        [
            "undervoltage_now",
            "disk_nearly_full",
            "disk_read_only",
            "input_alarm",
            "button_stuck",
            "button_calls",
            "data_over_budget",
        ],
    )
    def test_what_may_silence_a_node_is_a_fault(self, workshop: Workshop, flag: str) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(health={flag: True})
                assert workshop.condition() is Condition.FAULTY

        run(work)

    def test_what_may_become_one_is_to_be_watched(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(health={"undervoltage_since_boot": True})
                assert workshop.condition() is Condition.WATCH
                workshop.clock.pass_s(30.0)
                await workshop.beats(health={"temperature_c": 81.0})
                standing = workshop.desk.one("thon-1")
                assert standing is not None
                assert (standing.condition, standing.problems) == (Condition.WATCH, ("hot",))

        run(work)

    def test_an_emptied_node_speaks_with_another_key_and_that_is_said(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                NODE_KEYS["thon-1"], own = SigningKey.new(), NODE_KEYS["thon-1"]
                try:
                    workshop.say(sealed_state("thon-1", workshop.clock.now))
                finally:
                    NODE_KEYS["thon-1"] = own
                await until(lambda: workshop.condition() is Condition.FAULTY)
                standing = workshop.desk.one("thon-1")
                assert standing is not None
                assert standing.problems == ("foreign_key",)
                workshop.clock.pass_s(301.0)
                assert workshop.condition() is Condition.FINE

        run(work)

    def test_a_horn_that_was_silent_is_a_fault_until_it_is_heard_again(self, workshop: Workshop) -> None:
        recording = shelved(workshop.store, workshop.objects, "tin", [b"sound"])
        airing = planned_in(workshop.store, airing_of(recording, NOON)).id

        async def judged(verdict: VerdictCode) -> None:
            evidence = Evidence(airing, "thon-1", Step.HEARD, workshop.clock.now, "station")
            judgement = NodeJudgement(verdict, 0.9, level_db=-20.0)
            await workshop.recorder.judge(evidence, judgement)

        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                await judged(VerdictCode.SILENT)
                await until(lambda: workshop.condition() is Condition.FAULTY)
                await judged(VerdictCode.AIRED)
                await until(lambda: workshop.condition() is Condition.FINE)
            # What was not looked at in a bad moment is found again.
            workshop.nodes._last.clear()
            assert workshop.condition() is Condition.FINE
            await workshop.nodes.learn()
            assert workshop.nodes.last("thon-1") is not None
            # Another start of the station finds it in its store.
            again = NodeNews(workshop.store, workshop.recorder, clock=workshop.clock)
            await again.start()
            last = again.last("thon-1")
            await again.stop()
            assert last is not None
            assert (last.airing, last.verdict) == (airing, "aired")
            (past,) = workshop.desk.past("thon-1")
            assert (past.airing, past.verdict, past.level_db, past.has_clip) == (airing, "aired", -20.0, False)

        run(work)

    def test_a_bad_moment_of_the_store_ends_no_listening(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        recording = shelved(workshop.store, workshop.objects, "tin", [b"sound"])
        airing = planned_in(workshop.store, airing_of(recording, NOON)).id

        def busy(*_: object) -> None:
            raise StoreError("the disk does not answer")

        async def judged(node: str) -> None:
            evidence = Evidence(airing, node, Step.HEARD, workshop.clock.now, "station")
            await workshop.recorder.judge(evidence, NodeJudgement(VerdictCode.SILENT, 0.9, level_db=-20.0))

        async def work() -> None:
            async with awake(workshop):
                with monkeypatch.context() as patch:
                    patch.setattr(workshop.store.nodes, "heard", busy)
                    with structlog.testing.capture_logs() as logged:
                        await judged("thon-1")
                        await until(lambda: logged)
                await judged("thon-2")
                await until(lambda: workshop.nodes.last("thon-2") is not None)
                assert workshop.nodes.last("thon-1") is None

        run(work)


class TestHealth:
    def test_heartbeats_are_kept_and_starts_told_once(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                for boot, version in (("boot-1", "0.1.0"), ("boot-1", "0.1.0"), ("boot-2", "0.2.0")):
                    workshop.clock.pass_s(30.0)
                    await workshop.beats(boot=boot, version=version, health={"temperature_c": 50.0})
                workshop.sent = {"thon-1": 1_500_000}
                workshop.clock.pass_s(300.0)
                await workshop.health.write()
                await workshop.health.write_all()

        run(work)
        rows = workshop.desk.health("thon-1", FIVE_MINUTES_S, NOON)
        assert [(row.beats, row.temperature_c, row.station_sent_mb) for row in rows] == [
            (3, 50.0, None),
            (0, None, 3.0),
        ]
        events = [(event.what.value, event.value) for event in workshop.desk.events("thon-1")]
        assert events == [("version", "0.2.0"), ("started", "boot-2"), ("started", "boot-1")]

    def test_what_the_broker_kept_counts_as_no_heartbeat(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                workshop.say(sealed_state("thon-1", NOON), retained=True)
                await until(lambda: workshop.desk.events("thon-1"))
                await workshop.health.write_all()

        run(work)
        assert workshop.desk.health("thon-1", FIVE_MINUTES_S, NOON - timedelta(days=1)) == []


def test_the_newest_refusals_of_no_airing_are_found_by_their_index(workshop: Workshop) -> None:
    asked = [
        Evidence("", node, Step.REFUSED, NOON, "station", Reason.REPLAYED, {"line": str(number)})
        for number, node in enumerate(("thon-1", "thon-2", "thon-3"))
    ]
    of_airing = Evidence("a1", "thon-1", Step.REFUSED, NOON, "node:thon-1", Reason.DISK_FULL)
    workshop.store.record([*asked, of_airing, Evidence("", "thon-1", Step.LISTENED, NOON, "operator:Huy")])
    assert [entry.evidence.facts["line"] for entry in workshop.store.nodes.refused(2)] == ["2", "1"]
    plan = workshop.store._database.read(
        lambda c: c.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT entry FROM evidence WHERE step = 'refused' AND step NOT IN "
            "('delivered', 'finished', 'measured', 'heard', 'started') AND +airing = '' ORDER BY number DESC LIMIT 2"
        ).all()
    )
    assert ["evidence_by_step" in row[3] for row in plan] == [True]
