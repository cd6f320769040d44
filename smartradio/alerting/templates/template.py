"""A template: the words of an alert with places for fields, and how it is sent when nothing else is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from smartradio.alerting.cap.message import Category, Certainty, Severity, Urgency
from smartradio.alerting.figures import sentences
from smartradio.alerting.saying import FIXED
from smartradio.domain.alert import EMERGENCY_SIREN

PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A field's place in the words of a template."""


class FieldKind(StrEnum):
    """What is typed into a field."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    """A time of day, with a date or without."""
    CHOICE = "choice"
    RISK = "risk"
    """The level of disaster risk, 1 to 5, as the issuer gave it; it has no place in the words, it is said of itself."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a template; `label` and `example` are what the officer sees.

    Of a NUMBER: `unit` is said after it and `before` ahead of it ("cấp 10"), it has at most `decimals` decimals, lies
    from `lowest` to `highest` (both included) and is not below the field `not_below`. `twice`: said once more after
    its sentence. `longest` is in characters, of a TEXT.
    """

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    example: str = ""
    unit: str = ""
    before: str = ""
    lowest: float = 0.0
    highest: float = 0.0
    decimals: int = 0
    not_below: str = ""
    twice: bool = False
    choices: tuple[str, ...] = ()
    longest: int = 200


@dataclass(frozen=True, slots=True)
class CapDefaults:
    """What a message of the Common Alerting Protocol 1.2 says of an alert from this template."""

    category: Category
    urgency: Urgency
    severity: Severity
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Template:
    """An alert that stands ready; `name` is unique, all words are Vietnamese.

    `headline` is said first and has no fields, so that its sounds are on the nodes beforehand. `situation`, `forecast`
    and `advice` follow in the order of an official bulletin (hiện trạng, dự báo, khuyến cáo); "" for none.
    `siren` names what opens it. `issuer_needed`: these are news of another office, which must be named. `repeat_every`
    is None for said once.
    """

    name: str
    title: str
    event: str
    headline: str
    situation: str
    forecast: str
    advice: str
    fields: tuple[Field, ...]
    cap: CapDefaults
    siren: str = EMERGENCY_SIREN
    issuer_needed: bool = False
    repeat_every: timedelta | None = None
    valid_for: timedelta = timedelta(hours=24)

    @property
    def parts(self) -> tuple[str, str, str]:
        """Situation, forecast and advice, in this order."""
        return self.situation, self.forecast, self.advice

    def field(self, name: str) -> Field | None:
        """Return the field of this name, None where there is none."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def fixed_sentences(self) -> tuple[str, ...]:
        """The sentences that are the same in every alert from this template, in their order."""
        return tuple(
            sentence
            for words in (self.headline, *self.parts)
            for sentence in sentences(words)
            if not PLACE.search(sentence)
        )


@dataclass(frozen=True, slots=True)
class Fixed:
    """What nodes can keep beforehand: names of sirens, and written sentences in the order of their urgency."""

    sirens: tuple[str, ...]
    sentences: tuple[str, ...]


def fixed_of(templates: Iterable[Template]) -> Fixed:
    """Return what is the same in every alert from these templates: headlines, the words of an exercise, the rest."""
    known = sorted(templates, key=lambda template: template.name)
    headlines = [sentence for template in known for sentence in sentences(template.headline)]
    others = [sentence for template in known for sentence in template.fixed_sentences]
    return Fixed(
        sirens=tuple(dict.fromkeys(template.siren for template in known)),
        sentences=tuple(dict.fromkeys((*headlines, *FIXED, *others))),
    )
