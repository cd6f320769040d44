"""A station with its console in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from ipaddress import IPv4Network
from typing import Annotated

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

from smartradio.audio.codec import decode_opus
from smartradio.cli.collector import spared
from smartradio.cli.punctual import PunctualProtocol
from smartradio.cli.turns import short_turns
from smartradio.domain.errors import BadInputError
from smartradio.station.settings import StationSettings
from smartradio.station.station import Station, utc_now
from smartradio.web.app import create_app
from smartradio.web.port import PCM_RATE, Pcm


class ConsoleSettings(BaseModel):
    """Where operators' browsers find the console."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    """Address to listen at; loopback unless told otherwise."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """Port to listen at; 0 takes a free one."""
    proxies: tuple[IPvAnyNetwork, ...] = (IPv4Network("127.0.0.1/32"),)
    """Addresses of the proxies in front: from them alone it is believed who asks, and whether over https."""


class StationFile(StationSettings):
    """A station's settings file: the station and its console."""

    console: ConsoleSettings = ConsoleSettings()
    """Where operators' browsers find the console."""


def decode(data: bytes) -> Pcm:
    """Return Ogg Opus as the console's pictures need it."""
    return decode_opus(data, PCM_RATE)


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the loop: the station has to stop too."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        try:
            await super().startup(sockets)
        finally:
            self._up.set()

    async def listening(self) -> None:
        """Wait until a browser is answered, or never will be."""
        await self._up.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def console(
    station: Station, listener: socket.socket, proxies: Sequence[IPvAnyNetwork] = ConsoleSettings().proxies
) -> AsyncIterator[str]:
    """Serve the console at a listener while the block runs, and close it; yields its address.

    Whoever `proxies` say they ask for counts as the one who asks.
    """
    app = create_app(station, station.accounts, decode=decode, station=station.settings.title, clock=utc_now)
    server = _Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            http=PunctualProtocol,
            ws="none",
            timeout_graceful_shutdown=2,
            forwarded_allow_ips=[str(proxy) for proxy in proxies],
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        # Whoever reads the address opens it at once.
        await server.listening()
        host, port = listener.getsockname()[:2]
        with spared(), short_turns():
            yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        # Open pages hang on their streams; without this the server would wait for them.
        app.state.console.hub.close()
        server.should_exit = True
        await serving
        listener.close()


def listen(settings: ConsoleSettings) -> socket.socket:
    """Take the console's port before anything else starts; raises BadInputError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With its protocol named, asyncio sends what is ready at once; else every answer waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise BadInputError(f"console.port {settings.port} at {settings.host}: {error.strerror}") from error
    return listener
