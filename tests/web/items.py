"""A hand-written desk for items: what the station's does, without sounds, log and plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smartradio.domain.airing import Airing
from smartradio.domain.approval import Act, ItemState, Person, after_act, check_second_person
from smartradio.domain.bulletin import Recording
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Origin, Programme
from smartradio.station.handed_in_before import Earlier
from smartradio.station.items import ChangedMeanwhileError, Item, item_chain
from smartradio.station.views import LoggedEvidence

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LAN = Person("Lê Thị Lan", "lan", "phien-1")
FIELDS = {"title": "Báo mất nước", "text": "Mất nước từ 8 giờ.", "zones": ["thon-1", "thon-3"]}


def written(name: str = "mat-nuoc", **changes: object) -> Programme:
    programme = Programme(
        name, "Báo mất nước", "Mất nước từ 8 giờ.\nBà con trữ nước.", ("thon-1", "thon-2"),
        datetime(2026, 11, 23, 5, 30, tzinfo=HANOI), "FREQ=DAILY",
    )  # fmt: skip
    return replace(programme, **changes)  # type: ignore[arg-type]


@dataclass
class FakeApprovalDesk:
    """Items by name, and what was done with them by whom."""

    held: dict[str, Item] = field(default_factory=dict)
    done: list[tuple[str, str, Person]] = field(default_factory=list)
    withdrawn: list[tuple[str, str, Person]] = field(default_factory=list)
    refuses: SmartradioError | None = None
    times: tuple[datetime, ...] = ()
    four_eyes: bool = False
    before: dict[str, Earlier] = field(default_factory=dict)
    sounds: dict[str, Recording] = field(default_factory=dict)

    def put(self, state: ItemState, programme: Programme | None = None, **changes: object) -> Item:
        item = Item(programme or written(), Origin.CONSOLE, state, 3, False, LAN.title, NOW - timedelta(minutes=5))
        if state is not ItemState.DRAFT:
            item = replace(item, submitted_by=LAN, recording_id="d" * 64, bound_sha256="b" * 64)
        self.held[item.name] = replace(item, **changes)  # type: ignore[arg-type]
        return self.held[item.name]

    async def draft(self, programme: Programme, *, by: Person, at_once: bool = False) -> Item:
        item = Item(programme, Origin.CONSOLE, ItemState.DRAFT, 1, at_once, by.title, NOW)
        self.held[item.name] = item
        self.done.append((item.name, "draft", by))
        return item

    async def change(self, programme: Programme, *, by: Person, seen: int, at_once: bool = False) -> Item:
        return self._moved(programme.name, Act.CHANGE, by, seen, programme=programme, at_once=at_once)

    async def submit(self, name: str, *, by: Person, seen: int) -> Item:
        return self._moved(name, Act.SUBMIT, by, seen, submitted_by=by, recording_id="d" * 64)

    async def approve(self, name: str, *, by: Person, seen: int) -> Item:
        check_second_person(self.held[name].submitted_by or by, by, four_eyes=self.four_eyes)
        return self._moved(name, Act.APPROVE, by, seen, approved_by=by)

    async def send_back(self, name: str, *, by: Person, note: str, seen: int) -> Item:
        return self._moved(name, Act.RETURN, by, seen, note=note)

    async def withdraw_item(self, name: str, *, by: Person, why: str, seen: int | None = None) -> Item:
        return self._moved(name, Act.WITHDRAW, by, seen or 0, note=why)

    async def withdraw_airing(self, airing: str, *, by: Person, why: str) -> Airing:
        if self.refuses is not None:
            raise self.refuses
        self.withdrawn.append((airing, why, by))
        return Airing(airing, "bt-1", "d" * 64, NOW, NOW, written().priority, ("thon-1",), ("thon-1",))

    def items(self) -> list[Item]:
        return list(self.held.values())

    def lately(self, most: int) -> list[Item]:
        return [item for item in self.held.values() if item.origin is not Origin.FILE][:most]

    def waiting(self) -> list[Item]:
        return [item for item in self.held.values() if item.state is ItemState.SUBMITTED]

    def earlier(self, item: Item) -> Earlier | None:
        return self.before.get(item.name)

    def recording(self, recording_id: str) -> Recording | None:
        return self.sounds.get(recording_id)

    def item(self, name: str) -> Item | None:
        return self.held.get(name)

    def next_times(self, programme: Programme, most: int) -> tuple[datetime, ...]:
        return self.times[:most]

    def history(self, name: str) -> list[LoggedEvidence]:
        said = Evidence(item_chain(name), "", Step.SUBMITTED, NOW, "operator:Lê Thị Lan", facts={"by": "Lê Thị Lan"})
        return [LoggedEvidence(12, NOW, said, "a" * 64)]

    def _moved(self, name: str, act: Act, by: Person, seen: int, **changes: object) -> Item:
        if self.refuses is not None:
            raise self.refuses
        item = self.held[name]
        if item.version != seen:
            raise ChangedMeanwhileError(name, item.changed_by, item.changed_at)
        state = after_act(item.state, act)
        if state is None:
            raise BadInputError(f"{name}: {act} may not be done")
        self.done.append((name, act.value, by))
        self.held[name] = replace(item, state=state, version=item.version + 1, **changes)  # type: ignore[arg-type]
        return self.held[name]
