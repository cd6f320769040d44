"""Relaying another broadcaster's programme: where it comes from, for how long, and what is said in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from smartradio.domain.errors import BadInputError

LONGEST_MINUTES: Final = 120.0
BUFFER_S: Final = 10.0
"""So long after its instant a relay sounds: what it is late by on its way must fit in."""
_LONGEST_BUFFER_S: Final = 60.0
_LONGEST_URL: Final = 500


@dataclass(frozen=True, slots=True)
class Relay:
    """A stream that is aired as it comes, for so many `minutes`.

    `fallback_text` is read aloud when it does not come or breaks off; without one there is silence. All nodes play
    `buffer_s` behind the planned instant, None is what the station has set. Raises BadInputError for what cannot be
    relayed.
    """

    url: str
    minutes: float
    fallback_text: str = ""
    buffer_s: float | None = None

    def __post_init__(self) -> None:
        check_stream_url(self.url)
        check_minutes(self.minutes)
        if self.buffer_s is not None:
            check_buffer_s(self.buffer_s)

    @property
    def length_s(self) -> float:
        """How long it sounds."""
        return 60.0 * self.minutes

    @property
    def behind_s(self) -> float:
        """How long after its instant it sounds."""
        return BUFFER_S if self.buffer_s is None else self.buffer_s

    @property
    def over_after_s(self) -> float:
        """How long after its instant it is over."""
        return self.behind_s + self.length_s


def check_minutes(minutes: float) -> None:
    """Raise BadInputError for a length that no relay has."""
    if not 0 < minutes <= LONGEST_MINUTES:
        raise BadInputError(f"a relay lasts more than 0 and at most {LONGEST_MINUTES:.0f} minutes")


def check_buffer_s(buffer_s: float) -> None:
    """Raise BadInputError for a buffer that is too short for any line, or too long for any listener."""
    if not 2 <= buffer_s <= _LONGEST_BUFFER_S:
        raise BadInputError(f"the buffer of a relay has 2 to {_LONGEST_BUFFER_S:.0f} seconds")


def check_stream_url(url: str) -> None:
    """Raise BadInputError for what is no http or https address of a host, or carries a password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadInputError(f"{url[:80]!r} is not an address: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise BadInputError(f"{url[:80]!r}: a stream's address begins with http:// or https://")
    if not host or any(character.isspace() or not character.isprintable() for character in url):
        raise BadInputError(f"{url[:80]!r} is not the address of a stream")
    if parts.username is not None or parts.password is not None:
        raise BadInputError("a stream's address carries no name and password: they would stand in the log")
    if len(url) > _LONGEST_URL:
        raise BadInputError(f"the address of a stream has at most {_LONGEST_URL} characters")
