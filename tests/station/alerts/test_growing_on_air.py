"""An alert whose words were never prepared, from a whole station over a real broker to a real node's horn."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.domain.evidence import Reason, Step
from tests.station.alerts.one_node import FLOOD, NEWER, one_node
from tests.station.commune import run, until

pytestmark = pytest.mark.contract


def test_it_begins_with_its_siren_grows_while_it_sounds_gives_way_to_an_update_and_is_heard(tmp_path: Path) -> None:
    async def work() -> None:
        async with one_node(tmp_path) as on_air:
            first = await on_air.aired("lu-1", FLOOD)
            assert first.grows
            await until(lambda: Step.STARTED in on_air.steps("lu-1"), 20)
            await until(lambda: Step.DELIVERED in on_air.steps("lu-1"), 20)
            grown = on_air.station.store.airing("lu-1")
            assert grown is not None
            assert not grown.grows
            await until(lambda: Step.FINISHED in on_air.steps("lu-1"), 60)
            finished = next(evidence for evidence in on_air.said("lu-1") if evidence.step is Step.FINISHED)
            assert finished.facts["whole"] is True
            assert await on_air.heard("lu-1") == ["aired"]

            await on_air.aired("lu-2", FLOOD)
            await until(lambda: Step.STARTED in on_air.steps("lu-2"), 20)
            await on_air.aired("lu-3", NEWER, replaces=("lu-2",))
            await until(lambda: Step.INTERRUPTED in on_air.steps("lu-2"), 20)
            stopped = next(evidence for evidence in on_air.said("lu-2") if evidence.step is Step.INTERRUPTED)
            assert stopped.reason == Reason.REPLACED
            assert await on_air.heard("lu-3") == ["aired"]
            assert on_air.station.store.verify().ok

    run(work, 180)
