"""From programmes to airings, and from airings to what each node must know: pure functions.

The database holds the plan. An airing's id comes from all it is made of, so planning the same slot twice
gives the same airing, and a changed slot gives another one that takes its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording
from smartradio.domain.programme import Programme
from smartradio.domain.terms import Terms
from smartradio.station.items import Approval
from smartradio.wire.messages import LiveSource, PlannedAiring, SegmentRef
from smartradio.wire.signing import canonical

_ID_DIGITS = 32
# Upper bounds of what each costs in a plan's JSON; a test holds them.
_PLAN_BYTES = 2_048
_AIRING_BYTES = 512
_SEGMENT_BYTES = 256
# With less of a stream left than this nobody joins it.
_RELAY_LEFT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ReadyProgramme:
    """A programme whose text has been made audible; `approval` is whose word it goes out on, None for nobody's."""

    programme: Programme
    bulletin_id: str
    recording: Recording
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a planning run found: airings to add and ids of airings that no programme asks for any more."""

    add: tuple[Airing, ...]
    withdraw: tuple[str, ...]


def with_id(airing: Airing, attempt: int = 0) -> Airing:
    """Return the airing under the id of its content: the same for the same content, in 32 hex digits.

    `attempt` counts how often the very same airing was planned and withdrawn before.
    """
    content: dict[str, Any] = {
        "programme": airing.programme,
        "bulletin": airing.bulletin_id,
        "recording": airing.recording_id,
        "starts_at": airing.starts_at.isoformat(),
        "expires_at": airing.expires_at.isoformat(),
        "priority": int(airing.priority),
        "zones": list(airing.zones),
        "nodes": list(airing.nodes),
        "attempt": attempt,
    }
    if airing.relay is not None:
        content["relay"] = asdict(airing.relay)
    if airing.gain_db:
        content["gain_db"] = airing.gain_db
    for name, at in (("ends_by", airing.ends_by), ("resume_until", airing.resume_until)):
        if at is not None:
            content[name] = at.isoformat()
    return replace(airing, id=hashlib.sha256(canonical(content)).hexdigest()[:_ID_DIGITS])


def airing_at(
    ready: ReadyProgramme,
    starts_at: datetime,
    terms: Terms,
    zones: tuple[str, ...],
    nodes_of: Callable[[tuple[str, ...]], tuple[str, ...]],
    *,
    gain_db: float = 0.0,
) -> Airing:
    """Return a programme's airing at one instant in some of its zones, under the id of its content.

    A relay may be joined as long as a little of it is left.
    """
    relay, expires_at = ready.programme.relay, terms.expires_at
    if relay is not None:
        buffered = timedelta(seconds=relay.behind_s)
        expires_at = max(expires_at + buffered, starts_at + timedelta(seconds=relay.over_after_s) - _RELAY_LEFT)
        if terms.ends_by is not None:
            expires_at = max(starts_at + buffered, min(expires_at, terms.ends_by))
    return with_id(
        Airing(
            id="",
            bulletin_id=ready.bulletin_id,
            recording_id=ready.recording.id,
            starts_at=starts_at,
            expires_at=expires_at,
            priority=ready.programme.priority,
            zones=zones,
            nodes=nodes_of(zones),
            programme=ready.programme.name,
            relay=relay,
            topic=ready.programme.topic,
            gain_db=gain_db,
            ends_by=terms.ends_by,
            resume_until=terms.resume_until,
        )
    )


def _starts_at(airing: Airing) -> datetime:
    return airing.starts_at


def changes(
    wanted: Iterable[Airing],
    standing: Iterable[Airing],
    *,
    settled_before: datetime,
    nodes_of: Callable[[tuple[str, ...]], tuple[str, ...]],
    occurrence: Callable[[Airing], datetime] = _starts_at,
) -> Changes:
    """Compare what programmes want with what stands in the store.

    An airing that starts before `settled_before` is on its way and stays as it is; so no zone is ever given one
    `occurrence` of a programme twice, and nothing starts twice, even where the layout of a slot moves during it.
    Airings without a programme are not this function's.
    """
    there = [airing for airing in standing if airing.programme is not None]
    # By content, not by id: the same airing planned again after it was withdrawn has another id.
    contents = {replace(airing, id="") for airing in there}
    settled: dict[tuple[str | None, datetime], set[str]] = {}
    for airing in there:
        if airing.starts_at < settled_before:
            settled.setdefault(_slot(airing, occurrence), set()).update(airing.zones)
    kept, add = set(), []
    for airing in wanted:
        content = replace(airing, id="")
        if content not in contents:
            zones = tuple(zone for zone in airing.zones if zone not in settled.get(_slot(airing, occurrence), ()))
            if not zones:
                continue
            content = content if zones == airing.zones else replace(content, zones=zones, nodes=nodes_of(zones))
            if content not in contents:
                add.append(with_id(content))
        kept.add(content)
    withdraw = [
        airing.id for airing in there if airing.starts_at >= settled_before and replace(airing, id="") not in kept
    ]
    add.sort(key=lambda airing: (airing.starts_at, airing.id))
    return Changes(tuple(add), tuple(withdraw))


def _slot(airing: Airing, occurrence: Callable[[Airing], datetime]) -> tuple[str | None, datetime]:
    return airing.programme, occurrence(airing)


def ends_at(airing: Airing, recording: Recording) -> datetime:
    """Return when an airing that starts in time ends."""
    if airing.relay is not None:
        return airing.starts_at + timedelta(seconds=airing.relay.over_after_s)
    return airing.starts_at + timedelta(seconds=recording.duration_s)


def last_end(airing: Airing, recording: Recording) -> datetime:
    """Return the last instant at which an airing may still sound: begun late, gone on with, cut at its end."""
    length = ends_at(airing, recording) - airing.starts_at
    latest = max(airing.expires_at, airing.resume_until or airing.expires_at) + length
    return latest if airing.ends_by is None else min(latest, airing.ends_by)


def planned(airing: Airing, recording: Recording, *, clip: bool = True) -> PlannedAiring:
    """Return an airing in the words of the wire; a relay sounds a buffer later than it is planned."""
    relay = airing.relay
    return PlannedAiring(
        airing=airing.id,
        recording=recording.id,
        priority=int(airing.priority),  # type: ignore[arg-type]  # checked by the model
        starts_at=airing.starts_at if relay is None else airing.starts_at + timedelta(seconds=relay.behind_s),
        expires_at=airing.expires_at,
        segments=tuple(
            SegmentRef(
                sha256=segment.sha256,
                size_bytes=segment.size_bytes,
                duration_s=segment.duration_s,
                pause_after_s=segment.pause_after_s,
                kind=segment.kind,
            )
            for segment in recording.segments
        ),
        clip=clip,
        gain_db=airing.gain_db,
        ends_by=airing.ends_by,
        resume_until=airing.resume_until,
        grows=airing.grows,
        replaces=airing.replaces,
        live=None if relay is None else LiveSource(length_s=relay.length_s, fallback=bool(relay.fallback_text)),
    )


def node_airings(
    node: str,
    airings: Iterable[Airing],
    recordings: Mapping[str, Recording],
    now: datetime,
    *,
    told: Callable[[Airing], PlannedAiring],
) -> tuple[PlannedAiring, ...]:
    """Return what a node's plan holds now: its airings that may still start or still sound, in order.

    `told` puts one of them into the words of the wire.
    """
    mine = [a for a in airings if node in a.nodes and still_matters(a, recordings[a.recording_id], now)]
    mine.sort(key=lambda airing: (airing.starts_at, airing.id))
    return tuple(map(told, mine))


def fitting(airings: Sequence[PlannedAiring], max_bytes: int) -> tuple[PlannedAiring, ...]:
    """Return as many airings, the nearest first, as a plan of so many bytes can hold whatever their figures.

    `airings` in order of their start. The first stays in any case: no recording of ours fills a plan.
    """
    left = max_bytes - _PLAN_BYTES
    for number, airing in enumerate(airings):
        left -= _AIRING_BYTES + _SEGMENT_BYTES * len(airing.segments)
        if left < 0:
            return tuple(airings[: max(number, 1)])
    return tuple(airings)


def still_matters(airing: Airing, recording: Recording, now: datetime) -> bool:
    """Say whether an airing may still start, or go on, or sound if it started in time."""
    return max(airing.expires_at, ends_at(airing, recording), airing.resume_until or airing.expires_at) > now


def tells_anything_new(
    published: Sequence[PlannedAiring] | None, current: Sequence[PlannedAiring], now: datetime
) -> bool:
    """Say whether a node must be sent its plan again: not for an airing that merely passed."""
    if published is None:
        return True
    return any(_ends(airing) > now for airing in (*_unlike(published, current), *_unlike(current, published)))


def _unlike(these: Sequence[PlannedAiring], those: Sequence[PlannedAiring]) -> Iterator[PlannedAiring]:
    """Yield the airings of one plan that stand otherwise, or not at all, in another."""
    known = {airing.airing: airing for airing in those}
    for airing in these:
        other = known.get(airing.airing)
        # Most are the very same object: comparing all their sentences would take longer than all else.
        if other is not airing and other != airing:
            yield airing


def _ends(airing: PlannedAiring) -> datetime:
    length_s = sum(segment.duration_s + segment.pause_after_s for segment in airing.segments)
    length_s -= airing.segments[-1].pause_after_s
    if airing.live is not None:
        length_s = airing.live.length_s
    ends = airing.starts_at + timedelta(seconds=length_s)
    return max(airing.expires_at, ends, airing.resume_until or airing.expires_at)
