"""What came of the airings of an alert at all their nodes; read again only for airings of which the log has news."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, RowMapping, Text, func, select, type_coerce

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import FURTHEST_LAST, HEARD, AiringCourse, AlertCourse, Fate, NodeCourse, fate_of
from smartradio.station.evidence_log import read_instant
from smartradio.station.store import log
from smartradio.station.store import tables as t

# An airing at a node is 0.3 kB: two days of an alert that is said to a thousand nodes every hour.
_ROWS_KEPT: Final = 50_000
_RANKS: Final = {fate: rank for rank, fate in enumerate(FURTHEST_LAST)}


class _Told(NamedTuple):
    """What is known of one airing at one node; instants as text, which has their order.

    `there` is how far it has come if the node is on line, `gone` if not.
    """

    node: str
    had: str | None
    started: str | None
    heard: str | None
    there: Fate
    gone: Fate


@dataclass(frozen=True, slots=True)
class _Kept:
    """An airing as it stood at an entry of the log: nothing of it changes without one."""

    entry: int
    told: tuple[_Told, ...]
    judged: Mapping[str, str]
    started: int
    heard: int


_NOTHING: Final = _Kept(0, (), {}, 0, 0)


class _AtNode:
    """What one node told of all airings that count: the furthest, the earliest."""

    __slots__ = ("fate", "had", "heard", "started")

    def __init__(self, told: _Told, fate: Fate) -> None:
        _, self.had, self.started, self.heard, _, _ = told
        self.fate = fate

    def add(self, told: _Told, fate: Fate) -> None:
        if fate is not self.fate and _RANKS[fate] > _RANKS[self.fate]:
            self.fate = fate
        _, had, started, heard, _, _ = told
        if had is not None and (self.had is None or had < self.had):
            self.had = had
        if started is not None and (self.started is None or started < self.started):
            self.started = started
        if heard is not None and (self.heard is None or heard < self.heard):
            self.heard = heard


class AlertCourses:
    """Reads what came of airings; keeps what it read of the last ones. May be called from any thread."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def course(self, connection: Connection, airings: Sequence[str], counted: Collection[str]) -> AlertCourse:
        """Return what came of emergencies: each by itself, and of those that are counted what came to each node."""
        a = t.airings.c
        query = select(a.id, a.recording_id, a.withdrawn, a.withdrawn_by)
        query = query.where(a.id.in_(airings), a.priority >= int(Priority.EMERGENCY))
        rows = connection.execute(query).mappings().all()
        emergencies = {row["id"]: row for row in rows}
        stands = {airing: self._read(connection, airing, airings) for airing in airings if airing in emergencies}
        return AlertCourse(
            airings={airing: _of_airing(connection, emergencies[airing], kept) for airing, kept in stands.items()},
            nodes=tuple(_of_nodes(connection, (kept for airing, kept in stands.items() if airing in counted))),
        )

    def _read(self, connection: Connection, airing: str, wanted: Collection[str]) -> _Kept:
        kept = self._kept.get(airing, _NOTHING)
        query = select(func.max(t.evidence.c.number)).where(t.evidence.c.airing == airing)
        entry = connection.execute(query).scalar_one() or 0
        if kept.entry != entry or kept is _NOTHING:
            kept = _stands(connection, airing, entry, {**kept.judged, **_judged(connection, airing, kept.entry)})
            self._keep(airing, kept, wanted)
        return kept

    def _keep(self, airing: str, kept: _Kept, wanted: Collection[str]) -> None:
        """Keep an airing where there is room for it: what is wanted at the same time does not give way to it."""
        others = {name: len(each.told) for name, each in list(self._kept.items()) if name != airing}
        held = sum(others.values()) + len(kept.told)
        for name in [name for name in others if name not in wanted]:
            if held <= _ROWS_KEPT:
                break
            self._kept.pop(name, None)
            held -= others[name]
        if held <= _ROWS_KEPT:
            self._kept[airing] = kept
        else:
            self._kept.pop(airing, None)


def _stands(connection: Connection, airing: str, entry: int, judged: Mapping[str, str]) -> _Kept:
    p, j = t.progress.c, t.judgements.c
    verdicts = dict(connection.execute(select(j.node, j.verdict).where(j.airing == airing)).all())
    instants = type_coerce(p.delivered_at, Text), type_coerce(p.started_at, Text)
    query = select(p.node, p.state, *instants).where(p.airing == airing).order_by(p.position)
    told = []
    for node, state, delivered, started in connection.execute(query).all():
        # What it has begun it had.
        had = min((at for at in (delivered, started) if at is not None), default=None)
        stands = verdicts.get(node), state, delivered is not None, started is not None
        there, gone = fate_of(*stands, online=True), fate_of(*stands, online=False)
        heard = judged.get(node) if there in HEARD else None
        told.append(_Told(node, had, started, heard, there, gone))
    return _Kept(
        entry,
        tuple(told),
        judged,
        started=sum(each.started is not None for each in told),
        heard=sum(each.there in HEARD for each in told),
    )


def _judged(connection: Connection, airing: str, after: int) -> dict[str, str]:
    e = t.evidence.c
    query = (
        select(e.node, func.json_extract(e.entry, "$.at"))
        .where(e.airing == airing, e.number > after, e.step == Step.HEARD.value)
        .order_by(e.number)
    )
    return dict(connection.execute(query).all())


def _of_airing(connection: Connection, row: RowMapping, kept: _Kept) -> AiringCourse:
    return AiringCourse(
        recording=row["recording_id"],
        nodes=len(kept.told),
        started=kept.started,
        heard=kept.heard,
        withdrawn_by=(row["withdrawn_by"] or "") if row["withdrawn"] else None,
        replaced_by=replaced_by(connection, row["id"]) if row["withdrawn"] else "",
    )


def replaced_by(connection: Connection, airing: str) -> str:
    """Return the alert in whose favour an airing was taken back, "" for none."""
    said = (entry.evidence for entry in log.read_chain(connection, airing, ()))
    return next((str(each.facts.get("replaced_by", "")) for each in said if each.reason == Reason.REPLACED), "")


def _of_nodes(connection: Connection, airings: Iterable[_Kept]) -> Iterator[NodeCourse]:
    n = t.nodes.c
    online = set(connection.execute(select(t.node_states.c.node).where(t.node_states.c.online)).scalars())
    known = {name: (title, zone) for name, title, zone in connection.execute(select(n.name, n.title, n.zone)).all()}
    nodes: dict[str, _AtNode] = {}
    for kept in airings:
        for told in kept.told:
            fate = told.there if told.node in online else told.gone
            at = nodes.get(told.node)
            if at is None:
                nodes[told.node] = _AtNode(told, fate)
            else:
                at.add(told, fate)
    for name, at in nodes.items():
        # A node taken out of the registry keeps its airings under its name.
        title, zone = known.get(name, (name, ""))
        yield NodeCourse(name, title or name, zone, at.fate, _instant(at.had), _instant(at.started), _instant(at.heard))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)
