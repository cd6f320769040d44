"""A visitor with cookies and forms, as a browser has them, without a browser."""

from __future__ import annotations

import asyncio
import html
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from smartradio.web.app import create_app


def _load_commune() -> ModuleType:
    spec = importlib.util.spec_from_file_location("commune", Path(__file__).with_name("commune.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["commune"] = module
    spec.loader.exec_module(module)
    return module


commune_module = sys.modules.get("commune") or _load_commune()


class Visitor:
    """Asks for pages and fills in forms with the token of the page it last saw."""

    def __init__(self, app: Any, runner: asyncio.Runner, *, base_url: str = "http://dai") -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url)
        self._runner = runner
        self._token = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        wire = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._seen(self._runner.run(self._client.get(path, headers=wire)))

    def post(self, path: str, *, token: str | None = None, **fields: Any) -> httpx.Response:
        data = {"csrf": self._token if token is None else token, **fields}
        return self._seen(self._runner.run(self._client.post(path, data=data)))

    def post_as_script(self, path: str, **fields: Any) -> httpx.Response:
        data = {"csrf": self._token, **fields}
        asked = {"accept": "application/json"}
        return self._seen(self._runner.run(self._client.post(path, data=data, headers=asked)))

    def post_bytes(self, path: str, body: bytes) -> httpx.Response:
        form = {"content-type": "application/x-www-form-urlencoded"}
        return self._seen(self._runner.run(self._client.post(path, content=body, headers=form)))

    def post_file(self, path: str, field: str, content: bytes, **fields: str) -> httpx.Response:
        files, data = {field: ("ghi-chu.txt", content)}, {"csrf": self._token, **fields}
        return self._seen(self._runner.run(self._client.post(path, data=data, files=files)))

    def post_files(self, path: str, files: dict[str, tuple[str, bytes]], **fields: Any) -> httpx.Response:
        data = {"csrf": self._token, **fields}
        return self._seen(self._runner.run(self._client.post(path, data=data, files=files)))

    def post_twice_at_once(self, path: str, **fields: Any) -> list[httpx.Response]:
        async def both() -> list[httpx.Response]:
            data = {"csrf": self._token, **fields}
            return list(await asyncio.gather(*(self._client.post(path, data=data) for _ in range(2))))

        return self._runner.run(both())

    @property
    def token(self) -> str:
        return self._token

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self._client.cookies)

    def log_in(self, name: str = "lan", password: str | None = None) -> httpx.Response:
        self.get("/login")
        return self.post("/login", name=name, password=password or commune_module.PASSWORD, next="/airings")

    def close(self) -> None:
        self._runner.run(self._client.aclose())

    def _seen(self, response: httpx.Response) -> httpx.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', response.text) if "html" in _kind(response) else None
        if found:
            self._token = html.unescape(found[1])
        return response


def _kind(response: httpx.Response) -> str:
    return response.headers.get("content-type", "")


@pytest.fixture
def commune() -> ModuleType:
    return commune_module


@pytest.fixture
def desk() -> Any:
    return commune_module.FakeDesk()


@pytest.fixture
def door() -> Any:
    return commune_module.FakeDoor()


@pytest.fixture
def app(desk: Any, door: Any) -> Any:
    return create_app(
        desk,
        door,
        decode=commune_module.decode,
        station="Đài truyền thanh xã Yên Hòa",
        clock=lambda: commune_module.NOW,
    )


@pytest.fixture
def stranger(app: Any) -> Iterator[Visitor]:
    """Somebody at the page who has not logged in."""
    with asyncio.Runner() as runner:
        visitor = Visitor(app, runner)
        yield visitor
        visitor.close()


@pytest.fixture
def lan(stranger: Visitor) -> Visitor:
    """The commune's broadcaster, logged in."""
    stranger.log_in("lan")
    stranger.get("/airings")
    return stranger


@pytest.fixture
def khang(stranger: Visitor) -> Visitor:
    """The commune's emergency officer, logged in, before the form."""
    stranger.log_in("khang")
    stranger.get("/khan/soan")
    return stranger


@pytest.fixture
def alerts(desk: Any) -> Any:
    """The book of alerts behind the pages."""
    return desk.desks.alerts
