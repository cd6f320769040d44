"""What a commune sets for gauges and channels is held against the rest of its settings before anything starts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from smartradio.station.link_gate import LinkGate
from smartradio.wire.topics import Topics
from tests.station.commune import settings

GAUGE: dict[str, Any] = {"name": "ben-de", "title": "trạm Bến Đế", "password": "n-gauge-password-1"}
HOOK = {"kind": "webhook", "name": "tinh", "url": "https://example.vn/", "secret": "0123456789abcdef"}


def test_a_gauge_with_a_password_and_known_zones_is_taken(tmp_path: Path) -> None:
    rule = {"name": "bd2", "template": "lu-bao-dong-2", "level_m": 4.0, "zones": ["thon-1"]}
    made = settings(tmp_path, alerts={"gauges": [{**GAUGE, "rules": [rule]}], "channels": [HOOK]})
    assert made.alerts.gauges[0].rules[0].rule().over == 4.0


@pytest.mark.parametrize(
    ("alerts", "line"),
    [
        ({"gauges": [{**GAUGE, "password": "short"}]}, "needs a password for the embedded broker"),
        ({"gauges": [GAUGE, GAUGE]}, "two gauges are named 'ben-de'"),
        ({"channels": [HOOK, HOOK]}, "two channels are named 'tinh'"),
        (
            {"gauges": [{**GAUGE, "rules": [{"name": "a", "template": "chay", "level_m": 4, "zones": ["thon-9"]}]}]},
            "'thon-9' is not among zones",
        ),
        ({"gauges": [{**GAUGE, "name": "Bến Đế"}]}, "should match pattern"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path: Path, alerts: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError, match=line):
        settings(tmp_path, alerts=alerts)


def test_a_gauges_message_goes_to_the_gauges_and_to_nobody_else() -> None:
    async def run() -> list[tuple[str, bytes]]:
        got: list[tuple[str, bytes]] = []
        gate = LinkGate(Topics("yen-hoa"), asyncio.get_running_loop())
        assert Topics("yen-hoa").any_gauge in gate.subscriptions
        for_nobody: Any = None
        gate.sort(for_nobody, for_nobody, Topics("yen-hoa").gauge("ben-de"), b"before the desks stand", False)
        gate.gauges = lambda name, payload: got.append((name, payload))
        gate.sort(for_nobody, for_nobody, Topics("yen-hoa").gauge("ben-de"), b"{}", False)
        await asyncio.sleep(0)
        return got

    assert asyncio.run(run()) == [("ben-de", b"{}")]
