"""As much of JSON Schema 2020-12 as the schema for editors uses; a keyword it does not know is an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_TOLD_ONLY = {"$schema", "$defs", "title", "description"}


class Schema:
    """A schema document; `fits` says whether a value is one of those it describes."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._checks: dict[str, Callable[[Any, Any, dict[str, Any]], bool]] = {
            "$ref": lambda value, ref, _: self.fits(value, self._at(ref)),
            "type": lambda value, types, _: any(
                _TYPES[each](value) for each in ([types] if isinstance(types, str) else types)
            ),
            "enum": lambda value, words, _: value in words,
            "pattern": lambda value, pattern, _: not isinstance(value, str) or bool(re.search(pattern, value)),
            "minimum": lambda value, low, _: not _TYPES["number"](value) or value >= low,
            "maximum": lambda value, high, _: not _TYPES["number"](value) or value <= high,
            "minItems": lambda value, low, _: not isinstance(value, list) or len(value) >= low,
            "maxItems": lambda value, high, _: not isinstance(value, list) or len(value) <= high,
            "uniqueItems": lambda value, _, __: not isinstance(value, list) or len({*map(str, value)}) == len(value),
            "items": lambda value, item, _: not isinstance(value, list) or all(self.fits(each, item) for each in value),
            "required": lambda value, keys, _: not isinstance(value, dict) or all(key in value for key in keys),
            "properties": lambda value, keys, _: (
                all(self.fits(value[key], keys[key]) for key in keys if key in value)
                if isinstance(value, dict)
                else True
            ),
            "additionalProperties": lambda value, allowed, schema: (
                allowed or not isinstance(value, dict) or all(key in schema["properties"] for key in value)
            ),
            "allOf": lambda value, each, _: all(self.fits(value, one) for one in each),
            "anyOf": lambda value, each, _: any(self.fits(value, one) for one in each),
            "oneOf": lambda value, each, _: sum(self.fits(value, one) for one in each) == 1,
            "not": lambda value, other, _: not self.fits(value, other),
        }

    def fits(self, value: Any, schema: dict[str, Any] | None = None) -> bool:
        """Tell whether a value fits the document, or a part of it."""
        part = self._document if schema is None else schema
        return all(self._checks[key](value, part[key], part) for key in part if key not in _TOLD_ONLY)

    def _at(self, ref: str) -> dict[str, Any]:
        found = self._document
        for step in ref.removeprefix("#/").split("/"):
            found = found[step]
        return found
