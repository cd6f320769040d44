"""The worst a commune's pages have to show: no power anywhere, and a week crowded with what waits for approval."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from _full_store import Shape

from smartradio.domain.alarm import AlarmKind
from smartradio.domain.approval import ItemState
from smartradio.domain.evidence import Evidence, Step
from smartradio.domain.programme import Origin, Programme
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.items import Item, ItemStep, item_chain
from smartradio.station.store import Store

DRAFTS: Final = 300
SLOTS: Final = 7 * DRAFTS
"""So many airings stand in every week from the end of the shape on."""
_SILENT_FOR: Final = timedelta(hours=1)
_TEXT: Final = "Hợp tác xã nông nghiệp thông báo lịch lấy nước đổ ải của các thôn trong tuần này."


def darken(store: Store, shape: Shape) -> None:
    """Let every node have fallen silent an hour before the end of the shape, with an alarm for each of them."""
    seen_at = shape.end - _SILENT_FOR
    for number in range(shape.nodes):
        name, title = f"loa-{number}", f"Cụm loa {number}"
        store.put_node_state(name, online=True, at=seen_at, facts={"version": "1.0.0", "clock_trusted": True})
        store.put_node_state(name, online=False, at=seen_at, facts={})
        facts = {"node": name, "title": title, "last_seen": seen_at.isoformat()}
        store.alarms.raise_(AlarmKind.NODE_SILENT, name, facts, lambda _alarm, _now: ())


def crowd(store: Store, shape: Shape) -> None:
    """Write drafts of daily programmes, a few hamlets each, spread over the day."""
    steps = []
    for number in range(DRAFTS):
        hour, minute = 5 + number % 16, number // 16 * 3
        first_at = shape.end.astimezone(WALL_CLOCK).replace(hour=hour, minute=minute) - timedelta(days=7)
        programme = Programme(
            name=f"du-thao-{number}",
            title=f"Lịch lấy nước số {number}",
            text=_TEXT,
            zones=tuple(f"thon-{(7 * number + step) % shape.zones}" for step in range(1 + number % 4)),
            first_at=first_at,
            recurrence="FREQ=DAILY",
        )
        item = Item(
            programme, Origin.CONSOLE, ItemState.DRAFT, 1, at_once=False, changed_by="Lan", changed_at=shape.end
        )
        said = Evidence(item_chain(item.name), "", Step.CHANGED, shape.end, "operator:Lan", None, {"by": "Lan"})
        steps.append(ItemStep(item, None, (said,)))
    store.items.take(steps)
