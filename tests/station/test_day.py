"""How an airing stands on the broadcaster's time line, hamlet by hamlet: nothing is said that nobody has told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, update

from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import VerdictCode
from smartradio.station.day import DayAiring, Standing, span_of
from smartradio.station.store import NodeJudgement, Store, outcomes
from smartradio.station.store import tables as t
from tests.station.test_store import AIRING, furnish

STARTS = AIRING.starts_at
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two hamlets; loa-1 and loa-2 stand in the first, loa-3 in the second; one airing for all."""
    opened = Store.open(tmp_path, clock=lambda: STARTS)
    furnish(opened)
    opened.put_zone(Zone("thon-2", "Thôn 2"))
    opened.put_node(Node("loa-3", "thon-2", "Cụm loa 3", "cd" * 32))
    opened.plan_airing(replace(AIRING, zones=("thon-1", "thon-2"), nodes=("loa-1", "loa-2", "loa-3")), [])
    yield opened
    opened.close()


def seen(store: Store, now: datetime) -> DayAiring:
    (found,) = store.day.airings(STARTS - MINUTE, STARTS + MINUTE, now)
    return found


def began(store: Store, *nodes: str) -> None:
    store.record([Evidence(AIRING.id, node, Step.STARTED, STARTS, f"node:{node}") for node in nodes])


def judged(store: Store, node: str, verdict: VerdictCode) -> None:
    store.judge(Evidence(AIRING.id, node, Step.HEARD, STARTS, "station"), NodeJudgement(verdict))


def test_what_has_not_begun_is_planned_in_every_hamlet(store: Store) -> None:
    found = seen(store, STARTS - MINUTE)
    assert found.zones == {"thon-1": Standing.PLANNED, "thon-2": Standing.PLANNED}
    assert (found.nodes, found.judged, found.begun, found.standing) == (3, 0, 0, Standing.PLANNED)


def test_it_sounds_only_where_a_node_has_told_so(store: Store) -> None:
    began(store, "loa-2")
    found = seen(store, STARTS + timedelta(seconds=1))
    assert found.zones == {"thon-1": Standing.SOUNDING, "thon-2": Standing.DUE}
    assert (found.begun, found.standing) == (1, Standing.SOUNDING)


def test_once_its_time_is_over_its_verdict_is_awaited(store: Store) -> None:
    began(store, "loa-1", "loa-2", "loa-3")
    assert seen(store, STARTS + 5 * MINUTE).standing is Standing.AWAITED


def test_a_hamlet_counts_as_its_worst_node(store: Store) -> None:
    judged(store, "loa-1", VerdictCode.AIRED)
    judged(store, "loa-2", VerdictCode.SILENT)
    judged(store, "loa-3", VerdictCode.AIRED)
    found = seen(store, STARTS + 5 * MINUTE)
    assert found.zones == {"thon-1": Standing.SILENT, "thon-2": Standing.AIRED}
    assert (found.judged, found.heard, found.standing) == (3, 2, Standing.SILENT)


def test_what_somebody_took_back_stays_in_the_day_with_its_reason(store: Store) -> None:
    said = Evidence(AIRING.id, "", Step.SKIPPED, STARTS, "operator:Lan", Reason.WITHDRAWN, {"by": "Lan"})
    store.withdraw_airing(AIRING.id, [said], by="Lan")
    found = seen(store, STARTS + MINUTE)
    assert (found.standing, found.reason) == (Standing.SKIPPED, "withdrawn")


def test_a_day_of_the_commune_begins_at_its_own_midnight() -> None:
    begins, ends = span_of(date(2026, 11, 22))
    assert begins.isoformat() == "2026-11-22T00:00:00+07:00"
    assert ends - begins == timedelta(days=1)


def needs(store: Store, since: datetime = STARTS - MINUTE) -> tuple[dict[str, int], int, int, bool]:
    """Return the counts of unsettled verdicts, silent nodes and items handed in, and whether a node stands anywhere."""
    return store.day.needs(since)


def test_what_waits_for_somebody_is_counted_until_it_is_settled(store: Store) -> None:
    judged(store, "loa-1", VerdictCode.AIRED)
    judged(store, "loa-2", VerdictCode.SILENT)
    judged(store, "loa-3", VerdictCode.UNCLEAR)
    assert needs(store) == ({"silent": 1, "unclear": 1}, 3, 0, True)
    assert needs(store, STARTS + MINUTE) == ({}, 3, 0, True)
    store.settle(Evidence(AIRING.id, "loa-2", Step.CONFIRMED, STARTS, "operator:Lan", None, {"by": "Lan"}))
    assert needs(store)[0] == {"unclear": 1}


def test_a_node_that_never_spoke_is_as_silent_as_one_that_went(store: Store) -> None:
    nodes = len(store.node_views())
    assert needs(store)[1] == nodes
    store.put_node_state("loa-1", online=True, at=STARTS, facts={})
    assert needs(store)[1] == nodes - 1
    store.put_node_state("loa-1", online=False, at=STARTS, facts={})
    assert needs(store)[1] == nodes


def test_a_station_that_was_just_set_up_has_no_nodes(store: Store, tmp_path: Path) -> None:
    assert needs(store)[3]
    with closing(Store.open(tmp_path / "new", clock=lambda: STARTS)) as new:
        assert needs(new) == ({}, 0, 0, False)


def test_a_node_another_one_has_taken_the_place_of_is_not_silent(store: Store) -> None:
    before = needs(store)[1]
    replaced = update(t.nodes).where(t.nodes.c.name == "loa-2").values(merged_into="loa-1")
    store._database.write(lambda connection: connection.execute(replaced))
    assert needs(store)[1] == before - 1


def test_a_day_is_read_without_going_through_the_airings_of_years(store: Store) -> None:
    # Sizes are known from then on, as in a station of some years; those of tables with nothing in them are not.
    store._database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
    asked: list[tuple[str, tuple[object, ...]]] = []

    def plans(connection: Connection) -> list[str]:
        event.listen(
            connection, "before_cursor_execute", lambda _c, _u, statement, given, *_: asked.append((statement, given))
        )
        outcomes.outcomes(connection, STARTS - MINUTE, STARTS + MINUTE)
        return [
            row[3]
            for statement, given in list(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all()
        ]

    steps = store._database.read(plans)
    assert any(step.startswith("SEARCH airings") for step in steps)
    assert not [step for step in steps if step.startswith("SCAN airings")]
