"""A real store after years of work: places, recordings, airings with their verdicts, and the newest ones' evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import Connection

from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.station.evidence_log import GENESIS, Head, append, instant_text
from smartradio.station.store import NodeJudgement, Store, texts
from smartradio.station.store.judgements import content_of, fingerprint

TOPICS = ("y tế", "nông nghiệp", "an ninh trật tự", "giáo dục", "thiên tai", None)
_VERDICTS = (*[VerdictCode.AIRED] * 90, *[VerdictCode.PARTLY_AIRED] * 4, *[VerdictCode.SILENT] * 3, *VerdictCode)
_BATCH = 2_000
Rows = list[tuple[Any, ...]]
_TEXT = (
    "Ủy ban nhân dân xã thông báo lịch tiêm chủng mở rộng tháng này tại trạm y tế. "
    "Đề nghị các gia đình có trẻ từ sáu đến năm mươi chín tháng tuổi đưa trẻ đến đúng giờ."
)


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is. One airing in `wide_every` is for the whole commune, the others are for one zone each.

    The newest `with_evidence` airings have their chains and every word of their verdicts, as the log of all of them
    would be gigabytes that no page reads.
    """

    zones: int
    nodes: int
    airings: int
    recordings: int
    start: datetime
    end: datetime
    wide_every: int = 1
    with_evidence: int = 0

    def write(self) -> str:
        """Return it as one line for another process."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def read(cls, line: str) -> Shape:
        """Read what `write` returned."""
        told = json.loads(line)
        return cls(**{**told, **{name: datetime.fromisoformat(told[name]) for name in ("start", "end")}})


def furnish(store: Store, shape: Shape) -> None:
    """Write the commune's places and what it has aired."""
    for number in range(shape.zones):
        store.put_zone(Zone(f"thon-{number}", f"Thôn {number}"))
    for number in range(shape.nodes):
        store.put_node(Node(f"loa-{number}", f"thon-{number % shape.zones}", f"Cụm loa {number}", f"{number:064x}"))
    spoken = [{"written": _TEXT, "spoken": _TEXT.lower(), "pieces": [], "open_items": []}]
    for number in range(shape.recordings):
        if number % 200 == 0:
            store.put_bulletin(Bulletin(f"bt-{number // 200}", f"Bản tin {number // 200}", _TEXT), spoken)
    sentences = tuple(Segment(f"{n:064x}", 9_000, 5.5, 0.4, SegmentKind.SENTENCE, "xin chào") for n in range(12))
    recordings = [Recording(f"{n:064x}", f"bt-{n // 200}", "vi", sentences) for n in range(shape.recordings)]
    store._database.write(partial(_put_recordings, recordings=recordings, at=shape.start))  # noqa: SLF001
    # Through the store's methods a year would take an hour to write.
    years = _Years(shape)
    airings = _airings(shape)
    while some := list(islice(airings, _BATCH)):
        store._database.write(partial(years.write, some=some))  # noqa: SLF001
    store._database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))  # noqa: SLF001


def _put_recordings(connection: Connection, recordings: Iterable[Recording], at: datetime) -> None:
    for each in recordings:
        texts.put_recording(connection, each, {}, at)


def airing_id(number: int) -> str:
    """Return the id of the airing with this number, counted from the earliest."""
    return f"{Random(number).getrandbits(128):032x}"


@dataclass(frozen=True, slots=True)
class _Airing:
    number: int
    id: str
    at: datetime
    wide: bool
    zone: int
    words: bool

    @property
    def priority(self) -> int:
        # What goes to the whole commune is an emergency, where there is something else as well.
        return 100 if self.wide and self.words else 50

    def zones(self, shape: Shape) -> list[str]:
        return [f"thon-{n}" for n in (range(shape.zones) if self.wide else (self.zone,))]

    def nodes(self, shape: Shape) -> list[str]:
        first, step = (0, 1) if self.wide else (self.zone, shape.zones)
        return [f"loa-{n}" for n in range(first, shape.nodes, step)]


def _airings(shape: Shape) -> Iterator[_Airing]:
    for number in range(shape.airings):
        at = shape.start + (shape.end - shape.start) * number / shape.airings
        wide = number % shape.wide_every == shape.wide_every - 1
        words = number >= shape.airings - shape.with_evidence
        yield _Airing(number, airing_id(number), at, wide, number % shape.zones, words)


class _Years:
    """What was aired, written by and by: no write of the store may take half a minute."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._random = Random(1)
        self._head = Head(0, GENESIS)
        self._plain = {code: json.dumps(_content(code, words=False)) for code in VerdictCode}
        self._told = {code: json.dumps(_content(code, words=True)) for code in VerdictCode}
        self._marks = {code: fingerprint(_content(code, words=True)) for code in VerdictCode}

    def write(self, connection: Connection, some: Iterable[_Airing]) -> None:
        """Write some airings, the earliest first, and the log as far as they have one."""
        airings: Rows = []
        progress: Rows = []
        judgements: Rows = []
        evidence: Rows = []
        for airing in some:
            at, nodes = instant_text(airing.at), airing.nodes(self._shape)
            airings.append(self._airing(airing, at, nodes))
            verdicts = [self._random.choice(_VERDICTS) for _ in nodes]
            contents = self._told if airing.words else self._plain
            for position, (node, verdict) in enumerate(zip(nodes, verdicts, strict=True)):
                progress.append((airing.id, node, position, "judged", at, at, 0.4, self._marks[verdict]))
                judgements.append((airing.id, node, verdict.value, contents[verdict]))
            if airing.words:
                entries = append(self._head, airing.at, list(_chain(airing, nodes, verdicts, self._marks)))
                self._head = Head(entries[-1].number, entries[-1].hash)
                evidence.extend((entry.number, entry.text, entry.hash) for entry in entries)
        for statement, rows in zip(_STATEMENTS, (airings, progress, judgements, evidence), strict=True):
            if rows:
                connection.exec_driver_sql(statement, rows)
        if evidence:
            head = (self._head.entries, self._head.hash)
            connection.exec_driver_sql("UPDATE evidence_head SET entries = ?, hash = ?", head)

    def _airing(self, airing: _Airing, at: str, nodes: list[str]) -> tuple[Any, ...]:
        recording = airing.number % self._shape.recordings
        ends = instant_text(airing.at + timedelta(seconds=60))
        return (
            airing.id, f"bt-{recording // 200}", f"{recording:064x}", at, ends, airing.priority,
            json.dumps(airing.zones(self._shape)), json.dumps(nodes), f"ct-{airing.number % 60}", 0,
            self._random.choice(TOPICS),
        )  # fmt: skip


def _content(code: VerdictCode, *, words: bool) -> dict[str, object]:
    bare = [w for w in _TEXT.replace(".", "").replace(",", "").split() if w]
    judged = tuple(JudgedWord(w, WordState.HEARD, n * 0.4, n * 0.4 + 0.35, 0.93) for n, w in enumerate(bare))
    sentences = (JudgedSentence(_TEXT, WordState.HEARD, judged),) if words else ()
    return content_of(
        NodeJudgement(
            code, coverage=0.97, coverage_by_segment=(0.97,) * 12, level_db=-21.0, snr_db=18.0, delay_ms=11.0,
            background_db=-50.0, tilt_db=-3.0, gain_db=-8.0, presence=(0.9,) * 60, sentences=sentences,
        )
    )  # fmt: skip


def _chain(
    airing: _Airing, nodes: list[str], verdicts: list[VerdictCode], marks: dict[VerdictCode, str]
) -> Iterator[Evidence]:
    at = airing.at
    yield Evidence(airing.id, "", Step.RENDERED, at, "station", facts={"voice": "vi", "duration_s": 70.0})
    yield Evidence(airing.id, "", Step.APPROVED, at, "operator:Lê Thị Lan", facts={"by": "Lê Thị Lan"})
    yield Evidence(airing.id, "", Step.PLANNED, at, "station")
    for node, verdict in zip(nodes, verdicts, strict=True):
        yield Evidence(airing.id, node, Step.DELIVERED, at, f"node:{node}")
        yield Evidence(airing.id, node, Step.STARTED, at, f"node:{node}", facts={"offset_ms": 0.4})
        yield Evidence(airing.id, node, Step.FINISHED, at, f"node:{node}", facts={"played_s": 70.0, "whole": True})
        facts = {"verdict": verdict.value, "coverage": 0.97, "judgement_sha256": marks[verdict]}
        yield Evidence(airing.id, node, Step.HEARD, at, "station", facts=facts)


_STATEMENTS = (
    """INSERT INTO airings (id, bulletin_id, recording_id, starts_at, expires_at, priority, zones, nodes, programme,
    withdrawn, topic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    """INSERT INTO progress (airing, node, position, state, delivered_at, started_at, start_offset_ms,
    judgement_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
    "INSERT INTO judgements (airing, node, verdict, content) VALUES (?, ?, ?, ?)",
    "INSERT INTO evidence (number, entry, hash) VALUES (?, ?, ?)",
)
