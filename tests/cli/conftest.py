"""The command line as people use it: what they type, and what they get back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import typer

from smartradio.cli.main import _root, main

Run = Callable[..., tuple[int, str, str]]
"""What stands after `smartradio` → exit code, standard output, standard error."""


@pytest.fixture
def smartradio(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def go(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["smartradio", *map(str, arguments)])
        # One process serves all these runs, so each starts with a command line of its own.
        app = typer.Typer(name="smartradio", add_completion=False, pretty_exceptions_enable=False)
        app.callback(invoke_without_command=True)(_root)
        monkeypatch.setattr("smartradio.cli.main.app", app)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), out, err

    return go
