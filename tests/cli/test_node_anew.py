"""A node that its station asks to begin anew starts its own program once more, in the same place."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartradio.cli import node as command
from smartradio.cli.main import app
from smartradio.node import run

SETTINGS = """\
name = "thon-1"
zone = "thon-1"
station = "yen-hoa"
station_public_key = "{key}"
data = "{data}"
sound = "virtual"
"""


@pytest.fixture
def started_again(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs that took this one's place."""
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _program, arguments: seen.append(arguments))
    return seen


def ended(monkeypatch: pytest.MonkeyPatch, folder: Path, begins_anew: bool) -> Callable[[], None]:
    config = folder / "node.toml"
    config.write_text(SETTINGS.format(key="0" * 64, data=folder), encoding="utf-8")
    monkeypatch.setattr(run, "run_node", lambda _settings: begins_anew)
    arguments = ["node", "--config", str(config)]
    monkeypatch.setattr(sys, "argv", ["smartradio", *arguments])

    def call() -> None:
        if not any(group.name == "node" for group in app.registered_groups):
            command.register(app)
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output

    return call


@pytest.mark.parametrize("begins_anew", [True, False])
def test_only_a_restart_that_was_asked_for_starts_the_program_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, started_again: list[list[str]], begins_anew: bool
) -> None:
    ended(monkeypatch, tmp_path, begins_anew)()
    again = [sys.executable, "-m", "smartradio", "node", "--config", str(tmp_path / "node.toml")]
    assert started_again == ([again] if begins_anew else [])
