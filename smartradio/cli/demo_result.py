"""What the demo says at its end: a table for people, a document for scripts."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from smartradio.domain.evidence import Step
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
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def table(view: AiringView, words: Words) -> Table:
    """Return the table of nodes in an operator's language."""
    headings = ("Node", "Delivered", "Offset ms", "Coverage", "Level dB", "SNR dB", "Transcript", "Verdict")
    shown = Table(*(words(heading) for heading in headings), title=view.bulletin.title, caption=words(_CAVEAT))
    for node in view.nodes:
        shown.add_row(
            node.title,
            words("yes") if node.delivered_at else words("no"),
            _figure(node.start_offset_ms, "{:+.1f}"),
            _figure(node.coverage, "{:.0%}"),
            _figure(node.level_db, "{:.1f}"),
            _figure(node.snr_db, "{:.1f}"),
            node.transcript or (words("no recogniser") if node.recogniser is None else "–"),
            _verdict(node, words),
        )
    return shown


def _figure(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _verdict(node: NodeAiring, words: Words) -> Text:
    if node.verdict is None:
        return Text("–")
    # A missing recogniser is told in the transcript's column already.
    reasons = ", ".join(words.code("reason", reason) for reason in node.reasons if reason != _NO_RECOGNISER)
    said = words.code("verdict_short", node.verdict) + (f" ({reasons})" if reasons else "")
    return Text(said, style=_STYLES.get(node.verdict, ""))
