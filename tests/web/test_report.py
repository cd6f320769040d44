"""The report: one file that holds everything and asks the network for nothing."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smartradio.web.report import report_html, write_report

TITLES = {"thon-1": "Thôn 1", "thon-2": "Thôn 2", "thon-3": "Thôn 3"}


def made(desk: Any, commune: Any, view: Any = None, clips: Any = None) -> str:
    return report_html(
        view or desk.view,
        recording=desk.sound,
        clips=desk.clips if clips is None else clips,
        decode=commune.decode,
        made_at=commune.NOW,
        station="Đài truyền thanh xã Yên Hòa",
        zone_titles=TITLES,
    )


def test_the_report_needs_nothing_but_itself(desk: Any, commune: Any) -> None:
    html = made(desk, commune)
    links = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "url(" not in html
    assert "@import" not in html
    assert "<script" not in html


def test_recording_and_clips_play_from_the_report(desk: Any, commune: Any) -> None:
    players = re.findall(r'<audio [^>]*src="data:audio/ogg;base64,([^"]+)"', made(desk, commune))
    assert [base64.b64decode(data) for data in players] == [desk.sound, desk.clips["thon-1"], desk.clips["thon-2"]]


def test_every_sound_has_its_waveform_and_spectrogram(desk: Any, commune: Any) -> None:
    html = made(desk, commune)
    assert html.count('<svg xmlns="http://www.w3.org/2000/svg"') == 3
    assert html.count("data:image/png;base64,") == 3


def test_vietnamese_stands_with_english_beside(desk: Any, commune: Any) -> None:
    html = made(desk, commune)
    assert 'Chuỗi bằng chứng <span class="en" lang="en">Evidence chain</span>' in html
    assert (
        'nghe được tại micro của cụm loa <span class="en" lang="en">heard at the node&#39;s microphone</span>' in html
    )


def test_the_table_holds_each_nodes_figures_and_verdict(desk: Any, commune: Any) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", made(desk, commune).split("<tbody>")[1].split("</tbody>")[0], re.DOTALL)
    assert len(rows) == 3
    assert "Nghe được" in rows[0]
    assert "97\u00a0%" in rows[0]
    assert "Không nghe thấy" in rows[1]
    assert rows[2].count(">—</td>") == 6


def test_chain_and_reading_are_whole(desk: Any, commune: Any) -> None:
    html = made(desk, commune)
    for entry in desk.view.chain:
        assert f"mục {entry.number} · <code>{entry.hash[:12]}</code>" in html
    for line in desk.view.spoken:
        assert line["spoken"] in html
    assert "Thôn 1, Thôn 2, Thôn 3" in html
    assert "Lê Thị Lan" in html


def test_a_node_without_a_clip_is_said_to_have_none(desk: Any, commune: Any) -> None:
    html = made(desk, commune, clips={})
    assert html.count("Không có bản ghi từ micro.") == 3
    assert html.count("<audio") == 1


def test_hostile_text_stays_text(desk: Any, commune: Any) -> None:
    evil = "</style></title><script>alert(1)</script>"
    view = replace(desk.view, bulletin=replace(desk.view.bulletin, title=evil))
    view = replace(view, nodes=(replace(view.nodes[0], title=evil, transcript=evil), *view.nodes[1:]))
    html = made(desk, commune, view=view)
    assert "<script>" not in html
    assert html.count("</style>") == 1


def test_the_file_is_written_whole_or_not_at_all(desk: Any, commune: Any, tmp_path: Path) -> None:
    path = tmp_path / "bao-cao.html"
    write_report(
        desk.view, path=path, recording=desk.sound, clips=desk.clips, decode=commune.decode, made_at=commune.NOW
    )
    first = path.read_text(encoding="utf-8")
    assert first.startswith("<!doctype html>")
    with pytest.raises(ValueError, match="not a sound"):
        write_report(desk.view, path=path, recording=b"broken", clips={}, decode=commune.decode, made_at=commune.NOW)
    assert path.read_text(encoding="utf-8") == first
    assert list(tmp_path.iterdir()) == [path]
