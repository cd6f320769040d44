"""A template and what was typed → an alert; every fault of every field is told in one go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from smartradio.alerting.figures import sentences
from smartradio.alerting.templates.template import PLACE, Field, FieldKind, Template
from smartradio.alerting.templates.typed import Fault, FaultCode, level_typed, number_typed, written
from smartradio.domain.alert import Alert, AlertStatus, Origin
from smartradio.domain.errors import BadInputError

ISSUER: Final = "issuer"
"""The issuer's name among faults: it is asked for beside a template's own fields."""


class FillingError(BadInputError):
    """What was typed cannot be sent; `faults` has what is wrong by field, in the template's order."""

    def __init__(self, template: Template, faults: Mapping[str, Fault]) -> None:
        labels = {field.name: field.label for field in template.fields}
        lines = [f"{labels.get(name, name)}: {fault}" for name, fault in faults.items()]
        super().__init__(f"{template.event}: {'; '.join(lines)}")
        self.faults = faults


def fill(
    template: Template,
    values: Mapping[str, str],
    *,
    id: str,  # noqa: A002 - the alert's field
    zones: tuple[str, ...],
    at: datetime,
    issuer: str = "",
    issued_at: datetime | None = None,
    status: AlertStatus = AlertStatus.ACTUAL,
    origin: Origin = Origin.TEMPLATE,
) -> Alert:
    """Return the alert of a template filled in at `at`; `issued_at` is `at` unless the issuer told another time.

    A sentence in which an optional field was left empty is left out. Figures that matter are said again after their
    sentence. Siren, repetitions, end and risk level are the template's and the issuer's; zones are not looked at.
    Raises FillingError.
    """
    found, faults = _read(template, values)
    if template.issuer_needed and not issuer.strip():
        faults[ISSUER] = Fault(FaultCode.MISSING, {"example": "Đài Khí tượng Thủy văn tỉnh Ninh Bình"})
    if faults:
        raise FillingError(template, faults)
    lines = [template.headline, *(_filled(template, part, found) for part in template.parts)]
    levels = [
        level_typed(found[field.name])
        for field in template.fields
        if field.kind is FieldKind.RISK and field.name in found
    ]
    return Alert(
        id=id,
        title=_filled_in(template.title, found),
        text="\n".join(line for line in lines if line),
        zones=zones,
        issued_at=at if issued_at is None else issued_at,
        issuer=" ".join(issuer.split()),
        status=status,
        risk_level=levels[0] if levels else None,
        siren=template.siren,
        expires_at=at + template.valid_for,
        repeat_every=template.repeat_every,
        origin=origin,
        source=template.name,
        template=template.name,
        values={name: typed.strip() for name, typed in values.items() if typed.strip()},
    )


def _read(template: Template, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Fault]]:
    """Return the fields' values as they are written in the alert, and what is wrong."""
    found: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for field in template.fields:
        typed = values.get(field.name, "").strip()
        if not typed:
            if field.required:
                faults[field.name] = Fault(FaultCode.MISSING, {"example": field.example})
            continue
        value = written(field, typed)
        if isinstance(value, Fault):
            faults[field.name] = value
        else:
            found[field.name] = value
    for field in template.fields:
        if field.name in found and field.not_below in found and _is_below(template, field, values):
            other = template.field(field.not_below)
            assert other is not None
            faults[field.name] = Fault(
                FaultCode.BELOW, {"typed": values[field.name].strip()[:40], "other": other.label}
            )
    known = {field.name for field in template.fields}
    faults |= {name: Fault(FaultCode.UNKNOWN) for name in sorted(values) if name not in known}
    return found, faults


def _is_below(template: Template, field: Field, values: Mapping[str, str]) -> bool:
    other = template.field(field.not_below)
    assert other is not None
    number = number_typed(field, values[field.name].strip())
    least = number_typed(other, values[other.name].strip())
    return isinstance(number, Decimal) and isinstance(least, Decimal) and number < least


def _filled(template: Template, words: str, found: Mapping[str, str]) -> str:
    """Return a part with its fields put in, line by line."""
    lines = (_line(template, line, found) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def _line(template: Template, line: str, found: Mapping[str, str]) -> str:
    filled: list[str] = []
    for sentence in sentences(line):
        places = PLACE.findall(sentence)
        if any(name not in found for name in places):
            continue
        filled.append(_capital(_filled_in(sentence, found)))
        again = [found[name] for name in places if (field := template.field(name)) is not None and field.twice]
        if again:
            filled.append(f"Nhắc lại: {'; '.join(again)}.")
    return " ".join(filled)


def _filled_in(words: str, found: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: found[place[1]], words)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
