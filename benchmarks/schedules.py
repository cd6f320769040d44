"""Fifty thousand bulletins in one schedule file: looked through, taken into a store, written out; time and memory."""

from __future__ import annotations

import resource
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from _rows import row

from smartradio.station.days import vietnam_days
from smartradio.station.schedule_checks import Checked, check_schedules
from smartradio.station.schedule_export import export_schedule
from smartradio.station.schedule_files import LOCAL
from smartradio.station.store import Store

FEW = 5_000
MANY = 50_000
START = datetime(2026, 11, 23, tzinfo=LOCAL)
WEEK = timedelta(days=7)
CHECK_LIMIT_S = 60.0
# Ten times as many may take this many times as long: what grows by the square takes a hundred.
RATIO_LIMIT = 15.0
MEMORY_LIMIT_MB = 800.0
# A write of the store is given up after 30 s.
IMPORT_LIMIT_S = 15.0
EXPORT_LIMIT_S = 60.0
_BULLETIN = """\
  - name: ban-tin-{number}
    title: Thông báo số {number}
    zones: [thon-1, thon-2, thon-3, thon-4, thon-5, thon-6, thon-7, thon-8, thon-9, thon-10]
    at: 2026-{month:02}-{day:02} {hour:02}:{minute:02}
    recurrence: FREQ=WEEKLY;BYDAY=MO,TH
    valid_until: 2027-12-31
    approved_by: Trần Văn Hùng, Chủ tịch UBND xã
    text: |
      Hợp tác xã nông nghiệp thông báo lịch sản xuất vụ xuân năm 2027, bản số {number}.
      Mạ gieo từ ngày 10/01; khi nhiệt độ dưới 15°C, bà con che phủ ni lông cho mạ và không bón đạm.
"""


def schedule(path: Path, count: int) -> Path:
    """Write a schedule of so many bulletins, spread over the months and the hours of the day."""
    with path.open("w", encoding="utf-8") as file:
        file.write("programmes:\n")
        for number in range(count):
            month, day = number % 12 + 1, number % 28 + 1
            hour, minute = number % 13 + 5, number % 60
            file.write(_BULLETIN.format(number=number, month=month, day=day, hour=hour, minute=minute))
    return path


def looked_through(path: Path) -> tuple[Checked, float]:
    """Return what is found in a schedule and how many seconds of one core it took."""
    begun = time.process_time()
    checked = check_schedules([path], now=START, days=vietnam_days(), ahead=WEEK)
    return checked, time.process_time() - begun


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, few_s = looked_through(schedule(folder / "few.yaml", FEW))
        many = schedule(folder / "many.yaml", MANY)
        checked, many_s = looked_through(many)
        note = f"{many.stat().st_size / 1e6:.0f} MB, {len(checked.findings):,} findings"
        row(f"schedule of {MANY:,} bulletins looked through, a week planned", many_s, "s", CHECK_LIMIT_S, note)
        row(f"the same beside {FEW:,} bulletins", many_s / few_s, "times as long", RATIO_LIMIT)
        store = Store.open(folder / "store")
        begun = time.perf_counter()
        store.import_programmes(checked.read.programmes)
        row(f"{MANY:,} programmes taken into the store", time.perf_counter() - begun, "s", IMPORT_LIMIT_S)
        begun = time.perf_counter()
        export_schedule(store.programmes(), folder / "out.yaml", get_sound={}.get, days=vietnam_days())
        row("all of them written out again and read back", time.perf_counter() - begun, "s", EXPORT_LIMIT_S)
        store.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    row("memory at most, for all of this", peak_mb, "MB", MEMORY_LIMIT_MB)


if __name__ == "__main__":
    main()
