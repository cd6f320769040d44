"""A report as a table that a Vietnamese spreadsheet opens with a double click."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from smartradio.station.summaries import Line, Summary, Tally
from smartradio.web.summary_words import COLUMNS, by_word, line_word, off_words, outcome_word
from smartradio.words import Words

# A cell that begins so is taken for a formula (OWASP, CSV injection).
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(summary: Summary, say: Words, zones: Mapping[str, str]) -> bytes:
    """Return the report in UTF-8 with a mark, semicolons and decimal commas, its total at the end.

    `zones` has the titles of zones. No text in it is ever taken for a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            _text(by_word(summary.by, say)),
            say("Airings"),
            *(outcome_word(outcome, say) for outcome in COLUMNS),
            say("Disputed"),
            say("Minutes planned"),
            say("Minutes heard"),
            say("Proof rate, %"),
            say("Why not in the plan"),
        ]
    )
    for line in summary.lines:
        writer.writerow([_text(line_word(line, summary.by, say, zones)), *_cells(line.tally, say)])
    total = Line("", "", summary.total)
    writer.writerow([say("All together"), *_cells(total.tally, say)])
    # Without the mark a spreadsheet garbles every Vietnamese letter.
    return out.getvalue().encode("utf-8-sig")


def _cells(tally: Tally, say: Words) -> list[str]:
    rate = tally.proof_rate
    return [
        str(tally.airings),
        *(str(tally.results[outcome]) for outcome in COLUMNS),
        str(tally.disputed),
        _figure(tally.planned_s / 60),
        _figure(tally.heard_s / 60),
        "" if rate is None else _figure(100 * rate),
        _text(", ".join(f"{word}: {number}" for word, number in off_words(tally, say))),
    ]


def _figure(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _text(value: str) -> str:
    """Return a text as a cell: on one line, and with an apostrophe before what would be a formula."""
    plain = " ".join(value.split())
    return f"'{plain}" if value.startswith(_FORMULA) or plain.startswith(_FORMULA) else plain
