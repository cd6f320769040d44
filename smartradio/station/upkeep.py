"""The technician's desk: how nodes are and were, and what is set at them and asked of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.files import write_whole
from smartradio.station.administered import Change, administered
from smartradio.station.commune_map import FILE_NAME, CommuneMap, read_map
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.health_means import HealthMean
from smartradio.station.news import News
from smartradio.station.node_condition import NodeStanding, condition_of, problems_of
from smartradio.station.node_news import NodeNews
from smartradio.station.node_orders import NodeOrders, not_reached
from smartradio.station.node_records import NodeEvent, NodeOrder, NodeSetting
from smartradio.station.settings import StationSettings
from smartradio.station.upkeep_refusals import EmergencyDueError, PlayingNowError, TooLoudError
from smartradio.station.views import NodeView
from smartradio.wire.messages import Action

if TYPE_CHECKING:
    from smartradio.station.recorder import EvidenceRecorder
    from smartradio.station.store import Store
    from smartradio.station.store.node_past import PastAtNode

QUIETEST_DB: Final = -40.0
"""Quieter than this is no volume but a horn switched off, for emergencies too."""
_EMERGENCY_WITHIN: Final = timedelta(minutes=2)
_PAST_DAYS: Final = timedelta(days=30)
_CARRIED_KNOWN: Final = timedelta(minutes=5)


class UpkeepDesk:
    """What technicians do. `set_volumes` brings volumes to the nodes; getters block, what is awaited is for the loop.

    What is awaited raises BadInputError; then nothing is done. All of it goes on record with who did it.
    """

    def __init__(
        self,
        settings: StationSettings,
        store: Store,
        recorder: EvidenceRecorder,
        news: News,
        *,
        nodes: NodeNews,
        orders: NodeOrders,
        clock: Callable[[], datetime],
        set_volumes: Callable[[Mapping[str, float]], None],
    ) -> None:
        self._settings = settings
        self._entries = {entry.name: entry for entry in settings.nodes}
        self._store = store
        self._recorder = recorder
        self._news = news
        self._nodes = nodes
        self._orders = orders
        self._clock = clock
        self._set_volumes = set_volumes
        self._carried: tuple[datetime, dict[str, tuple[float, float]]] | None = None
        self._map: tuple[float, CommuneMap] | None = None

    async def take_up(self) -> None:
        """Have the nodes play as loud as was set at the console before."""
        kept = await asyncio.to_thread(self._store.nodes.settings)
        self._set_volumes({node: each.volume_db for node, each in kept.items() if each.volume_db is not None})

    # -- how nodes are

    def all(self) -> list[NodeStanding]:
        """Return every node as it stands now, by name."""
        titles = {zone.name: zone.title for zone in self._store.zones()}
        kept = self._store.nodes.settings()
        carried = self._carried_today()
        return [self._standing(view, titles, kept, carried) for view in self._store.node_views()]

    def one(self, node: str) -> NodeStanding | None:
        """Return one node as it stands now."""
        view = next(iter(self._store.node_views(node)), None)
        if view is None:
            return None
        titles = {zone.name: zone.title for zone in self._store.zones()}
        return self._standing(view, titles, self._store.nodes.settings(), self._carried_today())

    def health(self, node: str, span_s: int, since: datetime) -> list[HealthMean]:
        """Return how a node was since an instant, by rows of a span (300 or 3,600 s), oldest first."""
        return self._store.nodes.health(node, span_s, since, self._clock() + timedelta(minutes=5))

    def carried(self, node: str, since: datetime) -> tuple[float, float]:
        """Return the megabytes since an instant: by the node's own count, and what the station sent it."""
        return self._store.nodes.carried_mb([node], since).get(node, (0.0, 0.0))

    def past(self, node: str, most: int = 10) -> list[PastAtNode]:
        """Return a node's last airings, the newest first."""
        now = self._clock()
        return self._store.nodes.past(node, now - _PAST_DAYS, now, most)

    def events(self, node: str) -> list[NodeEvent]:
        """Return a node's last starts and versions, the newest first."""
        return self._store.nodes.events(node)

    def orders(self, node: str) -> list[NodeOrder]:
        """Return the last tones and restarts that were asked of a node, the newest first."""
        return self._store.nodes.orders(node)

    def loudest_db(self, node: str) -> float:
        """Return how loud a node may be set: where its zone was measured, no louder than it was then."""
        entry = self._entries.get(node)
        zone = next((zone for zone in self._settings.zones if entry is not None and zone.name == entry.zone), None)
        return entry.volume_db if entry is not None and zone is not None and zone.dba_at_0_db is not None else 0.0

    # -- what is set

    async def set_volume(self, node: str, volume_db: float, *, by: Person) -> None:
        """Set a node's volume (dB against its own setting), for emergencies too."""
        self._known(node)
        loudest_db = self.loudest_db(node)
        if not QUIETEST_DB <= volume_db <= loudest_db:
            raise TooLoudError(QUIETEST_DB, loudest_db)
        before = await asyncio.to_thread(self._setting, node)
        await self._put(node, replace(await self._kept(node), volume_db=volume_db), by=by, before=before)
        self._set_volumes({node: volume_db})

    async def set_place(self, node: str, lat: float, lon: float, *, by: Person) -> None:
        """Set where a node's pole stands (degrees, WGS 84)."""
        self._known(node)
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise BadInputError("A place is a latitude of -90 to 90 and a longitude of -180 to 180 degrees.")
        before = await asyncio.to_thread(self._setting, node)
        await self._put(node, replace(await self._kept(node), lat=lat, lon=lon), by=by, before=before)

    async def _kept(self, node: str) -> NodeSetting:
        return (await asyncio.to_thread(self._store.nodes.settings)).get(node, NodeSetting())

    async def _put(self, node: str, setting: NodeSetting, *, by: Person, before: NodeSetting) -> None:
        after = _over(setting, self._from_file(node))
        entry = administered(
            "node", node, Change.CHANGED, by=by, at=self._clock(), before=_facts(before), after=_facts(after)
        )
        await self._recorder.record([entry])
        await asyncio.to_thread(self._store.nodes.put_setting, node, setting)
        self._news.publish(f"node/{node}", "nodes")

    # -- what is asked

    async def test_tone(self, node: str, *, by: Person) -> NodeOrder:
        """Have a node play a tone as soon as it is free, and tell what its microphone heard."""
        self._online(node)
        action = Action.CLIP if self._settings.keep_clips else Action.TEST_TONE
        asked = administered("node", node, Change.CHECKED, by=by, at=self._clock(), after={"asked": "test_tone"})
        return await self._orders.ask(node, action, by=by, asked=asked)

    async def restart(self, node: str, *, by: Person, even_while_playing: bool = False) -> NodeOrder:
        """Have a node begin anew; what it plays is cut only with `even_while_playing`, an emergency never."""
        view = self._online(node)
        if await asyncio.to_thread(self._emergency_near, node):
            raise EmergencyDueError
        if view.playing is not None and not even_while_playing:
            raise PlayingNowError
        asked = administered("node", node, Change.CHECKED, by=by, at=self._clock(), after={"asked": "restart"})
        return await self._orders.ask(node, Action.RESTART, by=by, asked=asked, even_while_playing=even_while_playing)

    async def tone_recording(self, node: str, order: str, *, by: Person) -> bytes | None:
        """Return what a node's microphone heard of a tone as Ogg Opus; that somebody listened goes on record."""
        return await self._orders.recording(node, order, by=by)

    def _emergency_near(self, node: str) -> bool:
        now = self._clock()
        # One that sounds has begun before; none is longer than an hour.
        near = self._store.airings(start=now - timedelta(hours=1), end=now + _EMERGENCY_WITHIN)
        return any(
            airing.priority is Priority.EMERGENCY and node in airing.nodes and self._may_sound(airing.id, node)
            for airing in near
        )

    def _may_sound(self, airing: str, node: str) -> bool:
        view = self._store.airing_view(airing, with_chain=False, of=(node,))
        if view is None:
            return False
        now, length_s = self._clock(), view.recording.duration_s
        last_end = max(view.airing.starts_at, view.airing.expires_at) + timedelta(seconds=length_s)
        judged = any(each.node == node and each.verdict is not None for each in view.nodes)
        return not judged and now <= last_end

    # -- the map

    def commune_map(self) -> CommuneMap | None:
        """Return the commune's map, None without one; raises BadInputError for a file that is no map."""
        path = self._settings.folder / FILE_NAME
        try:
            changed_s = path.stat().st_mtime
            if self._map is None or self._map[0] != changed_s:
                self._map = changed_s, read_map(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadInputError(f"the map cannot be read: {error.strerror}") from error
        return self._map[1]

    async def put_map(self, data: bytes, *, by: Person) -> CommuneMap:
        """Check a map and keep it in the place of the one before."""
        made = await asyncio.to_thread(read_map, data)
        facts = {"shapes": len(made.shapes), "bytes": len(made.data)}
        entry = administered("map", FILE_NAME, Change.CHANGED, by=by, at=self._clock(), after=facts)
        await self._recorder.record([entry])
        await asyncio.to_thread(write_whole, self._settings.folder / FILE_NAME, made.data)
        self._news.publish("nodes")
        return made

    # -- inside

    def _standing(
        self,
        view: NodeView,
        titles: Mapping[str, str],
        kept: Mapping[str, NodeSetting],
        carried: Mapping[str, tuple[float, float]],
    ) -> NodeStanding:
        last, trends = self._nodes.last(view.name), self._nodes.trends(view.name)
        problems = problems_of(view, last=last, foreign_key=self._nodes.foreign_key(view.name))
        return NodeStanding(
            view,
            titles.get(view.zone, view.zone),
            condition_of(view, problems, trends),
            problems,
            trends,
            last,
            _over(kept.get(view.name, NodeSetting()), self._from_file(view.name)),
            carried[view.name][0] if view.name in carried else None,
        )

    def _carried_today(self) -> dict[str, tuple[float, float]]:
        now = self._clock()
        if self._carried is None or now - self._carried[0] >= _CARRIED_KNOWN:
            midnight = now.astimezone(WALL_CLOCK).replace(hour=0, minute=0, second=0, microsecond=0)
            self._carried = now, self._store.nodes.carried_mb(list(self._entries), midnight)
        return self._carried[1]

    def _setting(self, node: str) -> NodeSetting:
        return _over(self._store.nodes.settings().get(node, NodeSetting()), self._from_file(node))

    def _from_file(self, node: str) -> NodeSetting:
        entry = self._entries.get(node)
        return NodeSetting() if entry is None else NodeSetting(entry.volume_db, entry.lat, entry.lon)

    def _known(self, node: str) -> None:
        if node not in self._entries:
            raise BadInputError(f"there is no node {node}")

    def _online(self, node: str) -> NodeView:
        self._known(node)
        view = next(iter(self._store.node_views(node)), None)
        if view is None or not view.online:
            raise not_reached()
        return view


def _over(own: NodeSetting, file: NodeSetting) -> NodeSetting:
    """Return what holds: what was set at the console, else what the file says."""
    placed = own if own.lat is not None else file
    volume_db = own.volume_db if own.volume_db is not None else file.volume_db
    return NodeSetting(volume_db, placed.lat, placed.lon)


def _facts(setting: NodeSetting) -> dict[str, Any]:
    told = {"volume_db": setting.volume_db, "lat": setting.lat, "lon": setting.lon}
    return {name: value for name, value in told.items() if value is not None}
