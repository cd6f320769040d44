"""Items from the desk to the nodes, with a real broker between."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.plan_rules import NIGHT
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.settings import PlanSettings
from smartradio.wire.client import LinkState
from smartradio.wire.messages import Action
from tests.station.commune import run, until
from tests.station.test_station import TEXT, node, nothing, on_air, quick

pytestmark = pytest.mark.contract

LAN, BINH = Person("Lê Thị Lan", "lan", "phien-1"), Person("Phạm Văn Bình", "binh", "phien-2")
# These are aired at whatever hour they are run.
NO_QUIET_HOURS = PlanSettings(quiet_from=NIGHT.begin, quiet_until=NIGHT.begin)


def written() -> Programme:
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    return Programme("mat-nuoc", "Báo mất nước", TEXT, ("thon-1", "thon-2"), now)


def test_an_approved_item_is_played_and_leads_back_to_who_approved_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path, plan=NO_QUIET_HOURS, four_eyes=True)) as station:
            with node(station, "thon-1", nothing) as one:
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: station.node_views()[0].online)
                desk = station.approval_desk
                item = await desk.draft(written(), by=LAN, at_once=True)
                item = await desk.submit(item.name, by=LAN, seen=item.version)
                with pytest.raises(BadInputError, match="two people must answer"):
                    await station.air_now(title="Mời họp", text=TEXT, by=LAN)
                with pytest.raises(BadInputError, match="somebody else"):
                    await desk.approve(item.name, by=LAN, seen=item.version)
                # No schedule has been read: what is approved goes out all the same.
                await desk.approve(item.name, by=BINH, seen=item.version)
                await until(lambda: one.plans and one.plans[-1].airings)
                (airing,) = one.plans[-1].airings
                await until(lambda: desk.item("mat-nuoc").state is ItemState.AIRED, 20)  # type: ignore[union-attr]
                trace = desk.trace(airing.airing)
                assert trace is not None
                assert trace.person == BINH
                urgent = await station.air_now(title="Lũ về", text=TEXT, by=LAN, priority=Priority.EMERGENCY)
                word = desk.trace(urgent.id)
                assert word is not None
                assert word.person == LAN
                assert station.store.verify().ok

    run(work, 60)


def test_a_withdrawal_rings_the_zones_and_leaves_the_plan(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path, plan=NO_QUIET_HOURS)) as station:
            with node(station, "thon-1", nothing) as one:
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: station.node_views()[0].online)
                airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", lead_s=60.0)
                await until(lambda: one.plans and one.plans[-1].airings)
                await station.withdraw(airing.id, by=BINH, why="Hoãn họp")
                await until(lambda: not one.plans[-1].airings)
                await until(lambda: [order for order in one.orders if order.action is Action.STOP])
                (stop,) = [order for order in one.orders if order.action is Action.STOP]
                assert (stop.zone, stop.stop_airing) == ("thon-1", airing.id)
                said = [e.evidence for e in station.store.chain(airing.id) if e.evidence.step is Step.SKIPPED]
                assert [(e.reason, e.facts["note"], e.facts["account"]) for e in said] == [
                    (Reason.WITHDRAWN, "Hoãn họp", "binh")
                ]
        async with on_air(quick(tmp_path, plan=NO_QUIET_HOURS)) as station:
            await station.load_schedules()
            assert station.store.airings() == []

    run(work, 60)
