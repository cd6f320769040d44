"""What was handed in of an item the time before, so that an approver sees what is new in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Programme
from smartradio.station.items import Item

if TYPE_CHECKING:
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence


@dataclass(frozen=True, slots=True)
class Earlier:
    """An item as it was handed in before; zones and times are None where the log does not tell them."""

    title: str
    text: str
    at: datetime
    by: str
    zones: tuple[str, ...] | None = None
    first_at: datetime | None = None
    recurrence: str | None = None


def told_of(programme: Programme) -> dict[str, object]:
    """Return what the log says of a programme's places and times when it is handed in."""
    told: dict[str, object] = {"zones": list(programme.zones), "first_at": programme.first_at.isoformat()}
    return told | ({"recurrence": programme.recurrence} if programme.recurrence else {})


def words_of(programme: Programme) -> str:
    """Return the words of a programme, line by line; a sound brought in is none."""
    return "\n".join(part.text for part in programme.parts if part.text) if programme.parts else programme.text


def handed_in_before(item: Item, chain: Iterable[LoggedEvidence], store: Store) -> Earlier | None:
    """Return what was handed in before what an item is now, None if that is the first. Blocking."""
    times = [entry.evidence for entry in chain if entry.evidence.step is Step.SUBMITTED]
    # What is in the hands of the approver is the last of them; of a draft that was sent back it is the one before.
    before = times[:-1] if item.submitted_at is not None else times
    return _read(before[-1], store) if before else None


def _read(submitted: Evidence, store: Store) -> Earlier | None:
    facts = submitted.facts
    recording = store.recording(str(facts.get("recording", "")))
    bulletin = None if recording is None else store.bulletin(recording.bulletin_id)
    if bulletin is None:
        return None
    zones, first_at, recurrence = facts.get("zones"), facts.get("first_at"), facts.get("recurrence")
    return Earlier(
        title=bulletin.title,
        text=bulletin.text,
        at=submitted.at,
        by=str(facts.get("by", "")),
        zones=tuple(str(zone) for zone in zones) if isinstance(zones, list) else None,
        first_at=datetime.fromisoformat(first_at) if isinstance(first_at, str) else None,
        recurrence=recurrence if isinstance(recurrence, str) else None,
    )
