"""Water gauges, put together from the settings."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from smartradio.station.alerts.gauge_checks import rule_faults
from smartradio.station.alerts.gauges import ROUND_S, Gauges, GaugesAround
from smartradio.station.alerts.template_files import known_templates
from smartradio.station.commune_rules import rules_of
from smartradio.wire.client import LinkState

if TYPE_CHECKING:
    from smartradio.station.alerts.channels.outbox import Technician
    from smartradio.station.alerts.gauges import DraftBook
    from smartradio.station.desks import Inside

_logger = structlog.get_logger()


async def begin_gauges(inside: Inside, book: DraftBook, technician: Technician) -> Gauges:
    """Return a station's gauges with their rounds begun; the link hands them messages."""
    settings, parts = inside.settings, inside.parts

    def zones() -> tuple[str, ...]:
        return tuple(name for name in settings.zone_names.known if settings.nodes_of((name,)))

    around = GaugesAround(
        clock=inside.clock,
        tz=rules_of(settings).tz,
        templates=lambda: known_templates(settings.alerts.templates).by_name,
        zones=zones,
        link_up=lambda: parts.link.state is LinkState.UP,
        run=inside.errands.run,
        technician=technician,
    )
    if settings.alerts.gauges:
        known = await asyncio.to_thread(known_templates, settings.alerts.templates)
        for line in rule_faults(settings.alerts.gauges, known.by_name):
            _logger.error("gauge_rule_wrong", line=line)
    gauges = Gauges(settings.alerts.gauges, inside.shelf.store.beside.gauges, book, around)
    if settings.alerts.gauges:
        # Beside the start: what it drafts must not keep the station from standing.
        inside.errands.run(gauges.take_up(), "gauges of the last run")
        inside.timers.every("gauges", ROUND_S, inside.errands.errand(gauges.round, "gauges"))
    return gauges
