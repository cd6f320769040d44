"""A relay as a schedule file tells it: whose stream, for how long, and what is read when it does not come."""

from __future__ import annotations

from typing import Final

from smartradio.domain.errors import BadInputError
from smartradio.domain.relay import Relay
from smartradio.station.schedule_source import Fields

RELAY_KEYS: Final = ("url", "minutes", "fallback_text", "buffer_s")
_CONTENT: Final = ("text", "text_file", "parts")


def relay_of(fields: Fields) -> Relay | None:
    """Return a programme's relay, None for one that is none. Raises BadInputError."""
    node = fields.values.get("relay")
    if node is None:
        return None
    for key in _CONTENT:
        if key in fields.values:
            fields.refuse(key, "a relay has no words of its own; what is read in its place is its 'fallback_text'")
    inner = Fields(fields.source, node, RELAY_KEYS, "a relay")
    url, fallback = inner.needed("url"), inner.text("fallback_text")
    minutes = _number(inner, "minutes", inner.needed("minutes"))
    buffer = inner.text("buffer_s")
    try:
        return Relay(url, minutes, fallback or "", None if buffer is None else _number(inner, "buffer_s", buffer))
    except BadInputError as error:
        inner.refuse("url", str(error))


def read_in_place(relay: Relay, title: str) -> str:
    """Return what the recording of a relay reads: where nothing is read in its place it is made and not played."""
    return relay.fallback_text or title


def _number(fields: Fields, key: str, written: str) -> float:
    try:
        return float(written)
    except ValueError:
        fields.refuse(key, f"{written[:40]!r} is not a number")
