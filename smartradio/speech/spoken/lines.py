"""What the reading of a written line consists of."""

from __future__ import annotations

from dataclasses import dataclass

AS_WRITTEN = "as-written"


@dataclass(frozen=True)
class Piece:
    """A stretch of the written line, what it became, and the rule that did it.

    `start` and `end` are offsets in the written line; pieces are in order and do not overlap, only spaces lie
    between them. Unchanged words stand together in pieces whose rule is `as-written`. A piece that is not
    spoken at all has an empty `spoken`.
    """

    start: int
    end: int
    written: str
    spoken: str
    rule: str


@dataclass(frozen=True)
class OpenItem:
    """A place whose reading somebody should look at; what is said of it is in the broadcaster's language."""

    start: int
    end: int
    written: str
    problem: str
    suggestion: str


@dataclass(frozen=True)
class SpokenLine:
    """One written line and its reading; `sentences` are spoken in one go, one audio segment each."""

    written: str
    spoken: str
    pieces: tuple[Piece, ...]
    open_items: tuple[OpenItem, ...]
    sentences: tuple[str, ...]
