from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from smartradio.cli.alert_templates import add_templates
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.template_files import load_templates
from tests.station.alerts.test_template_files import GOOD


def shown(*arguments: str) -> str:
    app = typer.Typer()
    app.callback()(lambda: None)
    add_templates(app)
    return CliRunner().invoke(app, ["templates", *arguments], catch_exceptions=False).stdout


def test_each_alert_that_stands_ready_is_told_with_what_must_be_known_for_it() -> None:
    lines = shown().splitlines()
    assert len(lines) == len(load_templates())
    assert "chay: Cháy (siren_fire; gi, noi)" in lines


def test_a_commune_s_own_come_first(tmp_path: Path) -> None:
    (tmp_path / "xa.yaml").write_text(GOOD, encoding="utf-8")
    assert shown(str(tmp_path)).startswith("vo-de: Vỡ đê (siren_evacuate; noi)\n")


def test_a_mistake_in_a_commune_s_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "xa.yaml").write_text(GOOD.replace("siren_evacuate", "coi"), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"xa\.yaml, line 5: siren: there is no siren 'coi'"):
        shown(str(tmp_path))


def test_what_one_says_can_be_read_before_it_is_ever_needed() -> None:
    lines = shown("--said", "so-tan-ngay").splitlines()
    assert lines[0] == "Sơ tán ngay! Sơ tán ngay! Bà con rời nhà đi ngay!"
    assert lines[1].startswith("Tin của UBND xã Yên Hòa, ban hành lúc ")
    with pytest.raises(BadInputError, match="there is no template 'so-tan'; there are"):
        shown("--said", "so-tan")


def test_scripts_get_one_document() -> None:
    (flood,) = [each for each in json.loads(shown("--json"))["templates"] if each["name"] == "lu-khan-cap"]
    assert (flood["repeat_minutes"], flood["issuer_needed"]) == (120, True)
    assert {"name": "muc_nuoc", "label": "Mực nước", "kind": "number", "required": True, "unit": "m"} in flood["fields"]
