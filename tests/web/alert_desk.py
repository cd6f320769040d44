"""A hand-written desk for emergencies: what the station's does, without sounds, log and plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import AlertBoard, AlertNode, RecentAlert
from smartradio.station.alert_desk import PinNeededError, Prepared, Sending, WrongPinError
from smartradio.station.alert_text import mark_of, said_again, tidied, title_of
from smartradio.station.scripts import OpenItemsError, Script
from smartradio.station.studio import Produced

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
PIN = "290718"
UNSURE = "PXKQ"
FLOOD = "Nước sông lên nhanh. Mời bà con thôn 2 sơ tán ngay lên trường học."
ZONES = {"thon-1": "Thôn 1", "thon-2": "Thôn 2", "thon-3": "Thôn 3"}


def recording() -> Recording:
    """A chime and two sentences."""
    segments = (
        Segment("a" * 64, 4_000, 2.0, 0.4, SegmentKind.CHIME),
        Segment("b" * 64, 11_000, 5.2, 0.4, SegmentKind.SENTENCE, "nước sông lên nhanh."),
        Segment("c" * 64, 8_000, 4.0, 0.0, SegmentKind.SENTENCE, "mời bà con sơ tán."),
    )
    return Recording("d" * 64, "bt-1", "vi", segments)


def prepared(text: str) -> Prepared:
    """Words read one line as they stand; UNSURE is a place that is not certain."""
    at = text.find(UNSURE)
    items = [] if at < 0 else [_item(at)]
    line: dict[str, Any] = {"written": text, "spoken": text.lower(), "pieces": [], "open_items": items}
    bulletin = Bulletin("bt-1", title_of(text), text, Priority.EMERGENCY)
    script = Script(bulletin, (line,), ((text,),))
    return Prepared(mark_of(text), text, Produced(script, recording(), {}, NOW), NOW)


def _item(at: int) -> dict[str, Any]:
    return {
        "start": at,
        "end": at + len(UNSURE),
        "written": UNSURE,
        "problem": "Chữ viết tắt chưa có trong bảng",
        "suggestion": "",
    }


def node(number: int, **changes: Any) -> AlertNode:
    """A node of the hamlet of the same number, online, of which nothing is known yet."""
    name = f"thon-{number}"
    return replace(AlertNode(name, f"Cụm loa thôn {number}", name, True, AiringState.PLANNED), **changes)


def board(airing: str = "kc-1", nodes: Sequence[AlertNode] = (), **changes: Any) -> AlertBoard:
    """An alert of a minute ago at three nodes: heard, silent, not reached."""
    started = NOW - timedelta(seconds=50)
    told = tuple(nodes) or (
        node(1, state=AiringState.JUDGED, delivered_at=started, started_at=started, verdict="aired"),
        node(2, state=AiringState.JUDGED, delivered_at=started, started_at=started, verdict="silent"),
        node(3, online=False),
    )
    sent = Airing(
        airing, "bt-1", "d" * 64, NOW - timedelta(minutes=1), NOW + timedelta(minutes=29), Priority.EMERGENCY,
        tuple(ZONES), tuple(each.node for each in told),
    )  # fmt: skip
    bulletin = Bulletin("bt-1", title_of(FLOOD), FLOOD, Priority.EMERGENCY)
    made = AlertBoard(sent, bulletin, "Đỗ Văn Khang", NOW - timedelta(seconds=40), told, ZONES)
    return replace(made, **changes)


@dataclass
class FakeAlertDesk:
    """Remembers what was sent; knows one PIN."""

    boards: dict[str, AlertBoard] = field(default_factory=dict)
    sent: list[tuple[Sending, Person]] = field(default_factory=list)
    cancelled: list[tuple[str, str, Person]] = field(default_factory=list)
    grants: dict[str, str] = field(default_factory=dict)
    refuses: SmartradioError | None = None
    locked_s: float = 0.0
    alerts: list[RecentAlert] = field(default_factory=list)
    sound: bytes = b"OggS"

    async def prepare(self, text: str) -> Prepared:
        if self.refuses is not None:
            raise self.refuses
        return prepared(tidied(text))

    async def grant(self, text: str, pin: str, *, by: Person) -> str:
        self._check(pin)
        made = await self.prepare(text)
        self.grants[f"cho-phep-{len(self.grants)}"] = made.mark
        return f"cho-phep-{len(self.grants) - 1}"

    async def send(self, wanted: Sending, *, by: Person) -> Airing:
        made = await self.prepare(wanted.text)
        if not set(wanted.zones) or not set(wanted.zones) <= set(ZONES):
            raise BadInputError("the alert: no node stands in no zone")
        name = f"kc-{wanted.once}"
        if name in self.boards:
            return self.boards[name].airing
        if made.open_places and not wanted.taken_on:
            raise OpenItemsError("the alert", made.open_places)
        if self.grants.pop(wanted.grant, None) != made.mark:
            if not wanted.pin:
                raise PinNeededError
            self._check(wanted.pin)
        self.sent.append((wanted, by))
        nodes = [node(int(zone[-1])) for zone in wanted.zones]
        words = Bulletin("bt-1", title_of(made.text), made.text, Priority.EMERGENCY)
        self.boards[name] = board(name, nodes, bulletin=words, by=by.title)
        return self.boards[name].airing

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        if self.refuses is not None:
            raise self.refuses
        self.cancelled.append((airing, why, by))
        self.boards[airing] = replace(self.boards[airing], withdrawn_by=by.title)
        return self.boards[airing].airing

    async def again(self, airing: str) -> tuple[str, tuple[str, ...]]:
        found = self.boards.get(airing)
        if found is None or found.withdrawn_by is not None:
            raise BadInputError("it was withdrawn; air the text again")
        return said_again(found.bulletin.text, found.airing.starts_at), found.airing.zones

    async def segment_audio(self, recording: str, number: int) -> bytes | None:
        return self.sound if recording == "d" * 64 and 0 <= number < 3 else None

    def board(self, airing: str) -> AlertBoard | None:
        return self.boards.get(airing)

    def recent(self, most: int = 5) -> Sequence[RecentAlert]:
        return self.alerts[:most]

    def _check(self, pin: str) -> None:
        if self.locked_s or pin != PIN:
            raise WrongPinError(self.locked_s)
