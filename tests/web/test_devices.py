from __future__ import annotations

import pytest

from smartradio.web.devices import device_name

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (f"Mozilla/5.0 (Linux; Android 14; SM-A155F) {KIT} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome · Android"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {KIT} Version/17.5 Safari/604.1", "Safari · iPhone"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {KIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox · Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_people_know_their_machine_again(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_a_name_without_end_is_cut() -> None:
    assert len(device_name("x" * 5_000)) == 60
