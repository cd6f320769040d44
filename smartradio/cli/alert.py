"""`smartradio alert`: warnings in the Common Alerting Protocol looked through, shown and answered; templates."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from smartradio.cli.alert_send import add_send
from smartradio.cli.alert_sent import add_sent
from smartradio.cli.alert_templates import add_templates
from smartradio.domain.errors import BadInputError

if TYPE_CHECKING:
    from smartradio.alerting.cap.findings import Finding
    from smartradio.alerting.cap.message import CapAlert

_MOST_LINES: Final = 200
_AT = typer.Option(None, "--at", help="As if it were this moment, as 2026-11-23T03:30; else now.")
_JSON = typer.Option(False, "--json", help="One JSON document.")


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file and what was found in it; without a message it could not be read."""

    file: str
    message: CapAlert | None
    findings: tuple[Finding, ...]


def register(app: typer.Typer) -> None:
    """Add the command and its sub-commands."""
    alert = typer.Typer(help="Alerts: CAP messages, templates, sending and cancelling.", no_args_is_help=True)
    app.add_typer(alert, name="alert")
    _add_check(alert)
    _add_show(alert)
    _add_answer(alert)
    add_templates(alert)
    add_send(alert)
    add_sent(alert)


def _add_check(alert: typer.Typer) -> None:
    @alert.command()
    def check(
        files: list[str] = typer.Argument(..., help="CAP messages; - for standard input."),
        at: str = _AT,
        as_json: bool = _JSON,
    ) -> None:
        """Hold CAP messages against the standard: 2 if one would be refused; what is only unwise is told."""
        from smartradio.alerting.cap.findings import Gravity

        now = _moment(at)
        checked = [_check(file, now) for file in files]
        refused = sum(any(each.gravity is Gravity.REFUSE for each in one.findings) for one in checked)
        if as_json:
            documents = [_findings_document(each) for each in checked]
            typer.echo(json.dumps({"refused": refused, "files": documents}, ensure_ascii=False, indent=1))
        else:
            _tell(checked)
            typer.echo(f"{len(checked)} messages read, {refused} refused", err=True)
        if refused:
            raise typer.Exit(2)


def _add_show(alert: typer.Typer) -> None:
    @alert.command()
    def show(
        file: str = typer.Argument(..., help="A CAP message; - for standard input."),
        config: Path = typer.Option(None, help="A station's settings file: whom it would reach there, in what words."),
        at: str = _AT,
        as_json: bool = _JSON,
    ) -> None:
        """Show what a CAP message says: who, when, what, where."""
        from smartradio.cli.alert_here import here, here_document, here_lines
        from smartradio.cli.alert_words import document_of, lines_of

        message = _read(file)
        found = None if config is None else here(message, config, now=_moment(at))
        if as_json:
            document = document_of(message) | ({} if found is None else {"here": here_document(found)})
            typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
            return
        for line in (*lines_of(message), *(() if found is None else ("", *here_lines(found)))):
            typer.echo(line)


def _add_answer(alert: typer.Typer) -> None:
    @alert.command()
    def answer(
        file: str = typer.Argument(..., help="A CAP message; - for standard input."),
        sender: str = typer.Option(..., "--sender", help="Who answers, as senders are named in CAP: an address."),
        refused: str = typer.Option("", "--refused", help="Why it is refused; else it is held against the standard."),
        at: str = _AT,
    ) -> None:
        """Write the answer to a CAP message: an Ack, or an Error that says why it was refused."""
        from smartradio.alerting.cap.answering import answer as answered
        from smartradio.alerting.cap.message import MsgType
        from smartradio.alerting.cap.rules import check, refusals
        from smartradio.alerting.cap.writing import write_cap

        message, now = _read(file), _moment(at)
        if message.msg_type in (MsgType.ACK, MsgType.ERROR):
            raise BadInputError(f"{file}: an answer is not answered")
        because = refused.strip() or " ".join(str(each) for each in refusals(check(message, now=now)))
        made = answered(message, identifier=uuid.uuid4().hex, sender=sender, sent=now, refused_because=because)
        if wrong := refusals(check(made, now=now)):
            raise BadInputError(f"{file}: the answer would be refused itself: {wrong[0]}")
        typer.echo(write_cap(made).decode())


def _read(file: str) -> CapAlert:
    from smartradio.alerting.cap.reading import read_cap
    from smartradio.cli.inputs import read_bytes

    data = read_bytes(file)
    try:
        return read_cap(data)
    except BadInputError as error:
        raise BadInputError(f"{file}: {error}") from error


def _check(file: str, now: datetime) -> _Checked:
    from smartradio.alerting.cap.findings import CapError, Finding, Gravity
    from smartradio.alerting.cap.reading import read_cap
    from smartradio.alerting.cap.rules import check
    from smartradio.cli.inputs import read_bytes

    data = read_bytes(file)
    try:
        message = read_cap(data)
    except CapError as error:
        found = Finding(Gravity.REFUSE, "unreadable", error.said, error.element, error.line, error.values)
        return _Checked(file, None, (found,))
    return _Checked(file, message, check(message, now=now))


def _tell(checked: list[_Checked]) -> None:
    lines = [f"{one.file}: {each.gravity}: {each}" for one in checked for each in one.findings]
    for line in lines[:_MOST_LINES]:
        typer.echo(line)
    if len(lines) > _MOST_LINES:
        typer.echo(f"and {len(lines) - _MOST_LINES} more (all with --json)", err=True)


def _findings_document(checked: _Checked) -> dict[str, Any]:
    return {
        "file": checked.file,
        "message": None if checked.message is None else str(checked.message.key),
        "findings": list(_each(checked.findings)),
    }


def _each(findings: tuple[Finding, ...]) -> Iterator[dict[str, Any]]:
    for each in findings:
        said = each.said.format(**each.values)
        yield {
            "gravity": str(each.gravity),
            "code": each.code,
            "element": each.element,
            "line": each.line,
            "said": said,
        }


def _moment(written: str | None) -> datetime:
    from smartradio.cli.plan import instant_of
    from smartradio.station.schedule_files import LOCAL

    return datetime.now(UTC) if written is None else instant_of("--at", written, LOCAL)
