"""A relay in a schedule file: read with its defaults, refused with the line and what would be right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from smartradio.domain.errors import BadInputError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import Programme, Turn
from smartradio.domain.relay import Relay
from smartradio.station.schedule_files import load_schedule

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
RELAY = "    relay:\n      url: https://vov.example/1.m3u8\n      minutes: 30\n"
HEAD = "programmes:\n  - name: vov\n    title: Thời sự\n    zones: [thon-1]\n    at: 2026-11-23 06:00\n"


def read(folder: Path, content: str) -> Programme:
    path = folder / "lich.yaml"
    path.write_text(HEAD + content, encoding="utf-8")
    return load_schedule(path, now=NOW)[0]


def test_a_relay_gives_way_to_all_that_is_the_communes_own(tmp_path: Path) -> None:
    found = read(tmp_path, RELAY)
    assert found.relay == Relay("https://vov.example/1.m3u8", 30.0)
    assert (found.priority, found.order, found.text) == (Priority.RELAY, Turn.RELAY, "Thời sự")


def test_its_place_and_what_is_read_for_it_can_be_told(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        RELAY + "      fallback_text: Mất sóng.\n      buffer_s: 12\n    priority: programme\n    order: closing\n",
    )
    assert found.relay == Relay("https://vov.example/1.m3u8", 30.0, "Mất sóng.", 12.0)
    assert (found.priority, found.order, found.text) == (Priority.PROGRAMME, Turn.CLOSING, "Mất sóng.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (RELAY + "    text: Chào bà con.\n", "line 9: text: a relay has no words of its own"),
        (RELAY.replace("https:", "file:"), "line 7: url: .* begins with http:// or https://"),
        (RELAY.replace("30", "nửa giờ"), "line 8: minutes: 'nửa giờ' is not a number"),
        (RELAY.replace("30", "300"), "line 8: minutes: a relay lasts more than 0 and at most 120 minutes"),
        (RELAY.replace("minutes", "minute"), "line 8: unknown key 'minute'; did you mean 'minutes'"),
        ("    relay:\n      minutes: 30\n", "url: is missing"),
        ("    relay: https://vov.example/1.m3u8\n", "a relay must be written as 'key: value' lines"),
        (RELAY + "      buffer_s: 1\n", "line 9: buffer_s: the buffer of a relay has 2 to 60 seconds"),
    ],
)
def test_what_cannot_be_relayed_is_refused_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        read(tmp_path, content)
