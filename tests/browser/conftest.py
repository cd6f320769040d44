"""A real console on a real port, and a real browser in front of it."""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn

from smartradio.audio.codec import decode_opus, encode_opus
from smartradio.web.app import create_app

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _commune() -> ModuleType:
    if "commune" not in sys.modules:
        path = Path(__file__).parents[1] / "web" / "commune.py"
        spec = importlib.util.spec_from_file_location("commune", path)
        assert spec is not None and spec.loader is not None
        sys.modules["commune"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["commune"])
    return sys.modules["commune"]


@pytest.fixture
def commune() -> ModuleType:
    return _commune()


@pytest.fixture
def desk(commune: ModuleType) -> Any:
    return commune.FakeDesk(encode=encode_opus)


@pytest.fixture
def console(desk: Any, commune: ModuleType) -> Iterator[str]:
    """The console's address."""
    app = create_app(
        desk,
        commune.FakeDoor(),
        decode=functools.partial(decode_opus, rate=16_000),
        station="Đài truyền thanh xã Yên Hòa",
        clock=lambda: commune.NOW,
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the console did not start"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium, Debian's own."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: SMARTRADIO_PICTURES, else a folder that is thrown away."""
    folder = Path(os.environ.get("SMARTRADIO_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
