"""`smartradio alert send`: an alert handed to a running station: read back before, followed until it is heard."""

from __future__ import annotations

import base64
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console

from smartradio.cli.alert_console import ConsoleLink, NobodyAnswersError
from smartradio.cli.alert_follow import follow, sum_of, table
from smartradio.cli.alert_sent import ACCOUNT, CONSOLE, JSON, PASSWORD_FILE, PIN, at_console, id_of, secret
from smartradio.domain.errors import BadInputError
from smartradio.words import Words, words

_LONGEST_WAIT_S: Final = 600.0


def add_send(alert: typer.Typer) -> None:
    """Add the command."""

    @alert.command()
    def send(
        console: str = CONSOLE,
        account: str = ACCOUNT,
        template: str = typer.Option("", help="A template's name (smartradio alert templates)."),
        values: list[str] = typer.Option([], "--set", help="FIELD=VALUE of the template; may be repeated."),
        text: str = typer.Option("", help="File with the words; - for standard input."),
        cap: str = typer.Option("", help="A CAP message; - for standard input."),
        zone: list[str] = typer.Option([], help="A zone; may be repeated. Without it: all, or those a CAP reaches."),
        issuer: str = typer.Option("", help="Whose information it is."),
        exercise: bool = typer.Option(False, "--exercise", help="It says aloud, before and after, that it is one."),
        repeat_minutes: int | None = typer.Option(None, min=0, help="Said again every so often; 0: said once."),
        until: str | None = typer.Option(None, help="Until when it holds, as 2026-11-23T17:30."),
        update: str = typer.Option("", help="Id of the alert whose place it takes."),
        take_on: bool = typer.Option(False, "--take-on", help="Answer for places whose reading is not certain."),
        yes: bool = typer.Option(False, "--yes", help="Send without asking."),
        wait: float = typer.Option(_LONGEST_WAIT_S, min=0, max=3_600, help="So many seconds the board is followed."),
        password_file: Path | None = PASSWORD_FILE,
        pin_file: Path | None = typer.Option(None, help=f"File with the PIN; else {PIN}, else it is asked for."),
        as_json: bool = JSON,
    ) -> None:
        """Send an alert: read back, sent once, followed at every node; 1 if a node did not sound in time."""
        asked: dict[str, Any] = {
            **_what(template, values, text, cap),
            "zones": zone,
            "issuer": issuer,
            "exercise": exercise,
            "repeat_minutes": repeat_minutes,
            "until": None if until is None else _instant(until),
        }
        say, err = words("vi"), Console(stderr=True, markup=False, emoji=False)
        if not yes and not sys.stdin.isatty():
            raise BadInputError("nobody can be asked here: send with --yes")
        with at_console(console, account, password_file) as (link, overview, password):
            asked["update"] = id_of(update, overview) if update else ""
            read = link.post("/api/alerts/reading", alert=json.dumps(asked))
            asked |= {"issued_at": None if cap else read["issued_at"], "zones": read["zones"]}
            _tell(read, overview, say, err)
            if read["open_places"] and not take_on:
                raise BadInputError(
                    "some places may be read wrongly: write them out, or answer for them with --take-on"
                )
            pin = secret("PIN", PIN, pin_file) if overview["has_pin"] else password
            if not yes:
                typer.confirm(say("Send it now?"), abort=True, err=True)
            sent = _send(link, asked, pin, take_on=take_on)
            code = _followed(link, sent, read, say, err, wait_s=wait, as_json=as_json)
        if code:
            raise typer.Exit(code)


def _what(template: str, values: Sequence[str], text: str, cap: str) -> dict[str, Any]:
    """Return what is to be said, of the three ways to give it."""
    if sum(map(bool, (template, text, cap))) != 1:
        raise BadInputError("say what is to be sent: --template NAME, --text FILE or --cap FILE, one of them")
    if values and not template:
        raise BadInputError("--set belongs to --template")
    if template:
        return {"template": template, "values": dict(_pair(each) for each in values)}
    from smartradio.cli.inputs import read_bulletin, read_bytes

    return {"text": read_bulletin(text)} if text else {"cap": base64.b64encode(read_bytes(cap)).decode()}


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise BadInputError(f"--set {given[:40]!r}: write it as FIELD=VALUE, such as muc_nuoc=4,5")
    return name, value


def _instant(written: str) -> str:
    from smartradio.cli.plan import instant_of
    from smartradio.station.schedule_files import LOCAL

    return instant_of("--until", written, LOCAL).isoformat()


def _tell(read: Mapping[str, Any], overview: Mapping[str, Any], say: Words, err: Console) -> None:
    """Show what will be said, and the figures as they will be read."""
    titles = {zone["name"]: zone["title"] for zone in overview["zones"]}
    everywhere = len(read["zones"]) == len(titles)
    zones = say("all zones") if everywhere else ", ".join(titles.get(each, each) for each in read["zones"])
    heading = say("Zones")
    lines = [f"{heading}: {zones}"]
    if read["exercise"]:
        lines.insert(0, say("This is an exercise."))
    lines += ["", read["said"], ""]
    lines += [f"{each['written']} → {each['spoken']}" for each in read["figures"]]
    lines += [f"! {note}" for note in read["notes"]]
    lines += [f"? {each['written']}: {each['problem']}" for each in read["open_places"]]
    for line in lines:
        err.print(line, highlight=False, soft_wrap=True)


def _send(link: ConsoleLink, asked: Mapping[str, Any], pin: str, *, take_on: bool) -> dict[str, Any]:
    once = secrets.token_urlsafe(12)
    try:
        return link.post("/api/alerts", alert=json.dumps(asked), once=once, pin=pin, taken_on="1" if take_on else "")
    except NobodyAnswersError as error:
        raise NobodyAnswersError(
            f"{error}; whether the alert went out is not known: run this again within a minute, it is sent once"
        ) from error


def _followed(
    link: ConsoleLink,
    sent: Mapping[str, Any],
    read: Mapping[str, Any],
    say: Words,
    err: Console,
    *,
    wait_s: float,
    as_json: bool,
) -> int:
    """Show what comes of it and return the exit code."""
    row = sent["alert"]
    board: dict[str, Any] = {"alert": row, "settled": False, "nodes": []}
    if sent["again"]:
        err.print(say("This alert was out already: nothing was sent a second time."), highlight=False)
    if row["state"] == "draft":
        err.print(say("It waits for a second person, who lets it out with their own PIN."), highlight=False)
    else:
        board = follow(link, row["id"], say, err, wait_s=wait_s) or board
    if as_json:
        said = {"said": read["said"], "figures": read["figures"], "again": sent["again"]}
        typer.echo(json.dumps({**said, **board}, ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{row['id']}  {row['title']}")
        if board["nodes"]:
            Console(markup=False, emoji=False).print(table(board, say))
            typer.echo(sum_of(board, say))
    silent = not board["nodes"] or any(node["started_s"] is None for node in board["nodes"])
    return int(silent and row["state"] != "draft")
