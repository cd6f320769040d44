"""`smartradio restore`: a backup in the place of a station's state."""

from __future__ import annotations

import getpass
from pathlib import Path

import typer

from smartradio.cli.backup import PASSPHRASE_FILE, PREFIX, read_passphrase
from smartradio.cli.serving import StationFile
from smartradio.config import load_settings
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.files import FolderLock, write_whole
from smartradio.station.backup.contents import SETTINGS
from smartradio.station.backup.restoring import BEFORE, Staged, stage_restore, take_over
from smartradio.station.station import utc_now
from smartradio.station.store.database import LOCK_NAME
from smartradio.web.formats import LOCAL_ZONE


def restore(
    file: Path = typer.Argument(..., help="A file that `smartradio backup` wrote."),
    config: Path = typer.Option(Path("station.toml"), help="Settings file; without one it is taken from the backup."),
    folder: Path | None = typer.Option(None, help="Data folder, where there is no settings file yet."),
    by: str = typer.Option("", "--by", help="Name of the person who restores; it is kept."),
    passphrase_file: Path | None = PASSPHRASE_FILE,
) -> None:
    """Put a backup in the place of a station's state; the station must not be running."""
    who = Person(" ".join((by or getpass.getuser()).split()))
    place, station = _place(config, folder)
    given = read_passphrase(passphrase_file, twice=False)
    # A station that works here would take the backup over at its next start, unasked.
    with FolderLock(place / LOCK_NAME):
        staged = stage_restore(place, file, given, station=station, by=who, now=utc_now())
    take_over(place)
    if not config.exists():
        _write_settings(config, place)
    _tell(staged, place)


def _place(config: Path, folder: Path | None) -> tuple[Path, str | None]:
    if config.exists():
        if folder is not None:
            raise BadInputError(f"{config} names the data folder already; leave --folder out")
        settings = load_settings(StationFile, config, prefix=PREFIX)
        return settings.folder, settings.station
    if folder is None:
        raise BadInputError(f"{config}: is not there; say where the station's data is to lie: --folder FOLDER")
    return folder, None


def _write_settings(config: Path, place: Path) -> None:
    """Take over the settings file of the backup, with the folder it now has."""
    held = sorted((place / SETTINGS).glob("*.toml"))
    if not held:
        typer.echo("smartradio: the backup holds no settings file; write one: docs/settings.md", err=True)
        return
    lines = held[0].read_text(encoding="utf-8").splitlines()
    # Every other line stays as it was written, remarks included.
    told = f"folder = '{place.absolute()}'"
    kept = [told if line.partition("=")[0].strip() == "folder" else line for line in lines]
    try:
        write_whole(config, ("\n".join(kept) + "\n").encode(), mode=0o600, replace=False)
    except OSError as error:
        raise SmartradioError(f"{config}: cannot be written: {error.strerror}") from error
    typer.echo(f"{config}: written from the backup; schedule files it held lie in {place / SETTINGS}", err=True)


def _tell(staged: Staged, place: Path) -> None:
    made = staged.manifest
    when = made.made_at.astimezone(LOCAL_ZONE).strftime("%d/%m/%Y %H:%M")
    typer.echo(f"{made.title}: restored to {when}, evidence log of {made.entries} entries holds", err=True)
    if (place / BEFORE).is_dir() and any((place / BEFORE).iterdir()):
        typer.echo(f"what was there before lies in {place / BEFORE}; remove it when all is well", err=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(restore)
