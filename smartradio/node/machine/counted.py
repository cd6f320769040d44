"""What a machine carried and wrote, over its restarts: counters that begin anew at each, added up. No I/O.

Months are those of Vietnam, which has had one time without summer time since 1975, and are told by trusted time alone:
what is carried before there is any waits, and counts to the month in which it comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final

_VIETNAM: Final = timezone(timedelta(hours=7))
_MONTHS_KEPT: Final = 3


def month_of(at: datetime, starts_on: int) -> str:
    """Return the month of account that an instant lies in, named by its first day, as 2026-11-05."""
    day = at.astimezone(_VIETNAM).date()
    if day.day < starts_on:
        day = day.replace(day=1) - timedelta(days=1)
    return day.replace(day=starts_on).isoformat()


@dataclass
class Growth:
    """A counter that begins anew when the machine does, or by itself; one for each thing counted.

    `seen` has the last value of each by the boot in which it was read.
    """

    seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def more(self, name: str, value: int, boot: str) -> int:
        """Return by how much a counter has grown; what it shows at the first sight of all counts as nothing."""
        last_boot, last = self.seen.get(name, ("", 0))
        first = not self.seen
        self.seen[name] = (boot, value)
        if first:
            return 0
        # Of another boot, of another interface or begun anew: all of it is new.
        return value - last if last_boot == boot and value >= last else value


@dataclass
class Counted:
    """Bytes carried by months, and bytes written in all; what is not in a month yet is `waiting`."""

    months: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    carried: Growth = field(default_factory=Growth)
    written_bytes: int = 0
    written: Growth = field(default_factory=Growth)

    def carry(self, interface: str, total: int, boot: str) -> None:
        """Take what an interface has carried since the machine was switched on."""
        self.waiting += self.carried.more(interface, total, boot)

    def settle(self, month: str | None) -> int | None:
        """Count what waits to the month that it is, None while nobody knows; return that month's bytes."""
        if month is None:
            return None
        self.months[month] = self.months.get(month, 0) + self.waiting
        self.waiting = 0
        # A clock that is put right finds its month again.
        for old in sorted(self.months)[:-_MONTHS_KEPT]:
            if old != month:
                del self.months[old]
        return self.months[month]

    def write(self, disk: str, total: int, boot: str) -> int:
        """Take what was written to a disk since the machine was switched on; return what that is in all."""
        before = not self.written.seen
        grown = self.written.more(disk, total, boot)
        self.written_bytes += total if before else grown
        return self.written_bytes

    def text(self) -> str:
        """Return it as it is kept."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str | None) -> Counted:
        """Return what `text` gave; anything else counts as nothing."""
        try:
            told: Mapping[str, Any] = json.loads(text or "{}")
            return cls(
                {str(month): int(count) for month, count in told.get("months", {}).items()},
                int(told.get("waiting", 0)),
                _growth(told.get("carried")),
                int(told.get("written_bytes", 0)),
                _growth(told.get("written")),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


def _growth(told: Any) -> Growth:
    seen = (told or {}).get("seen", {})
    return Growth({str(name): (str(boot), int(value)) for name, (boot, value) in seen.items()})
