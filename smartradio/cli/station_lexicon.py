"""`smartradio station lexicon`: how the commune's names and words are read aloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from smartradio.cli.inputs import read_bytes
from smartradio.cli.serving import StationFile
from smartradio.config import load_settings
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import write_whole
from smartradio.speech.spoken.lexicon_rows import Entry, format_lexicon, parse_lexicon
from smartradio.station.station import utc_now
from smartradio.station.store import Store

_CONFIG = typer.Option(Path("station.toml"), help="Settings file (docs/settings.md).")
_BY = typer.Option(..., "--by", help="Name of the person who changes the lexicon; it is kept.")


@contextmanager
def _store(config: Path, *, change: bool) -> Iterator[Store]:
    settings = load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")
    store = Store.open(settings.folder) if change else Store.open_read_only(settings.folder)
    try:
        yield store
    finally:
        store.close()


def register(station_app: typer.Typer) -> None:
    """Add the sub-commands."""
    app = typer.Typer(help="How the commune's names and words are read aloud.", no_args_is_help=True)
    station_app.add_typer(app, name="lexicon")

    @app.command()
    def show(
        config: Path = _CONFIG,
        changes: bool = typer.Option(False, "--changes", help="Who changed what, the latest first."),
    ) -> None:
        """Print the commune's entries, or who changed them."""
        with _store(config, change=False) as store:
            if not changes:
                typer.echo(format_lexicon(store.lexicon()), nl=False)
                return
            for each in store.lexicon_changes():
                row = (
                    each.changed_at.isoformat(timespec="seconds"),
                    each.changed_by,
                    each.written,
                    each.spoken_before or "-",
                    each.spoken_after or "-",
                )
                typer.echo("\t".join(row))

    @app.command("import")
    def import_(
        file: str = typer.Argument(..., help="TSV in UTF-8: written, spoken, note; - for standard input."),
        by: str = _BY,
        config: Path = _CONFIG,
    ) -> None:
        """Put a table in the place of the whole lexicon, all or nothing; the station must not be running."""
        entries = parse_lexicon(read_bytes(file), file)
        with _store(config, change=True) as store:
            changed = store.replace_lexicon(entries, by, utc_now())
        typer.echo(f"{len(entries)} entries in the lexicon, {changed} changed", err=True)

    @app.command()
    def export(
        file: Path = typer.Argument(..., help="TSV file to write; it is replaced."),
        config: Path = _CONFIG,
    ) -> None:
        """Write the commune's entries as a table that `import` takes back."""
        with _store(config, change=False) as store:
            entries = store.lexicon()
        try:
            # The mark tells spreadsheets that it is UTF-8; without it they garble every Vietnamese letter.
            write_whole(file, format_lexicon(entries).encode("utf-8-sig"))
        except OSError as error:
            raise SmartradioError(f"{file}: cannot be written: {error.strerror}") from error
        typer.echo(f"{len(entries)} entries written to {file}", err=True)

    @app.command("set")
    def set_(
        written: str = typer.Argument(..., help="What stands in bulletins."),
        spoken: str = typer.Argument(..., help="How it is read, in words."),
        by: str = _BY,
        note: str = typer.Option("", help="For whoever edits the lexicon."),
        config: Path = _CONFIG,
    ) -> None:
        """Lay down how one name or word is read; the station must not be running."""
        with _store(config, change=True) as store:
            store.set_lexicon_entry(Entry(written, spoken, note), by, utc_now())

    @app.command()
    def remove(
        written: str = typer.Argument(..., help="What stands in bulletins."),
        by: str = _BY,
        config: Path = _CONFIG,
    ) -> None:
        """Take one entry out; the station must not be running."""
        with _store(config, change=True) as store:
            if not store.remove_lexicon_entry(written, by, utc_now()):
                raise BadInputError(f"{written!r} is not in the commune's lexicon; `lexicon show` lists it")
