"""An exercise from end to end on Mosquitto: three virtual nodes in processes of their own, listened to in the air.

What the horns radiate is read from the shared air between the poles, not from what anybody reports.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from smartradio.alerting.saying import Occasion
from smartradio.broker.users import new_password
from smartradio.cli.commune import Commune
from smartradio.domain.alert import Alert, AlertState, AlertStatus
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.node.sound.air import AIR_RATE, Radiated
from smartradio.station.accounts import Role
from smartradio.station.alerts import acts
from smartradio.station.alerts.desk import AlertSending
from smartradio.station.alerts.kept import AlertAiring
from smartradio.station.keys import working_key
from smartradio.station.station import Station
from smartradio.wire.client import LinkState
from tests.contract.brokers import Mosquitto
from tests.station.commune import until

pytestmark = pytest.mark.contract

NODES = ("thon-1", "thon-2", "thon-3")
PASSWORD, PIN = "lu-ve-giua-dem-mua", "290718"
OFFICER = Person("Đỗ Khang", "khang", "phien-7")
REPEAT = timedelta(seconds=30)
SILENT_WITHIN_S = 1.0
GAP_S = 2.0
"""Between an alert and the one that takes its place."""
LISTENED_S = 3.0
# Below this a horn gives nothing that anybody hears: digital silence with the codec's rest.
SOUNDS = 1e-3


@dataclass
class Exercise:
    """A running station with its nodes, and the air between their poles."""

    station: Station
    folder: Path

    async def send(self, words: str, once: str, **changes: object) -> tuple[str, AlertAiring]:
        """Send an exercise and return its id and first airing."""
        now = datetime.now(UTC)
        values = {
            "id": "",
            "title": "Lũ lên nhanh",
            "text": words,
            "zones": NODES,
            "issued_at": now,
            "status": AlertStatus.EXERCISE,
            "siren": "siren_test",
            "expires_at": now + timedelta(hours=2),
            "repeat_every": REPEAT,
        }
        alert = Alert(**(values | changes))  # type: ignore[arg-type]
        desk = self.station.desks.alerts
        kept = await desk.send(AlertSending(alert, once, pin=PIN), by=OFFICER)
        return kept.id, desk.airings_of(kept.id)[0]

    async def told(self, airing: str, step: Step, within_s: float = 60.0) -> list[Evidence]:
        """Wait until every node has told a step of an airing; return what each said of it first."""
        found: dict[str, Evidence] = {}

        def all_have() -> bool:
            chain = self.station.store.chain(airing)
            found.update({e.evidence.node: e.evidence for e in reversed(chain) if e.evidence.step is step})
            return set(NODES) <= set(found)

        await until(all_have, within_s)
        return [found[node] for node in NODES]

    def said(self, airing: str) -> str:
        """Return the words of an airing."""
        board = self.station.store.alerts.board(airing)
        assert board is not None
        return board.bulletin.text

    def sounded_s(self, node: str, since_s: float) -> float:
        """Return for how long after a moment of the machine's clock a horn could still be heard."""
        air = Radiated(self.folder / "air" / f"{node}.f32").read(
            round(since_s * AIR_RATE), round(LISTENED_S * AIR_RATE)
        )
        loud = np.flatnonzero(np.abs(air) > SOUNDS)
        return float(loud[-1] / AIR_RATE) if loud.size else 0.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path / "broker", "yen-hoa")
    yield broker
    broker.stop()


@contextlib.asynccontextmanager
async def under_way(folder: Path, broker: Mosquitto) -> AsyncIterator[Exercise]:
    commune = Commune(folder, NODES)
    password = new_password()
    broker.set_users(password, {name: (name, commune._passwords[name]) for name in NODES})
    broker.start()
    made = commune.station_settings(
        broker={"outside": {"port": broker.port, "password": SecretStr(password)}}, recogniser="none"
    )
    nodes = tuple(node.model_copy(update={"password": SecretStr("")}) for node in made.nodes)
    station = Station(made.model_copy(update={"nodes": nodes}))
    key = working_key(made.folder).public_hex
    with commune:
        for name in NODES:
            commune.write_node(name, station_key=key, host="127.0.0.1", port=broker.port)
            commune.start_node(name)
        await station.start()
        try:
            await asyncio.to_thread(station.accounts.create, "khang", OFFICER.title, Role.OFFICER, PASSWORD)
            await station.desks.own.set_pin(PIN, password=PASSWORD, by=OFFICER)
            await until(lambda: station.link_state is LinkState.UP, 30)
            await until(lambda: all(view.online for view in station.node_views()), 60)
            yield Exercise(station, folder)
        finally:
            await station.stop()


@pytest.mark.timeout(300)
def test_an_exercise_is_said_to_be_one_updated_repeated_and_cancelled_aloud_and_no_node_is_left_playing(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits five minutes for a repetition here.
    monkeypatch.setattr(acts, "SHORTEST_REPEAT", timedelta(seconds=1))

    async def work() -> None:
        async with under_way(tmp_path, broker) as exercise:
            station, desk = exercise.station, exercise.station.desks.alerts
            long = "Nước sông lên nhanh.\n" + "Mời bà con thôn 2 và thôn 3 đi ngay lên trường học. " * 6
            first, aired = await exercise.send(long, "mau-1")
            assert len(await exercise.told(aired.airing, Step.STARTED)) == 3
            words = exercise.said(aired.airing)
            assert words.startswith("Đây là diễn tập.")
            assert words.endswith("đây là diễn tập.")

            # An update takes the place of what plays.
            second, newer = await exercise.send("Nước đang rút.", "mau-2", supersedes=first)
            assert newer.occasion is Occasion.UPDATE
            gave_way = await exercise.told(aired.airing, Step.INTERRUPTED)
            # The newer one, the order to stop the older and the plan without it race each other; each may end it.
            assert {each.reason for each in gave_way} <= {Reason.REPLACED, Reason.STOPPED, Reason.WITHDRAWN}
            for old, new in zip(gave_way, await exercise.told(newer.airing, Step.STARTED), strict=True):
                assert abs((new.at - old.at).total_seconds()) < GAP_S, (old, new)
            await exercise.told(newer.airing, Step.FINISHED)
            assert desk.alert(first).state is AlertState.UPDATED  # type: ignore[union-attr]

            # It is said again in its turn, and cancelled aloud while it is.
            await until(lambda: len(desk.airings_of(second)) == 2, 90)
            repeated = desk.airings_of(second)[1]
            assert repeated.occasion is Occasion.REPEAT
            await exercise.told(repeated.airing, Step.STARTED)
            assert "Tin nhắc lại" in exercise.said(repeated.airing)
            clicked = datetime.now(UTC)
            await desk.cancel(second, by=OFFICER, why="hết diễn tập", aloud=True)
            for each in await exercise.told(repeated.airing, Step.INTERRUPTED):
                assert (each.at - clicked).total_seconds() < SILENT_WITHIN_S, each
            cancellation = desk.airings_of(second)[2]
            assert cancellation.occasion is Occasion.CANCEL
            await exercise.told(cancellation.airing, Step.FINISHED)
            assert "hủy" in exercise.said(cancellation.airing)
            assert exercise.said(cancellation.airing).startswith("Đây là diễn tập.")

            # Cancelled without a word: the horns themselves fall silent, and stay so.
            third, quick = await exercise.send(long.replace("Nước", "Nước suối"), "mau-3", repeat_every=None)
            await exercise.told(quick.airing, Step.STARTED)
            clicked_s = time.monotonic()
            await until(lambda: all(exercise.sounded_s(node, clicked_s) > 0 for node in NODES), 10)
            clicked_s = time.monotonic()
            await desk.cancel(third, by=OFFICER, why="hết diễn tập", aloud=False)
            await exercise.told(quick.airing, Step.INTERRUPTED)
            await until(lambda: time.monotonic() > clicked_s + LISTENED_S, LISTENED_S + 1)
            for node in NODES:
                assert exercise.sounded_s(node, clicked_s) < SILENT_WITHIN_S, node

            await until(lambda: not any(view.playing for view in station.node_views()), 20)
            assert list(desk.current()) == []
            acted = {name: [act.act for act in desk.report(name).acts] for name in (first, second, third)}  # type: ignore[union-attr]
            assert acted == {
                first: ["send", "update"],
                second: ["send", "repeat", "cancel"],
                third: ["send", "cancel"],
            }
            report = desk.report(second)
            assert report is not None
            assert report.kept.is_exercise
            assert [act.by for act in report.acts if act.act != "repeat"] == [OFFICER.title] * 2
            assert all(act.by for act in report.acts)
            assert report.not_reached == ()
            assert [node.started_s is not None for node in report.nodes] == [True] * 3
            assert station.store.verify().ok

    asyncio.run(asyncio.wait_for(work(), 280))
