"""What is asked of a node at the technician's desk, and what it answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.station.upkeep_refusals import EmergencyDueError, PlayingNowError
from smartradio.wire.chunks import sha256_hex, split
from smartradio.wire.messages import Action
from tests.station.commune import (
    NOON,
    TOPICS,
    Acks,
    airing_of,
    planned_in,
    report,
    run,
    sealed_report,
    shelved,
    until,
)
from tests.station.monitored import CLIP
from tests.station.workshop import HUY, Workshop, awake


class TestOrders:
    def test_a_tone_is_asked_played_measured_and_its_recording_kept(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.test_tone("thon-1", by=HUY)
                (wish,) = workshop.dispatcher.wishes
                message = wish.signed_as("yen-hoa", 1, 2, NOON)
                assert (message.action, message.node, message.order) == (Action.CLIP, "thon-1", order.id)
                clip = {"sha256": sha256_hex(CLIP), "size_bytes": len(CLIP), "starts_s": -2.0}
                facts = {"order": order.id, "own_heard": True, "coverage": 0.97, "clip": clip}
                said = report("thon-1", Step.MEASURED, None, facts=facts)
                workshop.say(sealed_report(said))
                await until(lambda: Acks.of(workshop.link, "thon-1").reports == [said.report])
                for number, chunk in enumerate(split(CLIP)):
                    workshop.monitor.take(TOPICS.clip("thon-1", order.id, number), chunk, False)
                await until(lambda: Acks.of(workshop.link, "thon-1").clips == [sha256_hex(CLIP)])
                assert workshop.dispatcher.answered == [order.id]
                (kept,) = workshop.desk.orders("thon-1")
                assert (kept.answer, kept.facts["coverage"], kept.asked_by) == ("measured", 0.97, HUY.title)
                assert await workshop.desk.tone_recording("thon-1", order.id, by=HUY) == CLIP
                assert await workshop.desk.tone_recording("thon-2", order.id, by=HUY) is None
            assert [each.step for each in workshop.logged()] == [Step.ADMINISTERED, Step.MEASURED, Step.LISTENED]
            await workshop.orders.forget_before(NOON + timedelta(days=1))
            assert await workshop.desk.tone_recording("thon-1", order.id, by=HUY) is None

        run(work)

    def test_a_recording_that_comes_after_a_start_of_the_station_is_known_again(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.test_tone("thon-1", by=HUY)
                clip = {"sha256": sha256_hex(CLIP), "size_bytes": len(CLIP), "starts_s": -2.0}
                kept = replace(order, answer="measured", answered_at=NOON, facts={"clip": clip})
                workshop.store.nodes.answer_order(kept)
                for number, chunk in enumerate(split(CLIP)):
                    workshop.monitor.take(TOPICS.clip("thon-1", order.id, number), chunk, False)
                await until(lambda: workshop.desk.orders("thon-1")[0].clip == sha256_hex(CLIP))

        run(work)

    def test_a_tone_that_nobody_asked_for_is_refused(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                workshop.say(sealed_report(report("thon-1", Step.MEASURED, None, facts={"order": "mine"})))
                await until(workshop.logged)

        run(work)
        assert workshop.logged()[-1].reason == Reason.NOT_FOR_THIS_NODE

    def test_two_thumbs_on_the_button_are_one_tone(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                first = await workshop.desk.test_tone("thon-1", by=HUY)
                assert await workshop.desk.test_tone("thon-1", by=HUY) == first
                assert len(workshop.dispatcher.wishes) == 1
                workshop.clock.pass_s(61.0)
                assert await workshop.desk.test_tone("thon-1", by=HUY) != first

        run(work)

    def test_nothing_is_asked_of_a_node_that_is_off_line(self, workshop: Workshop) -> None:
        async def work() -> None:
            with pytest.raises(BadInputError, match="off line"):
                await workshop.desk.test_tone("thon-1", by=HUY)
            with pytest.raises(BadInputError, match="no node"):
                await workshop.desk.restart("thon-9", by=HUY)

        run(work)
        assert workshop.desk.orders("thon-1") == []

    def test_a_node_that_plays_begins_anew_only_for_somebody_who_knows(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats(playing="a1")
                with pytest.raises(PlayingNowError):
                    await workshop.desk.restart("thon-1", by=HUY)
                await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                (wish,) = workshop.dispatcher.wishes
                assert wish.signed_as("yen-hoa", 1, 2, NOON).even_while_playing

        run(work)

    def test_no_node_begins_anew_within_two_minutes_of_an_emergency(self, workshop: Workshop) -> None:
        recording = shelved(workshop.store, workshop.objects, "lu", [b"sound"])
        planned_in(workshop.store, airing_of(recording, NOON + timedelta(seconds=110), priority=Priority.EMERGENCY))

        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                with pytest.raises(EmergencyDueError):
                    await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                workshop.clock.pass_s(600.0)
                await workshop.beats()
                await workshop.desk.restart("thon-1", by=HUY)

        run(work)

    def test_a_restart_is_answered_by_the_node_and_what_it_refuses_is_told(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.restart("thon-1", by=HUY)
                said = report("thon-1", Step.REFUSED, None, reason=Reason.EMERGENCY_DUE, facts={"order": order.id})
                workshop.say(sealed_report(said))
                await until(lambda: workshop.desk.orders("thon-1")[0].answer)
                (kept,) = workshop.desk.orders("thon-1")
                assert (kept.answer, kept.reason) == ("refused", "emergency_due")

        run(work)

    def test_what_was_asked_before_a_start_of_the_station_is_asked_again(self, workshop: Workshop) -> None:
        async def work() -> None:
            async with awake(workshop):
                await workshop.beats()
                order = await workshop.desk.restart("thon-1", by=HUY, even_while_playing=True)
                workshop.dispatcher.wishes.clear()
                await workshop.orders.take_up()
                (again,) = workshop.dispatcher.wishes
                assert (again.order, again.even_while_playing) == (order.id, False)

        run(work)
