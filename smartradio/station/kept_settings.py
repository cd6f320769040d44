"""Settings that an administrator changes at the console: kept in the store, laid over those of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from smartradio.domain.errors import BadInputError
from smartradio.station.settings import StationSettings

_logger = structlog.get_logger()

S = TypeVar("S", bound=StationSettings)

Plain = str | int | float | bool | None
"""A setting's value as JSON has it; a time of day is its text, as in "21:00"."""


class Kind(StrEnum):
    """How a setting is typed."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    WHOLE = "whole"
    NUMBER = "number"
    SWITCH = "switch"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Changeable:
    """A setting that may be changed at the console; `may_be_empty` is for one that is then left to the station."""

    name: str
    group: str
    kind: Kind
    may_be_empty: bool = False


_ALL: Final = (
    Changeable("title", "station", Kind.TEXT),
    Changeable("four_eyes", "station", Kind.SWITCH),
    Changeable("standing_text", "station", Kind.LONG_TEXT, may_be_empty=True),
    Changeable("public", "station", Kind.SWITCH),
    Changeable("public_days", "station", Kind.WHOLE),
    Changeable("plan.quiet_from", "hours", Kind.TIME),
    Changeable("plan.quiet_until", "hours", Kind.TIME),
    Changeable("plan.airtime_minutes", "hours", Kind.NUMBER, may_be_empty=True),
    Changeable("resume_within_minutes", "hours", Kind.NUMBER),
    Changeable("plan.day_from", "loudness", Kind.TIME),
    Changeable("plan.day_until", "loudness", Kind.TIME),
    Changeable("plan.day_dba", "loudness", Kind.NUMBER),
    Changeable("plan.night_dba", "loudness", Kind.NUMBER),
    Changeable("voice", "voice", Kind.TEXT, may_be_empty=True),
    Changeable("rate_wpm", "voice", Kind.WHOLE, may_be_empty=True),
    Changeable("keep_clips", "clips", Kind.SWITCH),
    Changeable("clip_first_airings", "clips", Kind.WHOLE),
    Changeable("clip_every", "clips", Kind.WHOLE),
    Changeable("node_clip_days", "clips", Kind.WHOLE),
    Changeable("clip_days", "clips", Kind.WHOLE),
    Changeable("silent_after_s", "nodes", Kind.NUMBER),
    Changeable("relay_from_local_network", "nodes", Kind.SWITCH),
)
CHANGEABLE: Final[Mapping[str, Changeable]] = {
    each.name: each for each in _ALL if each.name.partition(".")[0] in StationSettings.model_fields
}
"""What may be changed at the console, by name; a dot goes one level down. Places, keys and broker stay in the file."""


class SettingError(BadInputError):
    """A value that a setting cannot have; `name` is the setting's, empty where several do not fit together."""

    def __init__(self, name: str, line: str) -> None:
        super().__init__(f"{name or 'settings'}: {line}")
        self.name = name
        self.line = line


def settings_over(settings: S, kept: Mapping[str, Plain]) -> S:
    """Return settings with what was changed at the console laid over them; raises SettingError."""
    if not kept:
        return settings
    values = settings.model_dump()
    for name, value in kept.items():
        if name not in CHANGEABLE:
            raise SettingError(name, "cannot be changed at the console")
        head, _, leaf = name.partition(".")
        if leaf:
            values[head] = {**values[head], leaf: value}
        else:
            values[head] = value
    try:
        return type(settings).model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        named = ".".join(str(part) for part in fault["loc"])
        raise SettingError(named if named in CHANGEABLE else "", fault["msg"]) from error


def in_force(settings: S, kept: Mapping[str, Plain]) -> S:
    """Return what a station works by; what no longer fits the file is left out whole and stands in the log.

    A station that does not start for a setting could not warn of a flood.
    """
    try:
        return settings_over(settings, kept)
    except SettingError as error:
        _logger.error("settings_of_the_console_left_out", line=str(error))  # noqa: TRY400 - the line says it all
        return settings


def plain_value(settings: StationSettings, name: str) -> Plain:
    """Return a setting's value as JSON has it."""
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    plain: Plain = value
    return plain


def read_typed(setting: Changeable, typed: str) -> Plain:
    """Return what somebody typed as the setting's value; raises SettingError for what is none of its kind."""
    typed = " ".join(typed.split())
    if setting.kind is Kind.SWITCH:
        return typed not in ("", "0")
    if not typed and setting.may_be_empty:
        return "" if setting.kind is Kind.LONG_TEXT else None
    try:
        if setting.kind is Kind.WHOLE:
            return int(typed)
        if setting.kind is Kind.NUMBER:
            return float(typed.replace(",", "."))
        if setting.kind is Kind.TIME:
            return f"{time.fromisoformat(typed):%H:%M}"
    except ValueError as error:
        raise SettingError(setting.name, f"{typed[:40]!r} is no {setting.kind.value}") from error
    return typed


def limits(name: str) -> tuple[float | None, float | None]:
    """Return the least and the most that a setting may be, or be long; None where there is no such limit."""
    told = _schema(name)
    least = told.get("minimum", told.get("exclusiveMinimum", told.get("minLength")))
    return least, told.get("maximum", told.get("maxLength"))


@cache
def _schema(name: str) -> Mapping[str, Any]:
    head, _, leaf = name.partition(".")
    model: type[BaseModel] = StationSettings
    if leaf:
        kind = StationSettings.model_fields[head].annotation
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        model, head = kind, leaf
    told: Mapping[str, Any] = model.model_json_schema()["properties"][head]
    return next((each for each in told.get("anyOf", ()) if each.get("type") != "null"), told)
