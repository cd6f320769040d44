"""`smartradio alert cancel` and `list`, and how any of these commands comes to the console: account, password, PIN."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from smartradio.cli.alert_console import ConsoleLink
from smartradio.domain.errors import BadInputError
from smartradio.domain.hosts import is_this_machine
from smartradio.words import words

PASSWORD: Final = "SMARTRADIO_PASSWORD"  # noqa: S105 - the name of a variable
PIN: Final = "SMARTRADIO_PIN"
CONSOLE: Any = typer.Option(..., help="Where the station's console is, as http://192.168.1.10:8080.")
ACCOUNT: Any = typer.Option(..., help="The officer's account there.")
PASSWORD_FILE: Any = typer.Option(None, help=f"File with the password; else {PASSWORD}, else it is asked for.")
JSON: Any = typer.Option(False, "--json", help="One JSON document on standard output.")
_LONGEST_SECRET: Final = 256
_SHORTEST_ID: Final = 4
_SHOWN_ID: Final = 8


def add_sent(alert: typer.Typer) -> None:
    """Add what is done to alerts that were sent."""

    @alert.command()
    def cancel(
        id: str = typer.Argument(..., help="The alert's id, or how it begins."),  # noqa: A002 - the command's word
        console: str = CONSOLE,
        account: str = ACCOUNT,
        why: str = typer.Option(..., help="Why it no longer holds; kept on record."),
        aloud: bool = typer.Option(False, "--aloud", help="Have the nodes say that it no longer holds."),
        password_file: Path | None = PASSWORD_FILE,
        as_json: bool = JSON,
    ) -> None:
        """Silence an alert everywhere, for good."""
        with at_console(console, account, password_file) as (link, overview, _):
            name = id_of(id, overview)
            row = link.post(f"/api/alerts/{name}/cancel", why=why, aloud="1" if aloud else "")["alert"]
        cancelled = words("vi")("Cancelled: {title}", title=row["title"])
        typer.echo(json.dumps(row, ensure_ascii=False, indent=1) if as_json else cancelled)

    @alert.command("list")
    def list_(
        console: str = CONSOLE,
        account: str = ACCOUNT,
        password_file: Path | None = PASSWORD_FILE,
        as_json: bool = JSON,
    ) -> None:
        """List what waits for somebody and what was sent, the newest first."""
        with at_console(console, account, password_file) as (_, overview, _password):
            rows = [*overview["drafts"], *overview["alerts"]]
        if as_json:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        say = words("vi")
        shown = Table(box=None, pad_edge=False, show_header=False)
        for row in rows:
            sent_at = _wall_clock(row["sent_at"])
            shown.add_row(row["id"][:_SHOWN_ID], sent_at, say.code("alert_state", row["state"]), row["title"])
        Console(markup=False, emoji=False).print(shown)


def in_the_clear(address: str) -> bool:
    """Say whether what is typed goes unencrypted to another machine; an address that is none is told elsewhere."""
    try:
        split = urlsplit(address)
    except ValueError:
        return False
    return split.scheme == "http" and bool(split.hostname) and not is_this_machine(str(split.hostname))


@contextlib.contextmanager
def at_console(
    address: str, account: str, password_file: Path | None
) -> Iterator[tuple[ConsoleLink, Mapping[str, Any], str]]:
    """Log in: the link, the overview of alerts, and the password that was given."""
    if in_the_clear(address):
        say = words("vi")
        line = say(
            "Not encrypted: the password and the PIN can be read on the way to {address}. "
            "Use this only inside the commune's network or over a VPN.",
            address=address,
        )
        typer.echo(line, err=True)
    password = secret("password", PASSWORD, password_file)
    with ConsoleLink(address) as link:
        yield link, link.log_in(account, password), password


def secret(what: str, variable: str, file: Path | None) -> str:
    """Return a secret from a file, the environment or whoever sits at the terminal; never from an argument."""
    if file is not None:
        return _first_line(file)
    if given := os.environ.get(variable):
        return given
    if not sys.stdin.isatty():
        raise BadInputError(f"the {what} is not given: set {variable}, or run this at a terminal")
    typed: str = typer.prompt(what, hide_input=True, err=True)
    return typed


def id_of(begins: str, overview: Mapping[str, Any]) -> str:
    """Return the id that begins so, of those in the overview; a whole id needs not stand there."""
    known = [str(row["id"]) for row in (*overview["drafts"], *overview["alerts"])]
    found = [name for name in known if name.startswith(begins)] if len(begins) >= _SHORTEST_ID else []
    if len(found) > 1:
        raise BadInputError(f"{begins!r}: {len(found)} alerts begin so; write more of the id")
    if not found and not begins.isalnum():
        raise BadInputError(f"{begins[:40]!r}: this is no alert's id; see `smartradio alert list`")
    return found[0] if found else begins


def _first_line(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            line = opened.readline(_LONGEST_SECRET + 1).rstrip("\r\n")
    except OSError as error:
        raise BadInputError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{file}: is not UTF-8 text") from error
    if not line or len(line) > _LONGEST_SECRET:
        raise BadInputError(f"{file}: its first line is empty or too long")
    return line


def _wall_clock(at: str | None) -> str:
    from datetime import datetime

    from smartradio.station.schedule_files import LOCAL

    return "–" if at is None else datetime.fromisoformat(at).astimezone(LOCAL).strftime("%d/%m %H:%M")
