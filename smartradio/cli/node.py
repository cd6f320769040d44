"""`smartradio node`: the agent on a loudspeaker node."""

from __future__ import annotations

import faulthandler
import os
import sys
from pathlib import Path

import typer

from smartradio.cli.logs import configure_logs
from smartradio.config import load_settings
from smartradio.node.identity import node_public_key
from smartradio.node.settings import NodeSettings

_PREFIX = "SMARTRADIO_NODE_"


def register(app: typer.Typer) -> None:
    """Add the command and its sub-commands."""
    node_app = typer.Typer(help="The agent on a loudspeaker node.", invoke_without_command=True)
    app.add_typer(node_app, name="node")

    @node_app.callback()
    def run(
        context: typer.Context,
        config: Path = typer.Option(Path("node.toml"), help="Settings file (docs/settings.md)."),
    ) -> None:
        """Play, hear and report until told to stop."""
        if context.invoked_subcommand is not None:
            return
        settings = load_settings(NodeSettings, config, prefix=_PREFIX)
        configure_logs()
        if faulthandler.is_enabled() and "PYTHONFAULTHANDLER" in os.environ:
            # The sound library turns standard error away while it looks for cards, and there a node would hang.
            faulthandler.enable(os.dup(2))
        from smartradio.node.run import run_node

        if run_node(settings):
            # In its place and not by an end: so it also comes back where nobody watches it, and with a new process's
            # memory and devices where systemd does.
            os.execv(sys.executable, [sys.executable, "-m", "smartradio", *sys.argv[1:]])  # noqa: S606 - our own words

    @node_app.command()
    def key(data: Path = typer.Argument(..., help="The node's data folder.")) -> None:
        """Print the node's public key for the station's settings; made at the first call."""
        typer.echo(node_public_key(data))
