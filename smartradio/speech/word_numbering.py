"""The numbers that Word puts before the items of a list: they stand in no paragraph's text (ECMA-376, 17.9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE: Final = re.compile(r"%([1-9])")
_ROMAN: Final = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
    (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_LEVELS: Final = 9


@dataclass(frozen=True)
class _Level:
    """One level of a list: how it counts, from where, and what stands around its number."""

    kind: str
    pattern: str
    start: int


@dataclass
class Numbering:
    """The lists of one document; ask for its paragraphs in order, for every one that is asked is counted."""

    lists: Mapping[str, tuple[str, Mapping[int, _Level]]] = field(default_factory=dict)
    by_style: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    _counts: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any) -> Self:
        """Read the lists of a python-docx document; one without any gives none."""
        return cls(_lists(_part(document, "/numbering")), _styles(document.styles.element))

    def next_of(self, paragraph: Any) -> str:
        """Return what stands before this paragraph: "2.", "b)", "IV.", "-" for a bullet, or nothing."""
        found = self._place_of(paragraph)
        if found is None or found[0] not in self.lists:
            return ""
        shared, levels = self.lists[found[0]]
        depth = found[1]
        level = levels.get(depth)
        if level is None or level.kind == "none":
            return ""
        if level.kind == "bullet":
            return "-"
        self._counts[shared, depth] = self._counts.get((shared, depth), level.start - 1) + 1
        for deeper in range(depth + 1, _LEVELS):
            self._counts.pop((shared, deeper), None)

        def figure(match: re.Match[str]) -> str:
            other = int(match[1]) - 1
            told = levels.get(other, level)
            return _written(self._counts.get((shared, other), told.start), told.kind)

        return _PLACE.sub(figure, level.pattern).strip()

    def _place_of(self, paragraph: Any) -> tuple[str, int] | None:
        own = paragraph.find(f"{_W}pPr/{_W}numPr")
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        inherited = self.by_style.get(style.get(f"{_W}val")) if style is not None else None
        if own is None:
            return inherited
        number = _value(own, "numId") or (inherited[0] if inherited else None)
        depth = _value(own, "ilvl")
        return None if number is None else (number, _whole(depth, inherited[1] if inherited else 0))


def _part(document: Any, ending: str) -> Any | None:
    from lxml import etree  # noqa: PLC0415 - comes with python-docx

    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(ending):
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            return etree.fromstring(relation.target_part.blob, parser)
    return None


def _lists(root: Any | None) -> dict[str, tuple[str, Mapping[int, _Level]]]:
    if root is None:
        return {}
    abstract = {each.get(f"{_W}abstractNumId"): _levels(each) for each in root.iterfind(f"{_W}abstractNum")}
    found: dict[str, tuple[str, Mapping[int, _Level]]] = {}
    for each in root.iterfind(f"{_W}num"):
        number, shared = each.get(f"{_W}numId"), _value(each, "abstractNumId")
        if number is None or shared not in abstract:
            continue
        levels = dict(abstract[shared])
        restarted = False
        for override in each.iterfind(f"{_W}lvlOverride"):
            depth = _whole(override.get(f"{_W}ilvl"), 0)
            start = _value(override, "startOverride")
            if start is not None and depth in levels:
                before = levels[depth]
                levels[depth] = _Level(before.kind, before.pattern, _whole(start, before.start))
                restarted = True
        # Lists of one kind count on together, unless one begins anew.
        found[number] = (f"num {number}" if restarted else f"abstract {shared}", levels)
    return found


def _levels(abstract: Any) -> dict[int, _Level]:
    return {
        _whole(level.get(f"{_W}ilvl"), 0): _Level(
            _value(level, "numFmt") or "decimal", _value(level, "lvlText") or "", _whole(_value(level, "start"), 1)
        )
        for level in abstract.iterfind(f"{_W}lvl")
    }


def _styles(root: Any) -> dict[str, tuple[str, int]]:
    places: dict[str, tuple[str, int]] = {}
    bases: dict[str, str] = {}
    for style in root.iterfind(f"{_W}style"):
        name = style.get(f"{_W}styleId") or ""
        bases[name] = _value(style, "basedOn") or ""
        numbered = style.find(f"{_W}pPr/{_W}numPr")
        number = _value(numbered, "numId") if numbered is not None else None
        if number is not None:
            places[name] = (number, _whole(_value(numbered, "ilvl"), 0))
    for name, base in bases.items():
        ancestor, seen = base, {name}
        while name not in places and ancestor and ancestor not in seen:
            if ancestor in places:
                places[name] = places[ancestor]
            seen.add(ancestor)
            ancestor = bases.get(ancestor, "")
    return places


def _value(element: Any, child: str) -> str | None:
    found = element.find(f"{_W}{child}")
    value = found.get(f"{_W}val") if found is not None else None
    return None if value is None else str(value)


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 7 else otherwise


def _written(number: int, kind: str) -> str:
    if kind in ("lowerRoman", "upperRoman"):
        roman = _roman(number)
        return roman if kind == "upperRoman" else roman.lower()
    if kind in ("lowerLetter", "upperLetter") and number > 0:
        # After z come aa, bb, as Word has them.
        letters = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters[:5] if kind == "lowerLetter" else letters[:5].upper()
    return f"{number:02d}" if kind == "decimalZero" else str(number)


def _roman(number: int) -> str:
    if not 0 < number < 4_000:
        return str(number)
    letters = ""
    for value, sign in _ROMAN:
        while number >= value:
            letters += sign
            number -= value
    return letters
