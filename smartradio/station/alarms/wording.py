"""Alarms in the operators' words: one line each, many alike as one, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from smartradio.domain.alarm import Alarm, AlarmKind
from smartradio.words import Words

_NAMED: Final = 8
"""So many places are named of one line; the rest is a number."""


def line_of(words: Words, alarm: Alarm) -> str:
    """Return what is wrong, in one line without its end mark."""
    code = alarm.kind.value
    if alarm.kind is AlarmKind.COMPLAINT and "bulletin" not in alarm.facts:
        # They could not say which bulletin it was.
        code = "complaint_of_any"
    return _filled(words.code("alarm", code), _facts(words, alarm))


def todo_of(words: Words, kind: AlarmKind) -> str:
    """Return what somebody should do about it."""
    return words.code("alarm_todo", kind.value)


def lines_of(words: Words, alarms: Iterable[Alarm], *, named: bool = True) -> list[str]:
    """Return what is wrong, many of one kind as one line, in the order in which the kinds first come.

    Without `named` such a line says how many places there are and not which.
    """
    kinds: dict[AlarmKind, list[Alarm]] = {}
    for alarm in alarms:
        kinds.setdefault(alarm.kind, []).append(alarm)
    return [line for kind, alike in kinds.items() for line in _together(words, kind, alike, named=named)]


def _together(words: Words, kind: AlarmKind, alike: Sequence[Alarm], *, named: bool) -> list[str]:
    if len(alike) == 1 or kind.value not in words.codes("alarms"):
        return [line_of(words, alarm) for alarm in alike]
    titles = list(dict.fromkeys(str(alarm.facts.get("title", alarm.subject)) for alarm in alike))
    bulletins = dict.fromkeys(str(alarm.facts["bulletin"]) for alarm in alike if "bulletin" in alarm.facts)
    names = ", ".join(titles[:_NAMED])
    if len(titles) > _NAMED:
        names = words("{names} and {count} more", names=names, count=len(titles) - _NAMED)
    facts = {"count": len(titles), "titles": names if named else "", "bulletin": ", ".join(bulletins)}
    return [_filled(words.code("alarms", kind.value), facts).removesuffix(": ")]


def _facts(words: Words, alarm: Alarm) -> dict[str, Any]:
    facts = {"title": alarm.subject, **alarm.facts}
    if "code" in facts:
        facts["what"] = words.code("trend", str(facts["code"]))
    if "free_mb" in facts:
        facts["free_mb"] = f"{float(facts['free_mb']):.0f}"
    return facts


def _filled(line: str, facts: dict[str, Any]) -> str:
    """Return a line with its facts; one that is not known is left open rather than the alarm untold."""
    return line.format_map(_Open(facts))


class _Open(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
