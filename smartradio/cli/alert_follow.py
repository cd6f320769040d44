"""The board of an alert in the terminal: node by node, in seconds since the click, as it happens."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from smartradio.cli.alert_console import ConsoleLink
from smartradio.domain.errors import SmartradioError
from smartradio.words import Words

_ROUND_S: Final = 0.5
_STYLES: Final = {
    "heard": "green",
    "partly": "yellow",
    "unclear": "yellow",
    "badly": "red",
    "silent": "red",
    "unreachable": "red",
    "stopped": "red",
}


def follow(link: ConsoleLink, name: str, say: Words, err: Console, *, wait_s: float) -> dict[str, Any] | None:
    """Show what comes of an alert until every node is settled, or for so long; returns the last board, None for none.

    A console that does not answer meanwhile is asked again, and told of once: the alert sounds without it.
    """
    deadline = time.monotonic() + wait_s
    board: dict[str, Any] | None = None
    shown, told = _Shown(say, err), ""
    try:
        while True:
            try:
                board = link.get(f"/api/alerts/{name}")
                shown.take(board)
            except SmartradioError as error:
                if str(error) != told:
                    told = str(error)
                    err.print(told, highlight=False, soft_wrap=True)
            if (board is not None and board["settled"]) or time.monotonic() >= deadline:
                return board
            time.sleep(_ROUND_S)
    finally:
        shown.stop()


def table(board: Mapping[str, Any], say: Words) -> Table:
    """Return the nodes of a board, a row each."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column(say("Node"))
    for heading in (say("Received, s"), say("Sounds, s"), say("Heard, s")):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    for node in board["nodes"]:
        fate = Text(say.code("fate", node["fate"]), style=_STYLES.get(node["fate"], ""))
        times = (_seconds(node[each]) for each in ("delivered_s", "started_s", "heard_s"))
        shown.add_row(node["title"], *times, fate)
    return shown


def sum_of(board: Mapping[str, Any], say: Words) -> str:
    """Return the board in one line: how many nodes sound, the first when, and how many were heard."""
    nodes = board["nodes"]
    started = sorted(node["started_s"] for node in nodes if node["started_s"] is not None)
    heard = sum(node["fate"] in ("heard", "partly") for node in nodes)
    if not started:
        return say("No node of {nodes} sounds.", nodes=len(nodes))
    return say(
        "{started} of {nodes} nodes sounded: the first {first} s after the click, the last {last} s; heard at {heard}.",
        started=len(started),
        nodes=len(nodes),
        first=_seconds(started[0]),
        last=_seconds(started[-1]),
        heard=heard,
    )


class _Shown:
    """A table that is drawn anew where somebody watches, else a line for each change."""

    def __init__(self, say: Words, err: Console) -> None:
        self._say, self._err = say, err
        self._fates: dict[str, str] = {}
        self._live = Live(console=err, refresh_per_second=4, transient=True) if err.is_terminal else None
        if self._live is not None:
            self._live.start()

    def take(self, board: Mapping[str, Any]) -> None:
        if self._live is not None:
            self._live.update(table(board, self._say))
            return
        for node in board["nodes"]:
            if self._fates.get(node["node"]) != node["fate"]:
                self._fates[node["node"]] = node["fate"]
                self._err.print(f"{node['title']}: {self._say.code('fate', node['fate'])}", highlight=False)

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}".replace(".", ",")
