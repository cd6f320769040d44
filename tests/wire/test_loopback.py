"""A port for a broker that may start late: no client can be given it as the source of its own connection."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from smartradio.wire.loopback import free_port


def test_a_free_port_can_be_listened_on_and_lies_below_the_kernels_own() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    for _ in range(20):
        port = free_port()
        assert 10_000 <= port < lowest
        with socket.create_server(("127.0.0.1", port)) as server:
            assert server.getsockname()[1] == port


def test_a_port_that_is_listened_on_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        taken = server.getsockname()[1]
        given = iter([taken, free_port()])
        monkeypatch.setattr("random.SystemRandom.choice", lambda self, ports: next(given))
        assert free_port() != taken
