"""The node's trusted time: the station's, carried on by a monotonic clock. No trusted time, no sound.

A Pi has no clock battery, so its operating system's clock proves nothing. Trust comes from the station's
signed answer to a fresh nonce; the OS clock only carries it across a restart, and only when it is set by NTP
and was seen to agree with the station.
"""

from __future__ import annotations

import ctypes
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from smartradio.domain.errors import SmartradioError

_logger = logging.getLogger(__name__)

BURST = 5
BURST_STEP_S = 0.15
EVERY_S = 180.0
# Without any answer the burst is tried again sooner.
RETRY_S = 5.0
ANSWER_WITHIN_S = 5.0
# An answer that has to queue behind audio says little: with a trusted time the question waits for a quiet
# moment, not for ever, and is asked again soon while the best answer is still a coarse one.
QUIET_S = 1.0
PUT_OFF_S = 120.0
COARSE_S = 0.02
COARSE_AGAIN_S = 20.0
AGREES_WITHIN_S = 2.0
# Nodes play seven days with the link down; 50 ppm make 30 s of that, within a programme's tolerance.
TRUST_FOR_S = 7 * 86_400.0
# A crystal's worst drift: an old exact answer is in time worth less than a fresh, coarser one.
DRIFT = 50e-6
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


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


@dataclass(frozen=True, slots=True)
class _Fix:
    """The station's time against the monotonic clock: utc = monotonic + offset_s, known to ± error_s."""

    offset_s: float
    error_s: float
    at_s: float
    os_agreed: bool
    boot: str


class NodeClock:
    """Trusted time from nonces; one thread's.

    `request(nonce)` sends a time request and says whether it left. `load` and `save` keep the last fix and
    the floor of time across restarts.
    """

    def __init__(
        self,
        source: ClockSource,
        request: Callable[[str], bool],
        load: Callable[[str], str | None],
        save: Callable[[dict[str, str]], None],
    ) -> None:
        self._source = source
        self._request = request
        self._save = save
        self._boot = source.boot()
        self._asked: dict[str, float] = {}
        self._due: list[float] = []
        self._next_burst_s: float | None = None
        self._answered_s: float | None = None
        self._floor = float(load("time_floor") or 0.0)
        self._fix = self._restored(load("time_fix"))
        self._noise_s = -1e9
        self._held = False
        self._held_fix: _Fix | None = None

    # -- reading it

    def now(self) -> datetime | None:
        """Return trusted time, or None."""
        fix = self._fix
        now_s = self._source.monotonic()
        if fix is None or now_s - fix.at_s > TRUST_FOR_S:
            return None
        return datetime.fromtimestamp(now_s + fix.offset_s, UTC)

    def at(self, monotonic_s: float) -> datetime | None:
        """Return trusted time at an instant of the monotonic clock."""
        return None if self._fix is None else datetime.fromtimestamp(monotonic_s + self._fix.offset_s, UTC)

    def monotonic_at(self, instant: datetime) -> float | None:
        """Return the monotonic time of an instant."""
        return None if self._fix is None else instant.timestamp() - self._fix.offset_s

    def stated(self) -> datetime:
        """Return the best guess at now for a report: trusted, else the OS clock's above the floor."""
        return self.now() or max(self._source.utc(), datetime.fromtimestamp(self._floor, UTC))

    @property
    def offset_ms(self) -> float | None:
        """How far the operating system's clock is ahead of the station's; None without trusted time."""
        now = self.now()
        return None if now is None else round(1000 * (self._source.utc() - now).total_seconds(), 3)

    @property
    def trusted(self) -> bool:
        """Whether there is trusted time."""
        return self.now() is not None

    # -- keeping it

    def connected(self) -> None:
        """The link is up: ask now."""
        self._next_burst_s = self._source.monotonic()

    def disconnected(self) -> None:
        """The link is down: ask nobody."""
        self._next_burst_s = None
        self._due.clear()
        self._asked.clear()

    def noise(self, at_s: float) -> None:
        """Something large came down the link: this is no moment to measure its delay."""
        self._noise_s = at_s

    def hold(self, *, on: bool) -> None:
        """Keep the time base as it is while something plays or is recorded; what is learnt counts afterwards."""
        self._held = on
        if not on and self._held_fix is not None:
            self._adopt(self._held_fix)
            self._held_fix = None

    def tick(self) -> float | None:
        """Send what is due; return the monotonic time of the next request."""
        now_s = self._source.monotonic()
        if self._next_burst_s is None:
            return None
        quiet_s = min(self._noise_s + QUIET_S, self._next_burst_s + PUT_OFF_S)
        if now_s >= self._next_burst_s and now_s < quiet_s and self.trusted:
            return quiet_s
        if now_s >= self._next_burst_s:
            self._due = [now_s + step * BURST_STEP_S for step in range(BURST)]
            self._next_burst_s = now_s + (self._every_s() if self._fresh(now_s) else RETRY_S)
        while self._due and now_s >= self._due[0]:
            self._due.pop(0)
            nonce = secrets.token_urlsafe(16)
            asked_s = self._source.monotonic()
            if self._request(nonce):
                self._asked[nonce] = asked_s
        self._asked = {n: at for n, at in self._asked.items() if now_s - at <= ANSWER_WITHIN_S}
        return min([self._next_burst_s, *self._due])

    def answered(self, nonce: str, at: datetime, received_s: float) -> bool:
        """Take the station's verified answer; False if its nonce is not ours or it came too late."""
        asked_s = self._asked.pop(nonce, None)
        if asked_s is None:
            return False
        round_trip_s = received_s - asked_s
        if not 0 <= round_trip_s <= ANSWER_WITHIN_S:
            return False
        station_s = at.timestamp()
        os_s = self._source.utc().timestamp() - (self._source.monotonic() - received_s)
        fix = _Fix(
            offset_s=station_s + round_trip_s / 2 - received_s,
            error_s=round_trip_s / 2,
            at_s=received_s,
            os_agreed=self._source.ntp() and abs(os_s - station_s) <= AGREES_WITHIN_S,
            boot=self._boot,
        )
        first = not self._fresh(received_s)
        self._answered_s = received_s
        best = self._held_fix or self._fix
        if best is None or not self._keeps(best, fix):
            if self._held and self.trusted:
                self._held_fix = fix
            else:
                self._adopt(fix)
        if first:
            self._next_burst_s = received_s + self._every_s()
            _logger.info(
                "trusted time from the station, ± %.1f ms; own clock is off by %.3f s",
                1000 * fix.error_s,
                os_s - station_s,
            )
        return True

    def _adopt(self, fix: _Fix) -> None:
        station_s = fix.at_s + fix.offset_s
        # Saved first: what the journal does not take is not believed either, the next answer comes soon.
        # A fresh, signed answer outranks the floor: a station whose own clock was put right is believed.
        self._save({"time_fix": json.dumps(asdict(fix)), "time_floor": repr(station_s)})
        self._fix, self._floor = fix, station_s

    def seen(self, issued_at: datetime) -> None:
        """Raise the floor of time to that of a verified message."""
        if issued_at.timestamp() > self._floor:
            self._save({"time_floor": repr(issued_at.timestamp())})
            self._floor = issued_at.timestamp()

    def _keeps(self, old: _Fix, new: _Fix) -> bool:
        """Say whether the old fix is the more exact one and the new one does not contradict it."""
        old_error_s = old.error_s + DRIFT * (new.at_s - old.at_s)
        return old_error_s < new.error_s and abs(old.offset_s - new.offset_s) <= old_error_s + new.error_s

    def _every_s(self) -> float:
        best = self._held_fix or self._fix
        return COARSE_AGAIN_S if best is not None and best.error_s > COARSE_S else EVERY_S

    def _fresh(self, now_s: float) -> bool:
        return self._answered_s is not None and 0 <= now_s - self._answered_s < EVERY_S

    def _restored(self, text: str | None) -> _Fix | None:
        """Carry the last fix over a restart of the process, or of the machine if NTP vouches for it."""
        if text is None:
            return None
        try:
            fix = _Fix(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise SmartradioError(f"the stored time is unreadable ({error}): remove journal.db") from error
        now_s = self._source.monotonic()
        if fix.boot == self._boot and 0 <= now_s - fix.at_s <= TRUST_FOR_S:
            return fix
        os_s = self._source.utc().timestamp()
        if fix.os_agreed and self._source.ntp() and os_s >= self._floor:
            return _Fix(os_s - now_s, AGREES_WITHIN_S, now_s, os_agreed=True, boot=self._boot)
        return None
