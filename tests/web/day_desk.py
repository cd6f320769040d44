"""A broadcaster's day to try the pages on: a morning heard here and not there, a bulletin that sounds, an evening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_checks import Finding, FindingCode
from smartradio.domain.plan_items import Decision, Note, NoteCode, Piece, PlanItem
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Origin, Programme
from smartradio.station.archive import Kept, Key, Kind, LastAiring
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.day import Day, DayAiring, Standing, span_of
from smartradio.station.day_desk import FoundPage, Needs, ProgrammeView
from smartradio.station.items import Item
from smartradio.station.week import Slot, Week, week_of
from tests.domain.plain_days import PlainDays

TODAY = date(2026, 11, 22)
ZONES = ("thon-1", "thon-2", "thon-3")


def at(clock: str, day: date = TODAY) -> datetime:
    """The commune's wall clock."""
    return datetime.fromisoformat(f"{day.isoformat()} {clock}").replace(tzinfo=WALL_CLOCK).astimezone(UTC)


def aired(id: str, title: str, clock: str, minutes: float, *standings: Standing, **fields: object) -> DayAiring:  # noqa: A002
    """An airing that stands so in the first hamlets, one node in each."""
    zones = dict(zip(ZONES, standings, strict=False))
    judged = [s for s in standings if s in tuple(Standing)[:7]]
    made = DayAiring(
        id, title, "tin", Priority.PROGRAMME, at(clock), at(clock) + timedelta(minutes=minutes), zones, len(zones),
        len(judged), judged.count(Standing.AIRED), standings.count(Standing.SOUNDING),
    )  # fmt: skip
    return replace(made, **fields)  # type: ignore[arg-type]


def a_morning() -> tuple[DayAiring, ...]:
    """A Sunday as it stands at 5:02: the first bulletin heard, the second sounding, the rest to come."""
    s = Standing
    return (
        aired("lp-0", "Nhạc hiệu mở đầu", "05:00", 0.5, s.AIRED, s.SILENT, s.AIRED),
        aired("lp-1", "Lịch tiêm chủng mở rộng tháng 11", "05:00:40", 4, s.SOUNDING, s.DUE, s.SOUNDING),
        aired("lp-2", "Tiếp âm Đài Tiếng nói Việt Nam", "05:30", 30, s.PLANNED, s.PLANNED, s.PLANNED),
        aired("lp-3", "Thông báo thu gom rác", "17:00", 3, s.PLANNED, s.PLANNED),
        aired("lp-4", "Bản tin nông nghiệp", "21:30", 5, s.SKIPPED, s.SKIPPED, s.SKIPPED, reason="quiet_hours"),
    )


def programme(name: str = "tin", **fields: object) -> Programme:
    """The morning's bulletin, every day at 5:00."""
    usual: dict[str, object] = {
        "title": "Lịch tiêm chủng mở rộng tháng 11",
        "text": "Từ 7h30 ngày 23/11/2026, UBND xã tiêm chủng cho trẻ.",
        "zones": ZONES,
        "first_at": datetime(2026, 11, 1, 5, 0, tzinfo=WALL_CLOCK),
        "recurrence": "FREQ=DAILY",
        "approved_by": "Phạm Văn Bình",
    }
    return Programme(name=name, **(usual | fields))  # type: ignore[arg-type]


def item_of(programme: Programme, state: ItemState = ItemState.SCHEDULED, origin: Origin = Origin.CONSOLE) -> Item:
    """The item a programme is, written by Lan."""
    by = Person("Lê Thị Lan", "lan")
    return Item(programme, origin, state, 3, False, by.title, at("04:00"), submitted_by=by, submitted_at=at("04:00"))


def slot(programme: Programme, when: datetime, *notes: Note, state: ItemState | None = None) -> Slot:
    """An instant of a programme that sounds for five minutes, or not at all where a note says why."""
    sounds = not notes or notes[-1].code in (NoteCode.DELAYED, NoteCode.IN_TURN)
    pieces = (Piece(when, when + timedelta(minutes=5), 1, 3),) if sounds else ()
    decision = Decision.PLAYS if sounds else Decision.SKIPPED
    made = PlanItem(programme, when, programme.zones, (), decision, pieces, notes, 300.0, False)
    return Slot(when, programme, (made,), state)


def a_week(now: datetime) -> Week:
    """The week of TODAY: a daily programme, one of a file that a holiday takes out, one that waits."""
    monday = date(2026, 11, 16)
    daily, of_file = programme(), programme("vov", title="Tiếp âm Đài Tiếng nói Việt Nam", zones=("thon-1",))
    waits = programme("moi", title="Thông báo thu gom rác", approved_by=None)
    slots = []
    for number in range(7):
        day = monday + timedelta(days=number)
        slots.append(slot(daily, at("05:10", day)))
        holiday = Note(NoteCode.HOLIDAY, named="Ngày Nhà giáo Việt Nam")
        slots.append(replace(slot(of_file, at("05:30", day), *([holiday] if number == 6 else [])), from_file=True))
        slots.append(slot(waits, at("17:00", day), Note(NoteCode.NOT_APPROVED), state=ItemState.SUBMITTED))
    findings = (Finding(FindingCode.NOT_APPROVED, waits, waits.zones, 7, at("17:00", monday)),)
    past = [aired("lp-0", "Nhạc hiệu mở đầu", "05:00", 0.5, Standing.AIRED, Standing.SILENT, Standing.AIRED)]
    return week_of(monday, now, aired=past, slots=slots, days=PlainDays(), findings=findings)


def an_archive() -> list[Kept]:
    """Two bulletins: one that stands and was heard at two of three nodes, one aired at once in the last flood."""
    last = LastAiring("lp-1", at("05:00"), ZONES, 3, 3, 2)
    return [
        Kept(
            Key(Kind.PROGRAMME, "tin"), "Lịch tiêm chủng mở rộng tháng 11", "Từ 7h30, UBND xã tiêm chủng.",
            Priority.PROGRAMME, ZONES, ItemState.AIRED, at("04:00"), "Lê Thị Lan", recurring=True, last=last,
            next_at=at("05:00", TODAY + timedelta(days=1)),
        ),
        Kept(
            Key(Kind.BULLETIN, "bt-lu"), "Tin lũ khẩn cấp", "Nước sông Vạc lên nhanh, bà con sơ tán.",
            Priority.EMERGENCY, ZONES, last=replace(last, airing="lp-9", starts_at=at("02:00", date(2026, 10, 3))),
        ),
    ]  # fmt: skip


@dataclass
class FakeDayDesk:
    """A day, an archive and a week; remembers what was copied."""

    airings: tuple[DayAiring, ...] = field(default_factory=a_morning)
    need: Needs = field(default_factory=lambda: Needs({"silent": 1}, 2, 3))
    returned: list[Item] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=an_archive)
    programmes: dict[str, ProgrammeView] = field(default_factory=dict)
    copied: list[tuple[Key, Person]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    a_week: Week | None = None
    refuses: BadInputError | None = None

    def today(self) -> date:
        return TODAY

    def day(self, day: date) -> Day:
        begins, ends = span_of(day)
        shown = tuple(each for each in self.airings if begins <= each.starts_at < ends)
        quiet = ((begins, begins + timedelta(hours=5)), (begins + timedelta(hours=21), ends))
        return Day(day, begins, ends, shown, quiet)

    def needs(self) -> Needs:
        return self.need

    def returned_to(self, account: str) -> Sequence[Item]:
        return [item for item in self.returned if item.submitted_by and item.submitted_by.account == account]

    def newest(self, before: datetime | None, most: int) -> FoundPage:
        return FoundPage(tuple(self.kept[:most]), len(self.kept) > most, None, at("04:00"))

    def found(self, words: str, first: int, most: int) -> FoundPage:
        self.asked.append(words)
        fitting = [kept for kept in self.kept if words.lower() in kept.title.lower()]
        return FoundPage(tuple(fitting[first : first + most]), len(fitting) > first + most, len(fitting))

    async def copy(self, key: Key, *, by: Person) -> Item:
        if self.refuses is not None:
            raise self.refuses
        self.copied.append((key, by))
        return item_of(programme(f"tin-chep-{len(self.copied)}", recurrence=None), ItemState.DRAFT)

    def week(self, monday: date) -> Week:
        return replace(a_week(at("05:02")) if self.a_week is None else self.a_week, monday=monday)

    def programme(self, name: str) -> ProgrammeView | None:
        return self.programmes.get(name)

    def next_times(self, programme: Programme, most: int = 8) -> tuple[datetime, ...]:
        if self.refuses is not None:
            raise self.refuses
        return (at("05:00", TODAY + timedelta(days=1)), at("05:00", TODAY + timedelta(days=2)))[:most]

    def tried(self, programme: Programme) -> tuple[Slot, ...]:
        return (slot(programme, at("05:00", TODAY + timedelta(days=1))),)
