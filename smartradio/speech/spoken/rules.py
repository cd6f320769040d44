"""How a rule claims a stretch of a written line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from re import Match, Pattern

CONTEXT_CHARS = 48
_GLUED = re.compile(r"[/:(“\"]")
"""What may stand before a word without a space: `CĐS/quý`."""


@dataclass(frozen=True)
class Reading:
    """Words for a matched stretch; `problem` opens an item for the editor."""

    words: str
    problem: str = ""
    suggestion: str = ""


Read = Callable[["Match[str]"], "Reading | str | None"]


@dataclass(frozen=True)
class Rule:
    """A named form of writing and how it is read.

    `read` gets the match and returns the words, a Reading, or None where the form only looks alike.
    `needs` is a cheap test: without any of these characters in the line the pattern is not tried.
    """

    name: str
    pattern: Pattern[str]
    read: Read = field(compare=False)
    needs: str = ""


@dataclass(frozen=True)
class Claim:
    """A stretch of the line with its reading and the name of the rule that read it."""

    start: int
    end: int
    rule: str
    reading: Reading


def rule(name: str, pattern: str, read: Read, *, needs: str = "", ignore_case: bool = False) -> Rule:
    """Make a rule from a regular expression."""
    return Rule(name, re.compile(pattern, re.IGNORECASE if ignore_case else 0), read, needs)


def claim_all(text: str, rules: Iterable[Rule], first: Iterable[Claim] = ()) -> list[Claim]:
    """Let the rules claim stretches of the text, earlier rules first; what is claimed stays claimed.

    `first` are claims laid before any rule is asked; they do not overlap.
    """
    claims = list(first)
    taken = bytearray(len(text))
    for claim in claims:
        taken[claim.start : claim.end] = b"\x01" * (claim.end - claim.start)
    has_digit = any(char.isdecimal() for char in text)
    for each in rules:
        if each.needs == "0" and not has_digit:
            continue
        if each.needs and each.needs != "0" and not any(char in text for char in each.needs):
            continue
        _claim_one(text, each, taken, claims)
    claims.sort(key=lambda claim: claim.start)
    return claims


def _claim_one(text: str, each: Rule, taken: bytearray, claims: list[Claim]) -> None:
    position = 0
    while found := each.pattern.search(text, position):
        start, end = found.span()
        clash = taken.find(1, start, end)
        if clash >= 0:
            free = taken.find(0, clash)
            position = free if free > start else len(text) + 1
            if free < 0:
                return
            continue
        reading = each.read(found) if end > start else None
        if reading is None:
            position = start + 1
            continue
        taken[start:end] = b"\x01" * (end - start)
        claims.append(Claim(start, end, each.name, reading if isinstance(reading, Reading) else Reading(reading)))
        position = end


def before(found: Match[str]) -> str:
    """The lower-case text shortly before a match, without trailing spaces."""
    return found.string[max(0, found.start() - CONTEXT_CHARS) : found.start()].lower().rstrip()


def after(found: Match[str]) -> str:
    """The lower-case text shortly after a match, without leading spaces."""
    return found.string[found.end() : found.end() + CONTEXT_CHARS].lower().lstrip()


def words(text: str) -> frozenset[str]:
    """A set of words written in one string; `_` stands for a space inside a word group."""
    return frozenset(word.replace("_", " ") for word in text.split())


def ends_with(context: str, words: frozenset[str]) -> bool:
    """Whether the last one or two words of a context are among `words`."""
    last = [word.strip(",.;:!?()\"'”“") for word in context.split()[-2:]]
    return bool(last) and (_GLUED.split(last[-1])[-1] in words or " ".join(last) in words)


def begins_with(context: str, words: frozenset[str]) -> bool:
    """Whether the first one or two words of a context are among `words`."""
    first = [word.strip(",.;:!?()\"'”“") for word in context.split()[:2]]
    return bool(first) and (first[0] in words or " ".join(first) in words)
