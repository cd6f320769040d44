"""Players ask for parts; pictures are drawn once and say no more than was measured."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartradio.web.pictures import Marks, sound_picture, spectrogram_png
from smartradio.web.png import palette_png
from smartradio.web.ranges import ranged

CLIP = "/airings/lp-1/clips/thon-1.opus"
RECORDING = "/recordings/" + "d" * 64 + ".opus"


@pytest.mark.parametrize("path", [CLIP, RECORDING])
def test_a_player_gets_the_whole_sound_or_the_part_it_asks_for(lan: Any, path: str) -> None:
    whole = lan.get(path)
    assert whole.status_code == 200
    assert whole.headers["content-type"].startswith("audio/ogg")
    assert whole.headers["accept-ranges"] == "bytes"
    part = lan.get(path, range="bytes=100-199")
    assert part.status_code == 206
    assert part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert lan.get(path, range="bytes=-50").content == whole.content[-50:]


def test_a_range_past_the_end_is_refused(lan: Any, desk: Any) -> None:
    answer = lan.get(CLIP, range="bytes=99999999-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(desk.clips['thon-1'])}"


def test_a_sound_already_held_is_not_sent_again(lan: Any) -> None:
    etag = lan.get(CLIP).headers["etag"]
    again = lan.get(CLIP, if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_no_browser_keeps_what_a_microphone_heard(lan: Any) -> None:
    """From a browser's cache it would be heard without a login, and nobody would be on record."""
    assert lan.get(CLIP).headers["cache-control"] == "no-store"
    assert lan.get(CLIP, range="bytes=0-9").headers["cache-control"] == "no-store"
    picture = lan.get("/airings/lp-1/nodes/thon-1/picture.svg")
    assert picture.headers["cache-control"] == "private, no-cache"
    assert lan.get("/airings/lp-1/nodes/thon-1/picture.svg", if_none_match=picture.headers["etag"]).status_code == 304
    assert "max-age" in lan.get(RECORDING).headers["cache-control"]


@given(st.binary(min_size=1, max_size=60), st.integers(0, 80), st.integers(0, 80))
def test_any_range_is_exactly_that_slice_or_refused(data: bytes, first: int, last: int) -> None:
    answer = ranged({"range": f"bytes={first}-{last}"}, data, media_type="audio/ogg", etag="e")
    if first >= len(data) or last < first:
        assert answer.status_code == 416
    else:
        assert (answer.status_code, answer.body) == (206, data[first : last + 1])


@given(st.text(max_size=30), st.binary(max_size=20))
def test_a_garbled_range_never_fails(header: str, data: bytes) -> None:
    answer = ranged({"range": f"bytes={header}"}, data, media_type="audio/ogg", etag="e")
    assert answer.status_code in (200, 206, 416)


def test_a_changed_sound_is_not_joined_to_the_old_part(lan: Any, desk: Any) -> None:
    etag = lan.get(CLIP).headers["etag"]
    desk.clips["thon-1"] += b"\x01\x00"
    answer = lan.get(CLIP, range="bytes=10-19", if_range=etag)
    assert (answer.status_code, answer.content) == (200, desk.clips["thon-1"])


@pytest.mark.parametrize(
    "path",
    [
        "/airings/lp-1/clips/thon-3.opus",
        "/airings/khong-co/clips/thon-1.opus",
        "/recordings/khong-co.opus",
        "/airings/khong-co/picture.svg",
        "/airings/lp-1/nodes/thon-3/picture.svg",
        "/airings/lp-1/nodes/khong-co/picture.svg",
    ],
)
def test_a_sound_that_is_not_there_is_said_so(lan: Any, path: str) -> None:
    answer = lan.get(path)
    assert answer.status_code == 404
    assert "Không có âm thanh này" in answer.text


def test_who_plays_a_microphone_s_clip_is_told_to_the_station_and_a_picture_is_no_listening(
    lan: Any, desk: Any
) -> None:
    lan.get(CLIP, range="bytes=0-")
    lan.get(RECORDING)
    lan.get("/airings/lp-1/nodes/thon-1/picture.svg")
    assert desk.listened == [("lp-1", "thon-1", "Lê Thị Lan")]


@pytest.mark.parametrize("path", ["/airings/lp-1/picture.svg", "/airings/lp-1/nodes/thon-1/picture.svg"])
def test_pictures_are_well_formed_and_drawn_once(lan: Any, app: Any, path: str, commune: Any) -> None:
    first = lan.get(path)
    assert first.headers["content-type"] == "image/svg+xml"
    assert ET.fromstring(first.text).tag.endswith("svg")
    assert lan.get(path, if_none_match=first.headers["etag"]).status_code == 304


def test_a_clip_that_cannot_be_decoded_has_no_picture_but_can_be_fetched(lan: Any, desk: Any) -> None:
    desk.clips["thon-1"] = b"OggS broken"
    assert lan.get("/airings/lp-1/nodes/thon-1/picture.svg").status_code == 404
    assert lan.get(CLIP).content == b"OggS broken"


def test_without_the_clips_start_nothing_is_laid_over_it(lan: Any, desk: Any) -> None:
    with_marks = lan.get("/airings/lp-1/nodes/thon-1/picture.svg").text
    node = replace(desk.view.nodes[0], clip_starts_s=None)
    desk.view = replace(desk.view, nodes=(node,))
    without = lan.get("/airings/lp-1/nodes/thon-1/picture.svg").text
    assert with_marks.count("<rect") > 3
    assert without.count("<rect") == 0


def _pixels(png: bytes) -> np.ndarray:
    """Read a palette PNG back by its own specification; returns levels [height, width]."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8).reshape(height, width + 1)
    assert (rows[:, 0] == 0).all()
    return rows[:, 1:]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_png_holds_the_levels_that_were_put_in(height: int, width: int, seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 8, (height, width), dtype=np.uint8)
    palette = np.arange(24, dtype=np.uint8).reshape(8, 3)
    assert (_pixels(palette_png(levels, palette)) == levels).all()


def test_a_png_of_nothing_or_past_its_palette_is_refused() -> None:
    palette = np.zeros((2, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="height and width"):
        palette_png(np.zeros((0, 4), dtype=np.uint8), palette)
    with pytest.raises(ValueError, match="outside a palette of 2"):
        palette_png(np.full((2, 2), 2, dtype=np.uint8), palette)


def test_a_tone_stands_at_its_height_in_the_spectrogram() -> None:
    t = np.arange(16_000) / 16_000
    levels = _pixels(spectrogram_png((0.5 * np.sin(2 * np.pi * 2_000 * t)).astype(np.float32)))
    row = int(levels[:, levels.shape[1] // 2].argmax())
    hertz = 8_000 * (1 - (row + 0.5) / levels.shape[0])
    assert hertz == pytest.approx(2_000, abs=80)


def test_faint_noise_stays_pale_where_speech_is_dark(commune: Any) -> None:
    noise = 0.002 * np.random.default_rng(1).standard_normal(32_000).astype(np.float32)
    assert _pixels(spectrogram_png(noise)).max() < 0.6 * _pixels(spectrogram_png(commune.speech_like(2.0))).max()


def _wave_height(svg: str) -> float:
    outline = re.search(r'<path d="M([^z]+)z"', svg)
    assert outline is not None
    ys = [float(point.split(",")[1]) for point in outline[1].split()]
    return max(ys) - min(ys)


def test_a_silent_microphone_does_not_look_like_speech(commune: Any) -> None:
    speech = commune.speech_like(2.0)
    quiet = sound_picture(0.001 * speech, window_s=(0.0, 2.0))
    assert _wave_height(quiet) < 0.05 * _wave_height(sound_picture(speech, window_s=(0.0, 2.0)))


def test_digital_silence_is_drawn_flat_and_labelled_so() -> None:
    svg = sound_picture(np.zeros(16_000, dtype=np.float32), window_s=(0.0, 1.0))
    assert _wave_height(svg) == 0.0
    assert "&lt; −80" in svg


def test_a_sound_stands_where_it_began_on_the_axis() -> None:
    click = np.ones(160, dtype=np.float32)
    svg = sound_picture(click, window_s=(-2.0, 8.0), starts_s=3.0)
    outline = re.search(r'<path d="M([^z]+)z"', svg)
    assert outline is not None
    points = [tuple(map(float, point.split(","))) for point in outline[1].split()]
    x_of_click = min(points, key=lambda point: point[1])[0]
    assert x_of_click == pytest.approx(44 + 906 * 0.5, abs=3)


@settings(deadline=None, max_examples=40)
@given(
    st.floats(-5, 5),
    st.floats(0.01, 400),
    st.floats(-10, 10),
    st.lists(st.floats(0, 1), max_size=60),
    st.integers(0, 3_000),
)
def test_any_window_gives_a_well_formed_picture(
    begin: float, length: float, starts_s: float, presence: list[float], samples: int
) -> None:
    marks = Marks(spans=[(0.0, 1.0), (1.5, 3.0)], presence=presence)
    pcm = np.linspace(-1, 1, samples, dtype=np.float32)
    svg = sound_picture(pcm, window_s=(begin, begin + length), starts_s=starts_s, marks=marks)
    assert ET.fromstring(svg).tag.endswith("svg")


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        sound_picture(np.zeros(10, dtype=np.float32), window_s=(2.0, 1.0))
