"""Several schedule files read together, by zones as they are called today."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_checks import FindingCode
from smartradio.station.days import vietnam_days
from smartradio.station.schedule_parts import name_of_sound
from smartradio.station.schedule_set import ScheduleSet, files_in, read_set
from smartradio.station.settings import ZoneSettings
from smartradio.station.zone_names import ZoneNames
from tests.station.commune import NOON, settings

ONE = """\
programmes:
  - name: {name}
    title: Tin
    zones: {zones}
    at: 2026-11-23 05:30
    text: Mời bà con.
"""
# Thôn 1 was made of thôn Đông and thôn Tây.
MERGED = ZoneNames(
    [ZoneSettings(name="thon-1", title="Thôn 1", former=("dong", "tay")), ZoneSettings(name="thon-2", title="Thôn 2")]
)


def written(folder: Path, name: str, *, programme: str = "tin", zones: str = "[thon-1]") -> Path:
    path = folder / name
    path.write_text(ONE.format(name=programme, zones=zones), encoding="utf-8")
    return path


def read(files: Sequence[Path], **changes: Any) -> ScheduleSet:
    return read_set(files, now=NOON, days=vietnam_days(), take_sound=name_of_sound, **changes)


def test_files_and_folders_are_read_in_order(tmp_path: Path) -> None:
    files = [written(tmp_path, f"{name}.yaml", programme=name) for name in ("b", "a")]
    assert [each.programme.name for each in read(list(files_in([tmp_path]))).written] == ["a", "b"]
    assert [each.name for each in read(files).programmes] == ["b", "a"]


def test_a_folder_without_schedules_is_refused_where_one_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "lich.yml.txt").write_text("programmes: []", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"there is no schedule \(\*\.yaml\) in this folder"):
        list(files_in([tmp_path]))
    assert list(files_in([tmp_path], empty=True)) == []


def test_a_name_in_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    files = [written(tmp_path, "hai.yaml"), written(tmp_path, "mot.yaml")]
    with pytest.raises(BadInputError, match=r"mot\.yaml, line 2: programme 'tin' also stands in .*hai\.yaml, line 2"):
        read(files)


def test_all_faults_of_all_files_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    files = [
        written(tmp_path, "mot.yaml"),
        written(tmp_path, "hai.yaml"),
        written(tmp_path, "ba.yaml", programme="Tin Ba"),
        tmp_path / "khong-co.yaml",
        written(tmp_path, "nam.yaml", programme="nam", zones="[thon-9]"),
        written(tmp_path, "sau.yaml", programme="sau"),
    ]
    faults: list[BadInputError] = []
    found = read(files, zones=MERGED, on_fault=faults.append)
    assert [each.name for each in found.programmes] == ["tin", "sau"]
    assert [str(fault).removeprefix(f"{tmp_path}/").partition(":")[0] for fault in faults] == [
        "hai.yaml, line 2",
        "ba.yaml, line 2",
        "khong-co.yaml",
        "nam.yaml, line 2",
    ]


def test_a_schedule_of_before_the_merger_is_aired_in_the_new_zone_and_that_is_told(tmp_path: Path) -> None:
    found = read([written(tmp_path, "cu.yaml", zones="[dong, thon-2, tay]")], zones=MERGED)
    (programme,) = found.programmes
    assert programme.zones == ("thon-1", "thon-2")
    (finding,) = found.findings
    assert (finding.code, finding.programme, finding.zones) == (FindingCode.FORMER_ZONE, programme, ("thon-1",))
    assert finding.named == "dong, tay"
    assert read([written(tmp_path, "nay.yaml")], zones=MERGED).findings == ()


def test_a_zone_that_never_was_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        read([written(tmp_path, "a.yaml", zones="[thon-11]")], zones=MERGED)
    line = str(caught.value)
    assert "a.yaml, line 2: programme tin: there is no zone 'thon-11'; there are thon-1, thon-2" in line
    assert "did you mean thon-1?" in line
    assert "named under 'former' of the one it went into" in line


def test_of_what_is_in_the_store_a_zone_that_is_gone_keeps_its_name() -> None:
    assert MERGED.today(["dong", "thon-9", "tay", "thon-2"]) == ("thon-1", "thon-9", "thon-2")


@pytest.mark.parametrize(
    ("first", "second"), [(("cu",), ("cu",)), (("thon-2",), ()), ((), ("thon-2",)), (("cu", "cu"), ())]
)
def test_a_former_name_leads_to_one_zone_only(tmp_path: Path, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    zones = (
        ZoneSettings(name="thon-1", title="Thôn 1", former=first),
        ZoneSettings(name="thon-2", title="Thôn 2", former=second),
    )
    with pytest.raises(ValidationError, match=r"its former name '[\w-]+' is one of zone 'thon-[12]', too"):
        settings(tmp_path, zones=zones, nodes=())


def test_where_a_programme_is_written_is_found_by_its_name(tmp_path: Path) -> None:
    found = read([written(tmp_path, "a.yaml")])
    there = found.where("tin")
    assert there is not None
    assert there.place == f"{tmp_path / 'a.yaml'}, line 2"
    assert found.where("khac") is None
