"""How long the report of a whole year takes: twenty thousand airings at thirty nodes each, all judged."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from _rows import row
from sqlalchemy import Connection

from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.places import Node, Zone
from smartradio.domain.verdict import VerdictCode
from smartradio.station.evidence_log import instant_text
from smartradio.station.store import NodeJudgement, Store
from smartradio.station.store.judgements import content_of
from smartradio.station.summaries import By, summarise
from smartradio.web.summary_csv import as_csv
from smartradio.words import words

AIRINGS = 20_000
ZONES = 10
NODES = 30
RECORDINGS = 4_000
LIMIT_S = 3.0
START = datetime(2025, 12, 31, 17, 0, tzinfo=UTC)
END = START + timedelta(days=365)
_TOPICS = ("y tế", "nông nghiệp", "an ninh trật tự", "giáo dục", "thiên tai", None)
_VERDICTS = (*[VerdictCode.AIRED] * 90, *[VerdictCode.PARTLY_AIRED] * 4, *[VerdictCode.SILENT] * 3, *VerdictCode)


def furnish(store: Store) -> None:
    """Write the commune's places and what it has aired in a year."""
    for number in range(ZONES):
        store.put_zone(Zone(f"thon-{number}", f"Thôn {number}"))
    for number in range(NODES):
        store.put_node(Node(f"loa-{number}", f"thon-{number % ZONES}", f"Cụm loa {number}", f"{number:064x}"))
    for number in range(20):
        store.put_bulletin(Bulletin(f"bt-{number}", f"Bản tin {number}", "Xin chào."), [])
    sentences = tuple(Segment(f"{n:064x}", 9_000, 5.5, 0.4, SegmentKind.SENTENCE, "") for n in range(12))
    for number in range(RECORDINGS):
        store.put_recording(Recording(f"{number:064x}", f"bt-{number % 20}", "vi", sentences), {}, START)
    # Through the store's methods a year would take an hour to write.
    store._database.write(_year)  # noqa: SLF001


def _year(connection: Connection) -> None:
    random = Random(1)
    nodes = [f"loa-{number}" for number in range(NODES)]
    zones = json.dumps([f"thon-{number}" for number in range(ZONES)])
    figures = {
        code: json.dumps(content_of(NodeJudgement(code, coverage=0.97, level_db=-21.0, presence=(0.9,) * 60)))
        for code in VerdictCode
    }
    airings, progress, judgements = [], [], []
    for number in range(AIRINGS):
        airing = f"{random.getrandbits(128):032x}"
        at = instant_text(START + (END - START) * number / AIRINGS)
        topic, programme = random.choice(_TOPICS), f"ct-{number % 60}"
        recording = number % RECORDINGS
        airings.append((airing, f"bt-{recording % 20}", f"{recording:064x}", at, at, 50, zones, json.dumps(nodes),
                        programme, 0, topic))  # fmt: skip
        for position, node in enumerate(nodes):
            verdict = random.choice(_VERDICTS)
            progress.append((airing, node, position, "judged", at, at, 0.4, "0" * 64))
            judgements.append((airing, node, verdict.value, figures[verdict]))
    connection.exec_driver_sql(
        "INSERT INTO airings (id, bulletin_id, recording_id, starts_at, expires_at, priority, zones, nodes, programme, "
        "withdrawn, topic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        airings,
    )
    connection.exec_driver_sql(
        "INSERT INTO progress (airing, node, position, state, delivered_at, started_at, start_offset_ms, "
        "judgement_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        progress,
    )
    connection.exec_driver_sql(
        "INSERT INTO judgements (airing, node, verdict, content) VALUES (?, ?, ?, ?)", judgements
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        try:
            furnish(store)
            for by in (By.TOPIC, By.ZONE, By.PROGRAMME, By.DAY):
                begun = time.perf_counter()
                made = summarise(store.outcomes(START, END), by, START, END)
                text = as_csv(made, words("vi"), {})
                taken_s = time.perf_counter() - begun
                assert made.total.judged == AIRINGS * NODES
                name = f"report of a year, {AIRINGS:,} airings × {NODES} nodes, by {by}"
                row(name, taken_s, "s", LIMIT_S, f"{len(made.lines)} lines, {len(text):,} bytes of CSV")
        finally:
            store.close()


if __name__ == "__main__":
    main()
