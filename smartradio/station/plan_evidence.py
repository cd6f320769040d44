"""What the log says of an airing when it is planned, and when a rule keeps it off the air."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.airing import Airing
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.domain.plan_items import Decision, Note, PlanItem
from smartradio.domain.plan_rules import EXEMPT, PlanRules
from smartradio.station.bound import relayed
from smartradio.station.planner import ReadyProgramme, ends_at, with_id

if TYPE_CHECKING:
    from smartradio.station.studio import Produced

_KEPT_OFF: Final = -1
"""In the place of the number of attempts: what does not sound has never the id of something that does."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers for an airing, where that was said ("schedule", "operator:lan"), and what the log says beside."""

    by: str
    source: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def answering(ready: ReadyProgramme) -> Answering:
    """Return who answers for a programme: whoever approved it here, else the name in its file."""
    by, approval = ready.programme.approved_by or "", ready.approval
    return Answering(by, "schedule") if approval is None else Answering(by, approval.source, approval.facts)


def first_evidence(
    airing: Airing,
    produced: Produced,
    who: Answering,
    now: datetime,
    *,
    rules: PlanRules,
    item: PlanItem | None = None,
) -> list[Evidence]:
    """Return what the log says of an airing that is planned; `item` is what the plan says of it."""
    rendered: Mapping[str, Any] = produced.facts
    approved: dict[str, Any] = {"by": who.by, "recording": produced.recording.id, **who.facts}
    if produced.script.overridden:
        # Whoever approved it took the uncertain places of an emergency on themselves.
        approved["open_items_overridden"] = len(produced.script.open_places)
    approved |= overrides(airing, ends_at(airing, produced.recording), who.by, rules)
    plan: dict[str, Any] = {
        "starts_at": airing.starts_at.isoformat(),
        "expires_at": airing.expires_at.isoformat(),
        "priority": int(airing.priority),
        "zones": list(airing.zones),
        "nodes": list(airing.nodes),
        "programme": airing.programme,
    }
    if airing.relay is not None:
        plan["relay"] = relayed(airing)
    if airing.gain_db:
        plan["gain_db"] = airing.gain_db
    for name, at in (("ends_by", airing.ends_by), ("resume_until", airing.resume_until)):
        if at is not None:
            plan[name] = at.isoformat()
    if airing.grows:
        # What is approved are the words; the log has the whole recording when it is made.
        approved["grows"] = True
    if airing.replaces:
        plan["replaces"] = list(airing.replaces)
    if item is not None and item.decision is not Decision.PLAYS:
        plan |= {"decision": item.decision.value, "reasons": [figures(note) for note in item.notes]}
    return [
        Evidence(airing.id, "", Step.RENDERED, produced.at, "station", None, rendered),
        Evidence(airing.id, "", Step.APPROVED, now, who.source, None, approved),
        Evidence(airing.id, "", Step.PLANNED, now, "station", None, plan),
    ]


def overrides(airing: Airing, ends: datetime, by: str, rules: PlanRules) -> dict[str, str]:
    """Return who lets something sound that quiet hours or a limit of loudness would forbid: emergencies alone."""
    if airing.priority not in EXEMPT:
        return {}
    told: dict[str, str] = {}
    for zone in airing.zones:
        quiet = rules.of(zone).quiet
        if quiet is not None and (
            quiet.covers(airing.starts_at, rules.tz) or quiet.next_begin(airing.starts_at, rules.tz) < ends
        ):
            told["quiet_hours_override"] = by
        if rules.loudness_of(zone).gain_db(airing.starts_at, ends, rules.tz) < 0:
            told["loudness_override"] = by
    return told


def kept_off(
    item: PlanItem,
    ready: ReadyProgramme,
    produced: Produced,
    nodes_of: Callable[[tuple[str, ...]], tuple[str, ...]],
    now: datetime,
) -> tuple[Airing, list[Evidence]]:
    """Return the airing of an instant that does not sound, and what the log says of it; it is never planned."""
    airing = with_id(
        Airing(
            id="",
            bulletin_id=ready.bulletin_id,
            recording_id=ready.recording.id,
            starts_at=item.planned_at,
            expires_at=item.planned_at,
            priority=item.programme.priority,
            zones=item.zones,
            nodes=nodes_of(item.zones),
            programme=item.programme.name,
            topic=item.programme.topic,
        ),
        attempt=_KEPT_OFF,
    )
    return airing, list(_why_not(airing, item, produced, answering(ready), now))


def _why_not(airing: Airing, item: PlanItem, produced: Produced, who: Answering, now: datetime) -> Iterator[Evidence]:
    yield Evidence(airing.id, "", Step.RENDERED, produced.at, "station", None, produced.facts)
    if item.programme.approved_by:
        approved = {"by": who.by, "recording": produced.recording.id, **who.facts}
        yield Evidence(airing.id, "", Step.APPROVED, now, who.source, None, approved)
    facts = {
        "planned_at": item.planned_at.isoformat(),
        "programme": item.programme.name,
        "zones": list(item.zones),
        "decision": item.decision.value,
        "reasons": [figures(note) for note in item.notes],
    }
    yield Evidence(airing.id, "", Step.SKIPPED, now, "station", Reason(item.notes[-1].code.value), facts)


def figures(note: Note) -> dict[str, Any]:
    """Return a reason's code with the figures it has, as JSON values; instants in UTC, seconds to a tenth."""
    told: dict[str, Any] = {"code": note.code.value}
    for name in ("at", "until", "by_at"):
        instant = getattr(note, name)
        if instant is not None:
            told[name] = instant.isoformat()
    for name in ("seconds", "limit_s", "used_s"):
        seconds = getattr(note, name)
        if seconds is not None:
            told[name] = round(seconds, 1)
    if note.by is not None:
        told["by"] = note.by.name
    for name in ("sentence", "of", "named"):
        value = getattr(note, name)
        if value is not None:
            told[name] = value
    return told
