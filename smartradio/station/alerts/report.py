"""What came of an alert, for the report after action: node by node in seconds since the click, and who did what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from smartradio.alerting.saying import Occasion
from smartradio.station.alert_board import HEARD, AiringCourse, AlertCourse, Fate
from smartradio.station.alerts.kept import AlertAiring, KeptAlert
from smartradio.station.replay import replays_of
from smartradio.station.views import LoggedEvidence

if TYPE_CHECKING:
    from smartradio.station.store import Store
    from smartradio.station.store.fan_out import ChannelCount


@dataclass(frozen=True, slots=True)
class ReportedAiring:
    """One airing of an alert: when it was due, in whose name, and how many of its nodes began it and heard it.

    `planned` is False where a crash, or a voice that failed, left it unsaid; `withdrawn` says that it was silenced,
    `replaced_by` that this was for another alert, by its id; `recording` is what it was said with, once planned.
    """

    airing: str
    occasion: Occasion
    at: datetime
    by: str
    nodes: int
    started: int
    heard: int
    planned: bool = True
    withdrawn: bool = False
    replaced_by: str = ""
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class ReportedNode:
    """What reached one node of all airings of an alert, each in seconds since the click; None where it never did.

    `delivered_s` and `started_s` are by the node's clock, `heard_s` when the station had judged that it was heard.
    `fate` is that of the airing in which it came furthest.
    """

    node: str
    title: str
    zone: str
    fate: Fate
    delivered_s: float | None
    started_s: float | None
    heard_s: float | None


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of the log about an alert: what was done, when, by whom; `note` is what they said of it."""

    at: datetime
    act: str
    by: str
    note: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class AlertReport:
    """An alert with all that came of it; `clicked_at` is when it was let out, None for one that never was.

    An exercise says so (`kept.is_exercise`) and belongs in no count of real ones.
    """

    kept: KeptAlert
    clicked_at: datetime | None
    airings: tuple[ReportedAiring, ...]
    nodes: tuple[ReportedNode, ...]
    acts: tuple[Act, ...]
    zone_titles: Mapping[str, str]
    beside: tuple[ChannelCount, ...] = ()
    """How far it came on the ways beside the horns."""
    times_passed: tuple[str, ...] = ()
    """The times named in its words that have passed while it holds: it wants an update."""

    @property
    def not_reached(self) -> tuple[ReportedNode, ...]:
        """The nodes that told of no airing that they began it."""
        return tuple(node for node in self.nodes if node.started_s is None)

    @property
    def not_heard(self) -> tuple[ReportedNode, ...]:
        """The nodes at whose microphone no airing is known to have been heard, whole or in part."""
        return tuple(node for node in self.nodes if node.fate not in HEARD)


def report_of(store: Store, name: str) -> AlertReport | None:
    """Return what came of an alert, None if there is none. Blocking."""
    kept = store.alert_book.alert(name)
    if kept is None:
        return None
    airings = list(_with_repetitions(store, store.alert_book.airings_of(name)))
    # That it no longer holds is not the alert.
    carried = {each.airing for each in airings if each.occasion is not Occasion.CANCEL}
    course = store.alerts.course([each.airing for each in airings], carried)
    return AlertReport(
        kept=kept,
        clicked_at=kept.sent_at,
        airings=tuple(_reported(each, course.airings.get(each.airing)) for each in airings),
        nodes=tuple(_nodes(kept.sent_at, course)),
        acts=tuple(_acts(store.alert_book.history(name))),
        zone_titles={zone.name: zone.title for zone in store.zones()},
        beside=tuple(store.beside.fan_out.counts(name)),
    )


def _with_repetitions(store: Store, airings: Iterable[AlertAiring]) -> Iterator[AlertAiring]:
    """Yield the airings, each followed by what the station or somebody had aired once more of it."""
    for each in airings:
        yield each
        for again in replays_of(store, each.airing):
            yield AlertAiring(each.alert, again.id, each.occasion, again.starts_at, each.by, again.nodes, planned=True)


def _reported(airing: AlertAiring, course: AiringCourse | None) -> ReportedAiring:
    return ReportedAiring(
        airing=airing.airing,
        occasion=airing.occasion,
        at=airing.at,
        by=airing.by,
        nodes=0 if course is None else course.nodes,
        started=0 if course is None else course.started,
        heard=0 if course is None else course.heard,
        planned=course is not None,
        withdrawn=course is not None and course.withdrawn_by is not None,
        replaced_by="" if course is None else course.replaced_by,
        recording=None if course is None else course.recording,
    )


def _nodes(clicked_at: datetime | None, course: AlertCourse) -> Iterator[ReportedNode]:
    def since_click_s(at: datetime | None) -> float | None:
        return None if at is None or clicked_at is None else round((at - clicked_at).total_seconds(), 3)

    for each in course.nodes:
        times_s = since_click_s(each.had_at), since_click_s(each.started_at), since_click_s(each.heard_at)
        yield ReportedNode(each.node, each.title, each.zone, each.fate, *times_s)


def _acts(history: Iterable[LoggedEvidence]) -> Iterable[Act]:
    for entry in history:
        said = entry.evidence
        by = str(said.facts.get("by", "")) or said.source
        yield Act(
            said.at, str(said.facts.get("act", "")), by, str(said.facts.get("note", "")), entry.number, entry.hash
        )
