"""An airing taken back while it sounds: real nodes in processes of their own, a real broker between."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartradio.cli.commune import Commune
from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from tests.station.commune import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]

NODES = ("thon-1", "thon-2", "thon-3")
SILENT_WITHIN_S = 2.0
TEXT = " ".join(
    f"Điểm thứ {number}: mời bà con ra nhà văn hóa thôn nghe phổ biến lịch gieo cấy vụ xuân và lịch lấy nước."
    for number in ("nhất", "hai", "ba", "tư", "năm", "sáu")
)


def told(station: Station, airing: Airing, node: str, step: Step) -> list[Evidence]:
    return [
        entry.evidence
        for entry in station.store.chain(airing.id, node)
        if entry.evidence.step is step and entry.evidence.node == node
    ]


def start_nodes(commune: Commune, station: Station, names: tuple[str, ...]) -> None:
    broker = station._parts.broker_link
    for name in names:
        commune.write_node(name, station_key=station.public_key_hex, host=broker.host, port=broker.port)
        commune.start_node(name)


def test_reached_nodes_fall_silent_within_two_seconds_and_one_that_was_away_plays_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        with Commune(tmp_path, NODES) as commune:
            station = Station(commune.station_settings(recogniser="none", lead_s=8.0))
            await station.start()
            try:
                await withdrawn_on_air(commune, station)
            finally:
                await station.stop()

    async def withdrawn_on_air(commune: Commune, station: Station) -> None:
        start_nodes(commune, station, NODES)
        await until(lambda: station.link_state is LinkState.UP, 20)
        await until(lambda: all(view.online for view in station.node_views()), 60)
        airing = await station.air_now(title="Lịch gieo cấy", text=TEXT, by="Lê Thị Lan")
        await until(lambda: all(told(station, airing, node, Step.DELIVERED) for node in NODES), 20)
        # One has all of it on its card and loses its line before the airing begins.
        away = commune._processes["thon-3"]
        away.kill()
        await asyncio.to_thread(away.wait, 10)
        near = NODES[:2]
        await until(lambda: all(told(station, airing, node, Step.STARTED) for node in near), 30)

        asked_at = datetime.now(UTC)
        await station.withdraw(airing.id, by="Phạm Văn Bình", why="Sai ngày lấy nước")
        await until(lambda: all(told(station, airing, node, Step.INTERRUPTED) for node in near), 20)

        for node in near:
            (stopped,) = told(station, airing, node, Step.INTERRUPTED)
            silent_s = (stopped.at - asked_at).total_seconds()
            assert -0.2 < silent_s < SILENT_WITHIN_S, (node, silent_s)
            assert stopped.reason in (Reason.STOPPED, Reason.WITHDRAWN)
        # Still in time to start by its plan of before: it learns that this one was taken back.
        start_nodes(commune, station, ("thon-3",))
        await until(lambda: told(station, airing, "thon-3", Step.SKIPPED), 40)
        (dropped,) = told(station, airing, "thon-3", Step.SKIPPED)
        assert dropped.reason == Reason.WITHDRAWN
        assert not told(station, airing, "thon-3", Step.STARTED)
        chain = [entry.evidence for entry in station.store.chain(airing.id)]
        (taken_back,) = [e for e in chain if e.step is Step.SKIPPED and not e.node]
        assert taken_back.facts["note"] == "Sai ngày lấy nước"
        assert station.store.verify().ok

    asyncio.run(work())
