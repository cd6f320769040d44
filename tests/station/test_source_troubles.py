"""Items from above behind deaths, faults and forgers: nothing cancelled sounds on, nothing urgent waits for it."""

from __future__ import annotations

import asyncio

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Reason
from smartradio.domain.from_above import ItemState
from smartradio.station.source_information.port import SignedItem
from tests.contract.source_server import SourceServer
from tests.station.test_source_information import Commune, CrashError, clock, commune, item, make, server

__all__ = ["clock", "commune", "make", "server"]


def test_an_emergency_cancelled_behind_a_death_at_its_airing_is_taken_back(make: object, server: SourceServer) -> None:
    commune: Commune = make(emergency="at_once")  # type: ignore[operator]
    commune.desk.dies_after_airing = True
    server.items.append(item("lu-1", item_class="emergency"))
    with pytest.raises(CrashError):
        commune.round()
    commune.restart()
    commune.desk.dies_after_airing = False
    server.items.append(item("lu-1-huy", cancels=True, replaces="lu-1", text=None))
    commune.round()
    assert commune.state("lu-1") is ItemState.CANCELLED
    assert commune.desk.taken_back == ["air-lu-1"]


def test_one_whose_time_is_over_behind_such_a_death_is_taken_back(make: object, server: SourceServer) -> None:
    commune: Commune = make(emergency="at_once")  # type: ignore[operator]
    commune.desk.dies_after_airing = True
    server.items.append(item("lu-1", item_class="emergency"))
    with pytest.raises(CrashError):
        commune.round()
    commune.restart()
    commune.round(after_s=7 * 3_600)
    assert commune.desk.taken_back == ["air-lu-1"]


def test_what_cannot_be_taken_back_now_keeps_no_emergency_waiting(
    commune: Commune, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.items.append(item("mua"))
    commune.round()
    takes_back = commune.desk.take_back

    async def fails(*_: object, **__: object) -> None:
        raise SmartradioError("the disk is full")

    monkeypatch.setattr(commune.desk, "take_back", fails)
    later = commune.clock().replace(hour=12).isoformat()
    server.items.append(item("lu-1", item_class="emergency", issued_at=later, expires_at="2026-11-23T12:00:00+00:00"))
    commune.round(after_s=7 * 3_600)
    assert list(commune.desk.submitted) == ["kttv/lu-1"]
    assert commune.state("mua") is ItemState.DRAFTED
    monkeypatch.setattr(commune.desk, "take_back", takes_back)
    commune.round(after_s=60)
    assert commune.state("mua") is ItemState.EXPIRED


def test_one_that_nobody_can_air_is_told_on_the_console(commune: Commune, server: SourceServer) -> None:
    unreadable = BadInputError("there is nothing to read aloud")
    commune.desk.refuses = {"submit": unreadable, "draft": unreadable}
    server.items.append(item("lu-1", item_class="emergency"))
    commune.round()
    assert commune.state("lu-1") is ItemState.REFUSED
    assert commune.refusals() == [("above:kttv", Reason.MALFORMED)]


def test_a_system_that_brings_the_same_forgery_with_every_question_is_told_once(
    commune: Commune, server: SourceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.items.append(item("lu-1") | {"sig": "AAAA"})
    monkeypatch.setattr(commune.store.source, "set_cursor", lambda _value: None)
    for _ in range(3):
        commune.round(after_s=60)
    assert commune.refusals() == [("above:kttv", Reason.BAD_SIGNATURE)]


@pytest.mark.parametrize("name", ["\ud800", "\udfff" * 60, "x\x00y"])
def test_an_issuer_whose_name_cannot_be_written_down_is_refused_like_any_other(commune: Commune, name: str) -> None:
    forged = SignedItem({"issuer": name}, "AAAA")
    asyncio.run(commune.exchange._intake.take([forged]))
    ((_, reason),) = commune.refusals()
    assert reason is Reason.BAD_SIGNATURE
    assert commune.store.verify().ok
