"""A real store after years of work: places, recordings, airings with their verdicts, and the newest ones' evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection

from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.station.evidence_log import GENESIS, Head, append, instant_text
from smartradio.station.store import NodeJudgement, Store
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
    for number in range(shape.recordings):
        store.put_recording(Recording(f"{number:064x}", f"bt-{number // 200}", "vi", sentences), {}, shape.start)
    # Through the store's methods a year would take an hour to write.
    store._database.write(lambda connection: _years(connection, shape))  # noqa: SLF001


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


def _years(connection: Connection, shape: Shape) -> None:
    random = Random(1)
    plain = {code: json.dumps(_content(code, words=False)) for code in VerdictCode}
    told = {code: json.dumps(_content(code, words=True)) for code in VerdictCode}
    marks = {code: fingerprint(_content(code, words=True)) for code in VerdictCode}
    airings: Rows = []
    progress: Rows = []
    judgements: Rows = []
    evidence: Rows = []
    head = Head(0, GENESIS)
    for airing in _airings(shape):
        at, nodes = instant_text(airing.at), airing.nodes(shape)
        recording = airing.number % shape.recordings
        ends = instant_text(airing.at + timedelta(seconds=60))
        airings.append(
            (airing.id, f"bt-{recording // 200}", f"{recording:064x}", at, ends, 50, json.dumps(airing.zones(shape)),
             json.dumps(nodes), f"ct-{airing.number % 60}", 0, random.choice(TOPICS))
        )  # fmt: skip
        verdicts = [random.choice(_VERDICTS) for _ in nodes]
        for position, (node, verdict) in enumerate(zip(nodes, verdicts, strict=True)):
            progress.append((airing.id, node, position, "judged", at, at, 0.4, marks[verdict]))
            judgements.append((airing.id, node, verdict.value, (told if airing.words else plain)[verdict]))
        if airing.words:
            entries = append(head, airing.at, list(_chain(airing, nodes, verdicts, marks)))
            head = Head(entries[-1].number, entries[-1].hash)
            evidence.extend((entry.number, entry.text, entry.hash) for entry in entries)
        if len(progress) > _BATCH * 20:
            _write(connection, airings, progress, judgements, evidence)
    _write(connection, airings, progress, judgements, evidence)
    connection.exec_driver_sql("UPDATE evidence_head SET entries = ?, hash = ?", (head.entries, head.hash))
    connection.exec_driver_sql("ANALYZE")


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


def _write(connection: Connection, *batches: Rows) -> None:
    """Write and empty the rows gathered for airings, progress, judgements and evidence."""
    for statement, rows in zip(_STATEMENTS, batches, strict=True):
        if rows:
            connection.exec_driver_sql(statement, rows)
            rows.clear()


_STATEMENTS = (
    """INSERT INTO airings (id, bulletin_id, recording_id, starts_at, expires_at, priority, zones, nodes, programme,
    withdrawn, topic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    """INSERT INTO progress (airing, node, position, state, delivered_at, started_at, start_offset_ms,
    judgement_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
    "INSERT INTO judgements (airing, node, verdict, content) VALUES (?, ?, ?, ?)",
    "INSERT INTO evidence (number, entry, hash) VALUES (?, ?, ?)",
)
