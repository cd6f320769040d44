"""An auditor of a simulated commune: holds the store's log against what was written and what the horns sounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Recording, Segment, segment_spans
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Programme, instants
from smartradio.station.days import vietnam_days
from smartradio.station.store import Store, planned
from smartradio.station.store import tables as t
from tests.simulated.horn import Sounded

# Planned airings begin within 5 ms on a good line (rule 10).
AT_ITS_INSTANT = timedelta(milliseconds=5)
_UP_BEFORE = timedelta(seconds=6)
_UP_AFTER = timedelta(seconds=1)
_VERDICTS = (Step.HEARD, Step.UNREACHED)

Span = tuple[datetime, datetime | None]
"""From when to when a node was up; None while it still is."""


@dataclass(frozen=True)
class Said:
    """An airing, and what the log says of it at one node; `chain` holds what is said for all nodes too."""

    airing: Airing
    node: str
    chain: tuple[Evidence, ...]

    @property
    def steps(self) -> list[Step]:
        return [entry.step for entry in self.chain if entry.node == self.node]

    @property
    def from_node(self) -> list[Evidence]:
        return [entry for entry in self.chain if entry.source == f"node:{self.node}"]

    @property
    def ends_in(self) -> str | None:
        """The verdict, or the reason why there is none; None where the log leaves it open."""
        for entry in reversed(self.chain):
            if entry.step in _VERDICTS and entry.node == self.node:
                return str(entry.facts["verdict"])
        for entry in reversed(self.chain):
            if entry.step is Step.SKIPPED and entry.node in ("", self.node) and entry.reason is not None:
                return str(entry.reason)
        return None


class Audit:
    """Everything a station's folder says, read once.

    `within` is how far a start may be from its instant: half of what the ways there and back may differ by is an error
    of the node's clock, and no node can know of it.
    """

    def __init__(self, folder: Path, *, within: timedelta = AT_ITS_INSTANT) -> None:
        self.within = within
        store = Store.open_read_only(folder)
        try:
            found = store.verify()
            assert found.ok, found.line
            rows = store._database.read(lambda c: list(c.execute(select(t.airings)).mappings()))
            self.airings: list[Airing] = sorted(map(planned.airing_from, rows), key=lambda airing: airing.starts_at)
            self.withdrawn = {row["id"] for row in rows if row["withdrawn"]}
            logged = {airing.id: store.chain(airing.id) for airing in self.airings}
            self.chains = {key: [entry.evidence for entry in entries] for key, entries in logged.items()}
            everything = [entry for entries in (*logged.values(), store.chain("")) for entry in entries]
            self.log = [entry.evidence for entry in sorted(everything, key=lambda entry: entry.number)]
            recordings = {airing.recording_id: store.recording(airing.recording_id) for airing in self.airings}
            self.recordings: dict[str, Recording] = {key: each for key, each in recordings.items() if each is not None}
        finally:
            store.close()

    def said(self, airing: Airing, node: str) -> Said:
        """Return what the log says of an airing at a node."""
        chain = tuple(entry for entry in self.chains[airing.id] if entry.node in ("", node))
        return Said(airing, node, chain)

    def every(self, since: datetime, until: datetime) -> list[Said]:
        """Return what is said of all that was planned in a time, at each node."""
        return [
            self.said(airing, node)
            for airing in self.airings
            if since <= airing.starts_at < until
            for node in airing.nodes
        ]

    def reports(self) -> dict[str, list[int]]:
        """Return by node the numbers of its reports in the order in which they were committed."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for entry in self.log:
            if entry.source.startswith("node:"):
                numbers[entry.node].append(int(entry.facts["seq"]))
        return numbers


def unaccounted(
    audit: Audit, programmes: Sequence[Programme], zones: Mapping[str, Iterable[str]], since: datetime, until: datetime
) -> list[str]:
    """Return every planned instant, by its own reckoning of the calendar, of which the log does not tell what came."""
    days = vietnam_days()
    by_programme: dict[str | None, list[Airing]] = defaultdict(list)
    for airing in audit.airings:
        by_programme[airing.programme].append(airing)
    open_ones = []
    for programme in programmes:
        lasts = max(programme.slot or timedelta(), programme.start_tolerance)
        for instant in instants(programme, since, until, days):
            of_it = [each for each in by_programme[programme.name] if instant <= each.starts_at <= instant + lasts]
            for zone in programme.zones:
                for node in zones[zone]:
                    ends = [audit.said(each, node).ends_in for each in of_it if zone in each.zones]
                    if not any(ends):
                        open_ones.append(f"{programme.name} of {instant.isoformat()} at {node}: {ends}")
    return open_ones


def unapproved(audit: Audit, sounded: Mapping[str, Sequence[Sounded]]) -> list[str]:
    """Return what sounded at a node at a time at which no approved airing of it was planned there."""
    windows: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for airing in audit.airings:
        if not any(entry.step is Step.APPROVED and entry.facts.get("by") for entry in audit.chains[airing.id]):
            continue
        recording = audit.recordings[airing.recording_id]
        window = (airing.starts_at - audit.within, airing.expires_at + timedelta(seconds=recording.duration_s))
        for node in airing.nodes:
            for segment in recording.segments:
                windows[node, segment.sha256].append(window)
    return [
        f"{node} sounded {each.sha256[:12]} at {each.at.isoformat()}"
        for node, all_of_it in sounded.items()
        for each in all_of_it
        if not any(begin <= each.at <= end for begin, end in windows[node, each.sha256])
    ]


def starts(audit: Audit, airing: Airing, heard: Sequence[Sounded]) -> list[datetime]:
    """Return when an airing's first sentence sounded at a node, as the card has it, once for each time it did."""
    # The chime opens many recordings; the first sentence is the airing's own.
    first = next((segment for segment in audit.recordings[airing.recording_id].segments if segment.spoken), None)
    if first is None:
        return []
    begins = airing.starts_at - audit.within
    ends = airing.expires_at + timedelta(seconds=opens_after_s(audit, airing))
    again_s = again_after_s(audit, airing, first)
    found: list[datetime] = []
    for each in heard:
        if each.sha256 == first.sha256 and begins <= each.at <= ends:
            # What the recording itself says twice is one start; what breaks that rhythm is another.
            after_s = (each.at - found[-1]).total_seconds() if found else 0.0
            if not any(abs(after_s - known_s) < 0.5 for known_s in again_s):
                found.append(each.at)
    return found


def again_after_s(audit: Audit, airing: Airing, first: Segment) -> list[float]:
    """Return how long after its first sentence a recording says that very sentence again, each time it does."""
    segments = audit.recordings[airing.recording_id].segments
    spans = segment_spans([(segment.duration_s, segment.pause_after_s) for segment in segments])
    same = [start for segment, (start, _) in zip(segments, spans, strict=True) if segment.sha256 == first.sha256]
    return [start - same[0] for start in same[1:]]


def opens_after_s(audit: Audit, airing: Airing) -> float:
    """Return how long after its start an airing's first sentence begins."""
    after_s = 0.0
    for segment in audit.recordings[airing.recording_id].segments:
        if segment.spoken:
            break
        after_s += segment.duration_s + segment.pause_after_s
    return after_s


def missed(audit: Audit, sounded: Mapping[str, Sequence[Sounded]], up: Mapping[str, Sequence[Span]]) -> list[str]:
    """Return the airings of programmes that did not begin at their instant though the node was up for it.

    A node that is up from a few seconds before an instant until it has begun has one excuse only: what began late on
    its horn still sounded, and its equal waits (rule 5). Else plan and sound were there.
    """
    found = []
    lasts_s = {each.sha256: each.duration_s for recording in audit.recordings.values() for each in recording.segments}
    for airing in audit.airings:
        if airing.programme is None or airing.id in audit.withdrawn:
            continue
        for node in airing.nodes:
            begins, ends = airing.starts_at - _UP_BEFORE, airing.starts_at + _UP_AFTER
            if not any(since <= begins and (until is None or until >= ends) for since, until in up[node]):
                continue
            times = starts(audit, airing, sounded[node])
            after_s = opens_after_s(audit, airing)
            free_at = _free_at(airing.starts_at - audit.within, sounded[node], lasts_s)
            at = max(airing.starts_at, free_at) + timedelta(seconds=after_s)
            cut_off = any(until is not None and begins <= until <= at + _UP_AFTER for _, until in up[node])
            if not cut_off and (not times or abs(times[0] - at) > audit.within):
                heard = [each.isoformat() for each in times]
                found.append(
                    f"{airing.programme} of {at.isoformat()} at {node}: {heard}, {audit.said(airing, node).ends_in}"
                )
    return found


def _free_at(instant: datetime, heard: Sequence[Sounded], lasts_s: Mapping[str, float]) -> datetime:
    """Return when what had begun on a horn before an instant was over, as the card has it."""
    ends = (each.at + timedelta(seconds=lasts_s.get(each.sha256, 0.0)) for each in heard if each.at < instant)
    return max(ends, default=instant)


def started_twice(audit: Audit, sounded: Mapping[str, Sequence[Sounded]]) -> list[str]:
    """Return the airings of programmes that began more often than the log accounts for, by the card or the node's word.

    What was stopped for something more urgent may go on once, if the node said so when it stopped.
    """
    twice = []
    for airing in audit.airings:
        for node in airing.nodes if airing.programme is not None else ():
            said = [entry for entry in audit.chains[airing.id] if entry.node == node]
            goes_on = [entry for entry in said if entry.step is Step.INTERRUPTED and entry.facts.get("resumes")]
            told = sum(entry.step is Step.STARTED for entry in said)
            times = starts(audit, airing, sounded[node])
            if max(len(times), told) > 1 + len(goes_on) or len(goes_on) > 1:
                heard = [each.isoformat() for each in times]
                twice.append(f"{airing.programme} at {node}: {heard}, told {told}, goes on {len(goes_on)}")
    return twice
