"""The reference adapter: JSON over HTTP, signed both ways (`docs/source-information.md` is its contract)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import urllib3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from urllib3.exceptions import HTTPError

from smartradio import __version__
from smartradio.domain.from_above import OfferedSound
from smartradio.station.source_information.messages import FORMAT, PageMessage
from smartradio.station.source_information.port import Page, SignedItem, SourceRefusedError, SourceUnreachableError
from smartradio.station.source_information.settings import SourceInformationSettings
from smartradio.wire.signing import RefusedError, SigningKey, canonical, read_json

STATION: Final = "Smartradio-Station"
TIMESTAMP: Final = "Smartradio-Timestamp"
NONCE: Final = "Smartradio-Nonce"
SIGNATURE: Final = "Smartradio-Signature"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
_CHUNK_BYTES = 1 << 16
# A station that is told to stop waits for the question that is on its way.
_CONNECT_S = 10.0
_TAKEN = (200, 201)
# The system was reached and says that this very report is wrong; every other answer may be better tomorrow.
_REFUSED = (400, 409, 410, 413, 422)
_LONGEST_ASKED_S = 3_600.0


def request_bytes(method: str, address: tuple[str, str], timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what the station signs of a request to (host, path and query); no `nonce` is used twice."""
    host, target = address
    told = {"method": method, "host": host, "target": target, "timestamp": timestamp, "nonce": nonce}
    return canonical({"about": FORMAT, "request": told, "body_sha256": hashlib.sha256(body).hexdigest()})


def answer_bytes(status: int, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what the system signs of an answer; `nonce` is the request's, so that no old answer fits."""
    told = {"status": status, "timestamp": timestamp, "nonce": nonce}
    return canonical({"about": FORMAT, "answer": told, "body_sha256": hashlib.sha256(body).hexdigest()})


class HttpSource:
    """A source-information system at an address. Blocking, one call at a time; redirects are not followed."""

    def __init__(
        self, settings: SourceInformationSettings, station: str, key: SigningKey, *, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._station = station
        self._key = key
        self._clock = clock
        parts = urlsplit(settings.url)
        self._host = parts.netloc
        self._base = parts.path.rstrip("/")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        timeout = urllib3.Timeout(connect=min(_CONNECT_S, settings.timeout_s), read=settings.timeout_s)
        self._pool = urllib3.PoolManager(num_pools=1, retries=False, timeout=timeout)
        self._skew = timedelta(seconds=settings.clock_skew_s)

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.clear()

    def items(self, after: str | None) -> Page:
        """See the port."""
        query = f"?station={self._station}&limit=50" + ("" if after is None else f"&after={quote(after, safe='')}")
        status, body = self._ask("GET", f"/v1/items{query}", b"")
        if status != 200:
            raise SourceUnreachableError(f"{self._origin} answered {status} to the question for items")
        try:
            page = PageMessage.model_validate(read_json(body))
            items = tuple(_signed(item) for item in page.items)
        except (ValidationError, RefusedError) as error:
            line = f"{self._origin} answered with a page that cannot be read: {str(error).splitlines()[0]}"
            raise SourceUnreachableError(line) from error
        return Page(items, page.next, page.more)

    def sound(self, sound: OfferedSound, max_bytes: int) -> bytes:
        """See the port."""
        if sound.size_bytes > max_bytes:
            line = f"the sound has {sound.size_bytes} bytes, more than the {max_bytes} that are fetched here"
            raise SourceRefusedError(line)
        status, body = self._ask("GET", f"/{sound.path}", b"", most=sound.size_bytes, signed=False)
        if status != 200:
            raise SourceUnreachableError(f"{self._origin} answered {status} to the question for a sound")
        # The issuer has signed this hash: whoever carries the sound can do nothing to it.
        if len(body) != sound.size_bytes or hashlib.sha256(body).hexdigest() != sound.sha256:
            raise SourceRefusedError(f"the sound at {sound.path} is not the one that the issuer signed")
        return body

    def report(self, key: str, body: Mapping[str, Any]) -> None:
        """See the port."""
        status, answer = self._ask("POST", "/v1/reports", canonical(body), key=key)
        if status in _TAKEN:
            return
        if status in _REFUSED:
            raise SourceRefusedError(f"{self._origin} answered {status}: {_said(answer)}")
        raise SourceUnreachableError(f"{self._origin} answered {status} to a report: {_said(answer)}")

    def _ask(
        self,
        method: str,
        target: str,
        body: bytes,
        *,
        key: str | None = None,
        most: int = MAX_ANSWER_BYTES,
        signed: bool = True,
    ) -> tuple[int, bytes]:
        """Return status and body of an answer that is the system's own; raises SourceUnreachableError."""
        target = f"{self._base}{target}"
        timestamp, nonce = self._clock().isoformat(timespec="milliseconds"), secrets.token_urlsafe(18)
        signature = self._key.private.sign(request_bytes(method, (self._host, target), timestamp, nonce, body))
        headers = {
            "Accept": "application/json",
            "User-Agent": f"smartradio/{__version__}",
            STATION: self._station,
            TIMESTAMP: timestamp,
            NONCE: nonce,
            SIGNATURE: base64.b64encode(signature).decode(),
        }
        if body:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers[IDEMPOTENCY_KEY] = key
        try:
            answer = self._pool.request(
                method,
                f"{self._origin}{target}",
                body=body or None,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            try:
                content = self._read(answer, most)
            finally:
                # Not given back to the pool: of an answer that was too long the rest would be the next one's.
                answer.close()
        except HTTPError as error:
            raise SourceUnreachableError(f"{self._origin} cannot be reached: {_short(error)}") from error
        if signed:
            self._check(answer.status, answer.headers, nonce, content)
        return answer.status, content

    def _read(self, answer: urllib3.BaseHTTPResponse, most: int) -> bytes:
        content = bytearray()
        until = self._clock() + timedelta(seconds=10 * self._settings.timeout_s)
        for chunk in answer.stream(_CHUNK_BYTES, decode_content=False):
            content += chunk
            if len(content) > most:
                raise SourceUnreachableError(f"{self._origin} answered with more than the {most} bytes expected")
            if self._clock() > until:
                raise SourceUnreachableError(f"{self._origin} answers too slowly")
        return bytes(content)

    def _check(self, status: int, headers: Mapping[str, str], nonce: str, content: bytes) -> None:
        """Raise SourceUnreachableError unless the system itself answered this very question, now."""
        timestamp = headers.get(TIMESTAMP, "")
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self._settings.public_key))
            signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
            key.verify(signature, answer_bytes(status, timestamp, nonce, content))
            at = datetime.fromisoformat(timestamp)
        except (InvalidSignature, binascii.Error, ValueError) as error:
            line = f"{self._origin} answered {status} without the system's signature: a login page, or another's server"
            raise SourceUnreachableError(line, retry_after_s=_asked(headers)) from error
        if at.tzinfo is None or abs(at - self._clock()) > self._skew:
            line = f"{self._origin} says it is {timestamp[:40]}: its clock or the station's is wrong"
            raise SourceUnreachableError(line)
        if status == 429 or status >= 500:
            line = f"{self._origin} answered {status}: {_said(content)}"
            raise SourceUnreachableError(line, retry_after_s=_asked(headers))


def _signed(item: Mapping[str, Any]) -> SignedItem:
    body, signature = item.get("body"), item.get("sig")
    if not isinstance(body, dict) or not isinstance(signature, str) or len(item) != 2:
        # It stands in a signed page; to believe nothing of it is enough, the others are taken.
        return SignedItem({}, "")
    return SignedItem(body, signature)


def _said(content: bytes) -> str:
    """Return what an answer says of its error, in one short line."""
    try:
        error = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return "no reason given"
    return " ".join(str(error).split())[:200]


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After; a date in its place is not read."""
    told = headers.get("Retry-After", "")
    return min(float(told), _LONGEST_ASKED_S) if told.isdecimal() else None


def _short(error: HTTPError) -> str:
    return " ".join(str(error).split())[:200]
