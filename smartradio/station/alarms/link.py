"""Alarms put together: the desk, who looks for what is wrong, and the bell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from smartradio.domain.airing import Airing
from smartradio.station.alarms.bell import Bell
from smartradio.station.alarms.desk import AlarmDesk
from smartradio.station.alarms.mail import Mail
from smartradio.station.alarms.port import Ringer
from smartradio.station.alarms.presses import Presses
from smartradio.station.alarms.rounds import ROUND_S, Looked, Rounds
from smartradio.station.alarms.rules import RingRules
from smartradio.station.alarms.settings import MailSettings, RingSettings
from smartradio.station.alarms.told import GATHER_S, Told
from smartradio.station.alarms.webhook import Webhook
from smartradio.station.commune_rules import rules_of
from smartradio.station.relay.addresses import Door

if TYPE_CHECKING:
    from smartradio.station.desks import Inside
    from smartradio.station.settings import StationSettings

_TRENDS_S = 60.0
_HOUR_S = 3_600.0


def ringer_of(
    ring: RingSettings, mail: MailSettings | None, title: str, *, clock: Callable[[], datetime]
) -> Ringer | None:
    """Return the way by which somebody is rung; None for letters where no server takes any."""
    if ring.webhook is not None and ring.secret is not None:
        door = Door(local_allowed=ring.local_network)
        return Webhook(ring.webhook, ring.secret.get_secret_value(), door, clock=clock)
    return None if mail is None else Mail(mail, ring.mail, title=title)


def ringers_of(settings: StationSettings, *, clock: Callable[[], datetime]) -> dict[str, Ringer]:
    """Return the ways by which those of the settings are rung."""
    made = {ring.name: ringer_of(ring, settings.mail, settings.title, clock=clock) for ring in settings.ring}
    return {name: ringer for name, ringer in made.items() if ringer is not None}


async def alarm_desk(inside: Inside) -> AlarmDesk:
    """Return the desk of a station's alarms, with all that looks for them and rings begun."""
    settings, store, clock = inside.settings, inside.shelf.store, inside.clock
    tz = rules_of(settings).tz
    rules = RingRules(settings.ring, tz, settings.alarms.gather_s)
    desk = AlarmDesk(store.alarms, rules, inside.news, clock=clock)

    async def send_again(airing: str, nodes: Sequence[str]) -> Airing | None:
        again = await inside.parts.replays.by_itself(airing, nodes)
        if again is not None:
            await inside.parts.keeper.refresh()
        return again

    def titles() -> dict[str, str]:
        return {view.name: view.title for view in store.node_views()}

    told = Told(
        store.alarms,
        desk,
        send_again=send_again if settings.alarms.emergency_again else None,
        online=inside.parts.monitor.online,
        trends_of=store.trends_of,
        titles=titles,
        clock=clock,
        presses=Presses(store.alarms, desk, note=store.nodes.put_event, titles=titles),
    )
    rounds = Rounds(
        settings.alarms,
        store.alarms,
        desk,
        Looked(
            link=lambda: inside.parts.link.state,
            recogniser=lambda: settings.recogniser == "none" or _listens(inside, told),
        ),
        folder=settings.folder,
        nodes=[node.name for node in settings.nodes],
        silent_after=timedelta(seconds=settings.silent_after_s),
        clock=clock,
    )
    bell = Bell(
        settings.alarms,
        store.alarms,
        ringers_of(settings, clock=clock),
        station=settings.station,
        title=settings.title,
        tz=tz,
        clock=clock,
    )
    inside.stack.callback(bell.close)
    await told.take_up()
    _begin(inside, told, rounds, bell)
    return desk


def _listens(inside: Inside, told: Told) -> bool:
    return inside.judging.transcribes and not told.recogniser_failed


def _begin(inside: Inside, told: Told, rounds: Rounds, bell: Bell) -> None:
    listening = asyncio.create_task(told.listen(inside.parts.recorder), name="alarms")

    async def stop() -> None:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    inside.stack.push_async_callback(stop)
    timers, errands = inside.timers, inside.errands
    look = errands.errand(told.round, "what verdicts tell")
    timers.every("what verdicts tell", GATHER_S, lambda: look() if told.waits else None)
    timers.every("what is wrong", ROUND_S, errands.errand(rounds.round, "what is wrong"))
    timers.every("trends", _TRENDS_S, errands.errand(told.trends, "trends"))
    timers.every("old alarms", _HOUR_S, errands.errand(rounds.forget_old, "old alarms"))
    if bell.targets:
        timers.every("bell", GATHER_S, errands.errand(bell.round, "bell"))
