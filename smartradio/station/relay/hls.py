"""HTTP Live Streaming (RFC 8216), as much of it as radio needs: the playlist read, its segments one after another."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from smartradio.station.relay.addresses import Door, RelayError
from smartradio.station.relay.fetching import fetch

_MOST_PLAYLIST_BYTES: Final = 1_000_000
_MOST_SEGMENT_BYTES: Final = 20_000_000
_MOST_SEGMENTS: Final = 5_000
# A player begins three segments before the end (RFC 8216, 6.3.3).
_FROM_END: Final = 3
_NOTHING_NEW_S: Final = 20.0
_BANDWIDTH: Final = re.compile(r"(?:^|[:,])BANDWIDTH=(\d{1,12})")
_METHOD: Final = re.compile(r"METHOD=([A-Z0-9-]+)")
_URI: Final = re.compile(r'URI="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist: of `variants` (bits a second, address), or of numbered `segments` to be played in order."""

    variants: tuple[tuple[int, str], ...] = ()
    segments: tuple[tuple[int, str], ...] = ()
    target_s: float = 6.0
    ended: bool = False
    head: str | None = None


def read_playlist(text: str, base: str) -> Playlist:
    """Return what a playlist holds, its addresses made whole by that of the playlist; raises RelayError.

    Also a plain list of addresses, as M3U files have it, is one of variants.
    """
    state = _Reading(base)
    for line in text.splitlines():
        state.take(line.strip())
    return state.done(is_hls="#EXT-X-" in text)


class _Reading:
    def __init__(self, base: str) -> None:
        self._base = base
        self._number = 0
        self._bandwidth: int | None = None
        self._target_s = 6.0
        self._ended = False
        self._head: str | None = None
        self._variants: list[tuple[int, str]] = []
        self._segments: list[tuple[int, str]] = []

    def take(self, line: str) -> None:
        """Read a line."""
        tag, _, value = line.partition(":")
        if line.startswith("#"):
            self._tag(tag, value)
        elif line and self._bandwidth is not None:
            self._variants.append((self._bandwidth, urljoin(self._base, line)))
            self._bandwidth = None
        elif line:
            self._segments.append((self._number, urljoin(self._base, line)))
            self._number += 1
            if len(self._segments) > _MOST_SEGMENTS:
                raise RelayError(f"the playlist has more than {_MOST_SEGMENTS} segments")

    def _tag(self, tag: str, value: str) -> None:
        if tag == "#EXT-X-STREAM-INF":
            found = _BANDWIDTH.search(value)
            self._bandwidth = int(found[1]) if found else 0
        elif tag == "#EXT-X-MEDIA-SEQUENCE":
            self._number = _whole(value)
        elif tag == "#EXT-X-TARGETDURATION":
            self._target_s = min(60.0, max(1.0, float(_whole(value))))
        elif tag == "#EXT-X-ENDLIST":
            self._ended = True
        elif tag == "#EXT-X-MAP":
            found = _URI.search(value)
            self._head = urljoin(self._base, found[1]) if found else None
        elif tag == "#EXT-X-BYTERANGE":
            raise RelayError("the playlist cuts its segments out of one file, which is not taken here")
        elif tag == "#EXT-X-KEY":
            found = _METHOD.search(value)
            if found is None or found[1] != "NONE":
                raise RelayError("the stream is encrypted")

    def done(self, *, is_hls: bool) -> Playlist:
        """Return what was read."""
        if not is_hls:
            return Playlist(variants=tuple((0, url) for _, url in self._segments))
        return Playlist(tuple(self._variants), tuple(self._segments), self._target_s, self._ended, self._head)


def _whole(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:
        raise RelayError(f"the playlist has {value[:20]!r} where a number belongs") from error


class Segments:
    """The bytes of a live playlist's segments as one stream. `sleep` and `monotonic` are the caller's time."""

    def __init__(
        self,
        url: str,
        first: Playlist,
        door: Door,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._door = door
        self._sleep = sleep
        self._monotonic = monotonic
        self._playlist = first
        self._ahead: deque[str] = deque()
        self._next: int | None = None
        self._held = bytearray()
        self._new_s = monotonic()
        self._learn(first)
        if first.head is not None:
            self._ahead.appendleft(first.head)

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, waiting for the next segment; b"" once the list has ended."""
        while not self._held:
            if self._ahead:
                answer = fetch(self._ahead.popleft(), self._door)
                try:
                    self._held += answer.whole(_MOST_SEGMENT_BYTES)
                finally:
                    answer.close()
            elif self._playlist.ended:
                return b""
            else:
                self._look_again()
        found = bytes(self._held[:size])
        del self._held[:size]
        return found

    def _look_again(self) -> None:
        self._sleep(self._playlist.target_s / 2)
        answer = fetch(self._url, self._door)
        try:
            text = answer.whole(_MOST_PLAYLIST_BYTES).decode("utf-8", errors="replace")
        finally:
            answer.close()
        self._learn(read_playlist(text, answer.url))
        if not self._ahead and not self._playlist.ended and self._monotonic() - self._new_s > _NOTHING_NEW_S:
            raise RelayError(f"the playlist has had nothing new for {_NOTHING_NEW_S:g} s")

    def _learn(self, playlist: Playlist) -> None:
        self._playlist = playlist
        fresh = _fresh(playlist.segments, self._next)
        if fresh:
            self._ahead.extend(url for _, url in fresh)
            self._next = fresh[-1][0] + 1
            self._new_s = self._monotonic()


def _fresh(segments: Sequence[tuple[int, str]], following: int | None) -> Sequence[tuple[int, str]]:
    """Return what has not been played; at the beginning, and after the numbers began anew, the last three."""
    if following is None or not segments or segments[-1][0] < following - 1:
        return segments[-_FROM_END:]
    return [each for each in segments if each[0] >= following]
