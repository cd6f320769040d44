"""Kill -9 of station, node and broker at several instants of an airing."""

from __future__ import annotations

import pytest

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from tests.faults.field import NODES, Field, reached, settled
from tests.faults.killing import AT_EACH_STEP, Kill, survives

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]


# From a start of all processes to an airing that a slow machine, too, can still be killed before.
_TIME_BEFORE_S = 16.0


# At moments drawn from a seed, twenty of them: benchmarks/kills.py.
@pytest.mark.parametrize("kill", AT_EACH_STEP, ids=lambda kill: f"{kill.victim}-{kill.instant}")
def test_a_kill_loses_nothing_and_starts_nothing_twice(commune_in_the_field: Field, kill: Kill) -> None:
    if kill.instant in (Step.PLANNED, Step.DELIVERED):
        commune_in_the_field.begin_in(_TIME_BEFORE_S)
    survives(commune_in_the_field, kill)


def test_a_station_that_finds_its_schedule_spoilt_airs_what_was_planned(commune_in_the_field: Field) -> None:
    field = commune_in_the_field
    field.start_station()
    for node in NODES:
        field.start_node(node)
    field.wait("planned at thon-1", reached(Step.PLANNED, "thon-1"), 40)
    field.kill("station")
    (field.folder / "schedule.yaml").write_text("programmes:\n  - name: [\n", encoding="utf-8")
    field.start("station")

    view = field.wait("a verdict for every node", settled, 70)

    field.verified()
    assert {node.verdict for node in view.nodes} == {VerdictCode.AIRED}, field.logs()
    assert "schedules not taken" in field.logs()
