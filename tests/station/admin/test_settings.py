"""Settings as an administrator changes them at the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest

from smartradio.domain.approval import Person
from smartradio.domain.evidence import Step
from smartradio.station.admin.settings import SettingsDesk
from smartradio.station.kept_settings import (
    CHANGEABLE,
    Kind,
    Plain,
    SettingError,
    limits,
    plain_value,
    read_typed,
    settings_over,
)
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from tests.station.commune import Clock, settings

QUAN = Person("Lê Văn Quân", "quan")


class Office:
    def __init__(self, folder: Path) -> None:
        self.filed: StationSettings = settings(folder)
        self.store = Store.open(folder, clock=Clock())
        self.desk = SettingsDesk(self.filed, self.filed, self.store, Clock())

    def after_a_restart(self) -> StationSettings:
        return settings_over(self.filed, self.store.settings.values())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.store.close()


def test_what_is_changed_holds_from_the_next_start_on(office: Office) -> None:
    changed = office.desk.change({"plan.quiet_from": "20:30", "four_eyes": True, "rate_wpm": 150}, by=QUAN)
    assert changed == ["plan.quiet_from", "four_eyes", "rate_wpm"]
    after = office.after_a_restart()
    assert (after.plan.quiet_from, after.four_eyes, after.rate_wpm) == (time(20, 30), True, 150)
    views = {view.setting.name: view for view in office.desk.all()}
    assert views["four_eyes"].waits_for_restart
    assert views["four_eyes"].changed_by == "Lê Văn Quân"
    assert not views["title"].waits_for_restart


def test_places_nodes_and_passwords_come_through_untouched(office: Office) -> None:
    office.desk.change({"title": "Đài xã Yên Hòa mới"}, by=QUAN)
    after = office.after_a_restart()
    assert after.model_copy(update={"title": office.filed.title}) == office.filed
    assert after.nodes[0].password.get_secret_value() == "password-of-thon-1"


def test_each_change_stands_in_the_log_with_before_and_after(office: Office) -> None:
    office.desk.change({"clip_days": 60}, by=QUAN)
    office.desk.change({"clip_days": 90}, by=QUAN)
    said = [entry.evidence for entry in office.store.chain("")]
    assert {entry.step for entry in said} == {Step.ADMINISTERED}
    assert [(entry.facts["name"], entry.facts["before"], entry.facts["after"]) for entry in said] == [
        ("clip_days", 30, 60),
        ("clip_days", 60, 90),
    ]


def test_a_value_that_is_the_files_own_is_given_back_to_the_file(office: Office) -> None:
    office.desk.change({"clip_days": 60}, by=QUAN)
    office.desk.change({"clip_days": 30}, by=QUAN)
    assert office.store.settings.all() == {}


def test_what_was_there_already_is_no_change(office: Office) -> None:
    assert office.desk.change({"clip_days": 30}, by=QUAN) == []
    assert office.store.chain("") == []


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"rate_wpm": 20}, "rate_wpm"),
        ({"title": ""}, "title"),
        ({"plan.day_dba": 500.0, "clip_days": 60}, "plan.day_dba"),
        ({"clip_days": 60, "node_clip_days": 0}, ""),
        ({"station": "khac"}, "station"),
    ],
    ids=["too slow", "no title", "too loud", "no recording left", "not here"],
)
def test_what_the_file_could_not_say_the_console_cannot_either(
    office: Office, values: dict[str, Plain], name: str
) -> None:
    with pytest.raises(SettingError) as told:
        office.desk.change(values, by=QUAN)
    assert told.value.name == name
    assert office.store.settings.all() == {}
    assert office.store.chain("") == []


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("plan.airtime_minutes", " 30,5 ", 30.5),
        ("plan.airtime_minutes", "", None),
        ("plan.quiet_from", "21:00", "21:00"),
        ("clip_days", "45", 45),
        ("four_eyes", "1", True),
        ("four_eyes", "", False),
        ("standing_text", "", ""),
        ("title", "  Đài  xã ", "Đài xã"),
    ],
)
def test_what_is_typed_becomes_a_value(name: str, typed: str, value: Plain) -> None:
    assert read_typed(CHANGEABLE[name], typed) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [("clip_days", "nhiều"), ("plan.quiet_from", "25:00"), ("plan.day_dba", ""), ("clip_days", "1.5")],
)
def test_what_is_no_value_of_its_kind_is_refused_by_name(name: str, typed: str) -> None:
    with pytest.raises(SettingError) as told:
        read_typed(CHANGEABLE[name], typed)
    assert told.value.name == name


def test_every_setting_of_the_form_has_a_value_and_its_limits(tmp_path: Path) -> None:
    of_file = settings(tmp_path)
    for name, setting in CHANGEABLE.items():
        assert settings_over(of_file, {name: plain_value(of_file, name)}) == of_file
        if setting.kind in (Kind.WHOLE, Kind.NUMBER):
            assert limits(name)[0] is not None, name
    assert limits("rate_wpm") == (80, 450)
