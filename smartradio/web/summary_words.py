"""The words of a report: what its columns and lines are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from smartradio.station.summaries import NO_NAME, By, Line, Outcome, Tally
from smartradio.words import Words

COLUMNS: tuple[Outcome, ...] = (
    Outcome.AIRED,
    Outcome.PARTLY_AIRED,
    Outcome.SILENT,
    Outcome.OTHER,
    Outcome.UNINTELLIGIBLE,
    Outcome.UNCLEAR,
    Outcome.UNREACHED,
    Outcome.SKIPPED,
    Outcome.WAITING,
)
"""Outcomes in the order in which a report shows them."""


_ALWAYS: frozenset[Outcome] = frozenset({Outcome.AIRED, Outcome.SILENT, Outcome.UNREACHED})


def columns_of(total: Tally) -> tuple[Outcome, ...]:
    """Return the outcomes for which a sheet needs a column: the usual ones, and what has happened at all."""
    return tuple(outcome for outcome in COLUMNS if outcome in _ALWAYS or total.results[outcome])


def outcome_word(outcome: Outcome, say: Words) -> str:
    """Return what an outcome is called in a column."""
    if outcome is Outcome.SKIPPED:
        return say("Not in the plan")
    if outcome is Outcome.WAITING:
        return say("Still waiting")
    return say.code("verdict_short", outcome.value)


def by_word(by: By, say: Words) -> str:
    """Return what the lines of a report are."""
    return {
        By.DAY: say("Day"),
        By.MONTH: say("Month"),
        By.TOPIC: say("Topic"),
        By.PROGRAMME: say("Programme"),
        By.ZONE: say("Zone"),
        By.CLASS: say("Class"),
    }[by]


def line_word(line: Line, by: By, say: Words, zones: Mapping[str, str]) -> str:
    """Return what a line is called; `zones` has their titles."""
    match by:
        case By.DAY:
            return f"{date.fromisoformat(line.key):%d/%m/%Y}"
        case By.MONTH:
            return f"{line.key[5:]}/{line.key[:4]}"
        case By.CLASS:
            return say.code("priority", line.key)
        case By.ZONE:
            return zones.get(line.key, line.key) or say("No zone")
        case By.TOPIC:
            return line.key if line.key != NO_NAME else say("No topic")
        case By.PROGRAMME:
            return line.title if line.key != NO_NAME else say("Aired once, by hand")


def off_words(tally: Tally, say: Words) -> list[tuple[str, int]]:
    """Return why airings were taken out of the plan, the most frequent first."""
    return [(say.code("reason", reason), number) for reason, number in tally.off.most_common()]
