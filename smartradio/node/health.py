"""How the Pi is: temperature, supply voltage, disk, load, what its network carried."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from pathlib import Path

from smartradio.node.meter import Meter, default_interface

_logger = logging.getLogger(__name__)

_THERMAL = Path("/sys/class/thermal/thermal_zone0/temp")
_TIMEOUT_S = 2.0
# Bits of `vcgencmd get_throttled` (Raspberry Pi documentation): now, and since boot.
_THROTTLED = {
    0: "undervoltage_now",
    1: "frequency_capped_now",
    2: "throttled_now",
    16: "undervoltage_since_boot",
    18: "throttled_since_boot",
}


def read_health(folder: Path) -> dict[str, float | str | bool | None]:
    """Return what can be told of the machine; what it does not have is left out."""
    health: dict[str, float | str | bool | None] = {}
    try:
        health["disk_free_mb"] = round(shutil.disk_usage(folder).free / 1e6, 1)
        health["load_1min"] = round(os.getloadavg()[0], 2)
        if _THERMAL.exists():
            health["temperature_c"] = round(int(_THERMAL.read_text(encoding="ascii")) / 1000, 1)
    except (OSError, ValueError) as error:
        # A sensor that cannot be read is itself something to know.
        health["sensor_error"] = str(error)[:80]
    health.update(_throttled())
    return health


def carried(meter: Meter, *, own_network: bool) -> dict[str, float | str | bool | None]:
    """Return what the link's messages weighed since the start, and with `own_network` what the machine's network did.

    Megabytes of a million; the network's are those since the machine was switched on.
    """
    told: dict[str, float | str | bool | None] = {
        "link_received_mb": round(meter.received_bytes / 1e6, 3),
        "link_sent_mb": round(meter.sent_bytes / 1e6, 3),
    }
    if not own_network:
        return told
    try:
        interface = default_interface()
    except (OSError, ValueError) as error:
        return told | {"network_error": str(error)[:80]}
    if interface is not None:
        told["net_interface"] = interface.name
        told["net_received_mb"] = round(interface.received_bytes / 1e6, 3)
        told["net_sent_mb"] = round(interface.sent_bytes / 1e6, 3)
    return told


def _throttled() -> dict[str, bool]:
    program = shutil.which("vcgencmd")
    if program is None:
        return {}
    try:
        result = subprocess.run(
            [program, "get_throttled"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
        return throttled(result.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _logger.debug("vcgencmd does not answer: %s", error)
        return {}


def throttled(answer: str) -> dict[str, bool]:
    """Return the set flags of an answer such as "throttled=0x50005"; raises ValueError for another shape."""
    name, _, value = answer.strip().partition("=")
    if name != "throttled":
        raise ValueError(f"unexpected answer {answer!r}")
    bits = int(value, 16)
    return {flag: True for bit, flag in _THROTTLED.items() if bits >> bit & 1}
