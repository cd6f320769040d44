"""An emergency from the officer's desk to a node, with a real broker between."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartradio.domain.alert import Alert
from smartradio.domain.approval import Person
from smartradio.domain.priority import Priority
from smartradio.station.accounts import Role
from smartradio.station.alert_board import Fate
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.settings import PlanSettings
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Action
from tests.station.commune import run, until
from tests.station.test_station import node, nothing, on_air, quick

pytestmark = pytest.mark.contract

PASSWORD, PIN = "lu-ve-giua-dem-mua", "290718"
FLOOD = "Nước sông lên nhanh. Mời bà con thôn 1 sơ tán ngay."
# At every hour it is a quiet one: an emergency goes out all the same.
ALWAYS_QUIET = PlanSettings(quiet_from="00:00", quiet_until="23:59")


def test_an_alert_rings_the_zone_is_played_and_counted_and_taken_back_at_once(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path, plan=ALWAYS_QUIET, four_eyes=True)) as station:
            station.accounts.create("khang", "Đỗ Khang", Role.OFFICER, PASSWORD)
            officer = Person("Đỗ Khang", "khang", "phien-7")
            await station.desks.own.set_pin(PIN, password=PASSWORD, by=officer)
            with node(station, "thon-1", nothing) as one:
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: station.node_views()[0].online)
                desk, book = station.desks.alert, station.desks.alerts
                flood = Alert("", "Nước sông lên nhanh", FLOOD, ("thon-1", "thon-2"), datetime.now(UTC))
                grant = await book.grant(flood, PIN, by=officer)
                wanted = AlertSending(flood, "mau-1", grant=grant)
                sent = await book.send(wanted, by=officer)
                assert (await book.send(wanted, by=officer)).id == sent.id
                (airing,) = [station.store.airing(each.airing) for each in book.airings_of(sent.id)]
                assert airing is not None
                await until(lambda: [order for order in one.orders if order.action is Action.PLAY])
                order = next(order for order in one.orders if order.action is Action.PLAY)
                assert order.airing is not None
                assert (order.airing.airing, order.priority) == (airing.id, int(Priority.EMERGENCY))
                await until(lambda: one.plans[-1].airings, 20)
                assert [each.airing for each in one.plans[-1].airings] == [airing.id]

                def at_thon_1() -> Fate | None:
                    board = desk.board(airing.id)
                    return None if board is None else board.nodes[0].fate

                await until(lambda: at_thon_1() in (Fate.SOUNDING, Fate.SOUNDED), 20)
                asked = time.monotonic()
                await desk.cancel(airing.id, by=officer, why="Nước đã rút")
                await until(lambda: [order for order in one.orders if order.action is Action.STOP])
                assert time.monotonic() - asked < 2.0
                board = desk.board(airing.id)
                assert board is not None
                assert board.withdrawn_by == "Đỗ Khang"
                assert board.nodes[1].fate is Fate.UNREACHABLE
                assert board.airing.starts_at <= datetime.now(UTC)
                assert station.store.verify().ok

    run(work, 60)
