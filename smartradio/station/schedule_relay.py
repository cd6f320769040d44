"""A relay as a schedule file tells it: whose stream, for how long, and what is read when it does not come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from smartradio.domain.errors import BadInputError
from smartradio.domain.relay import Relay, check_buffer_s, check_minutes, check_stream_url
from smartradio.station.schedule_source import Fields

RELAY_KEYS: Final = ("url", "minutes", "fallback_text", "buffer_s")
_Value = TypeVar("_Value")
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
    _check(inner, "url", url, check_stream_url)
    minutes = _number(inner, "minutes", inner.needed("minutes"))
    _check(inner, "minutes", minutes, check_minutes)
    written = inner.text("buffer_s")
    if written is None:
        return Relay(url, minutes, fallback or "")
    buffer_s = _number(inner, "buffer_s", written)
    _check(inner, "buffer_s", buffer_s, check_buffer_s)
    return Relay(url, minutes, fallback or "", buffer_s)


def read_in_place(relay: Relay, title: str) -> str:
    """Return what the recording of a relay reads: where nothing is read in its place it is made and not played."""
    return relay.fallback_text or title


def _number(fields: Fields, key: str, written: str) -> float:
    try:
        return float(written)
    except ValueError:
        fields.refuse(key, f"{written[:40]!r} is not a number")


def _check(fields: Fields, key: str, value: _Value, check: Callable[[_Value], None]) -> None:
    try:
        check(value)
    except BadInputError as error:
        fields.refuse(key, str(error))
