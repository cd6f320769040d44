"""`smartradio spoken`: what an announcer says for what is written."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from smartradio.cli.inputs import read_bulletin, read_bytes
from smartradio.speech.spoken.lexicon import Lexicon, parse_lexicon
from smartradio.speech.spoken.read_back import read_back
from smartradio.speech.spoken.text import spoken_text


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def spoken(
        file: str = typer.Argument("-", help="A text file in UTF-8 or a .docx; - for text on standard input."),
        as_json: bool = typer.Option(
            False, "--json", help="One JSON document with pieces, rules, open items and what read-back finds."
        ),
        lexicon: str = typer.Option(
            "", "--lexicon", help="A commune's lexicon as TSV: written, spoken, note (docs/spoken.md)."
        ),
    ) -> None:
        """Print one spoken line per written line."""
        own = Lexicon(parse_lexicon(read_bytes(lexicon), lexicon)) if lexicon else None
        lines = spoken_text(read_bulletin(file), own)
        if as_json:
            document = {
                "lines": [asdict(line) for line in lines],
                "read_back": [asdict(difference) for difference in read_back(lines)],
            }
            typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
        else:
            for line in lines:
                typer.echo(line.spoken)
