"""Whether the rules of water gauges fit the templates they name: told before the water comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from smartradio.alerting.templates.template import Template
from smartradio.alerting.templates.typed import Fault, written
from smartradio.station.alerts.gauge_drafts import FILLED_IN
from smartradio.station.alerts.gauge_settings import GaugeRuleSettings, GaugeSettings


def rule_faults(gauges: Sequence[GaugeSettings], templates: Mapping[str, Template]) -> Iterator[str]:
    """Yield one line for each template, field or value of a rule that is not there or cannot stand."""
    for gauge, rule in _rules(gauges):
        where = f"gauge {gauge.name}, rule {rule.name}"
        template = templates.get(rule.template)
        if template is None:
            yield f"{where}: there is no template {rule.template!r}; there are {', '.join(sorted(templates))}"
            continue
        for name, value in rule.values.items():
            field = template.field(name)
            if field is None:
                known = ", ".join(each.name for each in template.fields) or "none"
                yield f"{where}: template {template.name} has no field {name!r}; its fields: {known}"
            elif isinstance(fault := written(field, value.strip()), Fault):
                yield f"{where}: template {template.name}, field {name}: {fault}"


def left_to_the_officer(gauges: Sequence[GaugeSettings], templates: Mapping[str, Template]) -> Iterator[str]:
    """Yield one line for each rule whose template needs fields that neither the gauge nor the rule fills in."""
    for gauge, rule in _rules(gauges):
        template = templates.get(rule.template)
        known = {*FILLED_IN, *rule.values} - ({"song"} if not gauge.river else set())
        missing = [] if template is None else [each.name for each in template.fields if each.required]
        if left := [name for name in missing if name not in known]:
            where = f"gauge {gauge.name}, rule {rule.name}"
            yield f"{where}: the officer has to fill in {', '.join(left)} of {rule.template}"


def _rules(gauges: Sequence[GaugeSettings]) -> Iterator[tuple[GaugeSettings, GaugeRuleSettings]]:
    return ((gauge, rule) for gauge in gauges for rule in gauge.rules)
