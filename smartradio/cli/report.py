"""`smartradio report`: what was aired in a period and what was proved of it, for a table, a sheet or a script."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.summaries import By

if TYPE_CHECKING:
    from smartradio.station.summaries import Summary, Tally
    from smartradio.words import Words


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def report(
        config: Path = typer.Option(Path("station.toml"), help="The station's settings file; it may be running."),
        first: str = typer.Option(..., "--from", help="First day, as 2026-11-01."),
        last: str = typer.Option(..., "--to", help="Last day, inclusive."),
        by: By = typer.Option(By.TOPIC, help="What its lines are."),
        csv: str | None = typer.Option(None, help="File for a table that spreadsheets open; - for standard output."),
        html: Path | None = typer.Option(None, help="File for a sheet to be printed on A4."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document with figures and stable codes."),
        language: str = typer.Option("vi", help="Language of what is said: vi or en."),
    ) -> None:
        """Count what was aired, heard, not heard and left out, with proof rates."""
        from smartradio.cli.serving import StationFile
        from smartradio.config import load_settings
        from smartradio.station.store import Store
        from smartradio.station.summaries import summarise
        from smartradio.web.summaries import read_period
        from smartradio.words import words

        say = words(language)
        if csv == "-" and as_json:
            raise BadInputError("--csv - and --json: standard output holds one document; give the table a file")
        try:
            period = read_period({"from": first, "to": last, "by": by.value}, date.max)
        except ValueError as error:
            line = f"--from {first[:20]!r} --to {last[:20]!r}: give days as 2026-11-01, at most three years of them"
            raise BadInputError(line) from error
        settings = load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")
        store = Store.open_read_only(settings.folder)
        try:
            made = summarise(store.outcomes(period.start, period.end), period.by, period.start, period.end)
            zones = {zone.name: zone.title for zone in store.zones()}
        finally:
            store.close()
        if csv is not None:
            _write_csv(made, say, zones, csv)
        if html is not None:
            _write_sheet(made, zones, html, settings.title, language)
        if as_json:
            typer.echo(json.dumps(document(made), ensure_ascii=False, indent=1))
        elif csv != "-":
            for told in lines(made, say, zones):
                typer.echo(told, err=csv is not None or html is not None)


def document(made: Summary) -> dict[str, Any]:
    """Return a report as plain JSON values; keys of lines as in the store, none of them translated."""
    return {
        "from": made.start.isoformat(),
        "to": made.end.isoformat(),
        "by": made.by.value,
        "lines": [{"key": line.key, "title": line.title, **_plain(line.tally)} for line in made.lines],
        "total": _plain(made.total),
    }


def lines(made: Summary, say: Words, zones: dict[str, str]) -> list[str]:
    """Return a report in a few words a line."""
    from smartradio.web.summary_words import line_word, off_words

    told = [f"{line_word(line, made.by, say, zones)}: {_short(line.tally, say)}" for line in made.lines]
    told.append(f"{say('All together')}: {_short(made.total, say)}")
    off = ", ".join(f"{word} {number}" for word, number in off_words(made.total, say))
    return told + ([f"{say('Why airings were not in the plan')}: {off}"] if off else [])


def _short(tally: Tally, say: Words) -> str:
    from smartradio.web.summary_words import COLUMNS, outcome_word

    counts = [f"{outcome_word(o, say)} {tally.results[o]}" for o in COLUMNS if tally.results[o]]
    rate = "—" if tally.proof_rate is None else f"{100 * tally.proof_rate:.1f} %"
    return f"{say('Airings')} {tally.airings}; {', '.join(counts) or '—'}; {say('Proof rate')} {rate}"


def _plain(tally: Tally) -> dict[str, Any]:
    from smartradio.web.summary_words import COLUMNS

    rate = tally.proof_rate
    return {
        "airings": tally.airings,
        "results": {outcome.value: tally.results[outcome] for outcome in COLUMNS},
        "not_in_plan": dict(tally.off),
        "disputed": tally.disputed,
        "planned_minutes": round(tally.planned_s / 60, 2),
        "heard_minutes": round(tally.heard_s / 60, 2),
        "proof_rate": None if rate is None else round(rate, 4),
    }


def _write_csv(made: Summary, say: Words, zones: dict[str, str], target: str) -> None:
    from smartradio.web.summary_csv import as_csv

    content = as_csv(made, say, zones)
    if target == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _write(Path(target), content)


def _write_sheet(made: Summary, zones: dict[str, str], target: Path, station: str, language: str) -> None:
    from smartradio.station.station import utc_now
    from smartradio.web.rendering import reader
    from smartradio.web.summaries import write_sheet

    text = write_sheet(made, reader(language), station=station, made_at=utc_now(), zones=zones, alone=True)
    _write(target, text.encode())


def _write(target: Path, content: bytes) -> None:
    from smartradio.files import write_whole

    try:
        write_whole(target, content)
    except OSError as error:
        raise SmartradioError(f"{target}: cannot be written: {error.strerror}") from error
