"""`smartradio backup`: a station's whole state in one sealed file."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import typer

from smartradio.cli.serving import StationFile
from smartradio.config import load_settings
from smartradio.domain.errors import BadInputError
from smartradio.station.backup.making import make_backup
from smartradio.station.station import utc_now

PREFIX = "SMARTRADIO_STATION_"
PASSPHRASE_FILE = typer.Option(None, help="File whose first line is the passphrase; otherwise it is asked for.")


def read_passphrase(file: Path | None, *, twice: bool) -> str:
    """Return the passphrase of a file, else asked for at the terminal; raises BadInputError."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as error:
            raise BadInputError(f"{file}: holds no passphrase: {error}") from error
    if not sys.stdin.isatty():
        raise BadInputError("give the passphrase's file: --passphrase-file FILE")
    given = getpass.getpass("passphrase: ")
    if twice and getpass.getpass("once more: ") != given:
        raise BadInputError("the two passphrases differ; nothing was written")
    return given


def backup(
    output: Path = typer.Option(..., "-o", "--output", help="File to write; best on another disk."),
    config: Path = typer.Option(Path("station.toml"), help="Settings file (docs/settings.md)."),
    passphrase_file: Path | None = PASSPHRASE_FILE,
) -> None:
    """Write database, sounds, keys and settings to one sealed file; also while the station works."""
    settings = load_settings(StationFile, config, prefix=PREFIX)
    made = make_backup(settings, output, read_passphrase(passphrase_file, twice=True), now=utc_now(), config=config)
    size_mb = output.stat().st_size / 1e6
    typer.echo(f"{output}: {size_mb:,.1f} MB, evidence log of {made.entries} entries, last hash {made.head}", err=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backup)
