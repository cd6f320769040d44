"""A Raspberry Pi's /proc and /sys as a folder tree, one part after another."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from smartradio.node.machine.tree import Tree

ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
"""
MMCLI = """\
modem.dbus-path                                 : /org/freedesktop/ModemManager1/Modem/0
modem.generic.state                             : connected
modem.generic.access-technologies.length        : 1
modem.generic.access-technologies.value[1]      : lte
modem.generic.signal-quality.value              : 67
modem.generic.signal-quality.recent             : yes
"""


def no_program(_command: Sequence[str]) -> str | None:
    """Answer as a machine without any of the programs."""
    return None


class Pi:
    """A machine that tells what was put into it; `data` is the node's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tree = Tree(root)
        self.data = root / "data"
        self.data.mkdir(parents=True)

    def put(self, path: str, text: str) -> None:
        """Write a file of the kernel's."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n", encoding="ascii")

    def card(self, name: str = "mmcblk0", *, kind: str = "SD", sectors_written: int = 0, **device: str) -> None:
        """Have the node's folder lie on the second partition of a card."""
        disk = f"sys/devices/platform/soc/mmc/{name}"
        self.put(f"{disk}/stat", f"  100 0 2000 30 50 0 {sectors_written} 90 0 120 120")
        self.put(f"{disk}/device/type", kind)
        for file, text in device.items():
            self.put(f"{disk}/device/{file}", text)
        self.put(f"{disk}/{name}p2/partition", "2")
        number = self.data.stat().st_dev
        self._link(f"sys/dev/block/{os.major(number)}:{os.minor(number)}", f"{disk}/{name}p2")
        self._link(f"sys/block/{name}", disk)

    def interface(self, name: str, *, kind: int = 1, carried: int = 0, uevent: str = "", driver: str = "") -> None:
        """Have the machine reach the world by an interface."""
        folder = f"sys/class/net/{name}"
        self.put("proc/net/route", f"{ROUTES}{name}\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0")
        self.put(f"{folder}/type", str(kind))
        self.put(f"{folder}/uevent", uevent)
        if driver:
            self.put(f"{folder}/device/uevent", f"DRIVER={driver}")
        self.put(f"{folder}/statistics/rx_bytes", str(carried))
        self.put(f"{folder}/statistics/tx_bytes", "0")

    def _link(self, path: str, to: str) -> None:
        link = self.root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(self.root / to)
