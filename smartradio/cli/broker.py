"""`smartradio broker`: the embedded broker alone."""

from __future__ import annotations

from pathlib import Path

import typer

from smartradio.broker.embedded import EmbeddedBroker
from smartradio.broker.mosquitto import write_files
from smartradio.broker.settings import BrokerSettings
from smartradio.broker.users import UserTable
from smartradio.cli.logs import configure_logs
from smartradio.cli.waiting import stop_signal
from smartradio.config import load_settings
from smartradio.domain.errors import BadInputError

_CONFIG = typer.Option(Path("broker.toml"), help="Settings file (docs/settings.md).")


def _load(config: Path) -> BrokerSettings:
    return load_settings(BrokerSettings, config, prefix="SMARTRADIO_BROKER_")


def _users(settings: BrokerSettings) -> UserTable:
    nodes = {node.name: (node.zone, node.password.get_secret_value()) for node in settings.nodes}
    gauges = {gauge.name: gauge.password.get_secret_value() for gauge in settings.gauges}
    return UserTable(settings.station, settings.station_password.get_secret_value(), nodes, gauges)


def register(app: typer.Typer) -> None:
    """Add the command and its sub-command."""
    broker_app = typer.Typer(help="The embedded broker alone.", invoke_without_command=True)
    app.add_typer(broker_app, name="broker")

    @broker_app.callback()
    def run(context: typer.Context, config: Path = _CONFIG) -> None:
        """Run the embedded broker until it is told to stop."""
        if context.invoked_subcommand is not None:
            return
        settings = _load(config)
        configure_logs()
        stop = stop_signal()
        table = _users(settings)
        server = EmbeddedBroker(settings.folder, settings.station, host=settings.host, port=settings.port)
        server.set_users(settings.station_password.get_secret_value(), table.nodes, table.gauges)
        server.start()
        try:
            typer.echo(f"broker of {settings.station} listens at {settings.host}:{server.port}", err=True)
            stop.wait()
        finally:
            server.stop()

    @broker_app.command()
    def files(
        folder: Path = typer.Argument(..., help="Folder for Mosquitto's files."),
        run_as: str = typer.Option("mosquitto", help="The system user Mosquitto runs as."),
        config: Path = _CONFIG,
    ) -> None:
        """Write configuration, passwords and topic rules for Mosquitto from the same settings."""
        settings = _load(config)
        if not settings.port:
            raise BadInputError(f"{config}: port 0 is for the embedded broker only")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"{folder}: cannot be made: {error.strerror}") from error
        written = write_files(
            folder.absolute(), _users(settings), host=settings.host, port=settings.port, run_as=run_as
        )
        typer.echo(f"mosquitto -c {written.config}")
