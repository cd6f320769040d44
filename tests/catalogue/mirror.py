"""A server of models on this machine, as good or as bad as the path asks for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from smartradio.catalogue.download import Patience
from smartradio.config import to_toml

PAGE = b"\n<!DOCTYPE html><html><title>Wi-Fi</title>" + b" " * 4_000 + b"</html>"


@dataclass(frozen=True)
class Asked:
    """A request that reached the server."""

    way: str
    name: str
    range: str | None


@dataclass
class Mirror:
    """Serves `files` under /<way>/<name>, where the way says what goes wrong. Ends its threads when closed."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        mirror = self

        class Handler(_Handler):
            world = mirror

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def address(self, way: str, name: str) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/{way}/{name}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def times_asked(self, name: str) -> int:
        return sum(asked.name == name for asked in self.asked)


class _Handler(BaseHTTPRequestHandler):
    world: Mirror
    protocol_version = "HTTP/1.1"
    timeout = 10.0

    def log_message(self, *args: object) -> None:
        """Tests have their own log."""

    def do_GET(self) -> None:
        _, way, name = self.path.split("/", 2)
        self.world.asked.append(Asked(way, name, self.headers.get("Range")))
        data = self.world.files.get(name, b"")
        try:
            getattr(self, f"serve_{way.replace('-', '_')}")(data, name)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def serve_good(self, data: bytes, name: str) -> None:
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        asked = self.headers.get("Range")
        if asked and self.headers.get("If-Range") == tag:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.head(416, Content_Length=0)
                return
            rest = data[start:]
            span = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.head(206, Content_Length=len(rest), Content_Range=span, ETag=tag)
            self.wfile.write(rest)
            return
        self.head(200, Content_Length=len(data), ETag=tag)
        self.wfile.write(data)

    def serve_half(self, data: bytes, name: str) -> None:
        """The line breaks in the middle, each time."""
        self.head(200, Content_Length=len(data))
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def serve_breaks_once(self, data: bytes, name: str) -> None:
        if self.world.times_asked(name) > 1:
            self.serve_good(data, name)
            return
        self.head(200, Content_Length=len(data), ETag=f'"{hashlib.sha256(data).hexdigest()[:16]}"')
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def serve_changes_midway(self, data: bytes, name: str) -> None:
        """Another version stands there when the rest is asked for."""
        if self.world.times_asked(name) > 1:
            self.serve_good(data, name)
            return
        self.head(200, Content_Length=len(data), ETag='"an older version"')
        self.wfile.write(b"o" * (len(data) // 2))
        self.close_connection = True

    def serve_stops_midway(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=len(data), ETag=f'"{hashlib.sha256(data).hexdigest()[:16]}"')
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.world.closing.wait(30)
        self.close_connection = True

    def serve_wrong(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=len(data))
        self.wfile.write(bytes(reversed(data)))

    def serve_missing(self, data: bytes, name: str) -> None:
        self.head(404, Content_Length=0)

    def serve_broken(self, data: bytes, name: str) -> None:
        self.head(503, Content_Length=0)

    def serve_broken_once(self, data: bytes, name: str) -> None:
        if self.world.times_asked(name) > 1:
            self.serve_good(data, name)
        else:
            self.head(503, Content_Length=0)

    def serve_login(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=len(PAGE), Content_Type="text/html; charset=utf-8")
        self.wfile.write(PAGE)

    def serve_login_undeclared(self, data: bytes, name: str) -> None:
        page = PAGE[:-7].ljust(len(data), b" ")[: len(data)]
        self.head(200, Content_Length=len(page), Content_Type="application/octet-stream")
        self.wfile.write(page)

    def serve_endless(self, data: bytes, name: str) -> None:
        self.head(200, Transfer_Encoding="chunked")
        while not self.world.closing.is_set():
            self.wfile.write(b"10000\r\n" + b"e" * 0x10000 + b"\r\n")

    def serve_too_long(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=10 * len(data))
        self.wfile.write(10 * data)

    def serve_unmeasured(self, data: bytes, name: str) -> None:
        """As HTTP/1.0 did: the end of the line is the end of the file."""
        self.head(200)
        self.wfile.write(data)

    def serve_chunked(self, data: bytes, name: str) -> None:
        self.head(200, Transfer_Encoding="chunked")
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n0\r\n\r\n")

    def serve_squeezed(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=len(data), Content_Encoding="gzip")
        self.wfile.write(data)

    def serve_silent(self, data: bytes, name: str) -> None:
        self.world.closing.wait(30)
        self.close_connection = True

    def serve_drips(self, data: bytes, name: str) -> None:
        self.head(200, Content_Length=len(data))
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.world.closing.wait(0.02):
                return

    def serve_moved(self, data: bytes, name: str) -> None:
        self.head(302, Location=f"/good/{name}", Content_Length=0)

    def serve_to_a_file(self, data: bytes, name: str) -> None:
        self.head(302, Location="file:///etc/passwd", Content_Length=0)

    def serve_in_circles(self, data: bytes, name: str) -> None:
        self.head(302, Location=f"/in-circles/{name}", Content_Length=0)


HASTY = Patience(
    connect_s=5.0, silent_s=5.0, window_s=0.3, least_bytes_a_window=1_000, pauses_s=(0.0, 0.0), sleep=lambda pause: None
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(called: str, *files: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a catalogue's entry of a voice with these files."""
    plain = {
        "name": called,
        "kind": "voice",
        "engine": "piper",
        "language": "vi",
        "quality": "low",
        "title": {"vi": "Giọng thử", "en": "A voice to try"},
        "licence": "CC-BY-4.0",
        "file": [dict(file) for file in files],
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def catalogue_text(*entries: Mapping[str, Any]) -> str:
    return to_toml({"model": list(entries)})
