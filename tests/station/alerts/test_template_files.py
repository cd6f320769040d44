from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from smartradio.alerting.cap.message import Severity, Urgency
from smartradio.alerting.templates.template import FieldKind
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.template_files import known_templates, load_templates, read_templates

EXAMPLE = Path(__file__).parents[3] / "schedules" / "alerts" / "vi-du.yaml"
GOOD = """\
templates:
  - name: vo-de
    title: Vỡ đê {noi}
    event: Vỡ đê
    siren: siren_evacuate
    headline: Vỡ đê! Chạy ngay!
    repeat_minutes: 30
    valid_hours: 6
    cap: {category: Safety, urgency: Immediate, severity: Extreme, certainty: Observed}
    fields:
      - {name: noi, label: Ở đâu, example: Bến Đế}
      - {name: sau, label: Sâu, kind: number, unit: m, min: 0, max: 9, decimals: 1, optional: true, example: "1,5"}
      - {name: cap_do, label: Cấp độ, kind: risk, optional: true}
    situation: Đê vỡ ở {noi}. Nước sâu {sau}.
    advice: |
      Lên chỗ cao.
      Đi ngay.
"""


def written(folder: Path, content: str, name: str = "xa.yaml") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_there_is_a_template_for_each_danger_a_commune_meets() -> None:
    sirens = {name: template.siren for name, template in load_templates().items()}
    assert sirens == {
        "lu-bao-dong-1": "priority",
        "lu-bao-dong-2": "siren_flood",
        "lu-bao-dong-3": "siren_flood",
        "lu-khan-cap": "siren_flood",
        "lu-quet-sat-lo": "siren_evacuate",
        "bao": "emergency",
        "xa-lu": "siren_flood",
        "chay": "siren_fire",
        "dich-benh": "priority",
        "tim-nguoi": "priority",
        "so-tan-ngay": "siren_evacuate",
        "het-bao-dong": "all_clear",
    }


def test_what_cannot_wait_stands_at_the_top_and_the_all_clear_at_the_bottom() -> None:
    names = list(load_templates())
    assert names[:2] == ["so-tan-ngay", "lu-bao-dong-1"]
    assert names[-1] == "het-bao-dong"


def test_they_are_repeated_as_often_as_the_trade_does() -> None:
    every = {name: template.repeat_every for name, template in load_templates().items()}
    assert every["lu-bao-dong-2"] == timedelta(hours=3)
    assert every["lu-khan-cap"] == timedelta(hours=2)
    assert every["so-tan-ngay"] == timedelta(minutes=30)
    assert every["het-bao-dong"] is None


def test_no_place_is_safe_or_not_by_a_syllable_that_the_wind_takes() -> None:
    turned = re.compile(r"(không|chưa)[^.;,]*\{|\{\w+\}[^.;,]*(không|chưa)", re.IGNORECASE)
    parts = [part for template in load_templates().values() for part in template.parts]
    assert [line for part in parts for line in part.split("\n") if turned.search(line)] == []


def test_the_all_clear_says_where_danger_is_before_it_lets_anybody_home() -> None:
    advice = load_templates()["het-bao-dong"].advice
    assert advice.index("ở yên nơi sơ tán") < advice.index("được trở về nhà")


def test_a_template_is_read_with_all_it_says(tmp_path: Path) -> None:
    (template,) = read_templates(written(tmp_path, GOOD)).values()
    assert (template.name, template.event, template.siren) == ("vo-de", "Vỡ đê", "siren_evacuate")
    (without,) = read_templates(written(tmp_path, GOOD.replace("    siren: siren_evacuate\n", ""))).values()
    assert without.siren == "emergency"
    assert (template.repeat_every, template.valid_for) == (timedelta(minutes=30), timedelta(hours=6))
    assert (template.cap.urgency, template.cap.severity) == (Urgency.IMMEDIATE, Severity.EXTREME)
    assert template.parts == ("Đê vỡ ở {noi}. Nước sâu {sau}.", "", "Lên chỗ cao.\nĐi ngay.")
    assert [(field.name, field.kind, field.required) for field in template.fields] == [
        ("noi", FieldKind.TEXT, True),
        ("sau", FieldKind.NUMBER, False),
        ("cap_do", FieldKind.RISK, False),
    ]


def test_the_commune_s_own_come_first_and_take_the_place_of_those_with_their_name(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "b.yaml")
    written(tmp_path, GOOD.replace("name: vo-de", "name: chay"), "a.yaml")
    templates = load_templates(tmp_path)
    assert list(templates)[:2] == ["chay", "vo-de"]
    assert templates["chay"].event == "Vỡ đê"
    assert set(templates) == {*load_templates(), "vo-de"}


def test_the_example_for_communes_can_be_taken_as_it_is(tmp_path: Path) -> None:
    assert set(read_templates(EXAMPLE)) - set(load_templates())


@pytest.mark.parametrize(
    ("wrong", "right", "line", "told"),
    [
        ("name: vo-de", "name: Vỡ đê", 2, "name: template 'Vỡ đê': use a-z"),
        ("    event: Vỡ đê\n", "", 2, "event: is missing"),
        ("siren: siren_evacuate", "siren: coi_hu", 5, "there is no siren 'coi_hu'; use one of emergency, siren_flood"),
        ("Vỡ đê! Chạy ngay!", "Vỡ đê {noi}!", 6, "headline: has no fields"),
        ("Vỡ đê! Chạy ngay!", "Vỡ đê", 6, "headline: end it as a sentence ends"),
        ("repeat_minutes: 30", "repeat_minutes: 5", 7, "'5' is not a whole number from 10 to 1440"),
        ("valid_hours: 6", "valid_hours: lâu", 8, "'lâu' is not a whole number from 1 to 168"),
        ("urgency: Immediate", "urgency: Ngay", 9, "urgency: 'Ngay' is not one of Immediate, Expected"),
        ("severity: Extreme, ", "", 9, "severity: is missing"),
        ("name: noi,", "name: Nơi,", 11, "name: 'Nơi': use a-z, 0-9 and _"),
        ("name: sau,", "name: noi,", 12, "a second field is named 'noi'"),
        ("kind: number", "kind: số", 12, "kind: 'số' is not one of text, number"),
        ("min: 0, ", "", 12, "min: is missing"),
        ("max: 9", "max: 0", 12, "max: must be above min"),
        ("max: 9", "max: nhiều", 12, "max: 'nhiều' is not a number"),
        ("decimals: 1", "decimals: 7", 12, "decimals: '7' is not a whole number from 0 to 3"),
        ('example: "1,5"', 'example: "15"', 12, "example: is not what the field takes: 15 is above 9"),
        ("decimals: 1, ", "choices: [a, b], ", 12, "choices: belongs to a field of the kind choice"),
        ("optional: true, ex", "not_below: nong, ex", 12, "not_below: no number 'nong' stands before this field"),
        (", example: Bến Đế", "", 11, "example: is missing; show how it is filled in"),
        ("kind: risk", "kind: choice, choices: [một]", 13, "choices: write 2 to 20 choices"),
        ("kind: risk", "kind: choice, choices: [đỏ, Đỏ]", 13, "choices: every choice stands once"),
        ("sâu {sau}", "sâu {muc}", 14, "situation: there is no field 'muc' to be put here; there are noi, sau"),
        ("sâu {sau}", "sâu {sau", 14, "situation: braces stand around the name of a field only"),
        ("sâu {sau}", "sâu lắm", 11, "fields: the field 'sau' stands nowhere in the words"),
        ("title: Vỡ đê {noi}", "title: Vỡ đê {sau}", 3, "title: the field 'sau' is not required"),
        ("      Đi ngay.", "      Đi ngay", 15, "advice: the line 'Đi ngay' does not end as a sentence ends"),
        ("    repeat_minutes", "    lap_lai", 7, "unknown key 'lap_lai'"),
    ],
)
def test_a_mistake_is_told_with_file_and_line_and_what_would_be_right(
    tmp_path: Path, wrong: str, right: str, line: int, told: str
) -> None:
    assert wrong in GOOD
    path = written(tmp_path, GOOD.replace(wrong, right, 1))
    with pytest.raises(BadInputError) as refused:
        load_templates(tmp_path)
    assert str(refused.value).startswith(f"{path}, line ")
    assert told in str(refused.value)
    if right:
        assert f"line {line}:" in str(refused.value)


def test_two_files_of_a_commune_may_not_both_say_what_an_alert_is(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "a.yaml")
    written(tmp_path, GOOD, "b.yaml")
    with pytest.raises(BadInputError, match=r"b\.yaml: a template named 'vo-de' stands in a\.yaml too; keep one"):
        load_templates(tmp_path)
    with pytest.raises(BadInputError, match="a second template is named 'vo-de'"):
        read_templates(written(tmp_path, GOOD + GOOD.removeprefix("templates:\n"), "c.yaml"))


def test_a_broken_file_sets_itself_aside_and_no_other(tmp_path: Path) -> None:
    written(tmp_path, GOOD, "b.yaml")
    written(tmp_path, GOOD.replace("name: vo-de", "name: chay").replace("Vỡ đê! Chạy ngay!", "Vỡ đê"), "a.yaml")
    written(tmp_path, GOOD, "c.yaml")
    written(tmp_path, GOOD.replace("name: vo-de", "name: vo-dap"), "d.yaml")
    known = known_templates(tmp_path)
    ours = load_templates()
    assert set(known.by_name) == {*ours, "vo-de", "vo-dap"}
    # What would have taken the place of one of the program's leaves that one standing.
    assert known.by_name["chay"] == ours["chay"]
    broken, twice = known.faults
    assert broken.startswith(f"{tmp_path / 'a.yaml'}, line 6: headline: ")
    assert twice == f"{tmp_path / 'c.yaml'}: a template named 'vo-de' stands in b.yaml too; keep one"


def test_without_the_folder_of_the_settings_those_of_the_program_stand(tmp_path: Path) -> None:
    known = known_templates(tmp_path / "mau")
    assert known.by_name == load_templates()
    assert known.faults == (f"{tmp_path / 'mau'}: there is no such folder of templates",)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no such folder of templates"):
        load_templates(tmp_path / "mau")


def test_a_commune_without_templates_of_its_own_has_those_of_the_program(tmp_path: Path) -> None:
    assert load_templates(tmp_path) == load_templates()
