"""What stands in each node's plan, written once for all nodes that have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.station.node_plans import NodePlans
from smartradio.station.objects import Objects
from smartradio.wire.messages import Plan, seal, unseal
from tests.station.commune import NODES, NOON, STATION, STATION_KEY, TOPICS, airing_of, recording_of

HOUR = timedelta(hours=1)


def week(folder: Path) -> tuple[list[Airing], dict[str, Recording]]:
    recording = recording_of(Objects(folder), "tin", [b"mot", b"hai"])
    airings = [airing_of(recording, NOON + n * HOUR, gain_db=-6.5 if n % 2 else 0.0) for n in range(1, 6)]
    airings[2] = replace(airings[2], nodes=("thon-2",))
    return airings, {recording.id: recording}


def test_a_node_has_its_own_airings_in_order(tmp_path: Path) -> None:
    airings, recordings = week(tmp_path)
    plans = NodePlans(lambda _: True)
    plans.take(reversed(airings), recordings)
    assert [told.airing for told in plans.of("thon-2", NOON)] == [airing.id for airing in airings]
    assert [told.airing for told in plans.of("thon-1", NOON)] == [a.id for a in airings if "thon-1" in a.nodes]
    assert plans.of("thon-9", NOON) == ()


def test_a_plan_put_together_of_written_parts_is_the_one_that_is_sealed_whole(tmp_path: Path) -> None:
    airings, recordings = week(tmp_path)
    plans = NodePlans(lambda _: True)
    plans.take(airings, recordings)
    for node in (*NODES, "thon-9"):
        topic = TOPICS.node(node, "plan")
        held = plans.of(node, NOON)
        plan = Plan(station=STATION, node=node, epoch=1, counter=7, issued_at=NOON, airings=held)
        sealed = plans.sealed(STATION_KEY, topic, plan)
        assert sealed == seal(STATION_KEY, topic, plan)
        assert unseal(Plan, topic, sealed, STATION_KEY.public_hex) == plan


def test_an_airing_that_changes_under_its_id_is_written_anew(tmp_path: Path) -> None:
    airings, recordings = week(tmp_path)
    plans = NodePlans(lambda _: True)
    plans.take(airings, recordings)
    (first, *_) = plans.of("thon-1", NOON)
    plans.take([replace(airings[0], gain_db=-3.0), *airings[1:]], recordings)
    (again, *rest) = plans.of("thon-1", NOON)
    assert (first.gain_db, again.gain_db) == (-6.5, -3.0)
    topic = TOPICS.node("thon-1", "plan")
    plan = Plan(station=STATION, node="thon-1", epoch=1, counter=8, issued_at=NOON, airings=(again, *rest))
    assert plans.sealed(STATION_KEY, topic, plan) == seal(STATION_KEY, topic, plan)


def test_what_is_stopped_leaves_every_plan_at_once(tmp_path: Path) -> None:
    airings, recordings = week(tmp_path)
    plans = NodePlans(lambda _: True)
    plans.take(airings, recordings)
    plans.drop(airings[0])
    assert airings[0].id not in {told.airing for node in NODES for told in plans.of(node, NOON)}
