"""The child that fetches: a real broadcaster's MP3, AAC and HLS, and what goes wrong on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from smartradio.station.relay.tap import ChildTap, Taken
from tests.station.relay.broadcaster import Broadcaster, encoded, on_air, voice
from tests.station.relay.taps import RATE


@pytest.fixture(scope="module")
def radio() -> Iterator[Broadcaster]:
    with on_air() as broadcaster:
        yield broadcaster


@pytest.fixture
def tap() -> Iterator[ChildTap]:
    one = ChildTap(local_allowed=True)
    yield one
    one.close()


def all_of(tap: ChildTap, within_s: float = 15.0) -> tuple[float, Taken]:
    """The seconds that came until it was over, and the last word."""
    deadline_s = time.monotonic() + within_s
    heard = 0
    while time.monotonic() < deadline_s:
        taken = tap.take(0.5, 0.5)
        heard += len(taken.pcm)
        if taken.over:
            return heard / RATE, taken
    raise AssertionError("it did not end")


@pytest.mark.parametrize(("kind", "content_type"), [("mp3", "audio/mpeg"), ("aac", "audio/aacp")])
def test_an_icecast_stream_is_taken_as_it_comes(
    radio: Broadcaster, tap: ChildTap, kind: str, content_type: str
) -> None:
    data = encoded(voice(4.0), kind)
    url = radio.stream(f"/{kind}", lambda: radio.paced(data, seconds=4.0, speed=4.0), content_type)
    tap.open(url)
    heard_s, last = all_of(tap)
    assert heard_s == pytest.approx(4.0, abs=0.4)
    assert last.detail == "the stream ended"


def test_hls_with_variants_is_taken_segment_by_segment(radio: Broadcaster, tap: ChildTap) -> None:
    names = []
    for number in range(3):
        radio.serve(f"/hls/{number}.ts", encoded(voice(1.0), "ts"), "video/mp2t")
        names.append(f"{number}.ts")
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", *(f"#EXTINF:1,\n{name}" for name in names), "#EXT-X-ENDLIST"]
    radio.serve("/hls/low.m3u8", "\n".join(lines).encode(), "application/vnd.apple.mpegurl")
    master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=96000\nhigh.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=48000\nlow.m3u8\n"
    tap.open(radio.serve("/hls/all.m3u8", master.encode(), "application/vnd.apple.mpegurl"))
    heard_s, _ = all_of(tap)
    assert heard_s == pytest.approx(3.0, abs=0.5)
    assert "/hls/high.m3u8" not in radio.asked


def test_a_web_page_is_told_in_one_line(radio: Broadcaster, tap: ChildTap) -> None:
    tap.open(radio.serve("/trang-chu", b"<html></html>", "text/html"))
    assert "answers with a web page, not with sound" in all_of(tap)[1].detail


def test_a_page_under_a_streams_type_is_told_too(radio: Broadcaster, tap: ChildTap) -> None:
    tap.open(radio.serve("/luong", b"<!DOCTYPE html>" + b" " * 5_000, "application/octet-stream"))
    assert "no sound that is known here" in all_of(tap)[1].detail


def test_a_stream_that_stalls_gives_nothing_and_is_told_after_its_time(radio: Broadcaster, tap: ChildTap) -> None:
    data = encoded(voice(4.0), "mp3")
    tap.open(radio.stream("/dung", lambda: radio.paced(data, seconds=4.0, speed=8.0, stops_after=0.5), "audio/mpeg"))
    heard_s, last = all_of(tap)
    assert 1.0 < heard_s < 2.5
    assert "nothing came for 5 s" in last.detail


def test_the_stations_own_network_is_not_asked(radio: Broadcaster) -> None:
    tap = ChildTap(local_allowed=False)
    tap.open(radio.serve("/noi-bo", b"x", "audio/mpeg"))
    assert "local network" in all_of(tap)[1].detail
    assert "/noi-bo" not in radio.asked
    tap.close()


def test_what_came_before_is_dropped_when_it_is_told_so(radio: Broadcaster, tap: ChildTap) -> None:
    data = encoded(voice(6.0), "mp3")
    tap.open(radio.serve("/file", data, "audio/mpeg"))
    deadline_s = time.monotonic() + 10.0
    while not len(tap.take(1.0, 0.5).pcm):
        assert time.monotonic() < deadline_s
    while tap.take(0.1, 0.0).detail == "":
        assert time.monotonic() < deadline_s
    tap.drop()
    assert all_of(tap)[0] == 0.0


def test_a_child_that_dies_is_a_stream_that_ended(radio: Broadcaster, tap: ChildTap) -> None:
    import os
    import signal

    data = encoded(voice(30.0), "mp3")
    tap.open(radio.stream("/lang", lambda: radio.paced(data, seconds=30.0), "audio/mpeg"))
    assert tap._worker is not None
    pid = tap._worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _, last = all_of(tap)
    assert "relay" in last.detail


def test_a_tap_that_was_never_opened_is_over() -> None:
    taken = ChildTap(local_allowed=False).take(1.0, 0.0)
    assert (taken.over, len(taken.pcm), taken.pcm.dtype) == (True, 0, np.float32)
