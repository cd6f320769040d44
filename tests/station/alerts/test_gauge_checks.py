"""Rules of gauges against the templates they name: what does not fit is told before the water comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from smartradio.cli.alert_checks import gauge_rules
from smartradio.station.alerts.gauge_checks import left_to_the_officer, rule_faults
from smartradio.station.alerts.gauge_settings import GaugeSettings
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.alerts.template_files import load_templates
from tests.station.commune import settings
from tests.station.test_station import on_air, quick

RULE: Mapping[str, Any] = {"name": "bd2", "template": "lu-bao-dong-2", "level_m": 4.0}


def gauge(**rule: Any) -> dict[str, Any]:
    password = "n-gauge-password-1"
    return {
        "name": "ben-de", "title": "trạm Bến Đế", "river": "sông Hoàng Long", "password": password,
        "rules": [{**RULE, **rule}],
    }  # fmt: skip


def faults(**rule: Any) -> list[str]:
    return list(rule_faults([GaugeSettings.model_validate(gauge(**rule))], load_templates()))


def test_a_rule_that_fits_its_template_is_nothing_to_tell() -> None:
    assert faults(values={"noi_ngap": "xóm Bãi", "cap_do": "2"}) == []


WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no such template": ({"template": "lu-cap-2"}, ("gauge ben-de, rule bd2", "'lu-cap-2'", "lu-bao-dong-2")),
    "no such field": ({"values": {"noi-ngap": "x"}}, ("gauge ben-de", "lu-bao-dong-2", "'noi-ngap'", "noi_ngap")),
    "no such choice": ({"values": {"cap_do": "9"}}, ("gauge ben-de", "lu-bao-dong-2", "cap_do", "9")),
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_does_not_fit_is_one_line_with_gauge_template_and_field(what: str) -> None:
    rule, told = WRONG[what]
    (line,) = faults(**rule)
    assert all(each in line for each in told)
    assert "\n" not in line


def test_what_is_left_to_the_officer_is_named() -> None:
    nameless = GaugeSettings.model_validate({**gauge(), "river": ""})
    assert list(left_to_the_officer([nameless], load_templates())) == [
        "gauge ben-de, rule bd2: the officer has to fill in song of lu-bao-dong-2"
    ]
    assert list(left_to_the_officer([GaugeSettings.model_validate(gauge())], load_templates())) == []


def test_the_doctor_tells(tmp_path: Path) -> None:
    wrong = settings(tmp_path, alerts={"gauges": [gauge(template="lu-cap-2")]}).alerts
    check = gauge_rules(wrong)
    assert (check.found, check.needed) == (False, False)
    assert "'lu-cap-2'" in check.seen
    check = gauge_rules(AlertSettings.model_validate({"gauges": [gauge()]}))
    assert (check.found, check.seen) == (True, "1 fit their templates")


@pytest.mark.contract
def test_the_station_starts_all_the_same_and_its_log_tells(tmp_path: Path) -> None:
    async def work() -> list[Any]:
        with capture_logs() as told:
            async with on_air(quick(tmp_path, alerts={"gauges": [gauge(values={"muc": "1"})]})) as station:
                assert [each.name for each in station.desks.gauges.states()] == ["ben-de"]
        return list(told)

    (line,) = [each["line"] for each in asyncio.run(work()) if each["event"] == "gauge_rule_wrong"]
    assert line.startswith("gauge ben-de, rule bd2: template lu-bao-dong-2 has no field 'muc'")
