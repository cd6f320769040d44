"""An operator airs a bulletin once more at one node, with a real broker between."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Step
from smartradio.wire.client import LinkState
from tests.station.commune import run, until
from tests.station.test_station import TEXT, node, nothing, on_air, quick

pytestmark = pytest.mark.contract


def test_the_node_airs_it_again_alone_and_the_replay_gets_a_verdict_of_its_own(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_air(quick(tmp_path)) as station:
            with node(station, "thon-1", nothing) as one, node(station, "thon-2") as other:
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: [view.online for view in station.node_views()][:2] == [True, True])
                first = await station.air_now(title="Mời họp", text=TEXT, by="lan", zones=["thon-1", "thon-2"])
                with pytest.raises(BadInputError, match="not over yet"):
                    await station.replay(first.id, "thon-1", by="lan")
                await station.settled(first.id, 40)
                assert [item.node for item in station.waiting()] == ["thon-1", "thon-2"]
                again = await station.replay(first.id, "thon-1", by="lan")
                view = await station.settled(again.id, 40)
                assert [each.node for each in view.nodes] == ["thon-1"]
                started = [e for e in view.chain if e.evidence.step is Step.STARTED]
                assert [e.evidence.node for e in started] == ["thon-1"]
                assert {order.airing.airing for order in one.orders if order.airing} >= {again.id}
                assert again.id not in {order.airing.airing for order in other.orders if order.airing}
                assert again.id not in {each.airing for plan in other.plans for each in plan.airings}
                # The first verdict is answered, the replay's own waits now.
                waiting = {(item.airing, item.node) for item in station.waiting()}
                assert waiting == {(first.id, "thon-2"), (again.id, "thon-1")}
                assert station.store.verify().ok

    run(work, 120)
