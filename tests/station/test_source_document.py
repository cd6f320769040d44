"""The document of the reference adapter says what the code takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from smartradio.domain.from_above import ItemClass, ItemState
from smartradio.station.source_information.messages import ItemMessage
from smartradio.station.source_information.settings import Issuer, SourceInformationSettings

TEXT = (Path(__file__).parents[2] / "docs" / "source-information.md").read_text(encoding="utf-8")


def examples() -> list[Any]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]


def test_the_item_it_shows_is_one() -> None:
    shown = examples()[0]
    message = ItemMessage.model_validate(shown["body"])
    assert message.item_class is ItemClass.EMERGENCY
    assert set(shown["body"]) | {"sound"} == set(ItemMessage.model_fields)


def test_it_names_every_state_and_every_setting() -> None:
    states = TEXT.partition("tells what became of")[2]
    for state in ItemState:
        assert f"`{state.value}`" in states
    toml = TEXT.partition("```toml")[2].partition("```")[0]
    for name in (*SourceInformationSettings.model_fields, *Issuer.model_fields):
        assert name in toml


def test_the_report_it_shows_has_the_fields_that_are_sent() -> None:
    from smartradio.station.store import upward

    report = next(each for each in examples() if each.get("kind") == "airing")
    source = Path(upward.__file__).read_text(encoding="utf-8")
    for name in set(report) - {"kind", "station", "revision", "at"}:
        assert f'"{name}": ' in source
