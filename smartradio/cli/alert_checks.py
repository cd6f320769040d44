"""What `smartradio doctor` looks at of a station's alerts: templates, what comes in, what goes out beside the horns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smartradio.cli.health_checks import Check
from smartradio.cli.station_checks import of_store
from smartradio.domain.alarm import AlarmKind
from smartradio.station.accounts import Role
from smartradio.station.alerts.gauge_checks import left_to_the_officer, rule_faults
from smartradio.station.alerts.settings import AlertSettings
from smartradio.station.alerts.template_files import known_templates, load_templates
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store
from smartradio.web.rights import RIGHTS, Right

_OFFICERS = frozenset(role for role, rights in RIGHTS.items() if Right.ALERT in rights)
_ASK_IT = "see the page of alarms; ask its address by hand, and look at the settings"


def alert_checks(settings: StationSettings) -> Iterator[Check]:
    """Yield the templates, then gauges, feeds and channels as far as there are any."""
    yield templates(settings.alerts)
    if settings.alerts.second_person:
        yield two_persons(settings)
    if settings.alerts.gauges:
        yield gauge_rules(settings.alerts)
    watched = (
        ("water gauges", [each.name for each in settings.alerts.gauges], AlarmKind.GAUGE_SILENT),
        ("feeds of warnings", [each.name for each in settings.alerts.feeds], AlarmKind.FEED_SILENT),
        ("channels beside the horns", [each.name for each in settings.alerts.channels], AlarmKind.CHANNEL_SILENT),
    )
    for part, names, kind in watched:
        if names:
            yield _silent(settings, part, names, kind)


def templates(settings: AlertSettings) -> Check:
    """Whether every template file can be read: each mistake in the commune's own is told."""
    part, folder = "alert templates", settings.templates
    mend = "smartradio alert templates FOLDER"
    if folder is None:
        return Check(part, True, f"{len(load_templates())} of the program", needed=False)
    known = known_templates(folder)
    seen = "; ".join(known.faults) or f"{len(known.by_name)} with those of the commune in {folder}"
    return Check(part, not known.faults, seen, needed=False, mend=mend)


def two_persons(settings: StationSettings) -> Check:
    """Whether there are two who may answer for an alert, where one alone sends nothing."""
    part, mend = "second person of an alert", "make a second officer's account, or take second_person out of [alerts]"

    def look(store: Store) -> Check:
        officers = [row.name for row in store.people.all() if not row.disabled and Role(row.role) in _OFFICERS]
        seen = ", ".join(officers) or "nobody"
        if len(officers) > 1:
            return Check(part, True, seen, needed=False)
        return Check(part, False, f"{seen} alone: no alert can go out", needed=False, mend=mend)

    return of_store(settings, part, look, before="the station has not been started")


def gauge_rules(settings: AlertSettings) -> Check:
    """Whether the rules of the gauges fit their templates, and what of these is left to the officer."""
    known = known_templates(settings.templates).by_name
    faults = list(rule_faults(settings.gauges, known))
    number = sum(len(gauge.rules) for gauge in settings.gauges)
    seen = "; ".join(faults or [f"{number} fit their templates", *left_to_the_officer(settings.gauges, known)])
    mend = "mend [[alerts.gauges.rules]]; smartradio alert templates shows the fields"
    return Check("rules of water gauges", not faults, seen, needed=False, mend=mend)


def _silent(settings: StationSettings, part: str, names: Sequence[str], kind: AlarmKind) -> Check:
    """Return which of them the station has an open alarm about."""

    def look(store: Store) -> Check:
        # What answers again is not silent, though its alarm stands a while longer.
        told = {each.subject for each in store.alarms.open() if each.kind is kind and each.calm_since is None}
        wrong = sorted(told & set(names))
        seen = f"silent: {', '.join(wrong)}" if wrong else f"{', '.join(names)}: no alarm"
        return Check(part, not wrong, seen, needed=False, mend=_ASK_IT)

    return of_store(settings, part, look, before=f"{', '.join(names)}; the station has not been started")
