"""The evidence log in the database: append, read, verify."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from smartradio.domain.airing import AiringState
from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.evidence_log import (
    ChainBrokenError,
    Entry,
    Head,
    Verification,
    append,
    read_entry,
    walk,
)
from smartradio.station.store import exchange
from smartradio.station.store import tables as t
from smartradio.station.store.judgements import NodeJudgement, content_of, fingerprint
from smartradio.station.store.standing import Standing, advance, mark_of, takes_judgement
from smartradio.station.views import LoggedEvidence

_BY_STEP = text("step NOT IN ('delivered', 'finished', 'measured', 'heard', 'started')")
_STANDING = (
    t.progress.c.state,
    t.progress.c.delivered_at,
    t.progress.c.started_at,
    t.progress.c.start_offset_ms,
    t.progress.c.judgement_sha256,
    t.progress.c.settled,
    t.progress.c.settled_by,
    t.progress.c.note,
)


def append_evidence(connection: Connection, evidence: Sequence[Evidence], now: datetime) -> None:
    """Append entries, move the head and every standing they touch."""
    if not evidence:
        return
    head = _head(connection)
    entries = append(head, now, evidence)
    rows = [{"number": entry.number, "entry": entry.text, "hash": entry.hash} for entry in entries]
    connection.execute(insert(t.evidence), rows)
    last = entries[-1]
    connection.execute(update(t.evidence_head).values(entries=last.number, hash=last.hash))
    for item in evidence:
        _advance(connection, item)
    exchange.note_evidence(connection, evidence, now)


def append_report(connection: Connection, evidence: Sequence[Evidence], report_id: str, now: datetime) -> bool:
    """Append a node's report once; False if it was there already."""
    once = sqlite_insert(t.reports).values(id=report_id, committed_at=now).on_conflict_do_nothing()
    if connection.execute(once).rowcount == 0:
        return False
    append_evidence(connection, evidence, now)
    return True


def append_judgement(connection: Connection, evidence: Evidence, judgement: NodeJudgement, now: datetime) -> None:
    """Append a verdict with its figures' hash; the figures replace older ones unless those are settled."""
    if evidence.step not in (Step.HEARD, Step.UNREACHED):
        raise BadInputError(f"a verdict is evidence of the step heard or unreached, not {evidence.step}")
    standing = standing_of(connection, evidence.airing, evidence.node)
    if standing is None:
        raise BadInputError(f"airing {evidence.airing} was never planned for node {evidence.node}")
    content = content_of(judgement)
    facts = {**evidence.facts, "verdict": judgement.verdict.value, "judgement_sha256": fingerprint(content)}
    append_evidence(connection, [replace(evidence, facts=facts)], now)
    if takes_judgement(standing):
        values = {"verdict": judgement.verdict.value, "content": content}
        put = sqlite_insert(t.judgements).values(airing=evidence.airing, node=evidence.node, **values)
        connection.execute(put.on_conflict_do_update(index_elements=["airing", "node"], set_=values))
    if judgement.clip is not None:
        done = update(t.clips).where(
            t.clips.c.airing == evidence.airing,
            t.clips.c.node == evidence.node,
            t.clips.c.sha256 == judgement.clip,
        )
        connection.execute(done.values(state="judged"))


def append_settlement(connection: Connection, evidence: Evidence, now: datetime, seen: str | None = None) -> None:
    """Append an operator's word on a verdict; without a verdict there is nothing to settle.

    `seen` is the mark of what the operator looked at: nobody's name is put under another verdict or answer.
    """
    if evidence.step not in (Step.CONFIRMED, Step.DISPUTED):
        raise BadInputError(f"a verdict is settled by the step confirmed or disputed, not {evidence.step}")
    standing = standing_of(connection, evidence.airing, evidence.node)
    if standing is None or standing.judgement_sha256 is None:
        raise BadInputError(f"airing {evidence.airing} has no verdict yet at node {evidence.node}")
    if seen is not None and seen != mark_of(standing):
        raise BadInputError("it was settled or judged anew meanwhile; look at it again")
    append_evidence(connection, [evidence], now)


def replay(connection: Connection, airing: str) -> None:
    """Bring fresh standings up to what the log already holds of the airing (after a restored backup)."""
    for logged in read_chain(connection, airing, None):
        _advance(connection, logged.evidence)


def read_chain(connection: Connection, airing: str, of: Collection[str] | None) -> list[LoggedEvidence]:
    """Return an airing's entries in order; with `of`: those of these nodes and those that hold for all nodes."""
    query = select(t.evidence.c.entry, t.evidence.c.hash).where(t.evidence.c.airing == airing)
    if of is not None:
        query = query.where(t.evidence.c.node.in_(("", *of)))
    logged = []
    for row in connection.execute(query.order_by(t.evidence.c.number)):
        number, committed_at, evidence = read_entry(row.entry)
        logged.append(LoggedEvidence(number, committed_at, evidence, row.hash))
    return logged


def replays_asked(connection: Connection, airing: str, of: str | None = None) -> list[Evidence]:
    """Return the entries of the step replay_asked of an airing in order; with `of`: of this node, and for all nodes."""
    # By the index of steps, whose condition it repeats: an airing's own entries are thousands, these are few in all.
    query = select(t.evidence.c.entry).where(
        t.evidence.c.step == Step.REPLAY_ASKED.value, _BY_STEP, literal_column("+evidence.airing", Text) == airing
    )
    if of is not None:
        query = query.where(t.evidence.c.node.in_(("", of)))
    return [read_entry(row.entry)[2] for row in connection.execute(query.order_by(t.evidence.c.number))]


def clips_asked(connection: Connection, since: datetime) -> list[Evidence]:
    """Return the entries of the step clip_asked of airings that start from `since` on, in order."""
    query = (
        select(t.evidence.c.entry)
        .join(t.airings, t.airings.c.id == t.evidence.c.airing)
        .where(
            t.airings.c.starts_at >= since,
            func.json_extract(t.evidence.c.entry, "$.step") == Step.CLIP_ASKED.value,
        )
        .order_by(t.evidence.c.number)
    )
    return [read_entry(row.entry)[2] for row in connection.execute(query)]


def verify(connection: Connection) -> Verification:
    """Recompute every hash, then hold standings and figures against what the log says of them."""
    head = _head(connection)
    standings = {
        (row.airing, row.node): Standing() for row in connection.execute(select(t.progress.c.airing, t.progress.c.node))
    }
    of_airing: dict[str, list[tuple[str, str]]] = {}
    for key in standings:
        of_airing.setdefault(key[0], []).append(key)
    try:
        for evidence in walk(_entries(connection), head):
            for key in of_airing.get(evidence.airing, ()):
                if evidence.node in ("", key[1]):
                    standings[key] = advance(standings[key], evidence)
    except ChainBrokenError as broken:
        good = broken.after
        line = f"the evidence log is broken: {broken}; {good.entries} entries before it hold"
        return Verification(False, good.entries, line, good.hash, broken.number)
    for problem in (*_wrong_standings(connection, standings), *_wrong_judgements(connection, standings)):
        line = f"all {head.entries} entries hold, but {problem}"
        return Verification(False, head.entries, line, head.hash)
    line = f"all {head.entries} entries of the evidence log hold; the last hash is {head.hash}"
    return Verification(True, head.entries, line, head.hash)


def standing_of(connection: Connection, airing: str, node: str) -> Standing | None:
    """Return where an airing stands at a node, None if it was never planned there."""
    query = select(*_STANDING).where(t.progress.c.airing == airing, t.progress.c.node == node)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else standing_from(row)


def standing_from(row: RowMapping) -> Standing:
    """Read the standing out of a row that holds the columns of `progress`."""
    values: dict[str, Any] = {column.name: row[column] for column in _STANDING}
    return Standing(**{**values, "state": AiringState(values["state"])})


def _head(connection: Connection) -> Head:
    row = connection.execute(select(t.evidence_head.c.entries, t.evidence_head.c.hash)).one()
    return Head(row.entries, row.hash)


def _advance(connection: Connection, evidence: Evidence) -> None:
    which = t.progress.c.airing == evidence.airing
    if evidence.node:
        which &= t.progress.c.node == evidence.node
    # What holds for all nodes moves most of them alike: one update for sixty rows.
    alike: dict[Standing, list[str]] = {}
    for row in connection.execute(select(t.progress.c.node, *_STANDING).where(which)).mappings():
        alike.setdefault(standing_from(row), []).append(row["node"])
    for before, nodes in alike.items():
        moved = advance(before, evidence)
        if moved != before:
            these = (t.progress.c.airing == evidence.airing) & t.progress.c.node.in_(nodes)
            values = {**asdict(moved), "state": moved.state.value}
            connection.execute(update(t.progress).where(these).values(**values))


def _entries(connection: Connection) -> Iterator[Entry]:
    query = select(t.evidence.c.number, t.evidence.c.entry, t.evidence.c.hash).order_by(t.evidence.c.number)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield Entry(row.number, row.entry, row.hash)


def _wrong_standings(connection: Connection, expected: dict[tuple[str, str], Standing]) -> Iterable[str]:
    query = select(t.progress.c.airing, t.progress.c.node, *_STANDING)
    for row in connection.execute(query).mappings():
        airing, node = row["airing"], row["node"]
        if standing_from(row) != expected[airing, node]:
            yield f"where airing {airing} stands at node {node} is not what they say"


def _wrong_judgements(connection: Connection, expected: dict[tuple[str, str], Standing]) -> Iterable[str]:
    query = select(t.judgements.c.airing, t.judgements.c.node, t.judgements.c.content, t.judgements.c.verdict)
    found: set[tuple[str, str]] = set()
    for row in connection.execute(query):
        key = (row.airing, row.node)
        found.add(key)
        standing = expected.get(key)
        named = None if standing is None else standing.judgement_sha256
        if fingerprint(row.content) != named or row.content["verdict"] != row.verdict:
            yield f"the figures of airing {row.airing} at node {row.node} are not the ones judged"
    for airing, node in sorted(key for key, standing in expected.items() if standing.judgement_sha256):
        if (airing, node) not in found:
            yield f"the figures of airing {airing} at node {node} are gone"
