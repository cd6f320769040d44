"""A small commune for the simulations: three hamlets, a day of programmes, one of them never approved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.simulated.air import Weather
from tests.simulated.fuse import Fuse
from tests.simulated.known import known_horns
from tests.simulated.mast import Pace
from tests.simulated.world import World

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
HAMLETS = {"thon-1": ("thon-1",), "thon-2": ("thon-2",), "thon-3": ("thon-3",)}
BEGINS = datetime(2026, 11, 23, 4, tzinfo=HANOI)
NEVER_APPROVED = "chua-duyet"

_SCHEDULE = """programmes:
  - {name: mo-dau, title: Mở đầu, zones: [thon-1, thon-2, thon-3], at: 2026-11-23 05:30, recurrence: FREQ=DAILY,
     slot_until: "05:40", order: opening, approved_by: Nguyễn Thị Lan,
     text: Đây là Đài truyền thanh xã Yên Hòa.}
  - {name: tiep-dan, title: Tiếp công dân, zones: [thon-1, thon-2, thon-3], at: 2026-11-23 05:30,
     recurrence: FREQ=DAILY, slot_until: "05:40", approved_by: Nguyễn Thị Lan,
     text: Ủy ban nhân dân xã tiếp công dân từ 7h30. Mời bà con mang theo giấy tờ.}
  - {name: thoi-tiet, title: Thời tiết, zones: [thon-1, thon-2], at: 2026-11-23 09:00, recurrence: FREQ=DAILY,
     start_tolerance_s: 120, approved_by: Nguyễn Thị Lan, text: Hôm nay trời nắng. Chiều tối có mưa rào.}
  - {name: chua-duyet, title: Chưa duyệt, zones: [thon-1, thon-2, thon-3], at: 2026-11-23 10:00,
     recurrence: FREQ=DAILY, text: Bản tin này chưa ai duyệt. Không ai được nghe.}
  - {name: nong-vu, title: Nông vụ, zones: [thon-2, thon-3], at: 2026-11-23 11:00, recurrence: FREQ=DAILY,
     start_tolerance_s: 120, approved_by: Trần Văn Hùng, text: Trạm bơm mở nước từ 14h00. Bà con đắp bờ giữ nước.}
  - {name: y-te, title: Y tế, zones: [thon-1, thon-3], at: 2026-11-23 15:00, recurrence: FREQ=DAILY,
     start_tolerance_s: 120, approved_by: Trần Văn Hùng, text: Trạm Y tế khám sức khỏe người cao tuổi. Khám từ 7h00.}
  - {name: buoi-chieu, title: Buổi chiều, zones: [thon-1, thon-2, thon-3], at: 2026-11-23 17:00,
     recurrence: FREQ=DAILY, slot_until: "17:10", approved_by: Nguyễn Thị Lan,
     text: Xin mời bà con nghe tin trong ngày. Hội làng mở vào chủ nhật.}
"""


def write_schedule(folder: Path) -> Path:
    """Write the small commune's programmes below a folder."""
    path = folder / "lich.yaml"
    path.write_text(_SCHEDULE, encoding="utf-8")
    return path


def small_world(
    folder: Path,
    *,
    seed: int = 0,
    weather: Weather | None = None,
    pace: Pace | None = None,
    fuse: Fuse | None = None,
    **settings: Any,
) -> World:
    """Return the commune at 4 o'clock of a Monday, nothing of it started, its horns known to the station."""
    world = World(
        folder,
        BEGINS.astimezone(UTC),
        HAMLETS,
        [write_schedule(folder)],
        seed=seed,
        weather=weather,
        pace=pace,
        fuse=fuse,
        **{"clip_first_airings": 0, "clip_every": 0} | settings,
    )
    known_horns(world)
    return world
