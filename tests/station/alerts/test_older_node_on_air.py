"""An alert at a real node whose software is older than the station's: later than elsewhere, but it sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.evidence import Step
from smartradio.node import gate
from smartradio.station.older_nodes import OLDER
from tests.station.alerts.one_node import FLOOD, NEWER, one_node
from tests.station.commune import run, until
from tests.station.older_shape import unseal

pytestmark = pytest.mark.contract


def test_it_plays_what_grew_once_it_is_whole_gives_way_to_an_update_and_somebody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "unseal", unseal)

    async def work() -> None:
        async with one_node(tmp_path) as on_air:
            first = await on_air.aired("lu-1", FLOOD)
            assert first.grows
            await until(lambda: Step.STARTED in on_air.steps("lu-1"), 20)
            await on_air.aired("lu-2", NEWER, replaces=("lu-1",))
            await until(lambda: Step.INTERRUPTED in on_air.steps("lu-1"), 20)
            await until(lambda: Step.FINISHED in on_air.steps("lu-2"), 60)
            finished = next(evidence for evidence in on_air.said("lu-2") if evidence.step is Step.FINISHED)
            assert finished.facts["whole"] is True
            assert await on_air.heard("lu-2") == ["aired"]
            await until(lambda: OLDER in on_air.station.node_views()[0].problems, 60)
            open_now = on_air.station.store.alarms.open
            await until(lambda: AlarmKind.NODE_OUTDATED in {each.kind for each in open_now()}, 30)
            assert on_air.station.store.verify().ok

    run(work, 240)
