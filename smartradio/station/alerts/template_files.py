"""Alert templates as files: those that come with the program and the commune's own, each mistake with its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import smartradio.alerting.templates
from smartradio.alerting.cap.message import Category, Certainty, Severity, Urgency
from smartradio.alerting.templates.template import PLACE, CapDefaults, FieldKind, Template
from smartradio.alerting.templates.template import Field as TemplateField
from smartradio.audio.siren import SIRENS
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING
from smartradio.domain.errors import BadInputError
from smartradio.domain.places import check_name
from smartradio.station.alerts.template_fields import fields_of
from smartradio.station.schedule_source import Fields, Source

TEMPLATE_KEYS: Final = (
    "name",
    "title",
    "event",
    "siren",
    "headline",
    "fields",
    "situation",
    "forecast",
    "advice",
    "issuer_needed",
    "repeat_minutes",
    "valid_hours",
    "cap",
)
CAP_KEYS: Final = ("category", "urgency", "severity", "certainty")
OPENINGS: Final = (*SIRENS, QUIET_OPENING)
"""What may open an alert: a siren, or for news that should wake nobody the two quick calls of a bulletin."""
REPEAT_MINUTES: Final = (10, 1_440)
VALID_HOURS: Final = (1, 168)
_BUILTIN: Final = Path(smartradio.alerting.templates.__file__).parent / "builtin"
_ENDS_WITH: Final = (".", "!", "?", "…")

_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class KnownTemplates:
    """The templates by name, and of each file that cannot be used one line that names it and what is wrong in it."""

    by_name: Mapping[str, Template]
    faults: tuple[str, ...] = ()


def known_templates(own: Path | None = None) -> KnownTemplates:
    """Return the templates by name: those of the program, and those of the folder `own`, which come before them.

    A template of the commune's with the name of one of the program's takes its place. A file of the commune's that
    cannot be used is set aside whole, and with it nothing else: the others stand. Blocking.
    """
    builtin = _folder(_BUILTIN)
    if builtin.faults:
        raise BadInputError(builtin.faults[0])
    commune = KnownTemplates({}) if own is None else _folder(own)
    ours = {name: template for name, template in builtin.by_name.items() if name not in commune.by_name}
    return KnownTemplates({**commune.by_name, **ours}, commune.faults)


def load_templates(own: Path | None = None) -> Mapping[str, Template]:
    """Return the templates as `known_templates`; raises BadInputError with the first fault, file and line. Blocking."""
    known = known_templates(own)
    if known.faults:
        raise BadInputError(known.faults[0])
    return known.by_name


def read_templates(path: Path) -> dict[str, Template]:
    """Return the templates of one file by name; raises BadInputError as `load_templates`."""
    source = Source(path)
    found: dict[str, Template] = {}
    for node in source.items("templates", "template"):
        template = _template(Fields(source, node, TEMPLATE_KEYS, "a template"))
        if template.name in found:
            source.refuse(node, f"a second template is named {template.name!r}; every name stands once")
        found[template.name] = template
    return found


def _folder(folder: Path) -> KnownTemplates:
    if not folder.is_dir():
        return KnownTemplates({}, (f"{folder}: there is no such folder of templates",))
    found: dict[str, Template] = {}
    places: dict[str, Path] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            read = read_templates(path)
            _check_names(path, read, places)
        except BadInputError as error:
            faults.append(str(error))
        else:
            found |= read
            places |= dict.fromkeys(read, path)
    return KnownTemplates(found, tuple(faults))


def _check_names(path: Path, read: Iterable[str], places: Mapping[str, Path]) -> None:
    for name in read:
        if name in places:
            raise BadInputError(f"{path}: a template named {name!r} stands in {places[name].name} too; keep one")


def _template(fields: Fields) -> Template:
    own = fields_of(fields)
    title, headline = fields.needed("title"), fields.needed("headline")
    if PLACE.search(headline) or "{" in headline:
        fields.refuse("headline", "has no fields: its sounds are at the nodes before anything is typed")
    if not headline.endswith(_ENDS_WITH):
        fields.refuse("headline", "end it as a sentence ends, with a full stop or an exclamation mark")
    parts = {key: _part(fields, key) for key in ("situation", "forecast", "advice")}
    if not parts["advice"]:
        fields.refuse("advice", "is missing; say what people are to do")
    _check_places(fields, own, {"title": title, **parts})
    return Template(
        name=fields.checked("name", lambda text: check_name(text, "template")),
        title=title,
        event=fields.needed("event"),
        headline=headline,
        fields=own,
        cap=_cap(fields),
        siren=_siren(fields),
        issuer_needed=fields.yes("issuer_needed"),
        repeat_every=_span(fields, "repeat_minutes", REPEAT_MINUTES),
        valid_for=_span(fields, "valid_hours", VALID_HOURS) or timedelta(hours=24),
        **parts,
    )


def _part(fields: Fields, key: str) -> str:
    """Return a part line by line; each line ends as a sentence does, or two would be read as one."""
    lines = [line.strip() for line in (fields.text(key) or "").split("\n") if line.strip()]
    for line in lines:
        if not line.endswith(_ENDS_WITH):
            fields.refuse(key, f"the line {line[-40:]!r} does not end as a sentence ends")
    return "\n".join(lines)


def _check_places(fields: Fields, own: tuple[TemplateField, ...], words: Mapping[str, str]) -> None:
    kinds = {field.name: field for field in own}
    used: set[str] = set()
    for key, text in words.items():
        places = PLACE.findall(text)
        if text.count("{") != len(places) or text.count("}") != len(places):
            fields.refuse(key, "braces stand around the name of a field only, as in {muc_nuoc}")
        for name in places:
            if name not in kinds or kinds[name].kind is FieldKind.RISK:
                there = ", ".join(each for each in kinds if kinds[each].kind is not FieldKind.RISK) or "none"
                fields.refuse(key, f"there is no field {name!r} to be put here; there are {there}")
        used.update(places)
    for name in PLACE.findall(words["title"]):
        if not kinds[name].required:
            fields.refuse("title", f"the field {name!r} is not required, so a title may lack it")
    for name, field in kinds.items():
        if name not in used and field.kind is not FieldKind.RISK:
            fields.refuse("fields", f"the field {name!r} stands nowhere in the words")


def _siren(fields: Fields) -> str:
    name = fields.text("siren") or EMERGENCY_SIREN
    if name not in OPENINGS:
        fields.refuse("siren", f"there is no siren {name[:40]!r}; use one of {', '.join(OPENINGS)}")
    return name


def _span(fields: Fields, key: str, limits: tuple[int, int]) -> timedelta | None:
    typed = fields.text(key)
    if typed is None:
        return None
    least, most = limits
    if not typed.isascii() or not typed.isdigit() or not least <= int(typed[:9]) <= most:
        fields.refuse(key, f"{typed[:40]!r} is not a whole number from {least} to {most}")
    return timedelta(**{key.rpartition("_")[2]: int(typed)})


def _cap(fields: Fields) -> CapDefaults:
    node = fields.values.get("cap")
    if node is None:
        fields.refuse("cap", f"is missing; write it as {{{', '.join(f'{key}: …' for key in CAP_KEYS)}}}")
    cap = Fields(fields.source, node, CAP_KEYS, "'cap'")
    return CapDefaults(
        category=_word(cap, "category", Category),
        urgency=_word(cap, "urgency", Urgency),
        severity=_word(cap, "severity", Severity),
        certainty=_word(cap, "certainty", Certainty),
    )


def _word(cap: Fields, key: str, words: type[_Word]) -> _Word:
    typed = cap.needed(key)
    return words(typed) if typed in set(words) else _no_word(cap, key, typed, words)


def _no_word(cap: Fields, key: str, typed: str, words: type[_Word]) -> NoReturn:
    cap.refuse(key, f"{typed[:40]!r} is not one of {', '.join(words)}")
