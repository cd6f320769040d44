"""`smartradio spoken`: what an announcer says for what is written."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from smartradio.cli.inputs import read_bytes
from smartradio.speech.spoken.text import clean_text, spoken_text


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def spoken(
        file: str = typer.Argument("-", help="A text file in UTF-8; - for standard input."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document with pieces, rules and open items."),
    ) -> None:
        """Print one spoken line per written line."""
        lines = spoken_text(clean_text(read_bytes(file)))
        if as_json:
            typer.echo(json.dumps({"lines": [asdict(line) for line in lines]}, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                typer.echo(line.spoken)
