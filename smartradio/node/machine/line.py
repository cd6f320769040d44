"""The line to the world: by cable, wifi or modem, and how strong its signal is."""

from __future__ import annotations

import math
from typing import Final, Literal

from smartradio.node.machine.tree import Ask, Tree

Kind = Literal["ethernet", "wifi", "modem", "other"]

# ARPHRD_ETHER and ARPHRD_PPP of the kernel.
_ETHER: Final = 1
_PPP: Final = 512
# Sticks that show themselves as a network card; a card of its own behind USB has a driver of its own.
_MODEM_DRIVERS: Final = frozenset(
    {"cdc_mbim", "qmi_wwan", "cdc_ncm", "huawei_cdc_ncm", "cdc_ether", "rndis_host", "sierra_net", "option"}
)
_WORST_DBM: Final = -120


def kind_of(tree: Tree, interface: str) -> Kind:
    """Return by what an interface reaches the world."""
    folder = f"sys/class/net/{interface}"
    if tree.is_there(f"{folder}/wireless") or tree.is_there(f"{folder}/phy80211"):
        return "wifi"
    kind = tree.number(f"{folder}/type")
    uevent = f"{tree.text(f'{folder}/uevent')}\n{tree.text(f'{folder}/device/uevent')}"
    told = dict(line.partition("=")[::2] for line in uevent.splitlines())
    modem = told.get("DEVTYPE") == "wwan" or told.get("DRIVER") in _MODEM_DRIVERS or kind == _PPP
    if modem or interface.startswith(("wwan", "ppp")):
        return "modem"
    return "ethernet" if kind == _ETHER else "other"


def wifi_dbm(tree: Tree, interface: str) -> float | None:
    """Return the level (dBm) of a wifi interface (/proc/net/wireless); None where its driver tells none."""
    for line in (tree.text("proc/net/wireless") or "").splitlines()[2:]:
        name, _, figures = line.partition(":")
        columns = figures.split()
        if name.strip() != interface or len(columns) < 3:
            continue
        try:
            level = float(columns[2].rstrip("."))
        except ValueError:
            return None
        # Some drivers tell it as a byte: 200 is -56 dBm.
        level = level - 256 if level > 0 else level
        return level if math.isfinite(level) and _WORST_DBM <= level < 0 else None
    return None


def modem(ask: Ask) -> dict[str, float | str]:
    """Return what ModemManager says of the first modem: `signal_percent`, `signal_kind` as lte or umts."""
    told: dict[str, float | str] = {}
    for line in (ask(["mmcli", "-m", "any", "-K"]) or "").splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "modem.generic.signal-quality.value" and value.isdecimal() and int(value) <= 100:
            told["signal_percent"] = float(value)
        elif name == "modem.generic.access-technologies.value[1]" and value not in ("", "--"):
            told["signal_kind"] = value[:20]
    return told
