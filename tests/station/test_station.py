from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.broker.users import STATION_USER
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Step
from smartradio.domain.plan_checks import FindingCode
from smartradio.station.settings import StationSettings
from smartradio.station.station import Station
from smartradio.station.store import Store
from smartradio.wire.client import LinkState
from tests.station.commune import NODE_KEYS, NODES, STATION, run, settings, until
from tests.station.pretend_node import Hear, PretendNode

pytestmark = pytest.mark.contract

TEXT = "Mời bà con ra nhà văn hóa thôn."


def as_played(objects: list[tuple[bytes, float]]) -> bytes | None:
    """What a microphone in front of a horn gives: the sounds in a row, quieter, and a little noise."""
    sound = np.concatenate(
        [np.pad(decode_opus(opus, 16_000), (0, round(pause_s * 16_000))) for opus, pause_s in objects]
    )
    noise = np.random.default_rng(7).normal(0, 0.001, sound.size)
    return encode_opus((0.3 * sound + noise).astype(np.float32), 16_000)


def nothing(objects: list[tuple[bytes, float]]) -> bytes | None:
    return None


@contextlib.asynccontextmanager
async def on_air(commune: StationSettings) -> AsyncIterator[Station]:
    station = Station(commune)
    await station.start()
    try:
        yield station
    finally:
        await station.stop()


def node(station: Station, name: str, hear: Hear = as_played, *, keeps: bool = False) -> PretendNode:
    link = station._parts.broker_link.model_copy(
        update={"username": name, "password": station.settings.nodes[NODES.index(name)].password}
    )
    return PretendNode(name, NODE_KEYS[name], STATION, station.public_key_hex, link, hear=hear, keeps=keeps)


def quick(folder: Path, **changes: Any) -> StationSettings:
    return settings(folder, judge_deadline_s=2.0, lead_s=3.0, **changes)


def test_a_written_text_travels_to_the_nodes_and_comes_back_as_verdicts(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            seen = []

            async def watch() -> None:
                seen.extend([evidence.step async for evidence in station.events()])

            watching = asyncio.create_task(watch())
            with node(station, "thon-1") as well, node(station, "thon-2", nothing) as clipless:
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: [view.online for view in station.node_views()] == [True, True, False])
                airing = await station.air_now(title="Mời họp", text=TEXT, by="lan")
                view = await station.settled(airing.id, 40)
                verdicts = {each.node: each.verdict for each in view.nodes}
                # The second one says of itself that it was heard, and brings no clip of it.
                assert verdicts == {"thon-1": "aired", "thon-2": "unclear", "thon-3": "unreached"}
                reasons = {each.node: each.reasons for each in view.nodes}
                assert reasons["thon-2"][0] == "no_clip"
                assert reasons["thon-3"] == ("no_report",)
                await until(lambda: not well.kept and not clipless.kept and not well.clips)
                # Every chunk came to a node once, and the doorbell rang.
                assert well.chunks == len(well.objects)
                assert well.orders[0].airing == well.plans[-1].airings[0]
                well.ask_time("n1")
                await until(lambda: well.times)
                assert abs(well.times[0].at - datetime.now(UTC)) < timedelta(seconds=2)
            steps = [entry.evidence.step for entry in view.chain if entry.evidence.node in ("", "thon-1")]
            wanted = [Step.RENDERED, Step.APPROVED, Step.PLANNED, Step.DELIVERED, Step.STARTED, Step.FINISHED]
            assert [step for step in dict.fromkeys(steps) if step in wanted] == wanted
            assert steps[-1] is Step.HEARD
            clip = await station.clip_audio(airing.id, "thon-1")
            assert clip is not None
            assert decode_opus(clip, 16_000).size > 16_000
            assert await station.clip_audio(airing.id, "thon-3") is None
            whole = await station.recording_audio(airing.recording_id)
            assert decode_opus(whole).size / 48_000 == pytest.approx(view.recording.duration_s, abs=0.1)
            await station.confirm(airing.id, "thon-1", by="lan")
            await station.dispute(airing.id, "thon-2", by="lan", note="Bà con  không nghe thấy")
            settled = {n.node: n.settled for n in station.airing_view(airing.id).nodes}  # type: ignore[union-attr]
            assert settled == {"thon-1": "confirmed", "thon-2": "disputed", "thon-3": None}
            assert station.store.verify().ok
        await watching
        assert set(wanted) <= set(seen)

    run(work, 60)


def test_a_clip_that_the_node_keeps_is_asked_for_and_its_verdict_rests_on_it(tmp_path: Path) -> None:
    """Over a real broker: the node's figures are doubtful (it is new here), so the station wants to listen."""

    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            with node(station, "thon-1", keeps=True) as one:
                airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1"])
                view = await station.settled(airing.id, 40)
                await until(lambda: not one.kept and not one.clips)
                (asked,) = [order for order in one.orders if order.clip_airing]
                assert asked.clip_airing == airing.id
            assert view.nodes[0].verdict == "aired"
            assert view.nodes[0].clip is not None
            chain = [(e.evidence.step, e.evidence.source) for e in view.chain]
            assert chain.index((Step.CLIP_ASKED, "station")) < chain.index((Step.HEARD, "station"))
            assert await station.clip_audio(airing.id, "thon-1", by="lan") is not None
            heard = station.airing_view(airing.id)
            assert heard is not None
            assert [e.evidence.source for e in heard.chain if e.evidence.step is Step.LISTENED] == ["operator:lan"]
            assert station.store.verify().ok

    run(work, 60)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "\n \n"}, "empty"),
        ({"by": " "}, "name"),
        ({"zones": ["thon-9"]}, "thon-9"),
        ({"zones": []}, "no node"),
    ],
)
def test_what_cannot_be_aired_leaves_nothing_half_done(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            with pytest.raises(BadInputError, match=said):
                await station.air_now(**({"title": "Tin", "text": TEXT, "by": "lan"} | fields))
            assert station.board() == []
            with pytest.raises(BadInputError):
                await station.confirm("unknown", "thon-1", by="lan")

    run(work)


def test_a_programme_from_a_file_fires_by_itself_and_is_planned_once(tmp_path: Path) -> None:
    schedule = tmp_path / "demo.yaml"
    schedule.write_text(
        "programmes:\n"
        "  - name: thu\n    title: Phát thử\n    text: Xin chào bà con.\n"
        "    zones: [thon-1]\n    in_seconds: 4\n    approved_by: Chủ tịch xã\n"
        "  - name: chua-duyet\n    title: Chưa duyệt\n    text: Xin chào.\n    zones: [thon-1]\n    in_seconds: 4\n",
        encoding="utf-8",
    )

    async def work() -> None:
        async with on_air(quick(tmp_path / "data", schedules=(schedule,))) as station:
            with node(station, "thon-1") as one:
                await station.load_schedules()
                found = {(finding.code, finding.programme.name) for finding in station.schedule_findings}
                assert (FindingCode.NOT_APPROVED, "chua-duyet") in found
                await station._parts.replan()
                (view,) = station.board()
                assert view.airing.programme == "thu"
                heard = await station.settled(view.airing.id, 30)
                assert heard.nodes[0].verdict == "aired"
                assert one.started == [view.airing.id]
                assert {p.name: p.approved_by for p in station.store.programmes()} == {
                    "thu": "Chủ tịch xã",
                    "chua-duyet": None,
                }

    run(work, 60)


def test_a_schedule_with_a_fault_changes_nothing(tmp_path: Path) -> None:
    schedule = tmp_path / "sai.yaml"
    good = (
        "programmes:\n  - name: thu\n    title: Phát thử\n    text: Xin chào.\n"
        "    zones: [thon-1]\n    in_seconds: 300\n    approved_by: Lan\n"
    )

    async def work() -> None:
        schedule.write_text(good, encoding="utf-8")
        async with on_air(quick(tmp_path / "data", schedules=(schedule,))) as station:
            await station.load_schedules()
            (before,) = station.board()
            for written, mistaken in (("thon-1", "thon-7"), ("title:", "tittle:")):
                assert written in good
                schedule.write_text(good.replace(written, mistaken), encoding="utf-8")
                with pytest.raises(BadInputError, match=rf"sai\.yaml.*{mistaken.rstrip(':')}") as fault:
                    await station.load_schedules()
                assert station.schedule_fault is fault.value
            assert station.store.airings() == [before.airing]
            schedule.write_text(good.replace("Xin chào.", "Xin chào bà con."), encoding="utf-8")
            await station.load_schedules()
            assert station.schedule_fault is None
            assert len(station.store.airings()) == 1
            assert station.store.airings()[0].recording_id != before.airing.recording_id

    run(work)


def test_a_station_that_fell_takes_up_its_airings_and_starts_none_twice(tmp_path: Path) -> None:
    async def work() -> None:
        commune = quick(tmp_path)
        async with on_air(commune) as station:
            airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1"], lead_s=6.0)
        # Nothing of the first station is left but its folder; the same broker folder gives the same port.
        async with on_air(commune) as again:
            with node(again, "thon-1") as one:
                view = await again.settled(airing.id, 40)
                assert view.nodes[0].verdict == "aired"
                assert one.started == [airing.id]

    run(work, 60)


def test_reports_kept_while_the_station_was_off_are_taken_up_and_judged(tmp_path: Path) -> None:
    async def work() -> None:
        commune = quick(tmp_path)
        async with on_air(commune) as station:
            one = node(station, "thon-1", nothing)
            with one:
                airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1"])
                await until(lambda: airing.id in one.delivered)
                one.mute.set()
                await until(lambda: airing.id in one.started)
        async with on_air(commune) as again:
            late = node(again, "thon-1", nothing)
            first = await again.settled(airing.id, 30)
            assert first.nodes[0].reasons == ("no_report",)
            late.kept, late.started, late.delivered = one.kept, one.started, one.delivered
            with late:
                await until(lambda: again.airing_view(airing.id).nodes[0].reasons == ("no_clip",), 20)  # type: ignore[union-attr]
            assert again.store.verify().ok

    run(work, 60)


def test_what_was_never_published_because_the_station_was_off_is_told_so(tmp_path: Path) -> None:
    async def work() -> None:
        commune = quick(tmp_path, broker={"outside": {"host": "127.0.0.1", "port": 9}})  # nobody is there
        async with on_air(commune) as station:
            airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1"])
            assert station.link_state is not LinkState.UP
        await asyncio.sleep(3.2)
        async with on_air(commune) as again:
            view = await again.settled(airing.id, 30)
            assert view.nodes[0].verdict == "unreached"
            assert view.nodes[0].reasons == ("station_was_down",)
            assert Step.SKIPPED in [entry.evidence.step for entry in view.chain]

    run(work, 60)


def test_a_second_station_in_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)):
            with pytest.raises(SmartradioError, match="another station"):
                await Station(quick(tmp_path)).start()
        Store.open(tmp_path).close()

    run(work)


def test_a_wait_for_verdicts_that_do_not_come_ends(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            airing = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1"])
            with pytest.raises(SmartradioError, match="thon-1"):
                await station.settled(airing.id, 0.2)
            with pytest.raises(BadInputError):
                await station.settled("unknown", 1)
            with pytest.raises(SmartradioError):
                await station.recording_audio("unknown")

    run(work)


def test_nodes_need_a_password_only_for_the_embedded_broker(tmp_path: Path) -> None:
    without = [n.model_dump() | {"password": ""} for n in settings(tmp_path).nodes]
    with pytest.raises(ValueError, match="password"):
        settings(tmp_path, nodes=without)
    outside = settings(tmp_path, nodes=without, broker={"outside": {"host": "mqtt.example"}})
    assert outside.nodes
    assert outside.broker.outside is not None
    assert outside.broker.outside.username == STATION_USER
    assert (outside.broker.port, settings(tmp_path, broker={"listen_port": 1884}).broker.port) == (1883, 1884)
