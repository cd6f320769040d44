"""The schema for editors says of a schedule file what the reader says of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.domain.bulletin import MAX_TIMES
from smartradio.domain.day_rules import Holidays, Leap
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Turn
from smartradio.station.schedule_days import SEASON_KEYS
from smartradio.station.schedule_files import KEYS, load_schedule
from smartradio.station.schedule_parts import MAX_PARTS, PART_KEYS
from smartradio.station.schedule_relay import RELAY_KEYS
from smartradio.station.written_days import LUNAR_KEYS
from tests.station.json_schema import Schema

SCHEDULES = Path(__file__).parents[2] / "schedules"
WRITTEN = json.loads((SCHEDULES / "schema.json").read_text(encoding="utf-8"))
SCHEMA = Schema(WRITTEN)
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
GOOD = {
    "name": "sang",
    "title": "Buổi sáng",
    "text": "Chào bà con.",
    "zones": "[thon-1, thon-2]",
    "at": "2026-11-23 05:30",
}


class _Editor(yaml.SafeLoader):
    """YAML 1.2 as editors read it: dates and hours are texts."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way to set them


_Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Editor.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
_Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_Editor.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]*\.[0-9]+$"), list("-+0123456789."))


def said_by_the_editor(content: str) -> bool:
    return SCHEMA.fits(yaml.load(content, Loader=_Editor))


def said_by_the_reader(folder: Path, content: str) -> bool:
    (folder / "lich.yaml").write_text(content, encoding="utf-8")
    try:
        load_schedule(folder / "lich.yaml", now=NOW)
    except BadInputError:
        return False
    return True


def file_of(programme: dict[str, str]) -> str:
    return "programmes:\n  -\n" + "".join(f"    {key}: {value}\n" for key, value in programme.items())


def test_the_schema_has_the_reader_s_keys_and_no_other() -> None:
    kinds = WRITTEN["$defs"]
    for kind, keys in (
        ("programme", KEYS),
        ("part", PART_KEYS),
        ("relay", RELAY_KEYS),
        ("lunar", LUNAR_KEYS),
        ("season", SEASON_KEYS),
    ):
        assert set(kinds[kind]["properties"]) == set(keys), kind


def test_the_schema_has_the_reader_s_words_and_limits() -> None:
    programme, lunar = WRITTEN["$defs"]["programme"]["properties"], WRITTEN["$defs"]["lunar"]["properties"]
    assert programme["priority"]["enum"] == [priority.name.lower() for priority in Priority]
    assert programme["holidays"]["enum"] == [str(word) for word in Holidays]
    assert programme["order"]["enum"] == [turn.name.lower() for turn in Turn]
    assert lunar["leap"]["enum"] == [str(word) for word in Leap]
    assert programme["times"]["maximum"] == MAX_TIMES
    assert programme["parts"]["maxItems"] == MAX_PARTS


def test_every_key_is_explained_to_who_writes_it() -> None:
    for kind in ("programme", "part", "relay", "lunar", "season"):
        for key, told in WRITTEN["$defs"][kind]["properties"].items():
            assert told["description"].endswith("."), key


@pytest.mark.parametrize("path", sorted(SCHEDULES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_example_schedules_fit(path: Path) -> None:
    assert said_by_the_editor(path.read_text(encoding="utf-8"))


MISTAKES = [
    ("titel", "x"),
    ("name", "Buổi sáng"),
    ("zones", "thon-1"),
    ("zones", "[thon-1, thon-1]"),
    ("zones", "[]"),
    ("at", "05:30"),
    ("text_file", "tin.txt"),
    ("in_seconds", "5"),
    ("recurrence", "[FREQ=DAILY]"),
    ("recurrence", "FREQ=DAILY\n    lunar: {days: [1]}"),
    ("priority", "urgent"),
    ("start_tolerance_s", "-1"),
    ("start_tolerance_s", "soon"),
    ("times", "6"),
    ("times", "1.5"),
    ("override_open_items", "maybe"),
    ("valid_from", "tomorrow"),
    ("except_on", "[]"),
    ("except_on", "[2026-12-01...2026-12-02]"),
    ("seasons", "[]"),
    ("seasons", "[{from: 1/5, until: 1/9}]"),
    ("seasons", "[{from: 32/5, until: 1/9, at: 5:00}]"),
    ("seasons", "[{from: 1/5, until: 1/9, at: 24:00}]"),
    ("holidays", "sometimes"),
    ("order", "middle"),
    ("slot_until", "6h30"),
    ("lunar", "{days: [31]}"),
    ("lunar", "{days: [1], months: [13]}"),
    ("lunar", "{days: []}"),
    ("lunar", "{months: [1]}"),
    ("lunar", "{days: [1], laep: skip}"),
    ("lunar", "{days: [first]}"),
]


@pytest.mark.parametrize(("key", "value"), MISTAKES)
def test_a_mistake_of_writing_is_shown_while_it_is_typed(tmp_path: Path, key: str, value: str) -> None:
    content = file_of({**GOOD, key: value})
    assert not said_by_the_editor(content)
    assert not said_by_the_reader(tmp_path, content)


@pytest.mark.parametrize("key", ["name", "title", "text", "zones", "at"])
def test_what_must_be_there_is_missed_by_both(tmp_path: Path, key: str) -> None:
    content = file_of({name: value for name, value in GOOD.items() if name != key})
    assert not said_by_the_editor(content)
    assert not said_by_the_reader(tmp_path, content)


RIGHT = {
    "title": ["Buổi sáng", "2026", '"true"'],
    "recurrence": ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO"],
    "lunar": ["{days: [1, 15]}", "{days: last, months: 12}", "{days: [10], months: [3], leap: also}"],
    "zones": ["[thon-1]", "[1, 2]", "[thon-1, thon-10]"],
    "at": ["2026-11-23 5:30", "2026-11-23T05:30:15", '"2027-01-01 00:00"'],
    "priority": ["above", "emergency"],
    "approved_by": ["Lan", "007"],
    "voice": ["vi", "vi+f3"],
    "start_tolerance_s": ["0", "3600", "12.5"],
    "times": ["1", "5"],
    "override_open_items": ["true", "false"],
    "valid_from": ["2026-11-24", '"2026-11-25"'],
    "valid_until": ["2027-11-24"],
    "except_on": ["2027-02-06", "[2027-02-04..2027-02-10]", "[2027-02-04 .. 2027-02-05, 2027-03-01]"],
    "also_on": ["[2026-12-24]"],
    "seasons": ["[{from: 16/4, until: 15/10, at: 5:00}]", '[{from: 01/11, until: 29/2, at: "05:45"}]'],
    "holidays": ["as_usual", "skip"],
    "slot_until": ["23:59", '"06:30"'],
    "order": ["opening", "bulletin", "closing"],
}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in RIGHT.items()}))
def test_the_schema_marks_nothing_that_the_reader_takes(tmp_path: Path, written: dict[str, str]) -> None:
    content = file_of({**GOOD, **written})
    if said_by_the_reader(tmp_path, content):
        assert said_by_the_editor(content)


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in RIGHT.items() for value in values])
def test_what_is_right_by_itself_is_taken_by_both(tmp_path: Path, key: str, value: str) -> None:
    recurring = {} if key in ("recurrence", "lunar") else {"recurrence": "FREQ=DAILY"}
    content = file_of({**GOOD, **recurring, key: value})
    assert said_by_the_editor(content)
    assert said_by_the_reader(tmp_path, content)
