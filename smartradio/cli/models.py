"""`smartradio models`: voices and recognisers for this machine, from the internet or from a stick."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Column, Table

from smartradio.catalogue import Catalogue, Model, built_in_catalogue, load_catalogue, models_folder
from smartradio.catalogue.pins import Pins
from smartradio.catalogue.verifying import DAMAGE, CheckedModel, FileState, is_installed, verify
from smartradio.domain.errors import BadInputError, SmartradioError

if TYPE_CHECKING:
    from smartradio.catalogue import download

_FOLDER = typer.Option(None, help="Models folder; otherwise SMARTRADIO_MODELS, or the user's data folder.")
_CATALOGUE = typer.Option(None, help="A catalogue of your own, in place of the built-in one (models/README.md).")
_JSON = typer.Option(False, "--json", help="One JSON document.")


def register(app: typer.Typer) -> None:
    """Add the command and its sub-commands."""
    models_app = typer.Typer(help="Voices and recognisers to install.", no_args_is_help=True)
    app.add_typer(models_app, name="models")
    models_app.command("list")(list_models)
    models_app.command("install")(install_models)
    models_app.command("verify")(verify_models)


def list_models(folder: Path | None = _FOLDER, catalogue: Path | None = _CATALOGUE, as_json: bool = _JSON) -> None:
    """List the models that can be installed, and which of them are."""
    place = folder or models_folder()
    models, pins = _catalogue(catalogue).models, Pins(place)
    if as_json:
        _print_json(place, [_row(model, place, pins) for model in models])
    else:
        _print_list(models, place)


def install_models(
    names: list[str] = typer.Argument(..., metavar="NAME...", help="Names from `smartradio models list`."),
    from_file: Path | None = typer.Option(
        None, help="Take the files from here (a file, a folder, a .zip or .tar.gz); no internet is used."
    ),
    accept_licence: bool = typer.Option(False, help="Accept licences that forbid commercial use without asking."),
    folder: Path | None = _FOLDER,
    catalogue: Path | None = _CATALOGUE,
) -> None:
    """Download or copy models, check them and put them in place; a failed one leaves nothing installed."""
    try:
        from smartradio.catalogue.installing import install
        from smartradio.catalogue.sources import FromFile, FromInternet
    except ModuleNotFoundError as error:
        line = f"`smartradio models install` needs the package {error.name}: pip install 'smartradio[station]'"
        raise SmartradioError(line) from error

    listed = _catalogue(catalogue)
    wanted = [listed.find(name) for name in dict.fromkeys(names)]
    source = FromFile(from_file) if from_file is not None else FromInternet()
    for model in wanted:
        _show_licence(model, accepted=accept_licence)
    place = folder or models_folder()
    for model in wanted:
        with _bar() as progress:
            path = install(model, place, source, accept_licence=True, progress=progress)
        typer.echo(f"{model.name}: installed in {path}")


def verify_models(
    names: list[str] | None = typer.Argument(None, metavar="[NAME...]", help="All installed ones, if none is named."),
    folder: Path | None = _FOLDER,
    catalogue: Path | None = _CATALOGUE,
    as_json: bool = _JSON,
) -> None:
    """Hash installed models again, file by file; 2 if one is damaged."""
    place = folder or models_folder()
    checked = verify(place, _catalogue(catalogue), names or ())
    if as_json:
        _print_json(place, [_checked_row(model) for model in checked])
    else:
        _print_checked(checked, place)
    damaged = [model.name for model in checked if model.is_damaged]
    if damaged:
        typer.echo(f"smartradio: damaged: install again: smartradio models install {' '.join(damaged)}", err=True)
        raise typer.Exit(2)


def _catalogue(path: Path | None) -> Catalogue:
    return load_catalogue(path or built_in_catalogue())


def _row(model: Model, folder: Path, pins: Pins) -> dict[str, Any]:
    since = pins.installed_at(model.name)
    installed = is_installed(folder, model.name)
    return {
        "name": model.name,
        "installed": installed,
        "installed_at": since.isoformat() if installed and since is not None else None,
        "kind": model.kind.value,
        "engine": model.engine.value,
        "language": model.language,
        "quality": model.quality,
        "title": model.title.model_dump(),
        "licence": model.licence,
        "licence_address": model.licence_address,
        "non_commercial": model.non_commercial,
        "notice": model.notice.model_dump() if model.notice else None,
        "size_bytes": model.size_bytes,
        "files": [file.model_dump(exclude_none=True) for file in model.files],
    }


def _checked_row(model: CheckedModel) -> dict[str, Any]:
    files = [{"file": file.file, "state": file.state.value} for file in model.files]
    return {"name": model.name, "damaged": model.is_damaged, "files": files}


def _print_json(folder: Path, rows: list[dict[str, Any]]) -> None:
    typer.echo(json.dumps({"folder": str(folder), "models": rows}, ensure_ascii=False, indent=1))


def _print_checked(checked: Sequence[CheckedModel], folder: Path) -> None:
    for model in checked:
        for file in model.files:
            typer.echo(f"{model.name}/{file.file}: {_told(file.state)}")
    if not checked:
        typer.echo(f"no model is installed in {folder}", err=True)


def _print_list(models: Sequence[Model], folder: Path) -> None:
    # The name is what is typed; the rest may break over lines.
    name, licensed = Column("name", no_wrap=True), Column("licence", overflow="fold")
    table = Table("", name, "title", "for", licensed, "size", show_edge=False)
    for model in models:
        mark = "✓" if is_installed(folder, model.name) else ""
        licence = f"{model.licence}\n(phi thương mại)" if model.non_commercial else model.licence
        what = f"{model.kind.value} {model.language}\n{model.engine.value} {model.quality}"
        size = f"{model.size_bytes / 1e6:.0f} MB"
        table.add_row(mark, model.name, model.title.vi, what, licence, size)
    console = Console()
    console.print(table)
    console.print(f"✓ installed in {folder}", highlight=False, soft_wrap=True)


def _show_licence(model: Model, *, accepted: bool) -> None:
    """Show what a licence asks for; a non-commercial one needs a yes."""
    if model.notice is not None:
        address = f" ({model.licence_address})" if model.licence_address else ""
        typer.echo(f"{model.name}: {model.licence}{address}\n  {model.notice.vi}\n  {model.notice.en}", err=True)
    if not model.non_commercial or accepted:
        return
    if not sys.stdin.isatty():
        line = f"{model.name}: its licence {model.licence} forbids commercial use: read it and give --accept-licence"
        raise BadInputError(line)
    if not typer.confirm(f"Đồng ý / accept {model.licence}?", err=True):
        raise BadInputError(f"{model.name}: its licence was not accepted; nothing was installed")


def _told(state: FileState) -> str:
    return {
        FileState.UNPINNED: "not known: put there by hand, and no SHA-256 stands in catalogue or lock.toml",
        FileState.EXTRA: "does not belong to the model",
    }.get(state, state.value.upper() if state in DAMAGE else state.value)


@contextmanager
def _bar() -> Iterator[download.Progress]:
    """Show the progress of each file on standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(file: str, done_bytes: int, total_bytes: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file)
            bars.update(tasks[file], completed=done_bytes, total=total_bytes or None)

        yield tell
