"""The `smartradio` command: one sub-command a file, errors as one line and exit code 2."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, NoReturn

import typer

from smartradio import __version__
from smartradio.audio.errors import AudioError
from smartradio.domain.errors import SmartradioError

app = typer.Typer(
    name="smartradio",
    help="Commune loudspeaker radio that proves what was heard.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

_COMMANDS = (
    "demo",
    "spoken",
    "speak",
    "listen",
    "plan",
    "report",
    "schedule",
    "alert",
    "models",
    "station",
    "backup",
    "restore",
    "node",
    "broker",
    "doctor",
    "bench",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smartradio {__version__}")
        raise typer.Exit


# Typer carries click inside or beside it, as its version has it; either way this is its UsageError.
_WrongUseError: Any = typer.BadParameter.__mro__[1]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: bool = typer.Option(  # noqa: ARG001 - its callback has acted on it
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    """Commune loudspeaker radio that proves what was heard."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _lacking(name: str, missing: str) -> None:
    def command() -> None:
        raise SmartradioError(f"`smartradio {name}` needs the package {missing}: pip install 'smartradio[station]'")

    app.command(name, help=f"Not installed here (needs {missing}).")(command)


def _add_commands(arguments: list[str]) -> None:
    # Only the command that is asked for is imported: a node must not carry the station's memory.
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for name in (asked,) if asked in _COMMANDS else _COMMANDS:
        try:
            module = import_module(f"smartradio.cli.{name}")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("smartradio"):
                raise
            _lacking(name, error.name)
        else:
            module.register(app)


def main() -> None:
    """Run the command line; a known error ends with one line on standard error and exit code 2."""
    try:
        _add_commands(sys.argv[1:])
        code = app(standalone_mode=False)
    except _WrongUseError as error:
        _refuse(error.format_message())
    except (SmartradioError, AudioError) as error:
        _refuse(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(f"smartradio: {' '.join(line.split())}\n")
    sys.exit(2)
