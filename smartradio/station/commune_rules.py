"""A commune's rules as its settings write them: quiet hours, airtime, volume, limits and staggered starts by zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from smartradio.domain.loudness import Loudness, VolumeStep
from smartradio.domain.plan_rules import PlanRules, QuietHours, ZoneRules

if TYPE_CHECKING:
    from smartradio.station.settings import PlanSettings, StationSettings, ZoneSettings

WALL_CLOCK: Final = ZoneInfo("Asia/Ho_Chi_Minh")

USUAL_RULES: Final = PlanRules(WALL_CLOCK)
"""The rules of a commune that has set none."""


def rules_of(settings: StationSettings) -> PlanRules:
    """Return a station's rules; a zone with a `plan` of its own has its rules from there alone."""
    usual = _zone_rules(settings.plan, 0.0)
    own: Mapping[str, ZoneRules] = {
        zone.name: _zone_rules(zone.plan or settings.plan, zone.stagger_s)
        for zone in settings.zones
        if zone.plan is not None or zone.stagger_s
    }
    loudness = {
        zone.name: _loudness(zone, told)
        for zone in settings.zones
        if (told := zone.plan or settings.plan).volume or zone.dba_at_0_db is not None
    }
    within = timedelta(minutes=settings.resume_within_minutes)
    return PlanRules(WALL_CLOCK, usual, own, within, loudness)


def _zone_rules(told: PlanSettings, stagger_s: float) -> ZoneRules:
    # The same time twice stands for no quiet hours: they would begin and end together.
    quiet = None if told.quiet_from == told.quiet_until else QuietHours(told.quiet_from, told.quiet_until)
    return ZoneRules(quiet, None if told.airtime_minutes is None else 60.0 * told.airtime_minutes, stagger_s)


def _loudness(zone: ZoneSettings, told: PlanSettings) -> Loudness:
    return Loudness(
        steps=tuple(VolumeStep(step.at, step.volume_db) for step in told.volume),
        dba_at_0_db=zone.dba_at_0_db,
        day_dba=told.day_dba,
        night_dba=told.night_dba,
        day_from=told.day_from,
        day_until=told.day_until,
    )
