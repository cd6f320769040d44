"""A schedule that was taken into the store is planned by the station as the files' own are."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from smartradio.domain.evidence import Step
from smartradio.domain.plan_checks import FindingCode
from smartradio.domain.programme import Origin
from smartradio.station.days import vietnam_days
from smartradio.station.schedule_import import import_schedules
from smartradio.station.settings import ZoneSettings
from smartradio.station.store import Store
from tests.station.commune import NODES, run
from tests.station.test_station import on_air, quick

pytestmark = pytest.mark.contract

ZONES = tuple(ZoneSettings(name=name, title=name, former=("thon-dong",) if name == "thon-1" else ()) for name in NODES)


def entry(name: str, at: datetime, zone: str) -> str:
    return (
        f"  - name: {name}\n    title: Tin {name}\n    topic: y tế\n    text: Mời bà con ra họp.\n"
        f"    zones: [{zone}]\n    at: {at:%Y-%m-%d %H:%M}\n    approved_by: Nguyễn Thị Lan\n"
    )


def test_imported_programmes_and_files_are_planned_together_also_from_before_the_merger(tmp_path: Path) -> None:
    now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
    taken, read = tmp_path / "nap.yaml", tmp_path / "xa.yaml"
    taken.write_text("programmes:\n" + entry("nap", now + timedelta(hours=30), "thon-dong"), encoding="utf-8")
    read.write_text("programmes:\n" + entry("tep", now + timedelta(hours=40), "thon-dong"), encoding="utf-8")
    commune = quick(tmp_path / "data", zones=ZONES, schedules=(read,))
    store = Store.open(commune.folder)
    assert import_schedules([taken], commune, store, now=now, days=vietnam_days()).names == ("nap",)
    store.close()

    async def work() -> None:
        async with on_air(commune) as station:
            await station.load_schedules()
            planned = {view.airing.programme: view.airing for view in station.board()}
            assert planned.keys() == {"nap", "tep"}
            for airing in planned.values():
                assert (airing.zones, airing.nodes, airing.topic) == (("thon-1",), ("thon-1",), "y tế")
                view = station.airing_view(airing.id)
                assert view is not None
                approved = [e.evidence for e in view.chain if e.evidence.step is Step.APPROVED]
                assert [each.facts["by"] for each in approved] == ["Nguyễn Thị Lan"]
            assert {each.programme.name: each.origin for each in station.store.stored_programmes()} == {
                "nap": Origin.CONSOLE,
                "tep": Origin.FILE,
            }
            found = {(finding.code, finding.programme.name) for finding in station.schedule_findings}
            assert (FindingCode.FORMER_ZONE, "tep") in found
            # A zone that is gone without a word keeps its own programmes off the air, and no others.
            gone = replace(next(p for p in station.store.programmes() if p.name == "nap"), name="xa", zones=("thon-9",))
            station.store.import_programmes([gone])
            read.write_text("programmes:\n" + entry("moi", now + timedelta(hours=50), "thon-2"), encoding="utf-8")
            await station.load_schedules()
            assert {a.programme for a in station.store.airings()} == {"nap", "moi"}
            found = {(finding.code, finding.programme.name) for finding in station.schedule_findings}
            assert (FindingCode.NO_NODES, "xa") in found

    run(work, 60)
