"""The technician's desk put together and set to work."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from smartradio.station.health_keeper import HealthKeeper
from smartradio.station.node_news import NodeNews
from smartradio.station.node_orders import NodeOrders
from smartradio.station.upkeep import UpkeepDesk

if TYPE_CHECKING:
    from smartradio.station.desks import Inside

_WRITE_S: Final = 30.0
_TRENDS_S: Final = 5.0
_VERDICTS_S: Final = 600.0
_DAY_S: Final = 86_400.0


async def make_upkeep(inside: Inside) -> UpkeepDesk:
    """Return the desk; heartbeats and answers are kept from now on. Raises SmartradioError."""
    settings, shelf, parts, clock = inside.settings, inside.shelf, inside.parts, inside.clock
    health = HealthKeeper(shelf.store, sent=inside.sent.take, clock=clock)
    await health.take_up()
    nodes = NodeNews(shelf.store, parts.recorder, clock=clock)
    await nodes.start()
    orders = NodeOrders(
        shelf.store, shelf.objects, parts.recorder, dispatcher=inside.dispatcher, news=inside.news, clock=clock
    )
    await orders.take_up()
    # Written when the monitor takes nothing more.
    inside.stack.push_async_callback(health.write_all)
    inside.stack.push_async_callback(nodes.stop)
    parts.monitor.health, parts.monitor.orders = health, orders
    desk = UpkeepDesk(
        settings,
        shelf.store,
        parts.recorder,
        inside.news,
        nodes=nodes,
        orders=orders,
        clock=clock,
        set_volumes=inside.dispatcher.set_volumes,
    )
    await desk.take_up()

    async def forget_tones() -> None:
        await orders.forget_before(clock() - timedelta(days=settings.clip_days))

    for name, every_s, work in (
        ("health of nodes", _WRITE_S, health.write),
        ("verdicts of nodes", _VERDICTS_S, nodes.learn),
        ("trends of nodes", _TRENDS_S, nodes.look_at_trends),
        ("old health", _DAY_S, health.forget_old),
        ("old tones", _DAY_S, forget_tones),
    ):
        inside.timers.every(name, every_s, inside.errands.errand(work, name))
    return desk
