"""What a node says to systemd, heard on a real socket."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartradio.node.notify import Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(5.0)
        yield ear


def test_several_words_go_in_one_message(manager: socket.socket) -> None:
    Notifier(manager.getsockname()).tell("READY=1", "STATUS=playing a\nprogramme")
    assert manager.recv(4096) == b"READY=1\nSTATUS=playing a programme"


def test_an_address_that_begins_with_an_at_sign_is_an_abstract_one() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0smartradio-test-{os.getpid()}")
        ear.settimeout(5.0)
        Notifier(f"@smartradio-test-{os.getpid()}").tell("WATCHDOG=1")
        assert ear.recv(4096) == b"WATCHDOG=1"


def test_without_a_manager_nothing_is_said_and_nothing_is_wrong(caplog: pytest.LogCaptureFixture) -> None:
    Notifier.from_environment({}).tell("READY=1")
    assert caplog.records == []


def test_a_manager_that_has_gone_does_not_end_the_node(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Notifier(str(tmp_path / "gone")).tell("WATCHDOG=1")
    assert "WATCHDOG=1" in caplog.text


def test_a_manager_that_does_not_read_holds_up_nothing(
    manager: socket.socket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.node.notify._TIMEOUT_S", 0.01)
    with caplog.at_level(logging.WARNING):
        for _ in range(5_000):
            Notifier(manager.getsockname()).tell("STATUS=" + "x" * 1_000)
            if caplog.records:
                break
    assert "does not take" in caplog.text


@pytest.mark.parametrize(
    ("told", "watch_s"),
    [
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000"}, 30.0),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"NOTIFY_SOCKET": "/run/x", "WATCHDOG_USEC": "soon"}, None),
        ({"NOTIFY_SOCKET": "/run/x"}, None),
        ({"WATCHDOG_USEC": "30000000"}, None),
    ],
)
def test_the_managers_patience_is_in_the_environment(told: dict[str, str], watch_s: float | None) -> None:
    assert Notifier.from_environment(told).watch_s == watch_s
