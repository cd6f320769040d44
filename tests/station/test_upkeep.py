"""What a technician sets at a node, and the commune's map."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.station.settings import ZoneSettings
from smartradio.station.store import Store
from smartradio.station.upkeep_refusals import TooLoudError
from tests.station.commune import (
    NODES,
    run,
    settings,
)
from tests.station.workshop import HUY, Workshop


class TestVolume:
    def test_a_volume_that_is_set_reaches_the_node_and_stands_after_a_start(self, workshop: Workshop) -> None:
        async def work() -> None:
            await workshop.desk.set_volume("thon-1", -6.0, by=HUY)
            assert workshop.dispatcher.volumes == {"thon-1": -6.0}
            workshop.dispatcher.volumes.clear()
            await workshop.desk.take_up()
            assert workshop.dispatcher.volumes == {"thon-1": -6.0}

        run(work)
        facts = workshop.logged()[-1].facts
        assert (facts["what"], facts["name"], facts["by"]) == ("node", "thon-1", "Trần Văn Huy")
        assert (facts["before"], facts["after"]) == ({"volume_db": 0.0}, {"volume_db": -6.0})

    @pytest.mark.parametrize("volume_db", [0.5, -41.0, float("nan")])
    def test_a_volume_that_no_node_may_have_changes_nothing(self, workshop: Workshop, volume_db: float) -> None:
        async def work() -> None:
            with pytest.raises(TooLoudError):
                await workshop.desk.set_volume("thon-1", volume_db, by=HUY)

        run(work)
        assert (workshop.dispatcher.volumes, workshop.logged()) == ({}, [])

    def test_where_the_loudness_was_measured_no_node_is_set_louder_than_it_was_then(
        self, tmp_path: Path, store: Store
    ) -> None:
        measured = tuple(ZoneSettings(name=name, title=name, dba_at_0_db=80.0) for name in NODES)
        nodes = tuple(replaced.model_copy(update={"volume_db": -9.0}) for replaced in settings(tmp_path).nodes)
        workshop = Workshop(tmp_path, store, zones=measured, nodes=nodes)

        async def work() -> None:
            with pytest.raises(TooLoudError) as caught:
                await workshop.desk.set_volume("thon-1", -6.0, by=HUY)
            assert caught.value.loudest_db == -9.0
            await workshop.desk.set_volume("thon-1", -12.0, by=HUY)

        run(work)

    def test_a_place_is_kept_beside_the_volume(self, workshop: Workshop) -> None:
        async def work() -> None:
            await workshop.desk.set_volume("thon-1", -3.0, by=HUY)
            await workshop.desk.set_place("thon-1", 20.12, 105.98, by=HUY)
            with pytest.raises(BadInputError):
                await workshop.desk.set_place("thon-1", 120.0, 105.98, by=HUY)

        run(work)
        standing = workshop.desk.one("thon-1")
        assert standing is not None
        assert (standing.setting.volume_db, standing.setting.lat, standing.setting.lon) == (-3.0, 20.12, 105.98)


class TestMap:
    def test_a_map_is_checked_kept_and_read_again_when_it_changed(self, workshop: Workshop) -> None:
        area = {"type": "Polygon", "coordinates": [[[105.9, 20.1], [106.0, 20.1], [106.0, 20.2], [105.9, 20.1]]]}

        async def work() -> None:
            assert workshop.desk.commune_map() is None
            made = await workshop.desk.put_map(json.dumps(area).encode(), by=HUY)
            assert workshop.desk.commune_map() == made
            with pytest.raises(BadInputError):
                await workshop.desk.put_map(b"PK\x03\x04", by=HUY)
            assert workshop.desk.commune_map() == made

        run(work)
        assert [each.facts["what"] for each in workshop.logged()] == ["map"]
