"""A small source-information system that keeps to docs/source-information.md, and can be made to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from smartradio.wire.signing import SigningKey

SKEW = timedelta(minutes=5)


def canonical(value: Any) -> bytes:
    """Written from the document, not with the station's own function."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed_item(key: SigningKey, **body: Any) -> dict[str, Any]:
    """An item as an issuer signs it."""
    signature = key.private.sign(canonical({"about": "smartradio-source/1", "item": body}))
    return {"body": body, "sig": base64.b64encode(signature).decode()}


@dataclass
class SourceServer:
    """What the system holds: items in their order, sounds by path, reports by their idempotency key.

    `fault` is one of "", "html" (a login page), "unsigned", "foreign" (another key signs), "old" (an answer of
    before), "500", "busy" (429), "lost" (takes a report and breaks off before it answers), "refuses".
    """

    clock: Any
    station_key: str
    key: SigningKey = field(default_factory=SigningKey.new)
    items: list[dict[str, Any]] = field(default_factory=list)
    sounds: dict[str, bytes] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    deliveries: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    page_size: int = 2
    fault: str = ""
    asked: int = 0
    url: str = ""
    refused: list[str] = field(default_factory=list)
    last_answer: tuple[int, bytes, dict[str, str]] | None = None

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer to a request."""
        error = self._wrong(method, target, headers, body)
        if error is not None:
            self.refused.append(error)
            return 401, canonical({"error": error})
        if self.fault == "500":
            return 500, canonical({"error": "the database is away"})
        if self.fault == "busy":
            return 429, canonical({"error": "too many"})
        path = urlsplit(target).path
        if method == "GET" and path == "/api/v1/items":
            return 200, self._page(parse_qs(urlsplit(target).query))
        if method == "POST" and path == "/api/v1/reports":
            return self._report(headers["idempotency-key"], json.loads(body))
        sound = self.sounds.get(path.removeprefix("/api/"))
        return (404, canonical({"error": "no such thing"})) if sound is None else (200, sound)

    def sign(self, status: int, nonce: str, timestamp: str, body: bytes) -> str:
        told = {"status": status, "timestamp": timestamp, "nonce": nonce}
        key = SigningKey.new() if self.fault == "foreign" else self.key
        content = {"about": "smartradio-source/1", "answer": told, "body_sha256": hashlib.sha256(body).hexdigest()}
        return base64.b64encode(key.private.sign(canonical(content))).decode()

    def _wrong(self, method: str, target: str, headers: dict[str, str], body: bytes) -> str | None:
        nonce, timestamp = headers.get("smartradio-nonce", ""), headers.get("smartradio-timestamp", "")
        told = {"method": method, "host": headers["host"], "target": target, "timestamp": timestamp, "nonce": nonce}
        content = {"about": "smartradio-source/1", "request": told, "body_sha256": hashlib.sha256(body).hexdigest()}
        try:
            signature = base64.b64decode(headers.get("smartradio-signature", ""))
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.station_key)).verify(signature, canonical(content))
        except InvalidSignature:
            return "bad_signature"
        if nonce in self.nonces:
            return "replayed"
        self.nonces.add(nonce)
        if abs(datetime.fromisoformat(timestamp) - self.clock()) > SKEW:
            return "clock_skew"
        return None

    def _page(self, query: dict[str, list[str]]) -> bytes:
        begin = int(query.get("after", ["0"])[0])
        end = min(begin + self.page_size, len(self.items))
        return canonical({"items": self.items[begin:end], "next": str(end), "more": end < len(self.items)})

    def _report(self, key: str, body: dict[str, Any]) -> tuple[int, bytes]:
        if self.fault == "refuses":
            return 422, canonical({"error": "unknown_station"})
        self.deliveries.append(key)
        if key in self.reports and self.reports[key] != body:
            return 409, canonical({"error": "key_reused"})
        fresh = key not in self.reports
        self.reports[key] = body
        return (201 if fresh else 200), canonical({"accepted": key})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    source: SourceServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        source = self.source
        source.asked += 1
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if source.fault == "html":
            self._send(200, b"<!doctype html><title>Dang nhap wifi</title>", {"content-type": "text/html"})
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        if source.fault == "old" and source.last_answer is not None:
            self._send(*source.last_answer)
            return
        status, content = source.answer(self.command, self.path, headers, body)
        if source.fault == "lost" and self.command == "POST":
            self.close_connection = True
            return
        timestamp = source.clock().isoformat()
        signature = source.sign(status, headers.get("smartradio-nonce", ""), timestamp, content)
        told = {"smartradio-timestamp": timestamp, "smartradio-signature": signature}
        if source.fault == "unsigned":
            told = {}
        if source.fault == "busy":
            told["retry-after"] = "1200"
        source.last_answer = (status, content, told)
        self._send(status, content, told)

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(source: SourceServer) -> Iterator[SourceServer]:
    """Serve on a free port of this machine while the block runs."""
    handler = type("Handler", (_Handler,), {"source": source})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    source.url = f"http://127.0.0.1:{server.server_address[1]}/api"
    try:
        yield source
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
