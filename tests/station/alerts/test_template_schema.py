"""The schema for editors says of a file of templates what the reader says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from smartradio.alerting.templates.template import FieldKind
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.template_fields import FIELD_KEYS, LONGEST_TEXT, MOST_CHOICES, MOST_FIELDS
from smartradio.station.alerts.template_files import (
    CAP_KEYS,
    OPENINGS,
    REPEAT_MINUTES,
    TEMPLATE_KEYS,
    VALID_HOURS,
    read_templates,
)
from tests.station.alerts.test_template_files import GOOD
from tests.station.json_schema import Schema

ROOT = Path(__file__).parents[3]
WRITTEN = json.loads((ROOT / "schedules/alerts/schema.json").read_text(encoding="utf-8"))
SCHEMA = Schema(WRITTEN)
FILES = [*(ROOT / "smartradio/alerting/templates/builtin").glob("*.yaml"), ROOT / "schedules/alerts/vi-du.yaml"]
KINDS = {"template": TEMPLATE_KEYS, "field": FIELD_KEYS, "cap": CAP_KEYS}


def said_by_the_editor(content: str) -> bool:
    return SCHEMA.fits(yaml.safe_load(content))


def said_by_the_reader(folder: Path, content: str) -> bool:
    path = folder / "mau.yaml"
    path.write_text(content, encoding="utf-8")
    try:
        read_templates(path)
    except BadInputError:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_schema_has_the_reader_s_keys_and_explains_each(kind: str) -> None:
    properties = WRITTEN["$defs"][kind]["properties"]
    assert set(properties) == set(KINDS[kind])
    assert all(told["description"].endswith(".") for told in properties.values())


def test_the_schema_has_the_reader_s_words_and_limits() -> None:
    template, field = WRITTEN["$defs"]["template"]["properties"], WRITTEN["$defs"]["field"]["properties"]
    assert template["siren"]["enum"] == list(OPENINGS)
    assert field["kind"]["enum"] == [str(kind) for kind in FieldKind]
    assert (template["repeat_minutes"]["minimum"], template["repeat_minutes"]["maximum"]) == REPEAT_MINUTES
    assert (template["valid_hours"]["minimum"], template["valid_hours"]["maximum"]) == VALID_HOURS
    assert template["fields"]["maxItems"] == MOST_FIELDS
    assert (field["choices"]["maxItems"], field["longest"]["maximum"]) == (MOST_CHOICES, LONGEST_TEXT)


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.name)
def test_all_templates_there_are_fit(path: Path) -> None:
    assert said_by_the_editor(path.read_text(encoding="utf-8"))


MISTAKES = [
    ("name: vo-de", "name: Vỡ đê"),
    ("    event: Vỡ đê\n", ""),
    ("siren: siren_evacuate", "siren: coi_hu"),
    ("Vỡ đê! Chạy ngay!", "Vỡ đê {noi}!"),
    ("Vỡ đê! Chạy ngay!", "Vỡ đê"),
    ("repeat_minutes: 30", "repeat_minutes: 5"),
    ("valid_hours: 6", "valid_hours: lâu"),
    ("urgency: Immediate", "urgency: Ngay"),
    ("severity: Extreme, ", ""),
    ("name: noi,", "name: Nơi,"),
    ("name: noi,", "name: issuer,"),
    ("kind: number", "kind: số"),
    ("min: 0, ", ""),
    ("max: 9", "max: nhiều"),
    ("decimals: 1", "decimals: 7"),
    ("decimals: 1, ", "choices: [a, b], "),
    ("optional: true, ex", "longest: 20, ex"),
    (", example: Bến Đế", ""),
    ("kind: risk", "kind: choice"),
    ("kind: risk", "kind: choice, choices: [một]"),
    ("    repeat_minutes", "    lap_lai"),
]


@pytest.mark.parametrize(("right", "wrong"), MISTAKES)
def test_a_mistake_of_writing_is_shown_while_it_is_typed(tmp_path: Path, right: str, wrong: str) -> None:
    assert right in GOOD
    content = GOOD.replace(right, wrong, 1)
    assert not said_by_the_editor(content)
    assert not said_by_the_reader(tmp_path, content)


def test_what_is_right_is_right_for_both(tmp_path: Path) -> None:
    assert said_by_the_editor(GOOD)
    assert said_by_the_reader(tmp_path, GOOD)


def test_every_key_and_every_siren_is_told_in_the_readme() -> None:
    told = (ROOT / "schedules/alerts/README.md").read_text(encoding="utf-8")
    for word in (*TEMPLATE_KEYS, *CAP_KEYS, *FIELD_KEYS, *OPENINGS, *FieldKind):
        assert f"`{word}`" in told, word
