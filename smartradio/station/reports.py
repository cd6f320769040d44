"""What of a node's signed report goes on record: the report itself, or the station's refusal of it.

A report whose signature and names are right is always committed and then acknowledged: one that is left
without an answer would come again for ever.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.station.clip_intake import Announced
from smartradio.wire.messages import Report

MAX_FACTS_BYTES = 64 * 1024
# A node without a clock battery wakes in 1970; beyond these years a page cannot tell the time.
_YEARS = range(1970, 2200)
# What a node may speak of; the verdict is the station's, confirmation an operator's.
_NODE_STEPS = frozenset(
    {
        Step.DELIVERED,
        Step.STARTED,
        Step.FINISHED,
        Step.MEASURED,
        Step.REFUSED,
        Step.SKIPPED,
        Step.INTERRUPTED,
        Step.CLIP_ASKED,
        Step.RESTARTED,
    }
)
_BUTTON_STEPS = frozenset({Step.STARTED, Step.FINISHED, Step.INTERRUPTED, Step.SKIPPED, Step.MEASURED})


@dataclass(frozen=True, slots=True)
class Reading:
    """What to commit, and the clip that is to follow; `told` is the node's own evidence if it can stand."""

    evidence: tuple[Evidence, ...]
    told: Evidence | None = None
    announced: Announced | None = None


def read_report(report: Report, airing: Airing | None, *, max_clip_bytes: int, now: datetime) -> Reading:
    """Read a report whose signature and names were checked; `airing` is the one it names, if it is known."""
    if (unfit := _unfit(report)) is not None:
        return refused(report, Reason.MALFORMED, unfit, now)
    if airing is None or report.node not in airing.nodes:
        if report.step is Step.REFUSED or is_of_button(report):
            # What a node refused need not be of this station at all; its button called without any.
            return Reading((_evidence(report, ""),))
        what = f"airing {report.airing}, which is not planned there" if report.airing else "no airing"
        return refused(report, Reason.NOT_FOR_THIS_NODE, f"{report.node} reports {report.step} of {what}", now)
    told = _evidence(report, airing.id)
    if report.step is not Step.MEASURED:
        return Reading((told,), told)
    try:
        announced = Announced.read(report.facts.get("clip"), max_bytes=max_clip_bytes)
    except ValueError as error:
        return Reading((told, clip_refused(airing.id, report.node, Reason.MALFORMED, str(error), now)), told)
    return Reading((told,), told, announced)


def read_answer(report: Report, *, max_clip_bytes: int, now: datetime) -> Reading:
    """Read what a node says of a tone or restart that was asked of it; it belongs to no airing."""
    if (unfit := _unfit(report)) is not None:
        return refused(report, Reason.MALFORMED, unfit, now)
    told = _evidence(report, "")
    try:
        announced = Announced.read(report.facts.get("clip"), max_bytes=max_clip_bytes)
    except ValueError as error:
        return Reading((told, clip_refused("", report.node, Reason.MALFORMED, str(error), now)), told)
    return Reading((told,), told, announced)


def is_of_button(report: Report) -> bool:
    """Say whether a report tells of a press of the node's button: it called without the station, so names no airing."""
    return report.airing is None and report.step in _BUTTON_STEPS and isinstance(report.facts.get("button"), str)


def refused(report: Report, reason: Reason, line: str, now: datetime) -> Reading:
    """Return the refusal of a whole report, as evidence that belongs to no airing."""
    facts = {"topic": "report", "line": line[:500], "report": report.report, "step": str(report.step)}
    if report.airing is not None:
        facts["airing"] = report.airing
    return Reading((Evidence("", report.node, Step.REFUSED, now, "station", reason, facts),))


def clip_refused(airing: str, node: str, reason: Reason, line: str, now: datetime) -> Evidence:
    """Return the refusal of the clip of a report that stands otherwise."""
    facts = {"topic": "clip", "line": line[:500]}
    return Evidence(airing, node, Step.REFUSED, now, "station", reason, facts)


def _unfit(report: Report) -> str | None:
    if report.step not in _NODE_STEPS:
        return f"a node cannot speak of the step {report.step}"
    if report.at.year not in _YEARS:
        return f"a report of the year {report.at.year}"
    if len(json.dumps(report.facts)) > MAX_FACTS_BYTES:
        return f"facts of more than {MAX_FACTS_BYTES} bytes"
    return None


def _evidence(report: Report, airing: str) -> Evidence:
    facts: dict[str, Any] = dict(report.facts)
    facts["boot"], facts["seq"] = report.boot, report.seq
    if report.clock_offset_ms is not None:
        facts["clock_offset_ms"] = report.clock_offset_ms
    if report.airing is not None and report.airing != airing:
        facts["airing"] = report.airing
    return Evidence(
        airing=airing,
        node=report.node,
        step=report.step,
        at=report.at,
        source=f"node:{report.node}",
        reason=report.reason,
        facts=facts,
    )
