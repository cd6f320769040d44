"""A session on a running station: its items go on air in turn, none over the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.programme import Programme, Turn
from smartradio.station import schedule_set
from smartradio.station.schedule_files import Written
from tests.station.commune import run, until
from tests.station.test_station import node, on_air, quick

pytestmark = pytest.mark.contract

ITEMS = (
    ("a-het", "Xin hết.", Turn.CLOSING),
    ("b-tin", "Mời bà con ra họp.", Turn.BULLETIN),
    ("c-mo-dau", "Chào bà con.", Turn.OPENING),
)


def test_an_opening_is_heard_before_the_bulletins_and_the_closing_after_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")) + timedelta(seconds=6)
    slot = timedelta(minutes=5)
    session = [
        Programme(name, name, text, ("thon-1",), at, approved_by="Lan", slot=slot, order=order)
        for name, text, order in ITEMS
    ]

    file = tmp_path / "buoi.yaml"
    file.touch()

    def as_written(path: Path, **_: Any) -> list[Written]:
        return [Written(programme, path, 1) for programme in session]

    # In a file a slot ends on a whole minute of the same day, which a test at midnight has not.
    monkeypatch.setattr(schedule_set, "read_schedule", as_written)

    async def work() -> None:
        async with on_air(quick(tmp_path, schedules=(file,))) as station:
            with node(station, "thon-1") as one:
                await station.load_schedules()
                airings = {view.airing.id: view.airing for view in station.board()}
                planned = sorted(airings.values(), key=lambda airing: airing.starts_at)
                assert [airing.programme for airing in planned] == ["c-mo-dau", "b-tin", "a-het"]
                for before, after in pairwise(planned):
                    recording = station.store.recording(before.recording_id)
                    assert recording is not None
                    pause_s = (after.starts_at - before.starts_at).total_seconds() - recording.duration_s
                    assert 1.0 <= pause_s <= 2.0
                await station._parts.replan()
                assert {view.airing.id for view in station.board()} == set(airings)
                await until(lambda: len(one.started) == 3, 40)
                assert [airings[started].programme for started in one.started] == ["c-mo-dau", "b-tin", "a-het"]

    run(work, 60)
