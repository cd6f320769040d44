"""Items from above at a real station: through approval, on air at once, taken back, and told upward."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.evidence import Step
from smartradio.domain.from_above import ItemState as FromAbove
from smartradio.domain.priority import Priority
from smartradio.station.keys import working_key
from smartradio.station.source_information.commune import airing_id, item_name
from smartradio.station.station import Station
from smartradio.wire.signing import SigningKey
from tests.contract.source_server import SourceServer, serving, signed_item
from tests.station.commune import STATION, run
from tests.station.test_station import on_air, quick

pytestmark = pytest.mark.contract

KTTV = SigningKey.new()
TEXT = "Nước sông Vạc đang lên nhanh. Bà con ở thôn một khẩn trương sơ tán."


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SourceServer]:
    with serving(SourceServer(now, working_key(tmp_path).public_hex)) as source:
        yield source


def commune(folder: Path, server: SourceServer, **changes: Any) -> Any:
    issuer = {"name": "kttv", "title": "Đài Khí tượng tỉnh", "public_key": KTTV.public_hex}
    above = {
        "url": server.url,
        "public_key": server.key.public_hex,
        "issuers": [{**issuer, "emergency_from_above": changes.pop("emergency", "ask")}],
    }
    return quick(folder, source_information=above, **changes)


def item(name: str, **changes: Any) -> dict[str, Any]:
    body = {
        "issuer": "kttv",
        "item": name,
        "stations": [STATION],
        "item_class": "emergency",
        "title": "Tin lũ khẩn cấp",
        "issued_at": now().isoformat(),
        "expires_at": (now() + timedelta(hours=6)).isoformat(),
        "text": TEXT,
        "zones": ["thon-1"],
    }
    return signed_item(KTTV, **{key: value for key, value in (body | changes).items() if value is not None})


async def round_of(station: Station) -> None:
    exchange = station._parts.exchange
    assert exchange is not None
    await exchange.round()


def test_an_emergency_of_a_trusted_issuer_is_in_the_plan_once_under_its_name(
    tmp_path: Path, server: SourceServer
) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server, emergency="at_once")) as station:
            await round_of(station)
            name = airing_id("kttv/lu-1")
            airing = station.store.airing(name)
            assert airing is not None
            assert (airing.priority, airing.zones) == (Priority.EMERGENCY, ("thon-1",))
            approved = [e.evidence for e in station.store.chain(name) if e.evidence.step is Step.APPROVED]
            assert [(e.source, e.facts["by"]) for e in approved] == [("above:kttv", "Đài Khí tượng tỉnh")]
            # As after a crash between the plan and the note of it.
            station.store.source.settle("kttv/lu-1", FromAbove.TAKEN)
            await round_of(station)
            assert len(station.store.airings()) == 1

    run(work, 60)


def test_no_node_begins_with_it_once_its_time_is_over(tmp_path: Path, server: SourceServer) -> None:
    over = now() + timedelta(minutes=2)
    server.items = [item("lu-1", expires_at=over.isoformat())]

    async def work() -> None:
        async with on_air(commune(tmp_path, server, emergency="at_once")) as station:
            await round_of(station)
            airing = station.store.airing(airing_id("kttv/lu-1"))
            assert airing is not None
            assert airing.expires_at == airing.resume_until == over

    run(work, 60)


def test_without_that_leave_it_waits_for_an_approver_and_then_goes_on_air(tmp_path: Path, server: SourceServer) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server, four_eyes=True)) as station:
            await round_of(station)
            name = item_name("kttv/lu-1")
            waiting = station.approval_desk.item(name)
            assert waiting is not None
            assert (waiting.state, waiting.programme.priority) == (ItemState.SUBMITTED, Priority.EMERGENCY)
            assert waiting.note is not None and waiting.note.startswith("Đài Khí tượng tỉnh, loại tin khẩn cấp")
            assert station.store.airings() == []
            await station.approval_desk.approve(name, by=Person("Phạm Văn Bình", "binh"), seen=waiting.version)
            (airing,) = station.store.airings()
            assert airing.priority is Priority.EMERGENCY
            assert airing.starts_at - now() < timedelta(seconds=10)
            trace = station.approval_desk.trace(airing.id)
            assert trace is not None and trace.person.title == "Phạm Văn Bình"

    run(work, 60)


def test_a_node_whose_line_is_away_for_minutes_still_has_an_approved_emergency(
    tmp_path: Path, server: SourceServer
) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server)) as station:
            await round_of(station)
            (handed_in,) = station.approval_desk.items()
            await station.approval_desk.approve(
                handed_in.name, by=Person("Phạm Văn Bình", "binh"), seen=handed_in.version
            )
            (airing,) = station.store.airings()
            assert airing.expires_at >= airing.starts_at + timedelta(minutes=30)

    run(work, 60)


def test_a_priority_item_tells_what_it_clashes_with(tmp_path: Path, server: SourceServer) -> None:
    async def work() -> None:
        async with on_air(commune(tmp_path, server)) as station:
            own = await station.air_now(title="Bản tin xã", text=TEXT, by="lan", zones=["thon-1"])
            asked = (own.starts_at + timedelta(seconds=1)).isoformat()
            elsewhere = item("tin-2", item_class="priority", air_at=asked, zones=["thon-3"])
            server.items = [item("tin-1", item_class="priority", air_at=asked), elsewhere]
            await round_of(station)
            first, second = (station.approval_desk.item(item_name(f"kttv/tin-{n}")) for n in (1, 2))
            assert first is not None and second is not None
            assert "Trùng giờ với: Bản tin xã" in (first.note or "")
            assert "Trùng giờ" not in (second.note or "")
            assert first.programme.priority is Priority.ABOVE

    run(work, 60)


def test_a_normal_item_is_a_draft_and_goes_when_it_is_taken_back(tmp_path: Path, server: SourceServer) -> None:
    server.items = [item("tin-1", item_class="normal", zones=["thon-cu"])]

    async def work() -> None:
        async with on_air(commune(tmp_path, server)) as station:
            await round_of(station)
            name = item_name("kttv/tin-1")
            draft = station.approval_desk.item(name)
            assert draft is not None and draft.state is ItemState.DRAFT
            # A zone nobody knows here any more: better that all hear it.
            assert draft.programme.zones == ("thon-1", "thon-2", "thon-3")
            server.items.append(item("huy-1", text=None, replaces="tin-1", cancels=True))
            await round_of(station)
            gone = station.approval_desk.item(name)
            assert gone is not None and gone.state is ItemState.WITHDRAWN

    run(work, 60)


def test_a_cancelled_emergency_is_out_of_the_plan_and_both_are_told_upward(
    tmp_path: Path, server: SourceServer
) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server, emergency="at_once")) as station:
            await round_of(station)
            server.items.append(item("huy-1", text=None, replaces="lu-1", cancels=True))
            await round_of(station)
            assert station.store.airings() == []
            await round_of(station)
        states = [(r["item"], r["state"]) for r in server.reports.values() if r["kind"] == "item"]
        assert states[0] == ("lu-1", "aired")
        assert sorted(states[1:]) == [("huy-1", "done"), ("lu-1", "cancelled")]

    run(work, 60)


def test_one_whose_handing_over_a_death_cut_short_is_taken_back_all_the_same(
    tmp_path: Path, server: SourceServer
) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server, emergency="at_once")) as station:
            await round_of(station)
            forgotten = "UPDATE items_from_above SET state = 'taken', handed_to = NULL"
            station.store._database.write(lambda c: c.exec_driver_sql(forgotten))
            server.items.append(item("huy-1", text=None, replaces="lu-1", cancels=True))
            await round_of(station)
            assert station.store.airings() == []

    run(work, 60)


def test_what_is_approved_in_the_instant_of_its_cancelling_is_not_aired(
    tmp_path: Path, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.items = [item("lu-1")]

    async def work() -> None:
        async with on_air(commune(tmp_path, server)) as station:
            await round_of(station)
            (handed_in,) = station.approval_desk.items()
            approvals = station.approval_desk.approvals
            withdraws = approvals.withdraw

            async def behind_an_approval(name: str, **values: Any) -> Any:
                monkeypatch.undo()
                await station.approval_desk.approve(name, by=Person("Phạm Văn Bình", "binh"), seen=handed_in.version)
                return await withdraws(name, **{**values, "seen": handed_in.version})

            monkeypatch.setattr(approvals, "withdraw", behind_an_approval)
            server.items.append(item("huy-1", text=None, replaces="lu-1", cancels=True))
            await round_of(station)
            assert station.store.airings() == []
            (after,) = station.approval_desk.items()
            assert after.state is ItemState.WITHDRAWN

    run(work, 60)


def test_the_key_of_requests_is_the_stations_own(tmp_path: Path, server: SourceServer) -> None:
    async def work() -> None:
        async with on_air(commune(tmp_path, server)) as station:
            await round_of(station)
            state = await station.source_state()
            assert state is not None and state.fault is None and state.reached_at is not None
            assert station.public_key_hex == server.station_key
        assert server.refused == []

    run(work, 60)
