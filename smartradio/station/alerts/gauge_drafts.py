"""A crossing → the draft of an alert: the rule's template with the figures filled in as they would be typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta, tzinfo
from typing import Final

from smartradio.alerting.templates.filling import fill
from smartradio.alerting.templates.template import Template
from smartradio.domain.alert import Alert, Origin
from smartradio.domain.errors import BadInputError
from smartradio.domain.gauge import RuleKind
from smartradio.station.alerts.gauge_settings import GaugeRuleSettings, GaugeSettings
from smartradio.station.store.gauges import KeptCrossing
from smartradio.words import words

OPTIONAL: Final = "toc_do"
"""The rise: left out where the template does not take it as it is."""
FILLED_IN: Final = ("song", "tram", "luc", "muc_nuoc")
"""The fields that a gauge fills in with each reading; "song" where the settings name its water."""
BARE_HOLDS: Final = timedelta(hours=3)
"""So long a draft holds whose template could not be filled in."""


def typed(figure: float) -> str:
    """Return a figure as it is typed into a field: two decimals at most, with a comma."""
    text = f"{figure:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace(".", ",")


def values_of(gauge: GaugeSettings, rule: GaugeRuleSettings, crossing: KeptCrossing, tz: tzinfo) -> dict[str, str]:
    """Return the fields that a gauge fills in; a template takes of them what it has."""
    wall = crossing.reading.at.astimezone(tz)
    known = {
        "song": gauge.river,
        "tram": gauge.title,
        "luc": f"{wall.hour}h{wall:%M} {wall.day}/{wall.month}",
        "muc_nuoc": typed(crossing.reading.level_m),
    }
    if crossing.rise_m_h is not None and round(crossing.rise_m_h, 2) > 0:
        known["toc_do"] = typed(crossing.rise_m_h)
    return {name: value for name, value in {**known, **rule.values}.items() if value}


def filled(
    template: Template, gauge: GaugeSettings, rule: GaugeRuleSettings, crossing: KeptCrossing, *, tz: tzinfo
) -> Alert:
    """Return the draft of a crossing; raises BadInputError where the template wants what the gauge cannot tell.

    A rise that the template does not take is left out of the words; it stands among the values for the officer to see.
    """
    values = values_of(gauge, rule, crossing, tz)
    values = {name: value for name, value in values.items() if template.field(name) is not None or name in rule.values}
    try:
        alert = _fill(template, gauge, rule, crossing, values)
    except BadInputError:
        fewer = {name: value for name, value in values.items() if name != OPTIONAL or name in rule.values}
        if fewer == values:
            raise
        alert = replace(_fill(template, gauge, rule, crossing, fewer), values=values)
    return replace(alert, source=gauge.name)


def bare(
    gauge: GaugeSettings,
    rule: GaugeRuleSettings,
    crossing: KeptCrossing,
    *,
    tz: tzinfo,
    template: Template | None = None,
) -> Alert:
    """Return a draft that says the figures and no more, for a person who must be told all the same.

    With a `template` they open it in its form, with what the gauge could tell filled in.
    """
    values = {} if template is None else values_of(gauge, rule, crossing, tz)
    own, wall = words("vi"), crossing.reading.at.astimezone(tz)
    code = "crossed" if rule.rule().kind is RuleKind.LEVEL else "rising"
    places = {
        "river": gauge.river or gauge.title,
        "gauge": gauge.title,
        "time": f"{wall.hour} giờ {wall.minute:02d} phút ngày {wall.day}/{wall.month}",
        "level": typed(crossing.reading.level_m),
        "rise": typed(crossing.rise_m_h or 0.0),
    }
    return Alert(
        id=crossing.alert,
        title=own.code("gauge", "title").format(**places),
        text=own.code("gauge", code).format(**places),
        zones=rule.zones,
        issued_at=crossing.reading.at,
        issuer=gauge.issuer or gauge.title,
        expires_at=crossing.reading.at + BARE_HOLDS,
        origin=Origin.GAUGE,
        source=gauge.name,
        template="" if template is None else template.name,
        values={name: value for name, value in values.items() if template is not None and template.field(name)},
    )


def _fill(
    template: Template,
    gauge: GaugeSettings,
    rule: GaugeRuleSettings,
    crossing: KeptCrossing,
    values: Mapping[str, str],
) -> Alert:
    return fill(
        template,
        values,
        id=crossing.alert,
        zones=rule.zones,
        at=crossing.reading.at,
        issuer=gauge.issuer or gauge.title,
        origin=Origin.GAUGE,
    )
