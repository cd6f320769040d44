"""What `smartradio doctor` looks at on a node: supply, heat, card, line, data, button and contacts."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from smartradio.audio.codec import decode_opus
from smartradio.cli.health_checks import Check
from smartradio.node.health import KEPT, NEAR
from smartradio.node.local_sound import evacuation_sound
from smartradio.node.machine.counted import Counted, month_of
from smartradio.node.machine.reading import Told, read_machine
from smartradio.node.machine.tree import Ask, Tree, ask
from smartradio.node.settings import NodeSettings

INSTALLED: Final = (Path("node.toml"), Path("/etc/smartradio/node.toml"))
"""Where a node's settings are looked for when nobody names them."""

_HOT_C: Final = 80.0
_WEAK_DBM: Final = -75.0
_WEAK_PERCENT: Final = 30.0
_JOURNAL_WITHIN_S: Final = 2.0


def node_checks(settings: NodeSettings, *, tree: Tree | None = None, ask: Ask = ask) -> Iterator[Check]:
    """Yield what can be seen of a node's machine; what it does not have is said, not guessed."""
    own_network = settings.sound != "virtual"
    reading = read_machine(settings.data, own_network=own_network, tree=tree, ask=ask)
    told = reading.told
    yield _supply(told)
    yield _heat(told)
    yield _disk(told)
    yield _wear(told)
    if own_network:
        yield _line(told)
        yield _data(settings, datetime.now(UTC))
    if settings.button is not None or settings.inputs:
        yield _pins()
    if settings.button is not None:
        yield _recording(settings.button.recording)


def _supply(told: Told) -> Check:
    weak_now, weak_before = told.get("undervoltage_now"), told.get("undervoltage_since_boot")
    seen = (
        "too weak now" if weak_now else "was too weak since it was switched on" if weak_before else "no weakness told"
    )
    mend = "a stronger power supply, a shorter or thicker cable"
    return Check("node: power", not (weak_now or weak_before), seen, needed=False, mend=mend)


def _heat(told: Told) -> Check:
    heat_c = told.get("temperature_c")
    if not isinstance(heat_c, int | float):
        return Check("node: temperature", True, "no sensor", needed=False)
    mend = "shade, a heat sink, air for the cabinet"
    return Check("node: temperature", heat_c < _HOT_C, f"{heat_c:.0f} °C", needed=False, mend=mend)


def _disk(told: Told) -> Check:
    """The file system can be written, has found no faults in itself and has room for files."""
    faults = [
        line
        for name, line in (
            ("disk_read_only", "read-only"),
            ("disk_errors", f"{told.get('disk_faults', 0):g} faults found"),
            ("inodes_low", f"{told.get('inodes_free_percent', 0):g} % of the places for files are free"),
        )
        if told.get(name)
    ]
    if isinstance(error := told.get("sensor_error"), str):
        faults.append(error)
    broken = bool(told.get("disk_read_only")) or "sensor_error" in told
    mend = "back up node.toml, put in a new card and install the node anew"
    return Check("node: file system", not faults, ", ".join(faults) or "no faults", needed=broken, mend=mend)


def _wear(told: Told) -> Check:
    kind = told.get("disk_kind")
    used = told.get("disk_worn_percent")
    if isinstance(used, int | float):
        seen = f"{kind}, up to {used:g} % of its life used"
    elif kind == "sd":
        seen = "sd: such a card does not tell its wear"
    else:
        seen = "this disk does not tell its wear"
    return Check("node: wear", not told.get("disk_worn"), seen, needed=False, mend="put in a new card soon")


def _line(told: Told) -> Check:
    mend = "ip route; see cable, wifi or modem"
    if isinstance(error := told.get("network_error"), str):
        return Check("node: line", False, error, needed=False, mend=mend)
    if "net_interface" not in told:
        return Check("node: line", False, "no way out of this machine", needed=False, mend=mend)
    seen, weak = f"{told['net_interface']}: {told['net_kind']}", False
    if isinstance(dbm := told.get("signal_dbm"), int | float):
        seen, weak = f"{seen}, {dbm:g} dBm", dbm < _WEAK_DBM
    if isinstance(percent := told.get("signal_percent"), int | float):
        seen = f"{seen}, {told.get('signal_kind', 'signal')} {percent:g} %"
        weak = percent < _WEAK_PERCENT
    return Check("node: line", not weak, seen, needed=False, mend="an antenna higher up, or another place for it")


def _data(settings: NodeSettings, now: datetime) -> Check:
    """Data of this month as the node wrote it down last, at most ten minutes ago."""
    part, budget_mb = "node: data", settings.data_budget_mb
    try:
        counted = _counted(settings.data / "journal.db")
    except sqlite3.Error as error:
        return Check(
            part, False, f"the journal cannot be read: {error}", needed=False, mend="run it as the node's user"
        )
    if counted is None:
        return Check(part, True, "nothing counted yet", needed=False)
    used_mb = counted.months.get(month_of(now, settings.data_month_starts_on), 0) / 1e6
    seen = f"{used_mb:.0f} MB this month"
    if budget_mb is None:
        return Check(part, True, seen, needed=False)
    mend = "fetch fewer recordings (clip_every at the station), or a larger contract (data_budget_mb)"
    return Check(part, used_mb < NEAR * budget_mb, f"{seen} of {budget_mb:g} MB", needed=False, mend=mend)


def _counted(journal: Path) -> Counted | None:
    if not journal.exists():
        return None
    # Only read: the node may be running on it.
    with closing(sqlite3.connect(f"{journal.resolve().as_uri()}?mode=ro", uri=True, timeout=_JOURNAL_WITHIN_S)) as held:
        row = held.execute("SELECT value FROM meta WHERE key = ?", (KEPT,)).fetchone()
    return Counted.read(row[0]) if row else None


def _pins() -> Check:
    missing = [name for name in ("gpiozero", "lgpio") if importlib.util.find_spec(name) is None]
    seen = "missing: " + ", ".join(missing) if missing else "gpiozero with lgpio"
    mend = "pip install 'smartradio[pi]'; for Python 3.13 apt install python3-lgpio"
    return Check("node: pins", not missing, seen, needed=False, mend=mend)


def _recording(own: Path | None) -> Check:
    sound = evacuation_sound(own, decode_opus)
    wanted = "shipped" if own is None else "own"
    mend = f"smartradio speak TEXT -o {own}" if own is not None else "pip install --force-reinstall smartradio"
    seen = f"{sound.origin} recording, {sound.duration_s:.0f} s"
    return Check("node: button", sound.origin == wanted, seen, needed=False, mend=mend)
