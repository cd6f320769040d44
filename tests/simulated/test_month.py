"""The example commune's month: everything that was planned ends in a verdict or a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.domain.evidence import Step
from tests.simulated.audit import Audit, Said, started_twice, starts, unaccounted, unapproved
from tests.simulated.month import BEGINS, HAMLETS, Month, month

pytestmark = [pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Lived:
    month: Month
    audit: Audit

    def said(self) -> list[Said]:
        return self.audit.every(self.month.begins, self.month.ends)

    def on(self, day: int, node: str) -> list[Said]:
        """Return what was planned at a node on a day, the first being 0."""
        begins = BEGINS.replace(hour=0) + timedelta(days=day)
        return [s for s in self.audit.every(begins, begins + timedelta(days=1)) if s.node == node]


@pytest.fixture(scope="module")
def lived(session_folder: Path) -> Lived:
    whole = month(session_folder / "month")
    return Lived(whole, Audit(whole.station_folder))


def test_every_planned_instant_of_the_month_ends_in_a_verdict_or_a_reason(lived: Lived) -> None:
    month = lived.month
    assert unaccounted(lived.audit, month.programmes, HAMLETS, month.begins, month.ends) == []
    assert [s for s in lived.said() if s.ends_in is None] == []
    ends = Counter(said.ends_in for said in lived.said())
    assert ends["aired"] > 1_500, ends
    assert ends["aired"] > 0.9 * ends.total(), ends


def test_what_the_horns_sounded_was_approved_planned_then_and_begun_once(lived: Lived) -> None:
    assert unapproved(lived.audit, lived.month.sounded) == []
    assert started_twice(lived.audit, lived.month.sounded) == []


def test_a_verdict_of_aired_stands_only_where_the_horn_sounded_at_its_instant(lived: Lived) -> None:
    for said in lived.said():
        if said.ends_in == "aired":
            # The card's own word, not the node's.
            assert starts(lived.audit, said.airing, lived.month.sounded[said.node]), (said.airing.programme, said.node)


def test_all_that_the_nodes_ever_told_is_in_the_log_once(lived: Lived) -> None:
    reports = lived.audit.reports()
    assert set(reports) == set(lived.month.sounded)
    for node, numbers in reports.items():
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), node


def test_a_line_that_was_away_for_three_days_changed_nothing_on_air(lived: Lived) -> None:
    alone = [said for said in lived.on(2, "thon-7") + lived.on(3, "thon-7") if said.ends_in != "left_out"]
    assert len(alone) > 8
    assert {said.ends_in for said in alone} == {"aired"}
    # Nobody knew it at the time: the first word of the station was that nothing had been reported.
    assert all(Step.UNREACHED in said.steps for said in alone)


def test_troubles_of_the_month_are_told_as_what_they_were(lived: Lived) -> None:
    power = [said for said in lived.on(5, "thon-3") if Step.INTERRUPTED in said.steps]
    assert len(power) == 1
    assert {e.reason for e in power[0].from_node if e.step is Step.INTERRUPTED} == {"node_restarted"}
    assert {said.ends_in for said in lived.on(8, "thon-9")} == {"unreached"}
    deaf = lived.on(11, "thon-4")
    assert deaf
    assert "aired" not in {said.ends_in for said in deaf}
    # The station was off, the nodes were not.
    assert {said.ends_in for node in HAMLETS for said in lived.on(13, node)} == {"aired"}


def test_the_flood_came_through_in_the_middle_of_the_afternoons_items(lived: Lived) -> None:
    (alarm,) = [airing for airing in lived.audit.airings if airing.id in lived.month.emergencies]
    for node in HAMLETS:
        assert len(starts(lived.audit, alarm, lived.month.sounded[node])) == 1
    broken = [s for s in lived.on(20, "thon-1") if Step.INTERRUPTED in s.steps]
    assert [{str(e.reason) for e in s.from_node if e.step is Step.INTERRUPTED} for s in broken] == [{"preempted"}]


def test_the_new_year_was_wished_at_its_instant_with_every_line_down(lived: Lived) -> None:
    wished = [said for said in lived.on(27, "thon-5") if said.airing.programme == "chuc-tet"]
    (said,) = wished
    assert said.airing.starts_at.astimezone(BEGINS.tzinfo).isoformat() == "2027-02-06T07:00:00+07:00"
    assert said.ends_in == "aired"
