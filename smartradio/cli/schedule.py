"""`smartradio schedule`: schedules looked through, and carried between files, the store and other calendars."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from smartradio.domain.errors import BadInputError, SmartradioError

if TYPE_CHECKING:
    from smartradio.domain.days import DayCalendar
    from smartradio.domain.plan_checks import Finding
    from smartradio.station.schedule_checks import Checked
    from smartradio.station.settings import StationSettings
    from smartradio.station.store import Store

_MOST_LINES: Final = 200
_LONGEST_DAYS: Final = 366

_FILES = typer.Argument(..., help="Schedule files, or folders of them.")
_CONFIG = typer.Option(Path("station.toml"), help="Settings file (docs/settings.md).")
_LANGUAGE = typer.Option("vi", help="Language of what is said: vi or en.")


def register(app: typer.Typer) -> None:
    """Add the command and its sub-commands."""
    schedule = typer.Typer(help="Schedules as files, in the store, as a calendar.", no_args_is_help=True)
    app.add_typer(schedule, name="schedule")
    _add_check(schedule)
    _add_export(schedule)
    _add_import(schedule)
    _add_ical(schedule)


def _add_check(schedule: typer.Typer) -> None:
    @schedule.command()
    def check(
        files: list[Path] = _FILES,
        config: Path = typer.Option(None, help="The station's settings file: its zones, nodes, quiet hours, limits."),
        start: str = typer.Option(None, "--from", help="From when it is looked at, as 2026-11-23; else from now on."),
        ahead: int = typer.Option(
            None, "--days", min=1, max=_LONGEST_DAYS, help="So many days are planned; else 31, of very many 7."
        ),
        texts: bool = typer.Option(False, "--texts", help="Read every text, too, as the station would."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document with files, lines and codes."),
        language: str = _LANGUAGE,
    ) -> None:
        """Look schedules through: 2 if the station would not take them; what else is found is told."""
        from smartradio.station.schedule_checks import check_schedules

        station = None if config is None else _station(config)
        checked = check_schedules(
            files,
            now=_instant(start),
            days=_days(station),
            station=station,
            lexicon=_lexicon(station) if texts else None,
            ahead=None if ahead is None else timedelta(days=ahead),
        )
        if as_json:
            typer.echo(json.dumps(_document(checked, station, language), ensure_ascii=False, indent=1))
        else:
            _tell(checked, station, language)
        if checked.faults:
            raise typer.Exit(2)


def _add_export(schedule: typer.Typer) -> None:
    @schedule.command()
    def export(
        output: Path = typer.Option(..., "--output", "-o", help="File to write, or the folder to put lich.yaml in."),
        config: Path = _CONFIG,
    ) -> None:
        """Write what the station's store holds as a schedule file; an older one is replaced."""
        from smartradio.station.objects import Objects
        from smartradio.station.schedule_export import export_schedule
        from smartradio.station.schedule_kept import programmes_of

        station = _station(config)
        with _store(station, change=False) as store:
            programmes = programmes_of(store)
        objects = Objects(station.folder / "objects")
        file = export_schedule(programmes, output, get_sound=objects.get, days=_days(station))
        typer.echo(f"{len(programmes)} programmes written to {file}", err=True)


def _add_import(schedule: typer.Typer) -> None:
    @schedule.command("import")
    def import_(
        files: list[Path] = _FILES,
        config: Path = _CONFIG,
        replace: bool = typer.Option(False, "--replace", help="Put them in the place of others of the same names."),
        language: str = _LANGUAGE,
    ) -> None:
        """Write schedules into the station's store, all or none; the station must not be running."""
        from smartradio.station.schedule_import import import_schedules
        from smartradio.words import words

        # A language nobody knows is told before anything is written.
        words(language)
        station = _station(config)
        with _store(station, change=True) as store:
            done = import_schedules(files, station, store, now=_instant(None), days=_days(station), replace=replace)
        _tell(done.checked, station, language)
        if done.checked.faults:
            raise typer.Exit(2)
        same = len(done.checked.read.written) - len(done.names)
        typer.echo(f"{len(done.names)} programmes taken into the store, {same} stood there already", err=True)


def _add_ical(schedule: typer.Typer) -> None:
    @schedule.command()
    def ical(
        files: list[Path] = typer.Argument(None, help="Schedule files, or folders of them; else all of --config."),
        output: Path = typer.Option(..., "--output", "-o", help="The .ics file to write; it is replaced."),
        config: Path = typer.Option(None, help="The station's settings file: its schedules, its zones' names."),
        start: str = typer.Option(None, "--from", help="From when on is written out what has no rule; else from now."),
    ) -> None:
        """Write schedules as a calendar (RFC 5545) for other programs."""
        from smartradio.station.plan_lengths import scheduled
        from smartradio.station.schedule_checks import check_schedules
        from smartradio.station.schedule_ical import calendar_text
        from smartradio.station.schedule_kept import stands_at

        station = None if config is None else _station(config)
        if not files and station is None:
            raise BadInputError("schedule ical: name a schedule file, or the --config of a station")
        begin, days = _instant(start), _days(station)
        listed = files or (station.schedules if station else ())
        checked = check_schedules(listed, now=begin, days=days, station=station, ahead=timedelta(0))
        if checked.faults:
            raise BadInputError(checked.faults[0])
        kept = [] if files or station is None else stands_at(station, ())
        timed = [*checked.timed, *scheduled(kept, rate_wpm=station.rate_wpm if station else None)]
        data, silent = calendar_text(
            timed,
            station=station.station if station else "local",
            titles={zone.name: zone.title for zone in station.zones} if station else {},
            start=begin,
            now=_instant(None),
            days=days,
        )
        _write(output, data)
        typer.echo(f"{len(timed) - len(silent)} programmes written to {output}", err=True)
        for each in silent:
            typer.echo(f"left out, it does not come within a year: {each.name}", err=True)


def _write(output: Path, data: bytes) -> None:
    from smartradio.files import write_whole

    try:
        write_whole(output, data)
    except OSError as error:
        raise SmartradioError(f"{output}: cannot be written: {error.strerror}") from error


def _tell(checked: Checked, station: StationSettings | None, language: str) -> None:
    """Print faults and findings, a line each, with where they are."""
    lines = [*checked.faults, *(said for _, said in _said(checked, station, language))]
    for line in lines[:_MOST_LINES]:
        typer.echo(line)
    if len(lines) > _MOST_LINES:
        typer.echo(f"and {len(lines) - _MOST_LINES} more (all with --json)", err=True)
    count = len(checked.read.written)
    typer.echo(f"{count} programmes read, {len(checked.faults)} faults, {len(checked.findings)} findings", err=True)


def _document(checked: Checked, station: StationSettings | None, language: str) -> dict[str, Any]:
    places = {each.programme.name: each for each in checked.read.written}
    findings = [
        {
            "code": finding.code,
            "programme": finding.programme.name,
            "file": str(places[finding.programme.name].path),
            "line": places[finding.programme.name].line,
            "said": said,
        }
        for finding, said in _said(checked, station, language)
    ]
    return {"programmes": len(places), "faults": list(checked.faults), "findings": findings}


def _said(checked: Checked, station: StationSettings | None, language: str) -> Iterator[tuple[Finding, str]]:
    """Yield findings with their lines, in the order of the files."""
    from smartradio.station.schedule_files import LOCAL
    from smartradio.web.plan_words import Telling
    from smartradio.words import words

    titles = {zone.name: zone.title for zone in station.zones} if station else {}
    zones = tuple(titles) or tuple(dict.fromkeys(z for each in checked.read.written for z in each.programme.zones))
    telling = Telling(words(language), LOCAL, zones, titles)
    order = {each.programme.name: (number, each.place) for number, each in enumerate(checked.read.written)}
    for finding in sorted(checked.findings, key=lambda found: order[found.programme.name][0]):
        yield finding, f"{order[finding.programme.name][1]}: {telling.finding(finding)}"


def _station(config: Path) -> StationSettings:
    from smartradio.cli.serving import StationFile
    from smartradio.config import load_settings

    return load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")


def _days(station: StationSettings | None) -> DayCalendar:
    from smartradio.station.days import vietnam_days

    return vietnam_days(station.holidays if station else None)


def _lexicon(station: StationSettings | None) -> Sequence[Any]:
    """Return the commune's readings; a station that was never started has none."""
    from smartradio.station.store.database import FILE_NAME

    if station is None or not (station.folder / FILE_NAME).is_file():
        return ()
    with _store(station, change=False) as store:
        return store.lexicon()


@contextmanager
def _store(station: StationSettings, *, change: bool) -> Iterator[Store]:
    from smartradio.station.store import Store

    store = Store.open(station.folder) if change else Store.open_read_only(station.folder)
    try:
        yield store
    finally:
        store.close()


def _instant(written: str | None) -> datetime:
    """Return an instant of the commune's wall clock; now where none is written."""
    from smartradio.cli.plan import instant_of
    from smartradio.station.schedule_files import LOCAL

    return datetime.now(LOCAL) if written is None else instant_of("--from", written, LOCAL)
