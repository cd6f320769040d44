"""`smartradio bench`: the figures of this machine beside the bare tools'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from smartradio.domain.errors import BadInputError

_FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured row: what, how much, the limit as written, and whether it holds (None: no limit)."""

    name: str
    figure: str
    limit: str
    holds: bool | None


def read_figures(output: str) -> list[Figure]:
    """Read the rows `name | figure | limit | ok` that a benchmark prints; other lines are its own talk."""
    figures = []
    for line in output.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 4 and cells[3] in {"ok", "over", "-"}:
            figures.append(Figure(cells[0], cells[1], cells[2], {"ok": True, "over": False, "-": None}[cells[3]]))
    return figures


def _run(script: Path) -> list[Figure]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(_FOLDER), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env=environment, timeout=3_600
    )
    figures = read_figures(done.stdout)
    if done.returncode != 0 or not figures:
        last = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()[-1]
        figures.append(Figure(script.stem, f"failed: {last}", "", False))
    return figures


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def bench(
        names: list[str] = typer.Argument(None, help="Benchmarks to run, by file name; all without a name."),
        as_json: bool = typer.Option(False, "--json", help="One JSON document."),
    ) -> None:
        """Measure the figures of the README beside the bare tools, in one run."""
        scripts = {path.stem: path for path in sorted(_FOLDER.glob("*.py")) if not path.stem.startswith("_")}
        if not scripts:
            raise BadInputError("bench runs from a source checkout: there is no benchmarks folder here")
        unknown = sorted(set(names or ()) - set(scripts))
        if unknown:
            raise BadInputError(f"no benchmark {unknown[0]!r}; there are: {', '.join(scripts)}")
        console = Console(stderr=True)
        figures: list[Figure] = []
        for name in names or scripts:
            console.print(f"{name} ...")
            figures.extend(_run(scripts[name]))
        if as_json:
            typer.echo(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=1))
            return
        table = Table("figure", "measured", "limit", "")
        for figure in figures:
            mark = {True: "ok", False: "over", None: ""}[figure.holds]
            table.add_row(figure.name, figure.figure, figure.limit, mark)
        Console().print(table)
