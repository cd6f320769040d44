"""A hand-written desk for the airings of emergencies: what the station's does, without sounds, log and plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from smartradio.domain.airing import Airing, AiringState
from smartradio.domain.approval import Person
from smartradio.domain.bulletin import Bulletin, Recording, Segment, SegmentKind
from smartradio.domain.errors import SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.alert_board import AlertBoard, AlertNode
from smartradio.station.alert_text import title_of

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
PIN = "290718"
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
    """Has the boards that it is given, and remembers what was taken back."""

    boards: dict[str, AlertBoard] = field(default_factory=dict)
    cancelled: list[tuple[str, str, Person]] = field(default_factory=list)
    refuses: SmartradioError | None = None
    sound: bytes = b"OggS"
    asked_boards: list[str] = field(default_factory=list)

    async def cancel(self, airing: str, *, by: Person, why: str) -> Airing:
        if self.refuses is not None:
            raise self.refuses
        self.cancelled.append((airing, why, by))
        self.boards[airing] = replace(self.boards[airing], withdrawn_by=by.title)
        return self.boards[airing].airing

    async def segment_audio(self, recording: str, number: int) -> bytes | None:
        return self.sound if recording == "d" * 64 and 0 <= number < 3 else None

    def board(self, airing: str) -> AlertBoard | None:
        self.asked_boards.append(airing)
        return self.boards.get(airing)
