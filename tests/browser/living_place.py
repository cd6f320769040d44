"""The made-up commune of the browser's tests: its days, people, poles, settings and map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from smartradio.domain.approval import Person
from smartradio.station.accounts import Role
from smartradio.station.settings import NodeEntry, StationSettings, ZoneSettings

ROOT = Path(__file__).parents[2]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BEGINS = datetime(2026, 11, 23, 3, 30, tzinfo=HANOI)
STORM = datetime(2026, 11, 24, 21, 10, tzinfo=HANOI)
TODAY = datetime(2026, 11, 25, 17, 0, tzinfo=HANOI)
PASSWORD = "ga-gay-sang-som-bo-ao"
PEOPLE = (
    ("lan", "Lê Thị Lan", Role.BROADCASTER),
    ("binh", "Phạm Văn Bình", Role.APPROVER),
    ("khang", "Đỗ Khang", Role.OFFICER),
    ("tho", "Trần Thợ", Role.TECHNICIAN),
    ("quan", "Vũ Thị Quản", Role.ADMINISTRATOR),
    ("soat", "Ngô Văn Soát", Role.AUDITOR),
)
LAN, BINH, KHANG = (Person(title, name) for name, title, _ in PEOPLE[:3])
_POLES = (
    ("nha-van-hoa-1", 1, "Nhà văn hóa thôn 1", 20.1602, 105.9411),
    ("cho-yen-hoa", 1, "Chợ Yên Hòa", 20.1575, 105.9448),
    ("nha-van-hoa-2", 2, "Nhà văn hóa thôn 2", 20.1641, 105.9467),
    ("de-song-vac", 3, "Đê sông Vạc", 20.1688, 105.9502),
    ("truong-tieu-hoc", 4, "Trường tiểu học", 20.1534, 105.9399),
    ("nha-van-hoa-5", 5, "Nhà văn hóa thôn 5", 20.1497, 105.9441),
    ("tram-bom", 6, "Trạm bơm thôn 6", 20.1551, 105.9511),
    ("nga-ba-7", 7, "Ngã ba thôn 7", 20.1609, 105.9547),
    ("dinh-lang-8", 8, "Đình làng thôn 8", 20.1662, 105.9386),
    ("nha-van-hoa-9", 9, "Nhà văn hóa thôn 9", 20.1472, 105.9502),
    ("san-kho-10", 10, "Sân kho thôn 10", 20.1518, 105.9568),
    ("tram-y-te", 5, "Trạm y tế xã", 20.1482, 105.9463),
)  # fmt: skip
NODES = tuple(name for name, *_ in _POLES)
SILENT, OFFLINE, WEAK, THIRSTY, MUFFLED = "de-song-vac", "san-kho-10", "truong-tieu-hoc", "tram-bom", "nga-ba-7"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now.astimezone(ZoneInfo("UTC"))

    def __call__(self) -> datetime:
        return self.now

    def go_to(self, now: datetime) -> None:
        self.now = now.astimezone(ZoneInfo("UTC"))


def settings(folder: Path, **changes: Any) -> StationSettings:
    """The commune's settings; nobody transcribes, the outside broker is never asked."""
    values: dict[str, Any] = {
        "station": "yen-hoa",
        "title": "Đài truyền thanh xã Yên Hòa",
        "folder": folder,
        "broker": {"outside": {"host": "127.0.0.1", "port": 1}},
        "recogniser": "none",
        "standing_text": "",
        "schedules": [ROOT / "schedules" / "vi-du.yaml"],
        "zones": tuple(ZoneSettings(name=f"thon-{n}", title=f"Thôn {n}") for n in range(1, 11)),
        "nodes": tuple(
            NodeEntry(name=name, zone=f"thon-{zone}", title=f"Cụm loa {title[0].lower()}{title[1:]}"
                      if title[0] in "NTSĐC" and not title.startswith("Chợ") else f"Cụm loa {title}",
                      public_key=f"{number:064x}", lat=lat, lon=lon)
            for number, (name, zone, title, lat, lon) in enumerate(_POLES, start=1)
        ),
        "public": True,
    }  # fmt: skip
    return StationSettings.model_validate(values | changes)


def _polygon(corners: Sequence[tuple[float, float]]) -> str:
    ring = ", ".join(f"[{lon}, {lat}]" for lat, lon in (*corners, corners[0]))
    return f'{{"type": "Polygon", "coordinates": [[{ring}]]}}'


_AREA = ((20.1712, 105.9372), (20.1705, 105.9520), (20.1640, 105.9590), (20.1520, 105.9605), (20.1448, 105.9525),
         (20.1455, 105.9400), (20.1560, 105.9355))  # fmt: skip
_RIVER = ((20.1715, 105.9480), (20.1670, 105.9515), (20.1600, 105.9525), (20.1530, 105.9540), (20.1450, 105.9515))
MAP = (
    '{"type": "FeatureCollection", "features": ['
    f'{{"type": "Feature", "properties": {{}}, "geometry": {_polygon(_AREA)}}}, '
    '{"type": "Feature", "properties": {"name": "Sông Vạc"}, "geometry": {"type": "LineString", "coordinates": ['
    + ", ".join(f"[{lon}, {lat}]" for lat, lon in _RIVER)
    + "]}}]}"
)
