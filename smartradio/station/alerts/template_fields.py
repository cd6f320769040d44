"""The fields of an alert template as they are written in its file."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Final

import yaml

from smartradio.alerting.templates.template import Field, FieldKind
from smartradio.alerting.templates.typed import Fault, written
from smartradio.domain.alert import RiskLevel
from smartradio.station.schedule_source import Fields

FIELD_KEYS: Final = (
    "name",
    "label",
    "kind",
    "optional",
    "example",
    "unit",
    "before",
    "min",
    "max",
    "decimals",
    "not_below",
    "twice",
    "choices",
    "longest",
)
MOST_FIELDS: Final = 20
MOST_CHOICES: Final = 20
MOST_DECIMALS: Final = 3
LONGEST_TEXT: Final = 500
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_OF_KIND: Final = {
    "unit": FieldKind.NUMBER,
    "before": FieldKind.NUMBER,
    "min": FieldKind.NUMBER,
    "max": FieldKind.NUMBER,
    "decimals": FieldKind.NUMBER,
    "not_below": FieldKind.NUMBER,
    "choices": FieldKind.CHOICE,
    "longest": FieldKind.TEXT,
}
_TAKEN: Final = ("issuer", "issued_at", "zones", "status")
"""What a form asks beside the fields of a template."""


def fields_of(template: Fields) -> tuple[Field, ...]:
    """Return the fields of a template as it is written; a mistake is refused with its line."""
    node = template.values.get("fields")
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode) or not 1 <= len(node.value) <= MOST_FIELDS:
        template.refuse("fields", f"write 1 to {MOST_FIELDS} fields as a list, or leave the key out")
    found: dict[str, Field] = {}
    for item in node.value:
        own = Fields(template.source, item, FIELD_KEYS, "a field")
        field = _field(own)
        if field.name in found:
            own.refuse("name", f"a second field is named {field.name!r}; every name stands once")
        if field.kind is FieldKind.RISK and any(each.kind is FieldKind.RISK for each in found.values()):
            own.refuse("kind", "an alert has one level of risk")
        if field.not_below and (field.not_below not in found or found[field.not_below].kind is not FieldKind.NUMBER):
            own.refuse("not_below", f"no number {field.not_below[:40]!r} stands before this field")
        found[field.name] = field
    return tuple(found.values())


def _field(own: Fields) -> Field:
    name = own.needed("name")
    if not _NAME.fullmatch(name) or name in _TAKEN:
        own.refuse("name", f"{name[:40]!r}: use a-z, 0-9 and _, a letter first, not {', '.join(_TAKEN)}")
    kind = _kind(own)
    for key, of in _OF_KIND.items():
        if key in own.values and kind is not of:
            own.refuse(key, f"belongs to a field of the kind {of}, this one is {kind}")
    choices = _choices(own) if kind is FieldKind.CHOICE else ()
    field = Field(
        name=name,
        label=own.needed("label"),
        kind=kind,
        required=not own.yes("optional"),
        example=own.text("example") or _usual_example(kind, choices),
        unit=own.text("unit") or "",
        before=own.text("before") or "",
        not_below=own.text("not_below") or "",
        twice=own.yes("twice"),
        longest=_whole(own, "longest", 1, LONGEST_TEXT, 200),
        decimals=_whole(own, "decimals", 0, MOST_DECIMALS, 0),
        choices=choices,
    )
    if kind is FieldKind.NUMBER:
        field = replace(field, lowest=_limit(own, "min"), highest=_limit(own, "max"))
        if field.lowest >= field.highest:
            own.refuse("max", "must be above min")
    _check_example(own, field)
    return field


def _check_example(own: Fields, field: Field) -> None:
    if not field.example:
        own.refuse("example", "is missing; show how it is filled in")
    fault = written(field, field.example)
    if isinstance(fault, Fault):
        own.refuse("example", f"is not what the field takes: {fault}")


def _usual_example(kind: FieldKind, choices: tuple[str, ...]) -> str:
    if kind is FieldKind.RISK:
        return str(RiskLevel.LIGHT_YELLOW.value)
    return choices[0] if choices else ""


def _kind(own: Fields) -> FieldKind:
    typed = own.text("kind") or FieldKind.TEXT
    if typed not in set(FieldKind):
        own.refuse("kind", f"{typed[:40]!r} is not one of {', '.join(FieldKind)}")
    return FieldKind(typed)


def _limit(own: Fields, key: str) -> float:
    typed = own.needed(key)
    try:
        limit = float(typed)
    except ValueError:
        limit = math.nan
    if not -1e9 <= limit <= 1e9:
        own.refuse(key, f"{typed[:40]!r} is not a number; write decimals with a dot here, as in 0.5")
    return limit


def _whole(own: Fields, key: str, least: int, most: int, usual: int) -> int:
    typed = own.text(key)
    if typed is None:
        return usual
    if not typed.isascii() or not typed.isdigit() or not least <= int(typed[:9]) <= most:
        own.refuse(key, f"{typed[:40]!r} is not a whole number from {least} to {most}")
    return int(typed)


def _choices(own: Fields) -> tuple[str, ...]:
    node = own.values.get("choices")
    items = node.value if isinstance(node, yaml.SequenceNode) else []
    texts = [item.value.strip() for item in items if isinstance(item, yaml.ScalarNode)]
    if not 2 <= len(items) <= MOST_CHOICES or not all(texts) or len(texts) < len(items):
        own.refuse("choices", f"write 2 to {MOST_CHOICES} choices as a list of words")
    if len({text.casefold() for text in texts}) < len(texts):
        own.refuse("choices", "every choice stands once")
    return tuple(texts)
