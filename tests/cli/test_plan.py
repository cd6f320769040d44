"""`smartradio plan`: what an operator reads before a schedule is saved, and what a program reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from smartradio.config import to_toml
from smartradio.domain.plan_checks import FindingCode
from smartradio.domain.plan_items import NoteCode
from smartradio.web.plan_words import FINDINGS, REASONS, REFUSALS, RELAY_REASONS, Telling
from smartradio.words import words
from tests.cli.conftest import Run
from tests.domain.communes import HERE
from tests.test_words import USED

EXAMPLE = Path(__file__).parents[2] / "schedules" / "vi-du.yaml"
HEAD = "programmes:\n"


def entry(name: str, at: str, *, sentences: int = 1, **keys: object) -> str:
    """One programme of a schedule file; a sentence takes a bit more than three seconds."""
    usual = {"title": f"Bản tin {name}", "zones": "[thon-1, thon-2]", "approved_by": "Nguyễn Thị Lan"}
    told = {"name": name, "at": f"2026-11-23 {at}"} | usual | keys
    text = "    text: |\n" + "      Mời bà con trong thôn đến dự họp.\n" * sentences
    lines = [f"    {key}: {value}\n" for key, value in told.items() if value is not None]
    return "  - " + "".join(lines).lstrip() + text


@pytest.fixture
def plan(smartradio: Run, tmp_path: Path) -> Any:
    """Plans the programmes given for one day; what stands after them goes to the command."""

    def go(*entries: str, options: tuple[object, ...] = (), end: str = "2026-11-24") -> str:
        path = tmp_path / "lich.yaml"
        path.write_text(HEAD + "\n".join(entries), encoding="utf-8")
        code, out, err = smartradio("plan", path, "--from", "2026-11-23", "--to", end, *options)
        assert (code, err) == (0, ""), err
        return out

    return go


def station(tmp_path: Path, **changes: Any) -> Path:
    zones = [{"name": "thon-1", "title": "Thôn 1"}, {"name": "thon-2", "title": "Thôn 2"}]
    node = {"name": "loa-1", "zone": "thon-1", "title": "Loa 1", "public_key": "1" * 64, "password": "a" * 16}
    usual = {"station": "yen-hoa", "title": "Đài", "folder": str(tmp_path / "d"), "zones": zones, "nodes": [node]}
    path = tmp_path / "station.toml"
    path.write_text(to_toml(usual | changes), encoding="utf-8")
    return path


def said(out: str, title: str) -> str:
    """The line of a programme in the table."""
    (line,) = [line for line in out.splitlines() if f"Bản tin {title} " in line]
    return line


def test_the_table_says_in_vietnamese_what_comes_of_each_airing(plan: Any) -> None:
    out = plan(
        entry("dem", "04:00"),
        entry("lu", "05:10", sentences=20, priority="emergency"),
        entry("sang", "05:11", start_tolerance_s=600),
        entry("dai", "06:29", sentences=40, slot_until='"06:30"'),
        entry("nhap", "07:00", approved_by=None),
    )
    assert "Thứ Hai 23/11/2026 · 15/10 âm lịch" in out
    assert "bỏ qua: giờ yên tĩnh 21:00–05:00" in said(out, "dem")
    assert "lùi: tin khẩn 05:10" in said(out, "sang")
    assert "cắt: hết khung 06:30, phát được " in said(out, "dai")
    assert "bỏ qua: chưa ai duyệt" in said(out, "nhap")
    assert "cả xã" in said(out, "sang")
    assert "Cần xem lại trước khi lưu lịch:" in out


def test_what_an_emergency_stops_is_told_with_its_sentences(plan: Any) -> None:
    out = plan(entry("sang", "06:00", sentences=20), entry("lu", "06:00:20", priority="emergency"))
    assert "ngắt: tin khẩn 06:00:20, ở câu " in said(out, "sang")
    assert "phát tiếp lúc 06:00:" in said(out, "sang")


def test_a_relay_that_its_slot_cuts_has_no_sentences_to_be_told_by(smartradio: Run, tmp_path: Path) -> None:
    (tmp_path / "lich.yaml").write_text(
        "programmes:\n  - name: vov\n    title: Thời sự VOV\n    zones: [thon-1]\n    at: 2026-11-23 06:00\n"
        '    slot_until: "06:30"\n    approved_by: Lan\n    relay: {url: "https://vov.example/1", minutes: 40}\n',
        encoding="utf-8",
    )
    _, out, _ = smartradio("plan", tmp_path / "lich.yaml", "--from", "2026-11-23", "--to", "2026-11-24")
    line = next(line for line in out.splitlines() if "Thời sự VOV" in line)
    assert "cắt: hết khung 06:30" in line
    assert "câu" not in line


def test_the_table_stands_in_english_too(plan: Any) -> None:
    out = plan(entry("dem", "04:00"), options=("--language", "en"))
    assert "Monday 23/11/2026 · lunar 15/10" in out
    assert "skipped: quiet hours 21:00–05:00" in said(out, "dem")


def test_json_is_one_document_with_codes_and_figures(plan: Any) -> None:
    told = json.loads(
        plan(entry("dem", "04:00"), entry("dai", "06:29", sentences=40, slot_until='"06:30"'), options=("--json",))
    )
    assert (told["from"], told["to"]) == ("2026-11-23T00:00:00+07:00", "2026-11-24T00:00:00+07:00")
    assert told["rules"]["thon-1"] == {
        "quiet_from": "21:00",
        "quiet_until": "05:00",
        "airtime_minutes": None,
        "stagger_s": 0.0,
        "volume": [],
        "dba_at_0_db": None,
    }
    dem, dai = told["items"]
    assert (dem["decision"], dem["starts_at"], dem["pieces"]) == ("skipped", None, [])
    assert dem["reasons"] == [
        {"code": "quiet_hours", "at": "2026-11-22T21:00:00+07:00", "until": "2026-11-23T05:00:00+07:00"}
    ]
    assert (dai["decision"], dai["estimated"], dai["zones"]) == ("cut", True, ["thon-1", "thon-2"])
    (reason,) = dai["reasons"]
    assert (reason["code"], reason["of"], dai["pieces"][0]["last_sentence"]) == ("cut_slot", 40, reason["sentence"])
    assert [finding["code"] for finding in told["findings"]] == ["never_heard", "slot_overflow"]


def test_the_document_has_what_its_page_names(plan: Any) -> None:
    page = (EXAMPLE.parents[1] / "docs" / "plan.md").read_text(encoding="utf-8")
    told = json.loads(plan(entry("dai", "06:29", sentences=40, slot_until='"06:30"'), options=("--json",)))
    (item,) = told["items"]
    for name in (*told, *item, *item["pieces"][0], "code"):
        assert f"`{name}`" in page


def test_the_same_files_give_the_same_bytes(smartradio: Run) -> None:
    asked = ("plan", EXAMPLE, "--from", "2026-11-23", "--to", "2026-11-30", "--json")
    assert smartradio(*asked) == smartradio(*asked)


def test_a_week_of_the_example_commune_leaves_no_airing_out_for_want_of_room(smartradio: Run) -> None:
    code, out, err = smartradio("plan", EXAMPLE, "--from", "2026-11-23", "--to", "2026-11-30", "--json")
    assert (code, err) == (0, "")
    assert {item["decision"] for item in json.loads(out)["items"]} <= {"plays", "delayed"}


def test_staggered_zones_and_lowered_ones_are_told(smartradio: Run, tmp_path: Path) -> None:
    (tmp_path / "lich.yaml").write_text(HEAD + entry("toi", "19:30"), encoding="utf-8")
    zones = [
        {"name": "thon-1", "title": "Thôn 1", "dba_at_0_db": 76.0},
        {"name": "thon-2", "title": "Thôn 2", "stagger_s": 20.0},
    ]
    nodes = [
        {"name": f"loa-{n}", "zone": f"thon-{n}", "title": "Loa", "public_key": f"{n}" * 64, "password": "a" * 16}
        for n in (1, 2)
    ]
    plan = {"volume": [{"at": "05:00", "volume_db": 0.0}, {"at": "19:00", "volume_db": -12.0}]}
    config = station(tmp_path, zones=zones, nodes=nodes, plan=plan, schedules=[str(tmp_path / "lich.yaml")])
    asked = ("plan", "--config", config, "--from", "2026-11-23", "--to", "2026-11-24")
    code, out, err = smartradio(*asked)
    assert (code, err) == (0, "")
    put_off = next(line for line in out.splitlines() if "Thôn 2" in line)
    assert "19:30     19:30:20–" in put_off
    assert "lệch 20 giây để không chồng tiếng khu lân cận" in put_off
    assert "−12 dB tại Thôn 2" in put_off
    assert "Chưa giữ giới hạn độ ồn tại Thôn 2" in out
    items = json.loads(smartradio(*asked, "--json")[1])["items"]
    assert [item["gain_db"] for item in items] == [{"thon-1": -12.0}, {"thon-2": -12.0}]


def test_a_stations_settings_bring_its_nodes_its_hours_and_its_schedules(smartradio: Run, tmp_path: Path) -> None:
    (tmp_path / "lich.yaml").write_text(HEAD + entry("toi", "20:30"), encoding="utf-8")
    plan = {"quiet_from": "20:00", "quiet_until": "06:00"}
    config = station(tmp_path, schedules=[str(tmp_path / "lich.yaml")], plan=plan)
    code, out, err = smartradio("plan", "--config", config, "--from", "2026-11-23", "--to", "2026-11-24", "--json")
    assert (code, err) == (0, "")
    told = {tuple(item["zones"]): item for item in json.loads(out)["items"]}
    assert told["thon-1",]["reasons"][0]["code"] == "quiet_hours"
    assert told["thon-1",]["nodes"] == ["loa-1"]
    assert told["thon-2",]["reasons"] == [{"code": "no_nodes"}]


def test_airtime_comes_from_the_settings(smartradio: Run, tmp_path: Path) -> None:
    path = tmp_path / "lich.yaml"
    path.write_text(HEAD + entry("mot", "06:00", sentences=9) + entry("hai", "07:00", sentences=9), encoding="utf-8")
    config = station(tmp_path, plan={"airtime_minutes": 1})
    code, out, _ = smartradio("plan", path, "--config", config, "--from", "2026-11-23", "--to", "2026-11-24")
    assert code == 0
    line = next(line for line in out.splitlines() if "Bản tin hai" in line and "Thôn 1" in line)
    assert "bỏ qua: hết thời lượng trong ngày: đã dùng " in line


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--from", "hôm nay", "--to", "2026-11-24"), "--from 'hôm nay': write it as 2026-11-23"),
        (("--from", "2026-11-23", "--to", "2026-11-31"), "--to '2026-11-31': write it as 2026-11-23"),
        (("--from", "2026-11-24", "--to", "2026-11-23"), "--to 2026-11-23 is not after --from 2026-11-24"),
        (("--from", "2026-11-23", "--to", "2028-11-23"), "is more than 366 days"),
        (("--from", "9999-12-30", "--to", "9999-12-31"), "plans are made for the years 1901 to 2198"),
        (("--from", "0001-01-01", "--to", "0001-01-02"), "--from 0001-01-01: plans are made"),
        (("--from", "2026-11-23"), "--to"),
        (("--from", "2026-11-23", "--to", "2026-11-24", "--language", "fr"), "language 'fr'"),
    ],
)
def test_a_span_that_is_none_is_refused_in_one_line(smartradio: Run, arguments: tuple[str, ...], line: str) -> None:
    code, out, err = smartradio("plan", EXAMPLE, *arguments)
    assert (code, out) == (2, "")
    assert line in err
    assert len(err.splitlines()) == 1


def test_without_files_and_without_schedules_in_the_settings_there_is_nothing_to_plan(
    smartradio: Run, tmp_path: Path
) -> None:
    for arguments in ((), ("--config", station(tmp_path))):
        code, _, err = smartradio("plan", *arguments, "--from", "2026-11-23", "--to", "2026-11-24")
        assert code == 2
        assert "name at least one schedule file" in err


def test_what_was_taken_into_the_store_is_planned_with_the_station_s_files(smartradio: Run, tmp_path: Path) -> None:
    taken, read = tmp_path / "nap.yaml", tmp_path / "xa.yaml"
    taken.write_text(HEAD + entry("nap", "06:00"), encoding="utf-8")
    read.write_text(HEAD + entry("tep", "07:00"), encoding="utf-8")
    for schedules, told in (((), {"nap"}), ((str(read),), {"nap", "tep"})):
        config = station(tmp_path, schedules=schedules)
        assert smartradio("schedule", "import", taken, "--config", config)[0] == 0
        day = ("--config", config, "--from", "2026-11-23", "--to", "2026-11-24", "--json")
        assert {item["programme"] for item in json.loads(smartradio("plan", *day)[1])["items"]} == told
        items = json.loads(smartradio("plan", read, *day)[1])["items"]
        assert {item["programme"] for item in items} == {"tep"}


def test_a_zone_gone_after_a_merger_is_refused_with_its_programme(smartradio: Run, tmp_path: Path) -> None:
    path = tmp_path / "lich.yaml"
    path.write_text(HEAD + entry("cu", "06:00", zones="[thon-11]"), encoding="utf-8")
    config = station(tmp_path)
    code, _, err = smartradio("plan", path, "--config", config, "--from", "2026-11-23", "--to", "2026-11-24")
    assert code == 2
    assert "lich.yaml, line 2: programme cu: there is no zone 'thon-11'; there are thon-1, thon-2" in err


def test_a_zone_of_before_the_merger_is_aired_in_the_new_one_and_that_is_told(smartradio: Run, tmp_path: Path) -> None:
    path = tmp_path / "lich.yaml"
    path.write_text(HEAD + entry("cu", "06:00", zones="[thon-dong]"), encoding="utf-8")
    config = station(tmp_path, zones=[{"name": "thon-1", "title": "Thôn 1", "former": ["thon-dong"]}])
    options = ("--config", config, "--from", "2026-11-23", "--to", "2026-11-24")
    code, out, err = smartradio("plan", path, *options)
    assert code == 0, err
    assert "“Bản tin cu”: thon-dong đã sáp nhập, phát ở Thôn 1" in out
    (found,) = json.loads(smartradio("plan", path, *options, "--json")[1])["findings"]
    assert (found["code"], found["zones"], found["named"]) == ("former_zone", ["thon-1"], "thon-dong")


def test_of_very_many_findings_the_table_tells_the_first_and_how_many_there_are(plan: Any) -> None:
    out = plan(*(entry(f"dem-{number}", "04:00") for number in range(60)))
    assert out.count("không lượt nào phát được") == 50
    assert "và 10 mục nữa (xem đủ bằng --json)" in out


def test_every_reason_and_finding_has_its_words() -> None:
    assert REASONS.keys() | REFUSALS.keys() == set(NoteCode)
    assert not REASONS.keys() & REFUSALS.keys()
    assert FINDINGS.keys() == set(FindingCode)
    for sentence in (*REASONS.values(), *RELAY_REASONS.values(), *REFUSALS.values(), *FINDINGS.values()):
        assert words("vi").has(sentence), sentence
        assert sorted(re.findall(r"{\w+}", words("vi")(sentence))) == sorted(re.findall(r"{\w+}", sentence))
    assert "as planned" in USED


def test_zones_with_running_numbers_are_told_together() -> None:
    telling = Telling(words("vi"), HERE, [f"thon-{n}" for n in range(1, 8)])
    assert telling.places(["thon-1", "thon-2", "thon-3", "thon-5", "thon-7"]) == "thon-1–3, thon-5, thon-7"
    assert telling.places(["thon-4"]) == "thon-4"
    assert telling.places([f"thon-{n}" for n in range(1, 8)]) == "cả xã"
