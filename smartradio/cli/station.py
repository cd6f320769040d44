"""`smartradio station`: the commune's server, and what is done to it by hand."""

from __future__ import annotations

from pathlib import Path

import typer

from smartradio.cli import station_lexicon
from smartradio.cli.logs import configure_logs
from smartradio.cli.serving import StationFile
from smartradio.cli.station_run import PREFIX, serve
from smartradio.config import load_settings, to_toml
from smartradio.domain.errors import BadInputError
from smartradio.station.accounts import Accounts, Role, new_password
from smartradio.station.keys import working_key
from smartradio.station.station import utc_now
from smartradio.station.store import Store

_CONFIG = typer.Option(Path("station.toml"), help="Settings file (docs/settings.md).")


def _load(config: Path) -> StationFile:
    return load_settings(StationFile, config, prefix=PREFIX)


def register(app: typer.Typer) -> None:
    """Add the command and its sub-commands."""
    station_app = typer.Typer(help="The commune's server.", invoke_without_command=True)
    app.add_typer(station_app, name="station")
    station_lexicon.register(station_app)

    @station_app.callback()
    def run(context: typer.Context, config: Path = _CONFIG) -> None:
        """Plan, send, listen and serve the console until told to stop; set the station up where it has no settings."""
        if context.invoked_subcommand is not None:
            return
        configure_logs()
        serve(config)

    @station_app.command()
    def verify(folder: Path = typer.Argument(..., help="The station's data folder.")) -> None:
        """Recompute the hash chain of the evidence log; 1 if an entry was changed, removed or added."""
        store = Store.open_read_only(folder)
        try:
            found = store.verify()
        finally:
            store.close()
        typer.echo(found.line)
        if not found.ok:
            raise typer.Exit(1)

    @station_app.command()
    def account(
        name: str = typer.Argument(..., help="Name to log in with: a-z, 0-9, hyphens."),
        title: str = typer.Option(..., help="The person's name, as it stands in the evidence."),
        role: Role = typer.Option(Role.BROADCASTER, help="What the person does."),
        config: Path = _CONFIG,
    ) -> None:
        """Make an account and print its password once; the station must not be running."""
        settings = _load(config)
        store = Store.open(settings.folder)
        try:
            # A short name may stand in a random password by chance; such a one would be refused.
            password = next(drawn for drawn in iter(new_password, "") if name not in drawn)
            Accounts(store, utc_now).create(name, title, role, password)
        finally:
            store.close()
        typer.echo(password)

    @station_app.command()
    def card(
        node: str = typer.Argument(..., help="Name of a node in the settings."),
        host: str = typer.Option(..., help="Address at which the node reaches the broker."),
        config: Path = _CONFIG,
    ) -> None:
        """Print the node.toml to put on a node's card."""
        settings = _load(config)
        found = next((each for each in settings.nodes if each.name == node), None)
        if found is None:
            raise BadInputError(f"there is no node {node!r} in {config}")
        port = settings.broker.port
        if not port:
            raise BadInputError(f"{config}: set broker.listen_port, so that nodes find the broker again")
        typer.echo(
            to_toml(
                {
                    "name": found.name,
                    "zone": found.zone,
                    "station": settings.station,
                    "station_public_key": working_key(settings.folder).public_hex,
                    "data": "/var/lib/smartradio",
                    "link": {
                        "host": host,
                        "port": port,
                        "username": found.name,
                        "password": found.password.get_secret_value(),
                    },
                }
            ),
            nl=False,
        )
