"""A ring by webhook: JSON by POST, signed, to an address that was looked at before it is connected to."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from smartradio import __version__
from smartradio.station.alarms.port import RingError, RingMessage
from smartradio.station.relay.addresses import Door, RelayError

TIMESTAMP: Final = "Smartradio-Timestamp"
SIGNATURE: Final = "Smartradio-Signature"
ID: Final = "Smartradio-Id"
TIMEOUT_S: Final = 10.0
_MOST_ANSWER_BYTES: Final = 64 * 1024


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """Return what proves a message to whoever knows the secret: HMAC-SHA-256 of "TIMESTAMP.BODY", hex."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def body_of(message: RingMessage) -> bytes:
    """Return a message as JSON (UTF-8)."""
    told = {
        "v": 1,
        "id": message.id,
        "station": message.station,
        "at": message.at.isoformat(),
        "severity": message.severity.value,
        "subject": message.subject,
        "text": message.text,
        "alarms": [dict(alarm) for alarm in message.alarms],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


class Webhook:
    """Rings at one address. Redirects are not followed; any answer but 2xx is none."""

    def __init__(
        self,
        url: str,
        secret: str,
        door: Door,
        *,
        clock: Callable[[], datetime],
        timeout_s: float = TIMEOUT_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._parts = urlsplit(url)
        self._secret = secret
        self._door = door
        self._clock = clock
        self._timeout_s = timeout_s
        self._tls = tls

    def ring(self, message: RingMessage) -> None:
        """See the port."""
        body, timestamp = body_of(message), self._clock().isoformat(timespec="seconds")
        headers = {
            "Host": self._parts.netloc,
            "User-Agent": f"smartradio/{__version__}",
            "Content-Type": "application/json; charset=utf-8",
            "Connection": "close",
            ID: message.id,
            TIMESTAMP: timestamp,
            SIGNATURE: signature_of(self._secret, timestamp, body),
        }
        connection = self._connected()
        try:
            target = urlunsplit(("", "", self._parts.path or "/", self._parts.query, ""))
            connection.request("POST", target, body=body, headers=headers)
            answer = connection.getresponse()
            status = answer.status
            answer.read(_MOST_ANSWER_BYTES)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise RingError(f"{self._host} gives no answer: {_line(error)}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise RingError(f"{self._host} answers {status}")

    @property
    def _host(self) -> str:
        return self._parts.netloc[:80]

    def _connected(self) -> http.client.HTTPConnection:
        host, secure = self._parts.hostname or "", self._parts.scheme == "https"
        port = self._parts.port or (443 if secure else 80)
        try:
            opened = self._door.connect(host, port, self._timeout_s)
        except RelayError as error:
            raise RingError(str(error)) from error
        if secure:
            try:
                opened = (self._tls or ssl.create_default_context()).wrap_socket(opened, server_hostname=host)
            except OSError as error:
                opened.close()
                raise RingError(f"{host[:80]} has no good certificate: {_line(error)}") from error
        connection = http.client.HTTPConnection(host, port, timeout=self._timeout_s)
        connection.sock = opened
        return connection


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:120]
