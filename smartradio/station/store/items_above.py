"""An item from above as it stands in its row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from smartradio.domain.from_above import ItemClass, ItemFromAbove, ItemState, OfferedSound
from smartradio.station.evidence_log import instant_text, read_instant


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item from above as it stands here; `reason` says why it was not aired, `handed_to` what came of it."""

    item: ItemFromAbove
    state: ItemState
    received_at: datetime
    reason: str | None = None
    handed_to: str | None = None


def content_of_item(item: ItemFromAbove) -> dict[str, Any]:
    """Return an item as plain JSON values."""
    times = {
        "issued_at": instant_text(item.issued_at),
        "expires_at": instant_text(item.expires_at),
        "air_at": item.air_at and instant_text(item.air_at),
    }
    return {**asdict(item), **times, "item_class": item.item_class.value, "zones": list(item.zones)}


def kept(row: Row[Any]) -> KeptItem:
    """Read an item out of a row."""
    content = row.content
    sound = content["sound"]
    item = ItemFromAbove(
        **{
            **content,
            "item_class": ItemClass(content["item_class"]),
            "zones": tuple(content["zones"]),
            "sound": sound and OfferedSound(**sound),
            "issued_at": read_instant(content["issued_at"]),
            "expires_at": read_instant(content["expires_at"]),
            "air_at": content["air_at"] and read_instant(content["air_at"]),
        }
    )
    return KeptItem(item, ItemState(row.state), row.received_at, row.reason, row.handed_to)
