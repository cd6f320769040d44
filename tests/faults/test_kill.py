"""Kill -9 of station, node and broker at several instants of an airing."""

from __future__ import annotations

import time

import pytest

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from tests.faults.field import NODES, Field, reached, settled, steps

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]
DOWN_S = 1.0


@pytest.mark.parametrize("victim", ["station", "broker", "thon-1"])
@pytest.mark.parametrize("instant", [Step.PLANNED, Step.DELIVERED, Step.STARTED, Step.FINISHED])
def test_a_kill_loses_nothing_and_starts_nothing_twice(commune_in_the_field: Field, victim: str, instant: Step) -> None:
    field = commune_in_the_field
    field.start_station()
    for node in NODES:
        field.start_node(node)
    field.wait(f"{instant} at thon-1", reached(instant, "thon-1"), 40)
    field.kill(victim)
    time.sleep(DOWN_S)
    field.start(victim)

    view = field.wait("a verdict for every node", settled, 70)

    field.verified()
    for node in NODES:
        taken = steps(view, node)
        assert taken.count(Step.STARTED) <= 1, (node, taken)
    verdicts = {node.node: node.verdict for node in view.nodes}
    spared = [node for node in NODES if node != victim]
    assert all(verdicts[node] == VerdictCode.AIRED for node in spared), (verdicts, field.logs())
    if victim == "thon-1":
        killed = next(node for node in view.nodes if node.node == victim)
        interrupted = Step.INTERRUPTED in steps(view, victim)
        # Killed while playing it says so; killed before or after, nothing is missing.
        assert interrupted == (instant is Step.STARTED), (killed, field.logs())
        if interrupted:
            assert "node_restarted" in killed.reasons
        elif instant is not Step.FINISHED:
            assert killed.verdict == VerdictCode.AIRED
    assert Step.APPROVED in [entry.evidence.step for entry in view.chain]


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
