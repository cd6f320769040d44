"""HTTP as a relay needs it: few redirects, every address checked, nothing without a limit of time and size."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

from smartradio import __version__
from smartradio.domain.errors import BadInputError
from smartradio.domain.relay import check_stream_url
from smartradio.station.relay.addresses import Door, RelayError

TIMEOUT_S: Final = 5.0
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PAGES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True)
class Answer:
    """An answer that has begun: where it came from in the end, its type, and the rest of it to be read.

    `read` raises RelayError when nothing comes for TIMEOUT_S.
    """

    url: str
    content_type: str
    _response: http.client.HTTPResponse
    _connection: http.client.HTTPConnection

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, b"" at the end."""
        try:
            return self._response.read1(size)
        except TimeoutError as error:
            raise RelayError(f"nothing came for {TIMEOUT_S:g} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise RelayError(f"the connection broke: {_line(error)}") from error

    def whole(self, most_bytes: int) -> bytes:
        """Return all of it; raises RelayError for more than `most_bytes`."""
        found = bytearray()
        while piece := self.read(64 * 1024):
            found += piece
            if len(found) > most_bytes:
                raise RelayError(f"the answer has more than {most_bytes} bytes")
        return bytes(found)

    def close(self) -> None:
        """Hang up."""
        self._response.close()
        self._connection.close()


def fetch(url: str, door: Door, *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Ask for an address and follow its redirects; raises RelayError, also for a web page in the place of sound."""
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            check_stream_url(url)
        except BadInputError as error:
            raise RelayError(str(error)) from error
        connection = _connected(url, door, timeout_s)
        try:
            response = _asked(connection, url)
            if response.status not in _REDIRECTS:
                return _accepted(Answer(url, response.headers.get_content_type(), response, connection), response)
            where = response.getheader("Location")
        except BaseException:
            connection.close()
            raise
        connection.close()
        if not where:
            raise RelayError(f"{_host(url)} redirects to nowhere")
        url = urljoin(url, where)
    raise RelayError(f"more than {_MOST_REDIRECTS} redirects, the last to {_host(url)}")


def _accepted(answer: Answer, response: http.client.HTTPResponse) -> Answer:
    host = _host(answer.url)
    if response.status != http.client.OK:
        raise RelayError(f"{host} answers {response.status} {response.reason[:60]}")
    if answer.content_type in _PAGES:
        raise RelayError(f"{host} answers with a web page, not with sound")
    return answer


def _connected(url: str, door: Door, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    opened = door.connect(host, port, timeout_s)
    if secure:
        try:
            opened = ssl.create_default_context().wrap_socket(opened, server_hostname=host)
        except OSError as error:
            opened.close()
            raise RelayError(f"{host[:80]} has no good certificate: {_line(error)}") from error
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    connection.sock = opened
    return connection


def _asked(connection: http.client.HTTPConnection, url: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    headers = {"Host": parts.netloc, "User-Agent": f"smartradio/{__version__}", "Accept": "*/*", "Connection": "close"}
    try:
        connection.request("GET", target, headers=headers)
        return connection.getresponse()
    except TimeoutError as error:
        raise RelayError(f"{_host(url)} does not answer") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RelayError(f"{_host(url)} gives no answer of HTTP: {_line(error)}") from error


def _host(url: str) -> str:
    return urlsplit(url).netloc[:80]


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__} {error}".split())[:120]
