"""The node's trusted time: the station's, carried on by a monotonic clock. No trusted time, no sound.

A Pi has no clock battery, so its operating system's clock proves nothing. Trust comes from the station's signed
answer to a fresh nonce; the OS clock carries it across a restart when it is set by NTP and was seen to agree with the
station. Without an answer a clock set by NTP, or a hardware clock module where the settings say that there is one,
gives time that is good enough for what stands in the signed plan: `now`. It vouches for no order: `vouched_now` is
None until the station has answered.

Answers come late by an unknown and changing time, and the two clocks run at different speeds: `discipline.py` says what
many of them are worth together.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from smartradio.domain.errors import SmartradioError
from smartradio.node.clock_source import ClockSource
from smartradio.node.discipline import FASTEST, WANDER, Discipline

_logger = logging.getLogger(__name__)

BURST = 5
BURST_STEP_S = 0.15
EVERY_S = 180.0
# Without any answer the burst is tried again sooner.
RETRY_S = 5.0
ANSWER_WITHIN_S = 5.0
# An answer that has to queue behind audio says little: with a trusted time the question waits for a quiet
# moment, not for ever.
QUIET_S = 1.0
PUT_OFF_S = 120.0
# Until the answers leave less open than this, it is asked often at first and less often later: what an hour has not
# told the next one hardly does.
FINE_S = 0.0005
FINE_SPEED = 5e-6
OFTEN_S = ((600.0, 10.0), (1_800.0, 20.0), (float("inf"), 60.0))
# What moves the time by less is not written down for its own sake.
MOVED_S = 0.0005
WRITTEN_EVERY_S = 60.0
# So many times what two fixes are exact to, and this besides, may lie between them.
APART = 3.0
APART_S = 0.001
AGREES_WITHIN_S = 2.0
# Nodes play seven days with the link down; 50 ppm make 30 s of that, within a programme's tolerance.
TRUST_FOR_S = 7 * 86_400.0
# How far a clock module may be off that nobody has looked at for a while (20 ppm over two weeks); it tells seconds.
RTC_WITHIN_S = 30.0
# A module this far ahead of all that the station has signed has lost its time, whatever it says.
RTC_AHEAD_S = 400 * 86_400.0
LOOK_EVERY_S = 10.0
# So long the monotonic clock carries such a time before it is looked up again: a module tells whole seconds.
UNVOUCHED_FOR_S = 3_600.0


@dataclass(frozen=True, slots=True)
class _Fix:
    """The station's time against the monotonic clock: utc = monotonic + offset_s at at_s, known to ± error_s.

    From there on it gains `rate` seconds a second; `spread_s` is how exact the offset most likely is.
    """

    offset_s: float
    error_s: float
    at_s: float
    os_agreed: bool
    boot: str
    os_contradicted: bool = False
    by: Literal["station", "ntp", "rtc"] = "station"
    rate: float = 0.0
    spread_s: float = 0.0

    def carried_on(self, to_s: float) -> _Fix:
        """Return what it is worth at a later instant of the monotonic clock."""
        wandered_s = WANDER * (to_s - self.at_s)
        return replace(
            self,
            offset_s=self.utc_s(to_s) - to_s,
            at_s=to_s,
            error_s=self.error_s + wandered_s,
            spread_s=self.spread_s + wandered_s,
        )

    def utc_s(self, monotonic_s: float) -> float:
        """Return the POSIX time at an instant of the monotonic clock."""
        return monotonic_s + self.offset_s + self.rate * (monotonic_s - self.at_s)

    def monotonic_s(self, utc_s: float) -> float:
        """Return the instant of the monotonic clock at a POSIX time."""
        return (utc_s - self.offset_s + self.rate * self.at_s) / (1.0 + self.rate)

    @property
    def vouched(self) -> bool:
        """Whether the station stands behind it."""
        return self.by == "station"


@dataclass(frozen=True, slots=True)
class _Speed:
    """What is kept beside a fix: seconds that the station's time gains in one, and how exact the fix of `at_s` was."""

    rate: float = 0.0
    spread_s: float = 0.0
    at_s: float = 0.0


_BESIDE = frozenset({"rate", "spread_s"})


class NodeClock:
    """Trusted time from nonces; one thread's.

    `request(nonce)` sends a time request and says whether it left. `load` and `save` keep the last fix and
    the floor of time across restarts. `rtc` says that the machine has a hardware clock module.
    """

    def __init__(
        self,
        source: ClockSource,
        request: Callable[[str], bool],
        load: Callable[[str], str | None],
        save: Callable[[dict[str, str]], None],
        *,
        rtc: bool = False,
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
        self._rtc = rtc
        self._contradicted = False
        self._looked_s = -1e9
        # A crystal keeps its speed, whatever else the machine forgets when it is switched off. Beside the fix, whose
        # form older programs read too: they may come back to this journal.
        self._speed = _speed_from(load("time_speed"))
        self._fix = self._restored(load("time_fix"))
        self._noise_s = -1e9
        self._held = False
        self._discipline = Discipline(self._speed.rate)
        # The fix by the newest answer, also while the time base is held; the one that the journal has.
        self._learnt: _Fix | None = None
        self._written: _Fix | None = None

    # -- reading it

    def now(self) -> datetime | None:
        """Return trusted time, or None."""
        fix = self._fix
        now_s = self._source.monotonic()
        if fix is None or now_s - fix.at_s > TRUST_FOR_S:
            return None
        return datetime.fromtimestamp(fix.utc_s(now_s), UTC)

    def vouched_now(self) -> datetime | None:
        """Return trusted time that the station stands behind, or None: only by this is an order's window judged."""
        return self.now() if self._fix is not None and self._fix.vouched else None

    def at(self, monotonic_s: float) -> datetime | None:
        """Return trusted time at an instant of the monotonic clock."""
        return None if self._fix is None else datetime.fromtimestamp(self._fix.utc_s(monotonic_s), UTC)

    def monotonic_at(self, instant: datetime) -> float | None:
        """Return the monotonic time of an instant."""
        return None if self._fix is None else self._fix.monotonic_s(instant.timestamp())

    def base_s(self, monotonic_s: float) -> float | None:
        """Return the POSIX time by the base that is held while something plays; from any thread."""
        fix = self._fix
        return None if fix is None else fix.utc_s(monotonic_s)

    def newest_s(self, monotonic_s: float) -> float | None:
        """Return the POSIX time by all that is known by now; from any thread."""
        fix, learnt = self._fix, self._learnt
        if fix is None or learnt is None or learnt.at_s <= fix.at_s:
            return None if fix is None else fix.utc_s(monotonic_s)
        return self._finer(learnt).utc_s(monotonic_s)

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

    @property
    def vouched(self) -> bool:
        """Whether there is trusted time that the station stands behind."""
        return self.vouched_now() is not None

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
        if not on and self._learnt is not None and self._fix is not None and self._learnt.at_s > self._fix.at_s:
            # Not written down: on a full disk it would be tried again at every turn; the next answer does it.
            self._fix = self._finer(self._learnt)

    def tick(self) -> float | None:
        """Send what is due; return the monotonic time of the next request."""
        now_s = self._source.monotonic()
        self._look(now_s)
        if self._next_burst_s is None:
            return None
        quiet_s = min(self._noise_s + QUIET_S, self._next_burst_s + PUT_OFF_S)
        if now_s >= self._next_burst_s and now_s < quiet_s and self.vouched:
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
        line = self._discipline.take(asked_s, received_s, station_s)
        fix = _Fix(
            offset_s=line.offset_s,
            error_s=line.error_s,
            at_s=received_s,
            os_agreed=self._source.ntp() and abs(os_s - station_s) <= AGREES_WITHIN_S,
            boot=self._boot,
            os_contradicted=self._source.ntp() and abs(os_s - station_s) > AGREES_WITHIN_S,
            rate=line.rate,
            spread_s=line.spread_s,
        )
        first = not self._fresh(received_s)
        self._answered_s = received_s
        if not self.vouched:
            # Saved first: what the journal does not take is not believed either, the next answer comes soon.
            self._write(fix)
            self._fix = fix
        self._learnt = fix
        if not self._held:
            self._fix = self._finer(fix)
            if self._moved(self._fix):
                self._write(self._fix)
        if first:
            self._next_burst_s = received_s + self._every_s()
            _logger.info(
                "trusted time from the station, ± %.1f ms; own clock is off by %.3f s",
                1000 * fix.error_s,
                os_s - station_s,
            )
        return True

    def _finer(self, learnt: _Fix) -> _Fix:
        """Return the more exact one of what was learnt and what a process before this one knew, at the same instant."""
        ours = self._fix
        if ours is None or not ours.vouched or self._written is not None:
            return learnt
        known = replace(
            ours.carried_on(learnt.at_s), os_agreed=learnt.os_agreed, os_contradicted=learnt.os_contradicted
        )
        apart_s = abs(known.offset_s - learnt.offset_s)
        agree = apart_s <= APART * (known.spread_s + learnt.spread_s) + APART_S
        return known if agree and known.spread_s < learnt.spread_s else learnt

    def _write(self, fix: _Fix) -> None:
        # A fresh, signed answer outranks the floor: a station whose own clock was put right is believed.
        station_s = fix.at_s + fix.offset_s
        speed = _Speed(self._discipline.speed, fix.spread_s, fix.at_s)
        written = {name: value for name, value in asdict(fix).items() if name not in _BESIDE}
        self._save(
            {
                "time_fix": json.dumps(written),
                "time_speed": json.dumps(asdict(speed)),
                "time_floor": repr(station_s),
            }
        )
        self._floor, self._written = station_s, fix
        self._contradicted = fix.os_contradicted

    def _look(self, now_s: float) -> None:
        """Without the station's time, see every few seconds whether NTP or the clock module gives one."""
        if self._held or self.vouched or now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        if self.trusted and self._fix is not None and now_s - self._fix.at_s < UNVOUCHED_FOR_S:
            return
        fix = self._unvouched(now_s)
        if fix is None:
            return
        if self._fix is None or self._fix.by != fix.by:
            _logger.warning("time from %s alone: it is good for what stands in the plan, for no order", fix.by)
        # Only in memory: what nobody vouches for is neither carried over a restart nor a floor of time.
        self._fix = fix

    def _unvouched(self, now_s: float) -> _Fix | None:
        if self._floor <= 0:
            # This node has never heard of a station: there is nothing to play, and nothing to hold a clock against.
            return None
        os_s = self._source.utc().timestamp()
        if not self._contradicted and self._source.ntp() and os_s >= self._floor:
            return _Fix(os_s - now_s, AGREES_WITHIN_S, now_s, os_agreed=False, boot=self._boot, by="ntp")
        told = self._source.rtc() if self._rtc else None
        if told is None or not self._floor <= told.timestamp() <= self._floor + RTC_AHEAD_S:
            return None
        return _Fix(told.timestamp() - now_s, RTC_WITHIN_S, now_s, os_agreed=False, boot=self._boot, by="rtc")

    def seen(self, issued_at: datetime) -> None:
        """Raise the floor of time to that of a verified message."""
        if issued_at.timestamp() > self._floor:
            self._save({"time_floor": repr(issued_at.timestamp())})
            self._floor = issued_at.timestamp()
            now = self.now()
            if self._fix is not None and not self._fix.vouched and now is not None and now.timestamp() < self._floor:
                # The station has signed something that by this clock is yet to come.
                self._fix = None

    def _moved(self, fix: _Fix) -> bool:
        """Say whether a fix is worth writing down: it tells another time than what was, or that is old."""
        last = self._written
        if last is None or last.os_contradicted != fix.os_contradicted:
            return True
        moved_s = abs(last.utc_s(fix.at_s) - fix.utc_s(fix.at_s))
        return moved_s > MOVED_S or fix.at_s - last.at_s >= WRITTEN_EVERY_S

    def _every_s(self) -> float:
        line = self._discipline.line
        if line is None or (line.spread_s <= FINE_S and line.rate_error <= FINE_SPEED):
            return EVERY_S
        return next(often_s for within_s, often_s in OFTEN_S if self._discipline.window_s < within_s)

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
        self._contradicted = fix.os_contradicted
        now_s = self._source.monotonic()
        if fix.boot == self._boot and 0 <= now_s - fix.at_s <= TRUST_FOR_S:
            spread_s = self._speed.spread_s if self._speed.at_s == fix.at_s else fix.error_s
            return replace(fix, rate=self._speed.rate, spread_s=spread_s)
        os_s = self._source.utc().timestamp()
        if fix.os_agreed and self._source.ntp() and os_s >= self._floor:
            return _Fix(os_s - now_s, AGREES_WITHIN_S, now_s, os_agreed=True, boot=self._boot, spread_s=AGREES_WITHIN_S)
        return None


def _speed_from(text: str | None) -> _Speed:
    try:
        speed = _Speed(**json.loads(text)) if text is not None else _Speed()
        return speed if abs(speed.rate) <= FASTEST and speed.spread_s >= 0.0 else _Speed()
    except (ValueError, TypeError):
        # It only makes the first minutes more exact.
        return _Speed()
