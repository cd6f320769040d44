"""`smartradio doctor`: what is installed, what is missing, and the one line that mends it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from smartradio.cli.ears import RECOGNISER
from smartradio.cli.health_checks import all_checks


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        data: Path = typer.Option(Path("data"), help="The station's or node's data folder."),
        recogniser: str = RECOGNISER,
        as_json: bool = typer.Option(False, "--json", help="One JSON document."),
    ) -> None:
        """Say what is installed, what is missing, and the one line that mends it; 1 if the main job cannot run."""
        checks = list(all_checks(data=data, recogniser_wanted=recogniser))
        if as_json:
            typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=1))
        else:
            table = Table("", "part", "found", "to mend it", show_edge=False)
            for check in checks:
                mark = "✓" if check.found else ("✗ needed" if check.needed else "– optional")
                table.add_row(mark, check.part, check.seen, "" if check.found else check.mend)
            Console().print(table)
        if any(check.needed and not check.found for check in checks):
            raise typer.Exit(1)
