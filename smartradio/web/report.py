"""One airing as one HTML file that needs nothing else: to keep, to send, to show."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from smartradio.files import write_whole
from smartradio.station.views import AiringView
from smartradio.web.port import Decode
from smartradio.web.rendering import STATIC, fill
from smartradio.web.sounds import draw_clip, draw_recording
from smartradio.web.story import ended, lanes, read_lines


def write_report(
    view: AiringView,
    *,
    path: Path,
    recording: bytes,
    clips: Mapping[str, bytes],
    decode: Decode,
    made_at: datetime,
    station: str = "",
    zone_titles: Mapping[str, str] | None = None,
) -> None:
    """Write the report of an airing, in Vietnamese with English beside, whole or not at all.

    `recording` and `clips` (by node) are Ogg Opus; nodes without a clip are said to have none. Raises
    ValueError for audio that `decode` refuses, OSError where the file cannot be written.
    """
    html = report_html(
        view,
        recording=recording,
        clips=clips,
        decode=decode,
        made_at=made_at,
        station=station,
        zone_titles=zone_titles,
    )
    write_whole(path, html.encode(), durable=False)


def report_html(
    view: AiringView,
    *,
    recording: bytes,
    clips: Mapping[str, bytes],
    decode: Decode,
    made_at: datetime,
    station: str = "",
    zone_titles: Mapping[str, str] | None = None,
) -> str:
    """Return the report as text; see `write_report`."""
    titles = zone_titles or {}
    nodes = {node.node: node for node in view.nodes}
    held = {name: audio for name, audio in clips.items() if name in nodes}
    style = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in ("style.css", "report.css"))
    all_lanes = lanes(view)
    context = {
        "view": view,
        "station": station,
        "made_at": made_at,
        "style": Markup(style),  # noqa: S704  our own file
        "recording_picture": Markup(draw_recording(view, recording, decode)),  # noqa: S704  figures only
        "recording_audio": _audio(recording),
        "clip_pictures": {
            name: Markup(draw_clip(view, nodes[name], audio, decode))  # noqa: S704  figures only
            for name, audio in held.items()
        },
        "clip_audio": {name: _audio(audio) for name, audio in held.items()},
        "lanes": all_lanes,
        "ended": ended(all_lanes),
        "lines": read_lines(view.spoken),
        "zone_titles": lambda view: ", ".join(titles.get(name, name) for name in view.airing.zones),
    }
    return fill("report.html", "vi", english_beside=True, context=context)


def _audio(opus: bytes) -> str:
    return "data:audio/ogg;base64," + base64.b64encode(opus).decode()
