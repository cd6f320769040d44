"""The book of alerts in a whole station with a real broker: sent, updated, over a restart, cancelled aloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smartradio.alerting.saying import Occasion
from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.domain.priority import Priority
from smartradio.station.accounts import Role
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Action
from tests.station.commune import run, until
from tests.station.pretend_node import PretendNode
from tests.station.test_station import node, nothing, on_air, quick

pytestmark = pytest.mark.contract

PASSWORD, PIN = "lu-ve-giua-dem-mua", "290718"
OPENS_WITH = ["sentence", "sentence", "chime"]
OFFICER = Person("Đỗ Khang", "khang", "phien-7")


def drill() -> Alert:
    now = datetime.now(UTC)
    return Alert(
        id="",
        title="Diễn tập lũ",
        text="Tin lũ.\nMời bà con thôn 1 sơ tán ngay.",
        zones=("thon-1",),
        issued_at=now,
        status=AlertStatus.EXERCISE,
        siren="siren_flood",
        expires_at=now + timedelta(hours=2),
        repeat_every=timedelta(minutes=30),
    )


def rung(one: PretendNode, action: Action) -> list[str]:
    return list(dict.fromkeys(order.airing.airing for order in one.orders if order.action is action and order.airing))


async def is_up(station: Station) -> None:
    await until(lambda: station.link_state is LinkState.UP)
    await until(lambda: station.node_views()[0].online, 20)


def test_an_exercise_is_sent_updated_and_cancelled_aloud_also_over_a_restart(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            station.accounts.create("khang", "Đỗ Khang", Role.OFFICER, PASSWORD)
            await station.desks.own.set_pin(PIN, password=PASSWORD, by=OFFICER)
            with node(station, "thon-1", nothing) as one:
                await is_up(station)
                desk = station.desks.alerts
                ready = await desk.prepare(drill())
                assert "Tin của Ủy ban nhân dân xã Yên Hòa, ban hành lúc" in ready.text
                first = await desk.send(AlertSending(drill(), "mau-1", pin=PIN), by=OFFICER)
                (aired,) = desk.airings_of(first.id)
                await until(lambda: aired.airing in one.started, 20)
                newer = replace(drill(), text="Tin lũ mới.\nNước còn lên.", supersedes=first.id)
                second = await desk.send(AlertSending(newer, "mau-2", pin=PIN), by=OFFICER)
                (update,) = desk.airings_of(second.id)
                assert update.occasion is Occasion.UPDATE
                await until(lambda: update.airing in one.started, 20)
                order = next(each for each in one.orders if each.airing and each.airing.airing == update.airing)
                assert order.airing is not None
                assert order.airing.replaces == (aired.airing,)
                openings = [each.airing.segments[:3] for each in one.orders if each.airing is not None]
                assert len(openings) >= 2
                for opening in openings:
                    assert [segment.kind.value for segment in opening] == OPENS_WITH
        async with on_air(quick(tmp_path)) as station:
            with node(station, "thon-1", nothing) as one:
                await is_up(station)
                desk = station.desks.alerts
                assert [kept.id for kept in desk.current()] == [second.id]
                await until(
                    lambda: one.plans and [each.airing for each in one.plans[-1].airings] == [update.airing], 20
                )
                ended = await desk.cancel(second.id, by=OFFICER, why="hết diễn tập", aloud=True)
                assert ended.state is AlertState.CANCELLED
                await until(lambda: [order for order in one.orders if order.action is Action.STOP], 20)
                cancellation = desk.airings_of(second.id)[-1]
                assert cancellation.occasion is Occasion.CANCEL
                await until(lambda: cancellation.airing in one.started, 20)
                report = desk.report(second.id)
                assert report is not None
                assert report.kept.is_exercise
                assert [act.act for act in report.acts] == ["send", "cancel"]
                assert report.nodes[0].started_s is not None
                assert station.store.verify().ok

    run(work, 90)


def test_an_emergency_beside_the_book_ends_an_exercise_that_sounds(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            with node(station, "thon-1", nothing) as one:
                await is_up(station)
                exercise = await station.desks.book.send(replace(drill(), id="tap-1"), by=OFFICER)
                (aired,) = station.desks.alerts.airings_of(exercise.id)
                await until(lambda: aired.airing in one.started, 20)
                meant = await station.air_now(
                    title="Cháy", text="Có cháy ở chợ.", by="Hà Thị Thu", zones=["thon-1"], priority=Priority.EMERGENCY
                )
                await until(lambda: [each.stop_airing for each in one.orders if each.action is Action.STOP], 20)
                assert {each.stop_airing for each in one.orders if each.action is Action.STOP} == {aired.airing}
                await until(lambda: meant.id in one.started, 20)
                ended = station.desks.alerts.alert(exercise.id)
                assert ended is not None
                assert (ended.state, ended.ended_by) == (AlertState.CANCELLED, "Hà Thị Thu")

    run(work, 90)


def test_taken_back_on_its_board_an_alert_is_cancelled_whole(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            kept = await station.desks.book.send(replace(drill(), id="lu-1"), by=OFFICER)
            (aired,) = station.desks.alerts.airings_of(kept.id)
            airing = await station.desks.alert.cancel(aired.airing, by=OFFICER, why="nhầm xã")
            assert airing.id == aired.airing
            after = station.desks.alerts.alert(kept.id)
            assert after is not None
            assert (after.state, after.why) == (AlertState.CANCELLED, "nhầm xã")

    run(work, 60)
