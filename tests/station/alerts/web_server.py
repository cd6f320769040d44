"""A small web server for tests, on a real socket in the test's own loop: it answers, hangs, drips or breaks off."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """What somebody asked."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class WebServer:
    """Where it listens, and all that was asked of it."""

    url: str = ""
    asked: list[Request] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    @property
    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [request.target for request in self.asked]

    async def until_asked(self, times: int, timeout_s: float = 10.0) -> None:
        """Wait until so many questions have come."""
        async with asyncio.timeout(timeout_s):
            while len(self.asked) < times:
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    """Serve on loopback until the end of the block."""
    server, at_work = WebServer(), set[asyncio.Task[None]]()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _request(reader)
            server.asked.append(request)
            server.news.set()
            await handler(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort() if server.ended else writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(one(reader, writer))
        at_work.add(task)
        task.add_done_callback(at_work.discard)

    listening = await asyncio.start_server(begin, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()
        server.ended = True
        for task in list(at_work):
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def answer(
    writer: asyncio.StreamWriter, body: bytes = b"", *, status: str = "200 OK", headers: Mapping[str, str] | None = None
) -> None:
    """Answer whole."""
    told = {"Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    writer.write(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)
    await writer.drain()


def answering(body: bytes, **how: Any) -> Handler:
    """Return a server that always says the same; `how` as in `answer`."""

    async def handler(_request: Request, writer: asyncio.StreamWriter) -> None:
        await answer(writer, body, **how)

    return handler


async def hanging(_request: Request, _writer: asyncio.StreamWriter) -> None:
    """Say nothing, for ever."""
    await asyncio.Event().wait()


async def dripping(_request: Request, writer: asyncio.StreamWriter) -> None:
    """Say a byte now and then, for ever: every wait is short, the whole has no end."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)
