"""The public's desk of the tests: two bulletins, three hamlets, what people told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.places import Zone
from smartradio.domain.priority import Priority
from smartradio.station.citizens import Complaint, PublicAiring

NOW = datetime(2026, 11, 21, 22, 2, tzinfo=UTC)
SOUND = b"OggS and a bulletin for everybody"


def vaccination() -> PublicAiring:
    """What sounds at 5:00."""
    return PublicAiring(
        "lp-1", "Lịch tiêm chủng", "Từ 7h30 ngày 23/11/2026, UBND xã tiêm chủng cho trẻ.\nMời bà con đưa trẻ đến.",
        "vi", NOW - timedelta(minutes=2), 180.0, Priority.PROGRAMME, "d" * 64, ("thon-1", "thon-2", "thon-3"),
        ("thon-1", "thon-3"),
    )  # fmt: skip


def flood() -> PublicAiring:
    """An emergency of yesterday, in all hamlets."""
    zones = ("thon-1", "thon-2", "thon-3")
    return PublicAiring(
        "lp-lu", "Tin lũ khẩn cấp", "Nước sông Vạc trên <báo động 3>.", "vi", NOW - timedelta(hours=20), 40.0,
        Priority.EMERGENCY, "e" * 64, zones, zones,
    )  # fmt: skip


@dataclass
class FakeCitizensDesk:
    """Holds what it was told; `enough` is a hamlet that has told it often."""

    is_open: bool = True
    airings: list[PublicAiring] = field(default_factory=lambda: [vaccination(), flood()])
    told: list[Complaint] = field(default_factory=list)
    enough: str = ""

    def zones(self) -> list[Zone]:
        return [Zone(f"thon-{n}", f"Thôn {n}") for n in (1, 2, 3)]

    def aired(self, newest: int, *, zone: str | None = None) -> list[PublicAiring]:
        return [each for each in self.airings if zone is None or zone in each.sounded][:newest]

    def airing(self, airing_id: str) -> PublicAiring | None:
        return next((each for each in self.airings if each.id == airing_id), None)

    def lately(self, zone: str) -> list[PublicAiring]:
        return [each for each in self.airings if zone in each.zones]

    async def sound(self, recording: str) -> bytes:
        if recording not in {each.recording for each in self.airings}:
            raise SmartradioError("this sound is not for the public")
        return SOUND

    async def complain(self, zone: str, airing: str | None, note: str) -> Complaint | None:
        if airing is not None:
            found = self.airing(airing)
            if found is None:
                raise BadInputError("there is no such airing")
            if zone not in found.zones:
                raise BadInputError("this airing was not for your hamlet")
        if zone == self.enough:
            return None
        self.told.append(Complaint(len(self.told) + 1, zone, airing, note, NOW))
        return self.told[-1]

    def complaints(self, newest: int = 200) -> Sequence[Complaint]:
        return sorted(self.told, key=lambda each: each.seen_at is not None)[:newest]

    def complaints_of(self, airing: str) -> Sequence[Complaint]:
        return [each for each in self.told if each.airing == airing]

    def count_open(self) -> int:
        return sum(each.seen_at is None for each in self.told)

    async def see_to(self, number: int, *, by: Person, answer: str) -> Complaint:
        for place, each in enumerate(self.told):
            if each.number == number and each.seen_at is None:
                self.told[place] = replace(each, seen_by=by.title, seen_at=NOW, answer=answer)
                return self.told[place]
        raise BadInputError("somebody saw to it before")
