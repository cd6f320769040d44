"""`smartradio doctor`: what is installed, what is missing, and the one line that mends it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from smartradio.cli.health_checks import Check, all_checks
from smartradio.cli.recogniser_option import RECOGNISER_VARIABLE
from smartradio.listening.recognisers.choosing import choice_of


def _of_node(named: Path | None) -> list[Check]:
    """Return the checks of the node whose settings are named, or lie where a node's settings lie."""
    from smartradio.cli.node_checks import INSTALLED, node_checks
    from smartradio.config import load_settings
    from smartradio.node.settings import NodeSettings

    path = named or next((each for each in INSTALLED if each.is_file()), None)
    return [] if path is None else list(node_checks(load_settings(NodeSettings, path, prefix="SMARTRADIO_NODE_")))


def _checks(data: Path, config: Path | None, recogniser: str | None) -> list[Check]:
    if config is None or recogniser is not None:
        return list(all_checks(data=data, recogniser_wanted=choice_of(recogniser or "builtin")))
    # Bring the console's packages, which a node has not.
    from smartradio.cli.alert_checks import alert_checks
    from smartradio.cli.serving import StationFile
    from smartradio.cli.station_checks import station_checks
    from smartradio.config import load_settings

    settings = load_settings(StationFile, config, prefix="SMARTRADIO_STATION_")
    found = all_checks(data=data, recogniser_wanted=settings.recogniser, languages=settings.recogniser_languages)
    return [*found, *station_checks(settings), *alert_checks(settings)]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        data: Path = typer.Option(Path("data"), help="The station's or node's data folder."),
        config: Path | None = typer.Option(None, help="A station's settings file, looked at with its store."),
        node: Path | None = typer.Option(
            None, help="A node's settings file; node.toml here or in /etc/smartradio is found by itself."
        ),
        recogniser: str | None = typer.Option(
            None, envvar=RECOGNISER_VARIABLE, help="builtin, none or a model's folder, whatever the settings say."
        ),
        as_json: bool = typer.Option(False, "--json", help="One JSON document."),
    ) -> None:
        """Say what is installed, what is missing, and the one line that mends it; 1 if the main job cannot run."""
        checks = [*_checks(data, config, recogniser), *(_of_node(node) if config is None or node is not None else [])]
        if as_json:
            typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=1))
        else:
            table = Table("", "part", "found", "to mend it", show_edge=False)
            for check in checks:
                mark = "✓" if check.found else ("✗ needed" if check.needed else "– optional")
                table.add_row(mark, check.part, check.seen, "" if check.found else check.mend)
            Console(markup=False, emoji=False).print(table)
        if any(check.needed and not check.found for check in checks):
            raise typer.Exit(1)
