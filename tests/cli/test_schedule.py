"""`smartradio schedule`: looked through, carried to the store and back, and to other calendars."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartradio.station.store import Store
from tests.cli.conftest import Run
from tests.cli.test_plan import HEAD, entry, station
from tests.station.calendar_file import read_calendar

EXAMPLE = Path(__file__).parents[2] / "schedules" / "vi-du.yaml"
FROM = ("--from", "2026-11-23")


def schedule(tmp_path: Path, *entries: str) -> Path:
    path = tmp_path / "lich.yaml"
    path.write_text(HEAD + "\n".join(entries), encoding="utf-8")
    return path


def test_the_example_has_nothing_to_look_at(smartradio: Run) -> None:
    code, out, err = smartradio("schedule", "check", EXAMPLE, "--texts", *FROM)
    assert (code, out) == (0, "")
    assert "programmes read, 0 faults, 0 findings" in err


def test_findings_are_lines_with_their_place(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(tmp_path, entry("sang", "06:00"), entry("dem", "04:00"))
    code, out, err = smartradio("schedule", "check", path, *FROM)
    assert code == 0
    assert (
        out == f"{path}, line 10: “Bản tin dem”: không lượt nào phát được (1 lần, lượt đầu 04:00 23/11): giờ yên tĩnh\n"
    )
    assert "2 programmes read, 0 faults, 1 findings" in err


def test_all_faults_are_told_and_end_it_with_two(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(
        tmp_path,
        entry("dai", "06:00", slot_until='"05:30"'),
        entry("sai", "06:00", valid_untill="2027-01-01"),
        entry("thang-hai", "06:00", recurrence="FREQ=DAILY", valid_from="2027-02-31"),
    )
    code, out, err = smartradio("schedule", "check", path, *FROM)
    assert code == 2
    first, second, third = out.splitlines()
    assert "the slot ends at 05:30, before it starts at 06:00" in first
    assert "unknown key 'valid_untill'; did you mean 'valid_until'?" in second
    assert "2027-02-31 does not exist" in third
    assert "0 programmes read, 3 faults" in err


def test_a_program_gets_files_lines_and_codes(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(tmp_path, entry("dem", "04:00"))
    code, out, _ = smartradio("schedule", "check", path, "--json", *FROM)
    assert code == 0
    told = json.loads(out)
    assert (told["programmes"], told["faults"]) == (1, [])
    assert [(f["code"], f["programme"], f["file"], f["line"]) for f in told["findings"]] == [
        ("never_heard", "dem", str(path), 2)
    ]


def test_a_text_the_station_would_not_air_is_found_when_asked_for(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(tmp_path, entry("lu", "06:00", priority="emergency").replace("dự họp", "XQZ-77k"))
    assert smartradio("schedule", "check", path, *FROM)[0] == 0
    code, out, _ = smartradio("schedule", "check", path, "--texts", *FROM)
    assert code == 2
    assert "line 2: programme lu: " in out


def test_from_a_file_to_the_store_to_a_file_and_to_another_store(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(tmp_path, entry("sang", "06:00", topic="y tế"), entry("trua", "11:00", zones="[thon-2]"))
    one, other = tmp_path / "mot", tmp_path / "hai"
    one.mkdir()
    other.mkdir()
    configs = station(one), station(other)
    code, _, err = smartradio("schedule", "import", path, "--config", configs[0])
    assert code == 0, err
    assert "2 programmes taken into the store, 0 stood there already" in err
    assert smartradio("schedule", "export", "-o", one / "ra.yaml", "--config", configs[0])[0] == 0
    assert smartradio("schedule", "import", one / "ra.yaml", "--config", configs[1])[0] == 0
    code, _, err = smartradio("schedule", "export", "-o", other, "--config", configs[1])
    assert "2 programmes written to" in err
    assert (other / "lich.yaml").read_bytes() == (one / "ra.yaml").read_bytes()


def test_while_a_station_works_its_store_is_read_and_not_written(smartradio: Run, tmp_path: Path) -> None:
    path, config = schedule(tmp_path, entry("sang", "06:00")), station(tmp_path)
    assert smartradio("schedule", "import", path, "--config", config)[0] == 0
    working = Store.open(tmp_path / "d")
    try:
        code, _, err = smartradio("schedule", "import", path, "--config", config)
        assert code == 2
        assert "another station" in err
        assert smartradio("schedule", "export", "-o", tmp_path / "ra.yaml", "--config", config)[0] == 0
    finally:
        working.close()


def test_an_import_with_a_fault_takes_nothing(smartradio: Run, tmp_path: Path) -> None:
    path = schedule(tmp_path, entry("sang", "06:00"), entry("cu", "06:30", zones="[thon-9]"))
    config = station(tmp_path)
    code, out, _ = smartradio("schedule", "import", path, "--config", config)
    assert code == 2
    assert "programme cu: there is no zone 'thon-9'" in out
    code, _, err = smartradio("schedule", "export", "-o", tmp_path / "ra.yaml", "--config", config)
    assert code == 2
    assert "there is no programme to write" in err
    assert not (tmp_path / "ra.yaml").exists()


def test_an_import_in_a_language_nobody_knows_takes_nothing(smartradio: Run, tmp_path: Path) -> None:
    path, config = schedule(tmp_path, entry("sang", "06:00")), station(tmp_path)
    code, _, err = smartradio("schedule", "import", path, "--config", config, "--language", "fr")
    assert code == 2
    assert "language 'fr'" in err
    assert smartradio("schedule", "export", "-o", tmp_path / "ra.yaml", "--config", config)[0] == 2


@pytest.mark.parametrize("command", [("check",), ("ical", "-o", "lich.ics")])
@pytest.mark.parametrize("start", ["9999-12-30", "0001-01-01"])
def test_a_year_for_which_no_plan_is_made_is_told(
    smartradio: Run, tmp_path: Path, command: tuple[str, ...], start: str
) -> None:
    code, out, err = smartradio("schedule", *command, schedule(tmp_path, entry("sang", "06:00")), "--from", start)
    assert (code, out) == (2, "")
    assert "plans are made for the years 1901 to 2198" in err


def test_a_calendar_has_the_example_s_programmes(smartradio: Run, tmp_path: Path) -> None:
    code, out, err = smartradio("schedule", "ical", EXAMPLE, "-o", tmp_path / "out.ics", *FROM)
    assert (code, out) == (0, "")
    assert f"programmes written to {tmp_path / 'out.ics'}" in err
    events = read_calendar((tmp_path / "out.ics").read_bytes())
    assert "mo-dau-sang@local.smartradio" in events
    assert f"{len(events)} programmes" in err


def test_a_calendar_of_a_station_has_its_name_and_its_zones_titles(smartradio: Run, tmp_path: Path) -> None:
    config = station(tmp_path)
    assert smartradio("schedule", "import", schedule(tmp_path, entry("trua", "11:00")), "--config", config)[0] == 0
    config = station(tmp_path, schedules=[str(schedule(tmp_path, entry("sang", "06:00")))])
    code, _, err = smartradio("schedule", "ical", "--config", config, "-o", tmp_path / "out.ics", *FROM)
    assert code == 0, err
    noon, event = sorted(read_calendar((tmp_path / "out.ics").read_bytes()).values(), key=lambda e: e.text("DTSTART"))[
        ::-1
    ]
    assert noon.told["UID"][1] == "trua@yen-hoa.smartradio"
    assert event.told["UID"][1] == "sang@yen-hoa.smartradio"
    assert event.text("LOCATION") == "Thôn 1, Thôn 2"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("ical", "-o", "out.ics"), "name a schedule file, or the --config of a station"),
        (("check", "khong-co.yaml", "--from", "mai"), "--from 'mai': write it as 2026-11-23"),
        (("export", "-o", "ra.yaml", "--config", "khong-co.toml"), "khong-co.toml"),
    ],
)
def test_what_cannot_be_done_is_one_line(smartradio: Run, arguments: tuple[str, ...], line: str) -> None:
    code, out, err = smartradio("schedule", *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert len(err.strip().splitlines()) == 1
