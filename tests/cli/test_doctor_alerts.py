"""What the doctor tells of a station's alerts: templates that cannot be read, and whoever has fallen silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartradio.cli.alert_checks import alert_checks, templates
from smartradio.domain.alarm import AlarmKind
from smartradio.station.accounts import Role
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.store import Store
from smartradio.station.store.people import AccountRow
from tests.station.commune import Clock, registered, settings

WATCHED: dict[str, tuple[AlarmKind, dict[str, Any]]] = {
    "channels": (
        AlarmKind.CHANNEL_SILENT,
        {"kind": "webhook", "name": "tinh", "title": "Tỉnh", "url": "https://a.vn/x", "secret": "0123456789abcdef"},
    ),
    "feeds": (AlarmKind.FEED_SILENT, {"name": "tinh", "title": "Đài tỉnh", "url": "https://a.vn/cap.atom"}),
}


def test_without_templates_of_its_own_a_commune_has_those_of_the_program() -> None:
    check = templates(AlertSettings())
    assert check.found
    assert int(check.seen.split()[0]) >= 12


def test_each_template_file_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("templates:\n  - {name: lu, mistake: 1}\n", encoding="utf-8")
    check = templates(AlertSettings(templates=tmp_path))
    assert (check.found, check.needed) == (False, False)
    assert "a.yaml" in check.seen
    assert "b.yaml" in check.seen
    assert "smartradio alert templates" in check.mend


def test_a_folder_of_templates_that_is_gone_is_told(tmp_path: Path) -> None:
    check = templates(AlertSettings(templates=tmp_path / "gone"))
    assert (check.found, "there is no such folder" in check.seen) == (False, True)


def test_a_station_without_gauges_feeds_and_channels_is_asked_for_its_templates_alone(tmp_path: Path) -> None:
    assert [check.part for check in alert_checks(settings(tmp_path))] == ["alert templates"]


@pytest.mark.parametrize("what", sorted(WATCHED))
def test_whoever_has_fallen_silent_is_named_until_it_answers_again(tmp_path: Path, what: str) -> None:
    kind, one = WATCHED[what]
    commune = settings(tmp_path, alerts={what: [one, one | {"name": "huyen"}]})
    _, check = alert_checks(commune)
    assert (check.found, check.seen) == (True, "tinh, huyen; the station has not been started")
    store = registered(Store.open(tmp_path, clock=Clock()), commune)
    store.alarms.raise_(kind, "tinh", {}, lambda _alarm, _now: ())
    store.close()
    _, check = alert_checks(commune)
    assert (check.found, check.needed, check.seen) == (False, False, "silent: tinh")
    store = Store.open(tmp_path, clock=Clock())
    store.alarms.gone(kind, "tinh")
    store.close()
    _, check = alert_checks(commune)
    assert (check.found, check.seen) == (True, "tinh, huyen: no alarm")


def with_accounts(folder: Path, **roles: Role) -> None:
    store = Store.open(folder, clock=Clock())
    for name, role in roles.items():
        store.people.put(AccountRow(name, name, "", role))
    store.close()


def test_where_two_must_answer_and_there_is_one_no_alert_can_go_out(tmp_path: Path) -> None:
    commune = settings(tmp_path, alerts={"second_person": True})
    _, check = alert_checks(commune)
    assert (check.found, check.seen) == (True, "the station has not been started")
    with_accounts(tmp_path, lan=Role.BROADCASTER)
    assert list(alert_checks(commune))[1].seen == "nobody alone: no alert can go out"
    with_accounts(tmp_path, khang=Role.OFFICER)
    _, check = alert_checks(commune)
    assert (check.found, check.seen) == (False, "khang alone: no alert can go out")
    with_accounts(tmp_path, thu=Role.OFFICER)
    _, check = alert_checks(commune)
    assert (check.found, check.seen) == (True, "khang, thu")


def test_a_store_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "smartradio.db").write_bytes(b"no database")
    _, check = alert_checks(settings(tmp_path, alerts={"feeds": [WATCHED["feeds"][1]]}))
    assert (check.found, check.mend) == (False, "start the station once")
