"""What the demo says at its end: a table for people, a document for scripts."""

from __future__ import annotations

import textwrap
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from smartradio.cli.heard import sentence_lines
from smartradio.domain.evidence import Step
from smartradio.domain.verdict import WordState
from smartradio.station.views import AiringView, NodeAiring
from smartradio.words import Words

_STYLES = {
    "aired": "green",
    "partly_aired": "yellow",
    "unclear": "yellow",
    "silent": "red",
    "other": "red",
    "unintelligible": "red",
    "unreached": "red",
}
_CAVEAT = "A verdict says what was heard at the node's microphone, and no more."
_NO_RECOGNISER = "no_recogniser"
_TRANSCRIPT_LETTERS = 120


def document(view: AiringView) -> dict[str, Any]:
    """Return the demo's JSON document; figures that were not measured are null."""
    return {
        "bulletin": {
            "id": view.bulletin.id,
            "title": view.bulletin.title,
            "text": view.bulletin.text,
            "spoken": [dict(line) for line in view.spoken],
        },
        "recording": {
            "id": view.recording.id,
            "voice": view.recording.voice,
            "duration_s": round(view.recording.duration_s, 3),
            "segments": len(view.recording.segments),
            "size_bytes": sum(segment.size_bytes for segment in view.recording.segments),
        },
        "airing": {"id": view.airing.id, "starts_at": view.airing.starts_at.isoformat()},
        "nodes": [_node(node) for node in view.nodes],
        "evidence": [
            {
                "number": entry.number,
                "node": entry.evidence.node or None,
                "step": entry.evidence.step.value,
                "at": entry.evidence.at.isoformat(),
                "source": entry.evidence.source,
                "reason": str(entry.evidence.reason) if entry.evidence.reason else None,
                "hash": entry.hash,
            }
            for entry in view.chain
            if entry.evidence.step is not Step.PLANNED
        ],
    }


def _node(node: NodeAiring) -> dict[str, Any]:
    return {
        "node": node.node,
        "delivered": node.delivered_at is not None,
        "delivered_at": node.delivered_at.isoformat() if node.delivered_at else None,
        "started_at": node.started_at.isoformat() if node.started_at else None,
        "start_offset_ms": _rounded(node.start_offset_ms, 2),
        "coverage": _rounded(node.coverage, 3),
        "level_db": _rounded(node.level_db, 1),
        "snr_db": _rounded(node.snr_db, 1),
        "transcript": node.transcript,
        "verdict": node.verdict,
        "reasons": list(node.reasons),
        "intelligibility": _rounded(node.intelligibility, 3),
        "background_db": _rounded(node.background_db, 1),
        "delay_ms": _rounded(node.delay_ms, 1),
        "gain_db": _rounded(node.gain_db, 1),
        "tilt_db": _rounded(node.tilt_db, 1),
        "sentences": [asdict(sentence) for sentence in node.sentences],
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def table(view: AiringView, words: Words) -> Table:
    """Return the table of nodes in an operator's language; what was heard in words does not fit into one."""
    shown = Table(title=view.bulletin.title, caption=words(_CAVEAT))
    for heading in ("Node", "Delivered", "Offset ms", "Coverage", "Level dB", "SNR dB"):
        named = heading == "Node"
        shown.add_column(words(heading), justify="left" if named else "right", no_wrap=named)
    shown.add_column(words("Verdict"), no_wrap=True)
    for node in view.nodes:
        verdict = words.code("verdict_short", node.verdict) if node.verdict else "–"
        shown.add_row(
            node.node,
            words("yes") if node.delivered_at else words("no"),
            _figure(node.start_offset_ms, "{:+.1f}"),
            _figure(node.coverage, "{:.0%}"),
            _figure(node.level_db, "{:.1f}"),
            _figure(node.snr_db, "{:.1f}"),
            Text(verdict, style=_STYLES.get(node.verdict or "", "")),
        )
    return shown


def reasons(view: AiringView, words: Words) -> list[str]:
    """Return a line for each node whose verdict needs a reason; a missing recogniser stands in the table."""
    lines = []
    for node in view.nodes:
        given = [words.code("reason", reason) for reason in node.reasons if reason != _NO_RECOGNISER]
        if given:
            lines.append(f"{node.node}: {', '.join(given)}")
    return lines


def transcripts(view: AiringView, words: Words) -> list[str]:
    """Return for each node how the dictation of its clip begins; the whole of it stands in report and document."""
    lines, heard, nobody = [], words("Transcript"), words("no recogniser")
    for node in view.nodes:
        if node.transcript:
            begins = textwrap.shorten(node.transcript, _TRANSCRIPT_LETTERS, placeholder=" …")
            lines.append(f"{node.node}: {heard}: “{begins}”")
        elif node.clip is not None and node.recogniser is None:
            lines.append(f"{node.node}: {heard}: {nobody}")
    return lines


def sentences(view: AiringView, words: Words) -> list[Text]:
    """Return for each node the sentences that were not simply heard; a node all of whose were has none to tell."""
    lines = []
    for node in view.nodes:
        told = [sentence for sentence in node.sentences if sentence.state not in (WordState.HEARD, WordState.UNPROVEN)]
        lines += [Text(f"{node.node}: ").append(line) for line in sentence_lines(told, words)]
    return lines


def _figure(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
