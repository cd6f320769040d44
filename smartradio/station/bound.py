"""What is aired held against what was approved: rows and sounds that were altered afterwards are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from smartradio.domain.airing import Airing
from smartradio.domain.approval import RELEASED, Person
from smartradio.domain.bulletin import Recording
from smartradio.domain.evidence import Evidence, Step
from smartradio.station.items import Item, bound_sha256
from smartradio.station.scripts import bulletin_id
from smartradio.station.studio import recording_id

if TYPE_CHECKING:
    from smartradio.station.objects import Objects
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence


def altered(item: Item, store: Store, objects: Objects) -> str | None:
    """Return in one line what of an item that was handed in is not as it was, None if all is. Blocking."""
    if item.recording_id is None or item.bound_sha256 is None:
        return "it was never handed in"
    recording = store.recording(item.recording_id)
    if recording is None:
        return "its recording is gone from the database"
    if bound_sha256(item.programme, recording.segments, at_once=item.at_once) != item.bound_sha256:
        return "its words, sounds, zones, times or priority are not those that were handed in"
    return altered_recording(recording, item.programme.times, store, objects)


def altered_recording(recording: Recording, times: int | None, store: Store, objects: Objects) -> str | None:
    """Return in one line what of a recording is not as it was made, None if all is. Blocking.

    `times` is how often its bulletin is read in one airing, None where that is not known.
    """
    if recording_id(recording.bulletin_id, recording.segments) != recording.id:
        return "its recording was altered in the database"
    if times is not None and not _bulletin_holds(recording.bulletin_id, times, store):
        return "its text was altered in the database"
    gone = next((segment for segment in recording.segments if objects.get(segment.sha256) is None), None)
    return None if gone is None else f"the sound {gone.sha256[:12]} of it is gone from the disk or was altered"


def _bulletin_holds(name: str, times: int, store: Store) -> bool:
    bulletin = store.bulletin(name)
    if bulletin is None:
        return False
    spoken = store.items.spoken(name)
    return bulletin_id(bulletin.title, bulletin.text, bulletin.priority, spoken, times) == name


def not_decided(item: Item, decision: LoggedEvidence | None) -> str | None:
    """Return why the log does not bear out that an item is approved, None if it does."""
    if item.state not in RELEASED:
        return "nobody has approved it"
    if decision is None or decision.evidence.step is not Step.APPROVED:
        return "the log holds no approval of it"
    if decision.evidence.facts.get("bound_sha256") != item.bound_sha256:
        return "the log holds an approval of something else"
    if item.approved_by is None or item.approved_by.facts() != _who(decision.evidence).facts():
        return "the log holds an approval by somebody else"
    return None


def _who(decision: Evidence) -> Person:
    return Person(*(str(decision.facts.get(key, "")) for key in ("by", "account", "session")))


def relayed(airing: Airing) -> dict[str, Any] | None:
    """Return as plain JSON values whose stream an airing relays, None if it is none."""
    return None if airing.relay is None else asdict(airing.relay)


def altered_airing(airing: Airing, told: Mapping[Step, Evidence]) -> str | None:
    """Return what of a planned airing is not as the log has it, None if all is.

    `told` are its first entries of the steps approved and planned, that its opening became a whole recording, and that
    it was taken out of the plan.
    """
    approved, planned = told.get(Step.APPROVED), told.get(Step.PLANNED)
    if Step.SKIPPED in told:
        return "the log says that it was taken out of the plan"
    if approved is None or planned is None:
        return "the log holds no approval of it"
    now: dict[str, Any] = {
        "starts_at": airing.starts_at.isoformat(),
        "expires_at": airing.expires_at.isoformat(),
        "priority": int(airing.priority),
        "zones": list(airing.zones),
        "nodes": list(airing.nodes),
    }
    different = [name for name, value in now.items() if planned.facts.get(name, value) != value]
    if planned.facts.get("relay") != relayed(airing):
        # Also a stream that was put in where none was planned.
        different.append("stream")
    if planned.facts.get("replaces", []) != list(airing.replaces):
        different.append("replaced airings")
    bound = approved.facts.get("recording", airing.recording_id)
    grown = told.get(Step.RENDERED)
    if grown is not None and approved.facts.get("grows") and grown.facts.get("grown_from") == bound:
        bound = grown.facts.get("recording")
    if bound != airing.recording_id:
        different.append("recording")
    return f"its {', '.join(different)} in the database are not those that were planned" if different else None
