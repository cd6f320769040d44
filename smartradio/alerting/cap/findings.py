"""What is wrong with a message: what stops it, and what is only told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from smartradio.domain.errors import BadInputError

_LONGEST_QUOTE: Final = 60


class Gravity(StrEnum):
    """Whether the message can be used."""

    REFUSE = "refuse"
    WARN = "warn"


def quoted(value: object) -> str:
    """Return what somebody wrote, fit for one line: without line ends, at most 60 characters."""
    text = " ".join(str(value).split())
    text = "".join(each if each.isprintable() else "?" for each in text)
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


class CapError(BadInputError):
    """A message or feed cannot be read: `said` has places for `values`, for pages to say it in other words.

    `element` and `line` are where; line 0: nowhere in particular.
    """

    def __init__(self, said: str, *, element: str = "", line: int = 0, **values: object) -> None:
        self.values = {name: quoted(value) for name, value in values.items()}
        self.said = said
        self.element = element
        self.line = line
        super().__init__(where(element, line) + said.format(**self.values))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a message; `said` has places for `values`, `code` is stable for programs."""

    gravity: Gravity
    code: str
    said: str
    element: str = ""
    line: int = 0
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return where(self.element, self.line) + self.said.format(**self.values)


def refuse(code: str, said: str, *, element: str = "", line: int = 0, **values: object) -> Finding:
    """Return a finding that stops the message."""
    return Finding(Gravity.REFUSE, code, said, element, line, {name: quoted(each) for name, each in values.items()})


def warn(code: str, said: str, *, element: str = "", line: int = 0, **values: object) -> Finding:
    """Return a finding that is only told."""
    return Finding(Gravity.WARN, code, said, element, line, {name: quoted(each) for name, each in values.items()})


def where(element: str, line: int) -> str:
    """Return the place as a line begins with it, as in "line 12, <polygon>: "."""
    parts = [f"line {line}"] if line else []
    if element:
        parts.append(f"<{element}>")
    return ", ".join(parts) + ": " if parts else ""
