"""All that the machine tells, read on a thread of its own: a sensor that hangs holds up nothing but itself."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from smartradio.node.machine import line, power, storage
from smartradio.node.machine.tree import Ask, Tree, ask
from smartradio.node.meter import Interface, default_interface

_logger = logging.getLogger(__name__)

EVERY_S: Final = 25.0
FIRST_WITHIN_S: Final = 0.5
STUCK_S: Final = 120.0

Told = dict[str, float | str | bool | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: what is told as it is, and the counters that are added up over restarts."""

    told: Told = field(default_factory=dict)
    interface: Interface | None = None
    written: storage.Written | None = None


def read_machine(folder: Path, *, own_network: bool, tree: Tree | None = None, ask: Ask = ask) -> Reading:
    """Return all that can be told of the machine below a node's folder; what it does not have is left out."""
    tree = tree or Tree()
    told: Told = {}
    try:
        told["load_1min"] = round(os.getloadavg()[0], 2)
        told |= storage.room(folder)
        disk = storage.disk_of(folder, tree)
    except OSError as error:
        # A sensor that cannot be read is itself something to know.
        told["sensor_error"], disk = str(error)[:80], None
    heat_c = power.temperature_c(tree)
    if heat_c is not None:
        told["temperature_c"] = heat_c
    told |= power.supply(tree, ask)
    told |= storage.faults(tree)
    if disk is not None:
        told |= storage.wear(tree, disk)
    interface = None
    if own_network:
        interface, of_line = _line(tree, ask)
        told |= of_line
    return Reading(told, interface, storage.written(tree, disk) if disk is not None else None)


def _line(tree: Tree, ask: Ask) -> tuple[Interface | None, Told]:
    try:
        interface = default_interface(tree.root / "proc/net/route", tree.root / "sys/class/net")
    except (OSError, ValueError) as error:
        return None, {"network_error": str(error)[:80]}
    if interface is None:
        return None, {}
    kind = line.kind_of(tree, interface.name)
    told: Told = {
        "net_interface": interface.name,
        "net_kind": kind,
        "net_received_mb": round(interface.received_bytes / 1e6, 3),
        "net_sent_mb": round(interface.sent_bytes / 1e6, 3),
    }
    if kind == "wifi" and (level := line.wifi_dbm(tree, interface.name)) is not None:
        told["signal_dbm"] = level
    if kind == "modem":
        told |= line.modem(ask)
    return interface, told


class Watch:
    """Reads again and again without making anybody wait; `look` and `latest` are one thread's."""

    def __init__(self, read: Callable[[], Reading]) -> None:
        self._read = read
        self._thread: threading.Thread | None = None
        self._asked_s = -1e9
        self._latest: tuple[Reading, float] | None = None

    def look(self, now_s: float) -> None:
        """Begin to read if it is time and nothing is being read."""
        if self._thread is not None and self._thread.is_alive():
            return
        if now_s - self._asked_s < EVERY_S:
            return
        self._asked_s = now_s
        self._thread = threading.Thread(target=self._work, args=(now_s,), name="machine", daemon=True)
        self._thread.start()
        if self._latest is None:
            # Once in a process's life: the first state is to say something.
            self._thread.join(FIRST_WITHIN_S)

    def latest(self, now_s: float) -> tuple[Reading, float]:
        """Return what was read last, and how old it is (s)."""
        read = self._latest
        return (Reading(), now_s - self._asked_s) if read is None else (read[0], now_s - read[1])

    def _work(self, at_s: float) -> None:
        try:
            self._latest = self._read(), at_s
        except Exception:
            # Whatever a kernel puts into its files: what was read before is told, with its age.
            _logger.exception("the machine cannot be read")
