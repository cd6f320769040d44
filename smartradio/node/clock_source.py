"""Where a node reads time: the machine's clocks, its hardware clock module, or a virtual node's wrong ones."""

from __future__ import annotations

import ctypes
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# The kernel reads the module; one whose battery was empty answers with an error (Documentation/admin-guide/rtc).
_RTC_FOLDER = Path("/sys/class/rtc")


class ClockSource:
    """Where a node reads time: the machine's clocks, or a virtual node's wrong ones."""

    def monotonic(self) -> float:
        """Seconds that only ever grow, the same for all processes until the machine restarts."""
        return time.monotonic()

    def from_machine(self, machine_s: float) -> float:
        """Return the node's monotonic time for the machine's."""
        return machine_s

    def utc(self) -> datetime:
        """The operating system's idea of now, right or wrong."""
        return datetime.now(UTC)

    def ntp(self) -> bool:
        """Whether the operating system says its clock is synchronised."""
        return ntp_synchronised()

    def rtc(self) -> datetime | None:
        """Return the time of the hardware clock module, None if there is none or it has lost its time."""
        return hardware_clock()

    def boot(self) -> str:
        """A token that changes when the monotonic clock starts anew."""
        try:
            return _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            # Without it nothing is carried across a restart of the process: safe, only slower.
            return secrets.token_hex(8)


class SimulatedClock(ClockSource):
    """A virtual node's clocks: the monotonic one off by `ppm`, the OS clock off by `error_s` and no NTP."""

    def __init__(self, ppm: float, error_s: float) -> None:
        self._speed = 1.0 + ppm * 1e-6
        self._error_s = error_s
        self._ppm = ppm

    def monotonic(self) -> float:
        """The machine's monotonic time, too fast or too slow."""
        return self.from_machine(time.monotonic())

    def from_machine(self, machine_s: float) -> float:
        """Return the node's monotonic time for the machine's."""
        return machine_s * self._speed

    def utc(self) -> datetime:
        """The time with the simulated error."""
        return datetime.now(UTC) + timedelta(seconds=self._error_s)

    def ntp(self) -> bool:
        """A simulated clock that is wrong is not synchronised."""
        return self._error_s == 0 and super().ntp()

    def rtc(self) -> datetime | None:
        """A simulated node has no clock module."""
        return None

    def boot(self) -> str:
        """Another simulated crystal is another monotonic clock."""
        return f"{super().boot()}/{self._ppm:g}"


class _Timex(ctypes.Structure):
    # struct timex of Linux: `modes` 0 asks only; the rest is room for what the kernel writes.
    _fields_ = (("modes", ctypes.c_uint), ("rest", ctypes.c_char * 512))


_TIME_ERROR = 5


def ntp_synchronised() -> bool:
    """Ask the kernel (adjtimex, read only) whether NTP keeps the clock; False where that cannot be known."""
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(_Timex()))
    except (OSError, AttributeError):
        return False
    return 0 <= int(answer) < _TIME_ERROR


def hardware_clock(folder: Path = _RTC_FOLDER) -> datetime | None:
    """Return the time of the first hardware clock that has one, to the second; it runs in UTC.

    The kernel refuses to tell the time of a module that has lost it.
    """
    for path in sorted(folder.glob("rtc*/since_epoch")):
        try:
            return datetime.fromtimestamp(int(path.read_text(encoding="ascii")), UTC)
        except (OSError, ValueError, OverflowError):
            # It has lost its time: as if it were not there; another module may have it.
            continue
    return None
