"""HLS playlists: read by RFC 8216 as far as radio needs it, followed while they grow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smartradio.station.relay.addresses import Door, RelayError
from smartradio.station.relay.hls import Playlist, Segments, read_playlist
from tests.station.relay.broadcaster import Broadcaster, on_air

BASE = "http://vov.example/live/list.m3u8"
OPEN = Door(local_allowed=True)
TYPE = "application/vnd.apple.mpegurl"


@pytest.fixture(scope="module")
def radio() -> Iterator[Broadcaster]:
    with on_air() as broadcaster:
        yield broadcaster


def playlist(first: int, *names: str, ended: bool = False) -> str:
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for name in names:
        lines += ["#EXTINF:2.0,", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST"] if ended else lines)


def test_segments_are_numbered_and_their_addresses_made_whole() -> None:
    found = read_playlist(playlist(7, "a.aac", "/b.aac", "http://other.example/c.aac"), BASE)
    assert found == Playlist(
        segments=(
            (7, "http://vov.example/live/a.aac"),
            (8, "http://vov.example/b.aac"),
            (9, "http://other.example/c.aac"),
        ),
        target_s=2.0,
    )


def test_variants_are_told_with_their_bits() -> None:
    text = '#EXTM3U\n#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=64000,CODECS="mp4a"\nlow.m3u8\n'
    text += "#EXT-X-STREAM-INF:BANDWIDTH=128000\nhigh.m3u8"
    found = read_playlist(text, BASE)
    assert found.variants == (
        (64_000, "http://vov.example/live/low.m3u8"),
        (128_000, "http://vov.example/live/high.m3u8"),
    )


def test_a_plain_list_of_addresses_is_one_of_variants() -> None:
    assert read_playlist("#EXTM3U\nhttp://vov.example/1\n", BASE).variants == ((0, "http://vov.example/1"),)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('#EXT-X-KEY:METHOD=AES-128,URI="k"', "encrypted"),
        ("#EXT-X-BYTERANGE:100@0", "out of one file"),
        ("#EXT-X-MEDIA-SEQUENCE:viele", "where a number belongs"),
    ],
)
def test_what_cannot_be_played_is_told(line: str, what: str) -> None:
    with pytest.raises(RelayError, match=what):
        read_playlist(f"#EXTM3U\n{line}\na.aac", BASE)


def test_a_playlist_without_end_is_cut_off() -> None:
    with pytest.raises(RelayError, match="more than 5000 segments"):
        read_playlist(playlist(0, *["a.aac"] * 5_001), BASE)


class Times:
    """Time that passes when somebody sleeps, and what happens meanwhile."""

    def __init__(self, *happens: object) -> None:
        self.now_s = 0.0
        self.happens = list(happens)

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        if self.happens:
            step = self.happens.pop(0)
            assert callable(step)
            step()

    def monotonic(self) -> float:
        return self.now_s


def test_a_live_list_is_followed_from_three_before_its_end_and_no_segment_comes_twice(radio: Broadcaster) -> None:
    for name in "abcdef":
        radio.serve(f"/{name}", name.encode() * 3, "audio/aac")
    url = radio.serve("/l.m3u8", playlist(0, "a", "b", "c", "d").encode(), TYPE)
    times = Times(
        lambda: radio.serve("/l.m3u8", playlist(1, "b", "c", "d", "e").encode(), TYPE),
        lambda: radio.serve("/l.m3u8", playlist(2, "c", "d", "e", "f", ended=True).encode(), TYPE),
    )
    source = Segments(url, read_playlist(playlist(0, "a", "b", "c", "d"), url), OPEN, sleep=times.sleep)
    heard = b""
    while piece := source.read(2):
        heard += piece
    assert heard == b"bbbcccdddeeefff"


def test_a_server_that_counts_anew_is_followed(radio: Broadcaster) -> None:
    for name in "abxy":
        radio.serve(f"/{name}", name.encode(), "audio/aac")
    url = radio.serve("/n.m3u8", playlist(900, "a", "b").encode(), TYPE)
    times = Times(lambda: radio.serve("/n.m3u8", playlist(0, "x", "y", ended=True).encode(), TYPE))
    source = Segments(url, read_playlist(playlist(900, "a", "b"), url), OPEN, sleep=times.sleep)
    assert b"".join(iter(lambda: source.read(10), b"")) == b"abxy"


def test_a_list_that_stands_still_is_given_up(radio: Broadcaster) -> None:
    radio.serve("/a", b"a", "audio/aac")
    url = radio.serve("/s.m3u8", playlist(0, "a").encode(), TYPE)
    times = Times()
    first = read_playlist(playlist(0, "a"), url)
    source = Segments(url, first, OPEN, sleep=times.sleep, monotonic=times.monotonic)
    assert source.read(10) == b"a"
    with pytest.raises(RelayError, match="nothing new for 20 s"):
        source.read(10)


def test_a_segment_of_the_local_network_is_not_fetched() -> None:
    first = read_playlist(playlist(0, "http://127.0.0.1:9/a"), BASE)
    with pytest.raises(RelayError, match="local network"):
        Segments(BASE, first, Door()).read(10)
