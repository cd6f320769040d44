"""An emergency that one node does not sound, with a real broker between: it is sent again there, and somebody rung."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smartradio.audio.codec import encode_opus
from smartradio.domain.alarm import AlarmKind
from smartradio.domain.approval import Person
from smartradio.domain.evidence import Step
from smartradio.domain.priority import Priority
from smartradio.wire.client import LinkState
from tests.station.commune import run, until
from tests.station.test_station import TEXT, node, on_air, quick

pytestmark = pytest.mark.contract


def wind(objects: list[tuple[bytes, float]]) -> bytes:
    """What a microphone hears beside a horn that is dead."""
    noise = np.random.default_rng(7).normal(0.0, 0.001, 16_000 * 14).astype(np.float32)
    return encode_opus(noise, 16_000)


class _Hook(BaseHTTPRequestHandler):
    server: _Hooks

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


class _Hooks(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.got: list[dict[str, Any]] = []


@pytest.fixture
def hooks() -> Iterator[_Hooks]:
    with _Hooks() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def test_an_emergency_that_one_node_does_not_sound_goes_there_once_more_and_somebody_is_rung(
    tmp_path: Path, hooks: _Hooks
) -> None:
    webhook = f"http://127.0.0.1:{hooks.server_port}/"
    ring = {"name": "ky-thuat", "webhook": webhook, "secret": "0123456789abcdef", "local_network": True}

    async def work() -> None:
        commune = quick(tmp_path)
        commune = type(commune).model_validate(dict(commune) | {"ring": [ring]})
        async with on_air(commune) as station:
            with node(station, "thon-1", wind), node(station, "thon-2"):
                await until(lambda: station.link_state is LinkState.UP)
                await until(lambda: [view.online for view in station.node_views()][:2] == [True, True])
                first = await station.air_now(
                    title="Lũ về", text=TEXT, by="huong", zones=["thon-1", "thon-2"], priority=Priority.EMERGENCY
                )
                await station.settled(first.id, 40)
                await until(lambda: len(station.board()) == 2, 30)
                again = next(view.airing for view in station.board() if view.airing.id != first.id)
                assert (again.nodes, again.priority) == (("thon-1",), Priority.EMERGENCY)
                approved = [e.evidence for e in station.store.chain(again.id) if e.evidence.step is Step.APPROVED]
                assert (approved[0].source, approved[0].facts["by"]) == ("station", "huong")
                await until(lambda: hooks.got, 20)
                assert hooks.got[0]["subject"] == "Tin khẩn cấp “Lũ về” không nghe được ở Cụm loa thon-1"
                await station.settled(again.id, 40)
                (alarm,) = [a for a in station.desks.alarms.open() if a.kind is AlarmKind.EMERGENCY_NOT_HEARD]
                await station.desks.alarms.close(alarm.id, by=Person("Trần Thợ", "tho"))
                # Not heard the second time either: it stays at that, and at the one ring.
                assert len(station.board()) == 2
                assert station.store.verify().ok

    run(work, 150)
