"""Heat and supply: is the voltage too low, does the machine slow itself down?

Read without a program where the kernel tells it: the firmware's own word (Raspberry Pi kernels), else the voltage's
alarm (mainline `raspberrypi-hwmon`); `vcgencmd` is asked last.
"""

from __future__ import annotations

from typing import Final

from smartradio.node.machine.tree import Ask, Tree

# Bits of `vcgencmd get_throttled` (Raspberry Pi documentation): now, and since boot.
_THROTTLED: Final = {
    0: "undervoltage_now",
    1: "frequency_capped_now",
    2: "throttled_now",
    16: "undervoltage_since_boot",
    18: "throttled_since_boot",
}


def temperature_c(tree: Tree) -> float | None:
    """Return the processor's temperature in °C."""
    told = tree.number("sys/class/thermal/thermal_zone0/temp")
    return None if told is None else round(told / 1000, 1)


def supply(tree: Tree, ask: Ask) -> dict[str, bool]:
    """Return the flags that are set; none where nothing can be known too."""
    for path in tree.found("sys/devices/platform", "soc*/soc*firmware/get_throttled"):
        bits = tree.number(path, 16)
        if bits is not None:
            return _flags(bits)
    for folder in tree.found("sys/class/hwmon", "hwmon*"):
        if tree.text(f"{folder}/name") == "rpi_volt":
            alarm = tree.number(f"{folder}/in0_lcrit_alarm")
            if alarm is not None:
                return {"undervoltage_now": True} if alarm else {}
    answer = ask(["vcgencmd", "get_throttled"])
    try:
        return {} if answer is None else throttled(answer)
    except ValueError:
        return {}


def throttled(answer: str) -> dict[str, bool]:
    """Return the set flags of an answer such as "throttled=0x50005"; raises ValueError for another shape."""
    name, _, value = answer.strip().partition("=")
    if name != "throttled":
        raise ValueError(f"unexpected answer {answer!r}")
    return _flags(int(value, 16))


def _flags(bits: int) -> dict[str, bool]:
    return {flag: True for bit, flag in _THROTTLED.items() if bits >> bit & 1}
