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

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from smartradio.node.asking import Asking
from smartradio.node.clock_source import ClockSource
from smartradio.node.discipline import Discipline
from smartradio.node.kept_time import Fix, kept, to_keep, unmeasured

_logger = logging.getLogger(__name__)

# What moves the time by less is not written down for its own sake.
MOVED_S = 0.0005
WRITTEN_EVERY_S = 60.0
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
        self._save = save
        self._boot = source.boot()
        self._floor = float(load("time_floor") or 0.0)
        self._rtc = rtc
        self._contradicted = False
        self._looked_s = -1e9
        before, speed = kept(load)
        self._fix = None if before is None else self._restored(before, speed)
        self._held = False
        # A crystal keeps its speed, whatever else the machine forgets when it is switched off.
        self._discipline = Discipline(speed, None if self._fix is None else self._fix.line)
        self._asking = Asking(source.monotonic, request, self._discipline)
        # The fix by the newest answer, also while the time base is held; the one that the journal has.
        self._learnt: Fix | None = None
        self._written: Fix | None = None

    # -- reading it

    def now(self) -> datetime | None:
        """Return trusted time, or None."""
        fix = self._fix
        now_s = self._source.monotonic()
        if fix is None or now_s - fix.line.at_s > TRUST_FOR_S:
            return None
        return datetime.fromtimestamp(fix.line.utc_s(now_s), UTC)

    def vouched_now(self) -> datetime | None:
        """Return trusted time that the station stands behind, or None: only by this is an order's window judged."""
        return self.now() if self._fix is not None and self._fix.vouched else None

    def at(self, monotonic_s: float) -> datetime | None:
        """Return trusted time at an instant of the monotonic clock."""
        return None if self._fix is None else datetime.fromtimestamp(self._fix.line.utc_s(monotonic_s), UTC)

    def monotonic_at(self, instant: datetime) -> float | None:
        """Return the monotonic time of an instant."""
        return None if self._fix is None else self._fix.line.monotonic_s(instant.timestamp())

    def base_s(self, monotonic_s: float) -> float | None:
        """Return the POSIX time by the base that is held while something plays; from any thread."""
        fix = self._fix
        return None if fix is None else fix.line.utc_s(monotonic_s)

    def newest_s(self, monotonic_s: float) -> float | None:
        """Return the POSIX time by all that is known by now; from any thread."""
        fix = self._learnt or self._fix
        return None if fix is None else fix.line.utc_s(monotonic_s)

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
        self._asking.begin()

    def disconnected(self) -> None:
        """The link is down: ask nobody."""
        self._asking.stop()

    def noise(self, at_s: float) -> None:
        """Something large came down the link: this is no moment to measure its delay."""
        self._asking.noise(at_s)

    def hold(self, *, on: bool) -> None:
        """Keep the time base as it is while something plays or is recorded; what is learnt counts afterwards."""
        self._held = on
        if not on and self._learnt is not None:
            # Not written down: on a full disk it would be tried again at every turn; the next answer does it.
            self._fix, self._learnt = self._learnt, None

    def tick(self) -> float | None:
        """Send what is due; return the monotonic time of the next request."""
        self._look(self._source.monotonic())
        return self._asking.tick(patient=self.vouched)

    def answered(self, nonce: str, at: datetime, received_s: float) -> bool:
        """Take the station's verified answer; False if its nonce is not ours or it came too late."""
        asked_s = self._asking.asked_s(nonce, received_s)
        if asked_s is None:
            return False
        station_s = at.timestamp()
        os_s = self._source.utc().timestamp() - (self._source.monotonic() - received_s)
        agrees, ntp = abs(os_s - station_s) <= AGREES_WITHIN_S, self._source.ntp()
        line = self._discipline.take(asked_s, received_s, station_s)
        fix = Fix(line, os_agreed=ntp and agrees, boot=self._boot, os_contradicted=ntp and not agrees)
        first = self._asking.taken(received_s)
        if not self.vouched:
            # Saved first: what the journal does not take is not believed either, the next answer comes soon.
            self._write(fix)
            self._fix, self._learnt = fix, None
        elif self._held:
            self._learnt = fix
        else:
            self._fix = fix
            if self._moved(fix):
                self._write(fix)
        if first:
            _logger.info(
                "trusted time from the station, ± %.1f ms; own clock is off by %.3f s",
                1000 * line.error_s,
                os_s - station_s,
            )
        return True

    def _write(self, fix: Fix) -> None:
        # A fresh, signed answer outranks the floor: a station whose own clock was put right is believed.
        station_s = fix.line.at_s + fix.line.offset_s
        self._save({**to_keep(fix, self._discipline.speed), "time_floor": repr(station_s)})
        self._floor, self._written = station_s, fix
        self._contradicted = fix.os_contradicted

    def _look(self, now_s: float) -> None:
        """Without the station's time, see every few seconds whether NTP or the clock module gives one."""
        if self._held or self.vouched or now_s - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        if self.trusted and self._fix is not None and now_s - self._fix.line.at_s < UNVOUCHED_FOR_S:
            return
        fix = self._unvouched(now_s)
        if fix is None:
            return
        if self._fix is None or self._fix.by != fix.by:
            _logger.warning("time from %s alone: it is good for what stands in the plan, for no order", fix.by)
        # Only in memory: what nobody vouches for is neither carried over a restart nor a floor of time.
        self._fix = fix

    def _unvouched(self, now_s: float) -> Fix | None:
        if self._floor <= 0:
            # This node has never heard of a station: there is nothing to play, and nothing to hold a clock against.
            return None
        os_s = self._source.utc().timestamp()
        if not self._contradicted and self._source.ntp() and os_s >= self._floor:
            return Fix(unmeasured(now_s, os_s, AGREES_WITHIN_S), os_agreed=False, boot=self._boot, by="ntp")
        told = self._source.rtc() if self._rtc else None
        if told is None or not self._floor <= told.timestamp() <= self._floor + RTC_AHEAD_S:
            return None
        return Fix(unmeasured(now_s, told.timestamp(), RTC_WITHIN_S), os_agreed=False, boot=self._boot, by="rtc")

    def seen(self, issued_at: datetime) -> None:
        """Raise the floor of time to that of a verified message."""
        if issued_at.timestamp() > self._floor:
            self._save({"time_floor": repr(issued_at.timestamp())})
            self._floor = issued_at.timestamp()
            now = self.now()
            if self._fix is not None and not self._fix.vouched and now is not None and now.timestamp() < self._floor:
                # The station has signed something that by this clock is yet to come.
                self._fix = None

    def _moved(self, fix: Fix) -> bool:
        """Say whether a fix is worth writing down: it tells another time than what was, or that is old."""
        last, at_s = self._written, fix.line.at_s
        if last is None or last.os_contradicted != fix.os_contradicted:
            return True
        moved_s = abs(last.line.utc_s(at_s) - fix.line.utc_s(at_s))
        return moved_s > MOVED_S or at_s - last.line.at_s >= WRITTEN_EVERY_S

    def _restored(self, fix: Fix, speed: float) -> Fix | None:
        """Carry the last fix over a restart of the process, or of the machine if NTP vouches for it."""
        self._contradicted = fix.os_contradicted
        now_s = self._source.monotonic()
        if fix.boot == self._boot and 0 <= now_s - fix.line.at_s <= TRUST_FOR_S:
            return fix
        os_s = self._source.utc().timestamp()
        if fix.os_agreed and self._source.ntp() and os_s >= self._floor:
            line = unmeasured(now_s, os_s, AGREES_WITHIN_S, speed=speed)
            return Fix(line, os_agreed=True, boot=self._boot)
        return None
