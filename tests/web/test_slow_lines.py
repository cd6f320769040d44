"""Requests that come slowly or half, at the console behind its real server: cut where nothing comes any more."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
import uvicorn

from smartradio.cli.punctual import PunctualProtocol
from smartradio.web import guard

WAIT_S = 20.0
FORM = b"POST /login HTTP/1.1\r\nHost: dai\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UPLOAD = (
    b"POST /soan/tep HTTP/1.1\r\nHost: dai\r\nSec-Fetch-Site: same-origin\r\nConnection: close\r\n"
    b"Content-Type: multipart/form-data; boundary=xx\r\nTransfer-Encoding: chunked\r\n\r\n"
)


class Hasty(PunctualProtocol):
    """Does not wait as long as the station does."""

    head_s = 0.6


@pytest.fixture
def address(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    monkeypatch.setattr(guard, "QUIET_S", 0.6)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_level="warning",
        lifespan="off",
        http=Hasty,
        ws="none",
        timeout_keep_alive=20,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + WAIT_S
    while not server.started:
        assert time.monotonic() < deadline, "the console did not start"
        time.sleep(0.01)
    yield listener.getsockname()[:2]
    server.should_exit = True
    thread.join(timeout=WAIT_S)
    listener.close()


@contextlib.contextmanager
def line_to(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=WAIT_S) as line:
        yield line


def answer(line: socket.socket) -> bytes:
    """Return what comes until the station closes the line; fails where it never does."""
    came = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := line.recv(65_536):
            came += piece
    return came


def dripped(line: socket.socket, piece: bytes, for_s: float) -> None:
    """Send a piece every 50 ms until the time is over or nobody takes it any more."""
    until = time.monotonic() + for_s
    with contextlib.suppress(OSError):
        while time.monotonic() < until:
            line.sendall(piece)
            time.sleep(0.05)


@pytest.mark.parametrize("said", [b"", b"GET /login HT", b"GET /login HTTP/1.1\r\nHost: dai\r\n"])
def test_whoever_does_not_come_to_the_point_is_cut(address: tuple[str, int], said: bytes) -> None:
    with line_to(address) as line:
        line.sendall(said)
        assert answer(line) == b""


def test_a_head_that_drips_in_is_cut_however_steadily(address: tuple[str, int]) -> None:
    with line_to(address) as line:
        line.sendall(b"GET /login HTTP/1.1\r\nX-Long: ")
        begun = time.monotonic()
        dripped(line, b"x", WAIT_S)
        assert time.monotonic() - begun < WAIT_S / 2


def test_a_second_request_on_the_same_line_is_held_to_it_too(address: tuple[str, int]) -> None:
    with line_to(address) as line:
        line.sendall(b"GET /static/mark.svg HTTP/1.1\r\nHost: dai\r\n\r\n")
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /login HTTP/1.1\r\nHost: d")
        assert b"HTTP/1.1" not in answer(line)


@pytest.mark.parametrize("sent", [b"", b"name=la"])
def test_a_form_that_stops_half_way_is_answered_in_one_line(address: tuple[str, int], sent: bytes) -> None:
    with line_to(address) as line:
        line.sendall(FORM + b"Content-Length: 400\r\n\r\n" + sent)
        told = answer(line)
        assert told.startswith(b"HTTP/1.1 408")
        assert "Mạng bị ngắt giữa chừng" in told.decode()


def test_a_form_that_drips_in_is_given_up(address: tuple[str, int]) -> None:
    with line_to(address) as line:
        line.sendall(FORM + b"Content-Length: 100000\r\n\r\n")
        dripped(line, b"x", 2.0)
        assert answer(line).startswith(b"HTTP/1.1 408")


def test_an_upload_that_keeps_coming_is_not_cut(address: tuple[str, int]) -> None:
    head = b'--xx\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    with line_to(address) as line:
        line.sendall(UPLOAD + b"%x\r\n%s\r\n" % (len(head), head))
        # Three times as long as it may rest.
        dripped(line, b"400\r\n" + b"x" * 0x400 + b"\r\n", 1.8)
        end = b"\r\n--xx--\r\n"
        line.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(end), end))
        # It came whole: nobody has logged in, so what was typed is kept in the page that asks for it.
        came = answer(line)
        assert came.startswith(b"HTTP/1.1 401")
        assert came.count(b"x") > 10 * 0x400


def test_a_live_page_may_wait_for_its_news(address: tuple[str, int], stranger: Any) -> None:
    stranger.log_in("lan")
    cookies = "; ".join(f"{name}={value}" for name, value in stranger.cookies.items())
    with line_to(address) as line:
        line.sendall(f"GET /su-kien?part=/su-co/so HTTP/1.1\r\nHost: dai\r\nCookie: {cookies}\r\n\r\n".encode())
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
        line.settimeout(1.5)
        with contextlib.suppress(TimeoutError):
            while True:
                assert line.recv(65_536), "the station closed the line"


def test_whoever_goes_in_the_middle_of_a_form_is_one_line_in_the_log(
    address: tuple[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    with structlog.testing.capture_logs() as logged:
        with line_to(address) as line:
            line.sendall(FORM + b"Content-Length: 400\r\n\r\nname=la")
        deadline = time.monotonic() + WAIT_S
        while not logged:
            assert time.monotonic() < deadline, "nothing was logged"
            time.sleep(0.01)
    assert [(entry["event"], entry["log_level"], entry["path"]) for entry in logged] == [
        ("form_broken_off", "info", "/login")
    ]
    assert "Traceback" not in capsys.readouterr().err
