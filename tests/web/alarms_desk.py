"""Faults to try the page on: an emergency not heard, two nodes out of reach, and one that is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from smartradio.domain.alarm import Alarm, AlarmKind, AlarmState, closed, gone, raised, seen
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.alarms.desk import AlarmCounts
from smartradio.station.store.ringing import RingEvent, ToldRing

NOW = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


def _made(id: int, kind: AlarmKind, subject: str, minutes_ago: float, **facts: object) -> Alarm:  # noqa: A002
    fresh = raised(kind, subject, NOW - timedelta(minutes=minutes_ago), facts)
    return Alarm(fresh.kind, fresh.subject, fresh.raised_at, fresh.last_at, facts=fresh.facts, id=id)


UNHEARD = _made(
    4, AlarmKind.EMERGENCY_NOT_HEARD, "lu-ve/thon-3", 12, airing="lu-ve", node="thon-3", zone="thon-3",
    title="Cụm loa thôn 3", bulletin="Lũ về <nhanh>", verdict="silent",
)  # fmt: skip
SILENT = _made(3, AlarmKind.NODE_SILENT, "thon-2", 30, node="thon-2", title="Cụm loa thôn 2")
SILENT_TOO = _made(2, AlarmKind.NODE_SILENT, "thon-1", 31, node="thon-1", title="Cụm loa thôn 1")
OVER = gone(_made(1, AlarmKind.UNDERVOLTAGE, "thon-1", 600, node="thon-1", title="Cụm loa thôn 1"), NOW)


@dataclass
class FakeAlarmDesk:
    """Holds alarms in memory and moves them as the real desk does."""

    alarms: dict[int, Alarm] = field(
        default_factory=lambda: {each.id: each for each in (UNHEARD, SILENT, SILENT_TOO, OVER)}
    )
    rung: dict[str, str] = field(default_factory=lambda: {"ky-thuat": "Anh Tư, kỹ thuật"})
    fault: str | None = None
    times_read: int = 0

    async def seen(self, id: int, *, by: Person) -> None:  # noqa: A002
        if id not in self.alarms:
            raise BadInputError("there is no such alarm")
        self.alarms[id] = seen(self.alarms[id], by.title, NOW)

    async def close(self, id: int, *, by: Person) -> None:  # noqa: A002
        if id not in self.alarms or not self.alarms[id].is_event:
            raise BadInputError("this alarm ends by itself once its cause is gone")
        self.alarms[id] = closed(self.alarms[id], by.title, NOW)

    def open(self) -> Sequence[Alarm]:
        self.times_read += 1
        return sorted((a for a in self.alarms.values() if a.ended_at is None), key=lambda a: -a.id)

    def past(self, before: datetime | None = None, most: int = 50) -> Sequence[Alarm]:
        over = [(each.ended_at, each) for each in self.alarms.values() if each.ended_at is not None]
        return [alarm for at, alarm in over if before is None or at < before][:most]

    def alarm(self, id: int) -> Alarm | None:  # noqa: A002
        return self.alarms.get(id)

    def count(self) -> AlarmCounts:
        standing = [each for each in self.alarms.values() if each.ended_at is None]
        return AlarmCounts(len(standing), sum(each.state is AlarmState.RAISED for each in standing))

    def rings_of(self, id: int) -> Sequence[ToldRing]:  # noqa: A002
        return [ToldRing("ky-thuat", RingEvent.RAISED, NOW, "sent", 1, NOW, None)] if id == UNHEARD.id else []

    def unanswered(self) -> Sequence[ToldRing]:
        return (
            [] if self.fault is None else [ToldRing("ky-thuat", RingEvent.RAISED, NOW, "waiting", 3, None, self.fault)]
        )

    def targets(self) -> dict[str, str]:
        return self.rung
