"""From an address to bytes of sound and their format: a stream as it comes, or the segments of a playlist."""

from __future__ import annotations

from smartradio.audio.streaming import HEAD_BYTES, Bytes, format_of
from smartradio.station.relay.addresses import Door, RelayError
from smartradio.station.relay.fetching import Answer, fetch
from smartradio.station.relay.hls import Segments, read_playlist

_LISTS = ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl")
_MOST_LIST_BYTES = 1_000_000
_MOST_STEPS = 3


def open_source(url: str, door: Door) -> tuple[Bytes, str]:
    """Return the bytes of a stream and the demuxer for them; raises RelayError and AudioError.

    Of a playlist with several variants the one of the fewest bits a second is taken: it is speech for one horn.
    """
    for _ in range(_MOST_STEPS):
        answer = fetch(url, door)
        source = _Begun(answer)
        if not _is_list(answer, source.head):
            return source, format_of(source.head, answer.content_type)
        try:
            text = source.whole(_MOST_LIST_BYTES).decode("utf-8", errors="replace")
        finally:
            answer.close()
        found = read_playlist(text, answer.url)
        if found.variants:
            url = min(found.variants)[1]
            continue
        if not found.segments and found.ended:
            break
        segments = _Begun(Segments(answer.url, found, door))
        return segments, format_of(segments.head)
    raise RelayError("the playlist leads to no stream")


def _is_list(answer: Answer, head: bytes) -> bool:
    return answer.content_type in _LISTS or head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"#EXTM3U")


class _Begun:
    """Bytes whose first few were looked at already."""

    def __init__(self, source: Bytes) -> None:
        self._source = source
        head = bytearray()
        while len(head) < HEAD_BYTES and (piece := source.read(HEAD_BYTES - len(head))):
            head += piece
        self.head = bytes(head)
        self._held = self.head

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, b"" at the end."""
        if self._held:
            found, self._held = self._held[:size], self._held[size:]
            return found
        return self._source.read(size)

    def whole(self, most_bytes: int) -> bytes:
        """Return all of it; raises RelayError for more than `most_bytes`."""
        found = bytearray()
        while piece := self.read(64 * 1024):
            found += piece
            if len(found) > most_bytes:
                raise RelayError(f"the playlist has more than {most_bytes} bytes")
        return bytes(found)
