"""Signed envelopes in canonical JSON, bound to the topic that carries them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from smartradio.domain.errors import SmartradioError
from smartradio.domain.evidence import Reason
from smartradio.wire.topics import VERSION

MAX_ENVELOPE_BYTES = 4 * 1024 * 1024
_MAX_DEPTH = 16
_MAX_NUMBER = 2**53  # beyond it JSON readers disagree; NaN is not below it either


class RefusedError(SmartradioError):
    """A message that must not be acted on; `reason` is the stable code that is reported."""

    def __init__(self, reason: Reason, line: str) -> None:
        super().__init__(line)
        self.reason = reason


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return JSON with sorted keys, no spaces, UTF-8; NaN and infinities raise ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key; `public_hex` is what others know of it."""

    private: Ed25519PrivateKey

    @classmethod
    def new(cls) -> SigningKey:
        """Make a key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_hex(cls, text: str) -> SigningKey:
        """Read a key from 64 hex digits; raises SmartradioError."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip())))
        except ValueError as error:
            raise SmartradioError("a signing key is 64 hex digits") from error

    def to_hex(self) -> str:
        """Return the private key as 64 hex digits, for a file of mode 0600."""
        return self.private.private_bytes_raw().hex()

    @property
    def public_hex(self) -> str:
        """The public key as 64 hex digits."""
        return self.private.public_key().public_bytes_raw().hex()

    def seal(self, topic: str, body: Mapping[str, Any]) -> bytes:
        """Return the envelope of a message for one topic: version, body and signature over both and the topic."""
        return self.seal_written(topic, canonical(body))

    def seal_written(self, topic: str, body: bytes) -> bytes:
        """Return the envelope of a message that is canonical JSON already."""
        # The keys in their order, as `canonical` writes them.
        rest = canonical({"topic": topic, "v": VERSION})[1:]
        signature = self.private.sign(b'{"body":' + body + b"," + rest)
        sealed = canonical({"sig": base64.b64encode(signature).decode(), "v": VERSION})[1:]
        return b'{"body":' + body + b"," + sealed


def _signed_bytes(topic: str, version: int, body: Mapping[str, Any]) -> bytes:
    return canonical({"topic": topic, "v": version, "body": body})


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key stands twice")
    return keys


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _bounded(value: object, depth: int = 0) -> None:
    """Raise ValueError for what is nested deeper than any message of ours, or a number no field can hold."""
    if depth > _MAX_DEPTH:
        raise ValueError(f"nested deeper than {_MAX_DEPTH}")
    if isinstance(value, dict):
        for each in value.values():
            _bounded(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _bounded(each, depth + 1)
    elif isinstance(value, int | float) and not abs(value) <= _MAX_NUMBER:
        raise ValueError("a number is too large")


def read_json(payload: bytes) -> dict[str, Any]:
    """Read one JSON object of a message; anything else is refused as malformed."""
    if len(payload) > MAX_ENVELOPE_BYTES:
        raise RefusedError(Reason.MALFORMED, f"message of {len(payload)} bytes is too large")
    try:
        # Decoded here: json.loads would take UTF-16 too, and one message must have one form.
        value = json.loads(payload.decode("utf-8"), object_pairs_hook=_no_twins, parse_constant=_no_constant)
        _bounded(value)
    except (ValueError, RecursionError) as error:
        raise RefusedError(Reason.MALFORMED, f"message is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise RefusedError(Reason.MALFORMED, "message is not a JSON object")
    return value


def open_envelope(topic: str, payload: bytes, public_hex: str) -> dict[str, Any]:
    """Return the body of an envelope sealed for this topic by the owner of the key, else raise RefusedError."""
    envelope = read_json(payload)
    version = envelope.get("v")
    if version != VERSION or isinstance(version, bool):
        raise RefusedError(Reason.UNKNOWN_VERSION, f"message of version {version!r}, this side speaks {VERSION}")
    body, signature = envelope.get("body"), envelope.get("sig")
    if not isinstance(body, dict) or not isinstance(signature, str) or len(envelope) != 3:
        raise RefusedError(Reason.MALFORMED, "envelope lacks body or signature")
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(base64.b64decode(signature, validate=True), _signed_bytes(topic, VERSION, body))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise RefusedError(Reason.BAD_SIGNATURE, f"signature on {topic} is not the expected party's") from error
    return body
