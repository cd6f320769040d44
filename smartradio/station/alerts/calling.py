"""HTTP to servers of others: in a thread of its own, with an end to everything, at addresses that were looked at."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from smartradio import __version__
from smartradio.domain.errors import SmartradioError
from smartradio.station.relay.addresses import Door, RelayError

TIMEOUT_S: Final = 15.0
MOST_BYTES: Final = 1024 * 1024
_MOST_REDIRECTS: Final = 3
_REDIRECTS: Final = (301, 302, 303, 307, 308)
# What the thread still needs to notice that its line was hung up.
_GRACE_S: Final = 1.0


class CallError(SmartradioError):
    """No whole answer; one line says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: `body` b"" for none. Redirects are followed for a GET alone, and never from https to http."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: where it came from in the end, its headers by names in small letters, its body unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Caller:
    """Asks one server, one question at a time, in one thread of its own; for the event loop.

    The pool of `asyncio.to_thread` is the store's as well: servers that hang must not hold what a horn waits for.
    """

    def __init__(
        self,
        name: str,
        door: Door,
        *,
        timeout_s: float = TIMEOUT_S,
        most_bytes: int = MOST_BYTES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._door = door
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._tls = tls
        self._line: _Line | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"call-{name}")

    async def ask(self, call: Call) -> Answer:
        """Return the answer to a question; raises CallError after `timeout_s` at the latest, however it hangs."""
        line = self._line = _Line()
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._asked, call, line)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(work)
        except TimeoutError as error:
            line.hang_up()
            # Where a name is not resolved there is no line yet: the thread ends by itself, nobody waits for it.
            await asyncio.wait([work], timeout=_GRACE_S)
            work.cancel()
            raise CallError(f"{_host(call.url)} gives no whole answer within {self._timeout_s:g} s") from error
        finally:
            line.hang_up()
            work.add_done_callback(_looked_at)

    def close(self) -> None:
        """Hang up and ask no more; does not block."""
        if self._line is not None:
            self._line.hang_up()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _asked(self, call: Call, line: _Line) -> Answer:
        url = call.url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(url, call, line)
            where = answer.headers.get("location", "")
            if call.method != "GET" or answer.status not in _REDIRECTS or not where:
                return answer
            before, url = url, urljoin(url, where)
            if urlsplit(before).scheme == "https" and urlsplit(url).scheme != "https":
                raise CallError(f"{_host(before)} redirects to an address without https")
        raise CallError(f"more than {_MOST_REDIRECTS} redirects, the last to {_host(url)}")

    def _once(self, url: str, call: Call, line: _Line) -> Answer:
        host, port, secure = _address(url)
        try:
            opened = self._door.connect(host, port, self._timeout_s)
        except RelayError as error:
            raise CallError(str(error)) from error
        try:
            line.hold(opened)
            if secure:
                tls = self._tls or ssl.create_default_context()
                opened = tls.wrap_socket(opened, server_hostname=host, do_handshake_on_connect=False)
                line.hold(opened)
                opened.do_handshake()
            return self._exchange(url, call, opened)
        except ssl.SSLCertVerificationError as error:
            raise CallError(f"{host[:80]} has no good certificate: {_short(error)}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CallError(f"{host[:80]} gives no answer: {_short(error)}") from error
        finally:
            opened.close()

    def _exchange(self, url: str, call: Call, opened: socket.socket) -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", timeout=self._timeout_s)
        connection.sock = opened
        headers = {
            "Host": parts.netloc.rpartition("@")[2],
            "User-Agent": f"smartradio/{__version__}",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **call.headers,
        }
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request(call.method, target, body=call.body or None, headers=headers)
        with contextlib.closing(connection.getresponse()) as answer:
            body = answer.read(self._most_bytes + 1)
            if len(body) <= self._most_bytes and answer.length:
                raise CallError(f"{_host(url)} broke off in the middle of its answer")
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(url, answer.status, told, self._unpacked(url, told, body))

    def _unpacked(self, url: str, headers: Mapping[str, str], body: bytes) -> bytes:
        packing = headers.get("content-encoding", "identity").strip().lower()
        if packing in ("gzip", "x-gzip") and body:
            try:
                body = zlib.decompressobj(31).decompress(body, self._most_bytes + 1)
            except zlib.error as error:
                raise CallError(f"{_host(url)} sends what cannot be unpacked") from error
        elif packing not in ("identity", "", "gzip", "x-gzip"):
            raise CallError(f"{_host(url)} packs its answer as {packing[:20]!r}, which was not asked for")
        if len(body) > self._most_bytes:
            raise CallError(f"{_host(url)} answers with more than {self._most_bytes} bytes")
        return body


class _Line:
    """The connection of one question, so that it can be broken from outside."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._ended = False

    def hold(self, opened: socket.socket) -> None:
        """Take a connection; raises CallError when nobody waits for it any more."""
        with self._lock:
            self._held = opened
            if self._ended:
                raise CallError("nobody waits for the answer any more")

    def hang_up(self) -> None:
        """Break the connection, whatever is being waited for."""
        with self._lock:
            self._ended = True
            if self._held is not None:
                # The plain socket's: that of TLS would take its state from under the thread that reads.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._held, socket.SHUT_RDWR)


def _looked_at(work: asyncio.Future[Answer]) -> None:
    """Look at what came after nobody waited for it any more, so that it is not told as forgotten."""
    if not work.cancelled():
        work.exception()


def _address(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise CallError(f"{url[:80]!r} is no address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise CallError(f"{url[:80]!r} is no address of http or https")
    secure = parts.scheme == "https"
    return host, port or (443 if secure else 80), secure


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2][:80]


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:120]
