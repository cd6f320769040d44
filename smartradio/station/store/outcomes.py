"""What became of every airing of a period, counted by node: from indexes alone, because figures are gigabytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Text, and_, func, literal_column, select, type_coerce

from smartradio.domain.alert import AlertStatus
from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.domain.verdict import VerdictCode
from smartradio.station.store import tables as t
from smartradio.station.store.alert_tables import alert_airings, alerts
from smartradio.station.summaries import NO_NAME, AiringOutcome, Outcome

# As a literal: with a parameter SQLite does not see that the index holds all of them.
_DISPUTED: ColumnElement[str] = literal_column("'disputed'")


def outcomes(connection: Connection, start: datetime, end: datetime) -> list[AiringOutcome]:
    """Return the airings that were to start in [start, end), in order, with what came of them at their nodes.

    What a new plan put in the place of an airing counts, the airing itself does not: nobody missed it. But it counts
    where a node aired it all the same, which had no line and the older plan. Nodes are counted in the zones in which
    they stand today.
    """
    lengths = _lengths(connection, start, end)
    skipped = _skipped(connection, start, end)
    disputed = _disputed(connection)
    exercises = _exercises(connection)
    zone_of = _zones_of_nodes(connection)
    found = []
    for row in connection.execute(_airings(start, end)).mappings().all():
        reason = skipped.get(row["id"])
        unjudged: Outcome | None = Outcome.WAITING if reason is None else Outcome.SKIPPED
        if row["withdrawn"] and reason is None:
            unjudged = None
            if not row["verdicts"]:
                continue
        found.append(
            AiringOutcome(
                airing=row["id"],
                programme=row["programme"],
                title=row["title"],
                topic=row["topic"],
                priority=Priority(row["priority"]),
                zones=tuple(row["zones"]),
                starts_at=row["starts_at"],
                length_s=lengths[row["recording_id"]],
                results=_results(row, zone_of, unjudged),
                disputed=_aired_by_zone(row, disputed.get(row["id"], set()), zone_of),
                reason=reason,
                exercise=row["bulletin_id"] in exercises,
            )
        )
    return found


def _zones_of_nodes(connection: Connection) -> dict[str, str]:
    # One string as well: each row of a thousand hands the interpreter to another thread and waits for it again.
    pairs = connection.execute(select(func.group_concat(t.nodes.c.name + " " + t.nodes.c.zone))).scalar_one()
    return dict(pair.split(" ") for pair in pairs.split(",")) if pairs else {}


def _exercises(connection: Connection) -> frozenset[str]:
    """Return the bulletins of exercises: said once more by itself, one is no real alert either."""
    status = func.json_extract(alerts.c.content, "$.status")
    said = (
        select(alert_airings.c.airing)
        .join(alerts, alerts.c.id == alert_airings.c.alert)
        .where(status != AlertStatus.ACTUAL.value)
    )
    # Not as a join: SQLite would begin with the airings, which are many, to find these few.
    return frozenset(connection.execute(select(t.airings.c.bulletin_id).where(t.airings.c.id.in_(said))).scalars())


def _airings(start: datetime, end: datetime) -> Any:
    a, j = t.airings.c, t.judgements.c
    # One string an airing: names hold neither spaces nor commas, and a row a verdict would take five times as long.
    verdicts = select(func.group_concat(j.node + " " + j.verdict)).where(j.airing == a.id).scalar_subquery()
    return (
        select(
            *(a.id, a.bulletin_id, a.programme, a.topic, a.priority, a.zones, a.starts_at, a.recording_id, a.withdrawn),
            t.bulletins.c.title,
            type_coerce(a.nodes, Text).label("nodes"),
            func.json_array_length(a.nodes).label("count"),
            verdicts.label("verdicts"),
        )
        .join(t.bulletins, t.bulletins.c.id == a.bulletin_id)
        .where(a.starts_at >= start, a.starts_at < end)
        .order_by(a.starts_at, a.id)
    )


def _results(row: RowMapping, zone_of: Mapping[str, str], unjudged: Outcome | None) -> dict[tuple[str, Outcome], int]:
    """Return the counts by zone and outcome; a node without a verdict counts as `unjudged`, with None not at all."""
    pairs = [pair.split(" ") for pair in row["verdicts"].split(",")] if row["verdicts"] else []
    found = Counter((zone_of.get(node, NO_NAME), _OUTCOMES[verdict]) for node, verdict in pairs)
    if unjudged is not None and len(pairs) < row["count"]:
        judged = {node for node, _ in pairs}
        left = (node for node in dict.fromkeys(json.loads(row["nodes"])) if node not in judged)
        found.update((zone_of.get(node, NO_NAME), unjudged) for node in left)
    return dict(found)


_OUTCOMES: Final = {code.value: Outcome(code.value) for code in VerdictCode}


def _aired_by_zone(row: RowMapping, nodes: set[str], zone_of: Mapping[str, str]) -> dict[str, int]:
    """Return by zone at how many of these nodes the verdict is `aired`."""
    if not nodes or not row["verdicts"]:
        return {}
    pairs = [pair.split(" ") for pair in row["verdicts"].split(",")]
    aired = (node for node, verdict in pairs if node in nodes and verdict == VerdictCode.AIRED.value)
    return dict(Counter(zone_of.get(node, NO_NAME) for node in aired))


def _lengths(connection: Connection, start: datetime, end: datetime) -> dict[str, float]:
    """Return by recording how long it is, without the pause behind its last segment."""
    aired = select(t.airings.c.recording_id).where(t.airings.c.starts_at >= start, t.airings.c.starts_at < end)
    rows = connection.execute(select(t.recordings.c.id, t.recordings.c.segments).where(t.recordings.c.id.in_(aired)))
    return {row.id: _length_s(row.segments) for row in rows}


def _length_s(segments: list[Mapping[str, Any]]) -> float:
    if not segments:
        return 0.0
    whole = sum(segment["duration_s"] + segment["pause_after_s"] for segment in segments)
    return float(whole - segments[-1]["pause_after_s"])


def _disputed(connection: Connection) -> dict[str, set[str]]:
    """Return by airing the nodes whose verdict somebody disputes: few, and held by an index of their own."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(
        select(t.progress.c.airing, t.progress.c.node).where(t.progress.c.settled == _DISPUTED)
    ):
        found.setdefault(row.airing, set()).add(row.node)
    return found


def _skipped(connection: Connection, start: datetime, end: datetime) -> dict[str, str]:
    """Return by airing why it was taken out of the plan; without those that a new plan replaced."""
    entry = t.evidence.c.entry
    reason = func.json_extract(entry, "$.reason").label("reason")
    query = (
        select(t.airings.c.id, t.airings.c.withdrawn_by, reason)
        .join(t.evidence, and_(t.evidence.c.airing == t.airings.c.id, t.evidence.c.node == ""))
        .where(
            t.airings.c.withdrawn,
            t.airings.c.starts_at >= start,
            t.airings.c.starts_at < end,
            func.json_extract(entry, "$.step") == Step.SKIPPED.value,
        )
        .order_by(t.evidence.c.number)
    )
    replaced = Reason.WITHDRAWN.value
    return {row.id: row.reason for row in connection.execute(query) if row.withdrawn_by or row.reason != replaced}
