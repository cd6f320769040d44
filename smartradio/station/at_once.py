"""Whether what a person airs at once may sound now, and how loud: the commune's rules hold for it as for the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.domain.errors import BadInputError
from smartradio.domain.plan_rules import EXEMPT, PlanRules
from smartradio.station.planner import ends_at

if TYPE_CHECKING:
    from smartradio.station.store import Store


class QuietHoursError(BadInputError):
    """It would sound in quiet hours of a zone, from `begin` to `end` by the wall clock, and is no emergency."""

    def __init__(self, zone: str, begin: time, end: time) -> None:
        super().__init__(f"quiet hours in zone {zone} from {begin:%H:%M} to {end:%H:%M}: only an emergency sounds")
        self.zone, self.begin, self.end = zone, begin, end


class AirtimeError(BadInputError):
    """A zone's day has not so many seconds left."""

    def __init__(self, zone: str, used_s: float, limit_s: float, length_s: float) -> None:
        super().__init__(
            f"the day's airtime of zone {zone} is used up: {used_s / 60:.1f} of {limit_s / 60:g} minutes are taken and "
            f"this takes {length_s / 60:.1f}; only an emergency sounds"
        )
        self.zone, self.used_min, self.limit_min = zone, used_s / 60, limit_s / 60


class AtOnce:
    """Holds an airing that belongs to no programme against quiet hours, airtime and loudness of its zones."""

    def __init__(self, store: Store, rules: PlanRules) -> None:
        self._store = store
        self._rules = rules

    def admitted(self, airing: Airing, length_s: float) -> Airing:
        """Return the airing with its terms; emergencies and live voices sound as the nodes are set. Blocking.

        Raises QuietHoursError, also so shortly before them that it would not be over, and AirtimeError.
        """
        length, rules = timedelta(seconds=length_s), self._rules
        resume_until = airing.starts_at + length + rules.resume_within
        if airing.priority in EXEMPT:
            return replace(airing, resume_until=resume_until)
        begins = [at for zone in airing.zones if (at := self._quiet_from(zone, airing, length)) is not None]
        self._check_airtime(airing, length_s)
        gain_db = min(
            rules.loudness_of(zone).gain_db(airing.starts_at, airing.starts_at + length, rules.tz)
            for zone in airing.zones
        )
        terms = replace(airing, resume_until=resume_until, gain_db=round(gain_db, 1))
        if not begins:
            return terms
        quiet_from = min(begins)
        last_start = min(airing.expires_at, quiet_from)
        resume_until = min(resume_until, quiet_from)
        ends_by = quiet_from if quiet_from < max(resume_until, last_start) + length else None
        return replace(terms, resume_until=resume_until, expires_at=last_start, ends_by=ends_by)

    def _quiet_from(self, zone: str, airing: Airing, length: timedelta) -> datetime | None:
        """Return when the zone's next quiet hours begin; raises QuietHoursError where it would sound in them."""
        quiet, tz = self._rules.of(zone).quiet, self._rules.tz
        if quiet is None:
            return None
        begins = quiet.next_begin(airing.starts_at, tz)
        if quiet.covers(airing.starts_at, tz) or begins < airing.starts_at + length:
            raise QuietHoursError(zone, quiet.begin, quiet.end)
        return begins.astimezone(airing.starts_at.tzinfo)

    def _check_airtime(self, airing: Airing, length_s: float) -> None:
        for zone in airing.zones:
            limit_s = self._rules.of(zone).airtime_s
            used_s = 0.0 if limit_s is None else self._used_s(zone, airing.starts_at)
            if limit_s is not None and used_s + length_s > limit_s:
                raise AirtimeError(zone, used_s, limit_s, length_s)

    def _used_s(self, zone: str, at: datetime) -> float:
        """Return the seconds that what stands in the plan takes on the day of an instant."""
        day = datetime.combine(at.astimezone(self._rules.tz).date(), time(), self._rules.tz)
        return sum(
            self._length_s(other)
            for other in self._store.airings(start=day, end=day + timedelta(days=1))
            if zone in other.zones and other.priority not in EXEMPT
        )

    def _length_s(self, airing: Airing) -> float:
        recording = self._store.recording(airing.recording_id)
        return 0.0 if recording is None else (ends_at(airing, recording) - airing.starts_at).total_seconds()
