"""Schedules as people write them: a YAML file read into programmes, each mistake named with its line."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import yaml

from smartradio.domain.errors import BadInputError
from smartradio.domain.places import check_name
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme
from smartradio.station.recurrence import check_recurrence

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_FILE_BYTES = 1_000_000
KEYS = (
    "name",
    "title",
    "text",
    "text_file",
    "zones",
    "at",
    "in_seconds",
    "recurrence",
    "priority",
    "approved_by",
    "voice",
    "start_tolerance_s",
)
_LOCAL_TIME = re.compile(r"(2[01][0-9]{2})-([0-9]{2})-([0-9]{2})[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_NO_TEXT = ("tag:yaml.org,2002:null", "tag:yaml.org,2002:bool")
_PRIORITIES = {priority.name.lower(): priority for priority in Priority}
_LONGEST_WAIT_S = 86_400.0
_LONGEST_TOLERANCE_S = 3600.0


def load_schedule(path: Path, *, now: datetime | None = None) -> list[Programme]:
    """Read a schedule file; every mistake raises BadInputError that names file, line and what would be right.

    `now` (aware; the clock by default) is what `in_seconds` counts from. The keys are told in
    `schedules/README.md`; `at` is the commune's wall clock.
    """
    source = _Source(path)
    root = source.parse()
    fields = source.mapping(root, ("programmes",), "the file")
    if "programmes" not in fields:
        source.refuse(root, "write the programmes as a list under the key 'programmes'")
    listed = fields["programmes"]
    if not isinstance(listed, yaml.SequenceNode) or not listed.value:
        source.refuse(listed, "'programmes' must be a list with at least one programme, each beginning with '-'")
    start = datetime.now(UTC) if now is None else now
    programmes: list[Programme] = []
    for node in listed.value:
        programme = _programme(source, node, start)
        if any(programme.name == other.name for other in programmes):
            source.refuse(node, f"a second programme is named {programme.name!r}; every name stands once")
        programmes.append(programme)
    return programmes


@dataclass(frozen=True)
class _Source:
    """One file being read; it knows how to say where something is wrong."""

    path: Path

    def refuse(self, node: yaml.Node, what: str) -> NoReturn:
        raise BadInputError(f"{self.path}, line {node.start_mark.line + 1}: {what}")

    def parse(self) -> yaml.Node:
        text = _read_text(self.path, f"{self.path}")
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f", line {mark.line + 1}" if mark else ""
            problem = error.problem or error.context or "cannot be read"
            raise BadInputError(f"{self.path}{where}: not YAML: {problem}") from error
        except yaml.YAMLError as error:
            raise BadInputError(f"{self.path}: not YAML: {' '.join(str(error).split())}") from error
        except (ValueError, OverflowError, RecursionError) as error:
            # PyYAML lets these through for absurd numbers, escapes and nesting.
            raise BadInputError(f"{self.path}: not YAML that can be read: {type(error).__name__}") from error
        if root is None:
            raise BadInputError(f"{self.path}: the file is empty; write the programmes under 'programmes'")
        return root

    def mapping(self, node: yaml.Node, keys: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.refuse(node, f"{what} must be written as 'key: value' lines")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in keys:
                close = get_close_matches(name[:40], keys, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"the keys are {', '.join(keys)}"
                self.refuse(key, f"unknown key {name[:40]!r}; {hint}")
            if name in fields:
                self.refuse(key, f"the key {name!r} stands twice")
            fields[name] = value
        return fields


class _Fields:
    """The values of one programme, each read and checked by its kind."""

    def __init__(self, source: _Source, node: yaml.Node) -> None:
        self.source = source
        self.node = node
        self.values = source.mapping(node, KEYS, "a programme")

    def refuse(self, key: str, what: str) -> NoReturn:
        self.source.refuse(self.values.get(key, self.node), f"{key}: {what}")

    def text(self, key: str) -> str | None:
        node = self.values.get(key)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or node.tag in _NO_TEXT or not node.value.strip():
            self.refuse(key, "write a text here, in quotes if YAML takes it for something else")
        found: str = node.value.strip()
        kinds = {unicodedata.category(character) for character in found}
        # What the bulletin itself may hold is for the studio to say; half a character nobody can keep.
        if "Cs" in kinds or ("Cc" in kinds and key != "text"):
            self.refuse(key, "holds control characters; write plain text on one line")
        return found

    def needed(self, key: str) -> str:
        found = self.text(key)
        if found is None:
            self.refuse(key, "is missing")
        return found

    def number(self, key: str, highest: float) -> float | None:
        found = self.text(key)
        if found is None:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not 0 <= value <= highest:
            self.refuse(key, f"{found[:40]!r} is not a number of seconds from 0 to {highest:.0f}")
        return value

    def checked(self, key: str, check: Callable[[str], Any]) -> Any:
        try:
            return check(self.needed(key))
        except BadInputError as error:
            self.refuse(key, str(error))


def _programme(source: _Source, node: yaml.Node, now: datetime) -> Programme:
    fields = _Fields(source, node)
    name: str = fields.checked("name", lambda text: check_name(text, "programme"))
    first_at = _first_at(fields, now)
    recurrence: str | None = None
    if "recurrence" in fields.values:
        recurrence = fields.checked("recurrence", lambda text: check_recurrence(text, first_at))
    tolerance_s = fields.number("start_tolerance_s", _LONGEST_TOLERANCE_S)
    return Programme(
        name=name,
        title=fields.needed("title"),
        text=_text(fields),
        zones=_zones(fields),
        first_at=first_at,
        recurrence=recurrence,
        priority=_priority(fields),
        approved_by=fields.text("approved_by"),
        voice=fields.text("voice"),
        start_tolerance=timedelta(seconds=60.0 if tolerance_s is None else tolerance_s),
    )


def _first_at(fields: _Fields, now: datetime) -> datetime:
    wait_s = fields.number("in_seconds", _LONGEST_WAIT_S)
    if (wait_s is None) == ("at" not in fields.values):
        fields.refuse("at", "give either 'at' (a local time such as 2026-11-22 05:00) or 'in_seconds'")
    if wait_s is not None:
        return (now + timedelta(seconds=wait_s)).astimezone(LOCAL)
    written = fields.needed("at")
    parts = _LOCAL_TIME.fullmatch(written)
    if parts is None:
        fields.refuse("at", f"{written[:40]!r} is not a local time; write it as 2026-11-22 05:00")
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=LOCAL)
    except ValueError as error:
        fields.refuse("at", f"{written} does not exist: {error}")
    return found


def _text(fields: _Fields) -> str:
    if ("text" in fields.values) == ("text_file" in fields.values):
        fields.refuse("text", "give the bulletin's words either here or in a 'text_file'")
    if "text" in fields.values:
        return fields.needed("text")
    name = fields.needed("text_file")
    try:
        text = _read_text(fields.source.path.parent / name, name[:80]).strip()
    except BadInputError as error:
        fields.refuse("text_file", str(error))
    if not text:
        fields.refuse("text_file", f"{name[:80]} is empty")
    return text


def _zones(fields: _Fields) -> tuple[str, ...]:
    node = fields.values.get("zones")
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        fields.refuse("zones", "write at least one zone, as in [thon-1, thon-2]")
    zones: list[str] = []
    for item in node.value:
        name = item.value if isinstance(item, yaml.ScalarNode) else ""
        try:
            check_name(name[:80], "zone")
        except BadInputError as error:
            fields.source.refuse(item, str(error))
        if name in zones:
            fields.source.refuse(item, f"zone {name} stands twice")
        zones.append(name)
    return tuple(zones)


def _priority(fields: _Fields) -> Priority:
    written = fields.text("priority")
    if written is None:
        return Priority.PROGRAMME
    if written not in _PRIORITIES:
        close = get_close_matches(written[:40], _PRIORITIES, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose one of {', '.join(_PRIORITIES)}"
        fields.refuse("priority", f"unknown priority {written[:40]!r}; {hint}")
    return _PRIORITIES[written]


def _read_text(path: Path, what: str) -> str:
    try:
        # A pipe or a device in the path would be read for ever.
        if not path.is_file():
            raise BadInputError(f"{what}: there is no such file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadInputError(f"{what}: larger than {MAX_FILE_BYTES} bytes; a bulletin is a few thousand")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{what}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInputError(f"{what}: cannot be read: {reason}") from error
