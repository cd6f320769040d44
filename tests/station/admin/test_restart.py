"""A station begins anew when it is asked to, never in the middle of what sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.admin.restart import BusyAirError, Restart
from smartradio.station.store import Store
from tests.station.commune import Clock
from tests.station.test_store import AIRING, NOON, RECORDING, furnish

QUAN = Person("Lê Văn Quân", "quan")


class Office:
    """A store with one airing at noon, and the button."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.store = Store.open(folder, clock=self.clock)
        furnish(self.store)
        self.store.plan_airing(AIRING, [])
        self.button = Restart(self.store, self.clock)
        self.button.possible = True

    def press(self) -> None:
        asyncio.run(self.button.ask(by=QUAN))

    def begins_anew(self) -> bool:
        async def asked() -> bool:
            waiting = asyncio.ensure_future(self.button.asked())
            # What was asked for already is there at once.
            done, _ = await asyncio.wait({waiting}, timeout=0.01)
            waiting.cancel()
            return bool(done)

        return asyncio.run(asked())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize("after_s", [-119, 0, RECORDING.duration_s - 0.5])
def test_what_sounds_or_is_about_to_is_not_cut(office: Office, after_s: float) -> None:
    office.clock.now = NOON + timedelta(seconds=after_s)
    with pytest.raises(BusyAirError):
        office.press()
    assert not office.begins_anew()


@pytest.mark.parametrize("after_s", [-121, RECORDING.duration_s + 0.5])
def test_between_airings_it_begins_anew_and_the_log_says_who_wanted_it(office: Office, after_s: float) -> None:
    office.clock.now = NOON + timedelta(seconds=after_s)
    office.press()
    assert office.begins_anew()
    last = office.store.chain("")[-1].evidence
    assert (last.facts["what"], last.facts["by"]) == ("station", "Lê Văn Quân")


def test_an_airing_that_was_taken_back_holds_nobody_up(office: Office) -> None:
    office.store.plan_airing(replace(AIRING, id="a2", starts_at=NOON + timedelta(hours=2)), [])
    office.store.withdraw_airing("a2", [], by="Lan")
    office.clock.now = NOON + timedelta(hours=2)
    office.press()
    assert office.begins_anew()


def test_a_station_that_nobody_starts_again_is_not_ended(office: Office) -> None:
    office.button.possible = False
    office.clock.now = NOON + timedelta(hours=5)
    with pytest.raises(BadInputError, match="whoever started"):
        office.press()
