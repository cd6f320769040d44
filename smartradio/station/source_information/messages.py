"""Items as they travel: strict shapes, and signatures by their issuers. The format is told in the docs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, ValidationError, model_validator

from smartradio.domain.evidence import Reason
from smartradio.domain.from_above import ItemClass, ItemFromAbove, OfferedSound
from smartradio.station.source_information.port import SignedItem
from smartradio.wire.messages import Message, Name, Sha256, Token, Utc
from smartradio.wire.signing import RefusedError, canonical

FORMAT: Final = "smartradio-source/1"
LONGEST_VALID: Final = timedelta(days=366)
Cursor = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,200}$")]


class SoundMessage(Message):
    """A sound to be fetched at `path`, below the system's own address."""

    path: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", max_length=300)
    ]
    sha256: Sha256
    size_bytes: Annotated[int, Field(gt=0, le=200 * 1024 * 1024)]
    language: Annotated[str, Field(min_length=2, max_length=35)] = "vi"


class ItemMessage(Message):
    """What an issuer signs: an item, or that an earlier one is taken back."""

    issuer: Name
    item: Token
    stations: Annotated[tuple[Name, ...], Field(min_length=1, max_length=10_000)]
    item_class: ItemClass
    title: Annotated[str, Field(min_length=1, max_length=200)]
    issued_at: Utc
    expires_at: Utc
    text: Annotated[str, Field(max_length=50_000)] = ""
    sound: SoundMessage | None = None
    zones: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    air_at: Utc | None = None
    replaces: Token | None = None
    cancels: bool = False

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        given = bool(self.text.strip()) + (self.sound is not None)
        if self.cancels and (given or self.replaces is None):
            raise ValueError("what cancels names the item in 'replaces' and brings no text and no sound")
        if not self.cancels and given != 1:
            raise ValueError("give either a text or a sound")
        if self.replaces == self.item:
            raise ValueError("an item cannot replace itself")
        if not self.issued_at < self.expires_at <= self.issued_at + LONGEST_VALID:
            raise ValueError("expires_at lies after issued_at, by a year at most")
        return self


class PageMessage(Message):
    """An answer to "what is new?"; items stay plain here, each is checked by itself."""

    items: Annotated[tuple[dict[str, Any], ...], Field(max_length=200)]
    next: Cursor
    more: bool


def open_item(
    signed: SignedItem, *, keys: dict[str, str], station: str, now: datetime, skew: timedelta
) -> ItemFromAbove:
    """Return an item that one of the known issuers signed for this station; raises RefusedError.

    `keys` are the issuers' public keys in hex by their names. An expired item is returned: that it came is told.
    """
    issuer = signed.body.get("issuer")
    public_hex = keys.get(issuer) if isinstance(issuer, str) else None
    if public_hex is None:
        raise RefusedError(Reason.BAD_SIGNATURE, f"an item of {str(issuer)[:48]!r}, whose key is not known here")
    try:
        signed_bytes = _signed_bytes(signed.body)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
        key.verify(base64.b64decode(signed.signature, validate=True), signed_bytes)
    except (InvalidSignature, binascii.Error, ValueError, TypeError) as error:
        raise RefusedError(
            Reason.BAD_SIGNATURE, f"an item in the name of {issuer} that {issuer} did not sign"
        ) from error
    try:
        message = ItemMessage.model_validate(signed.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "item"
        raise RefusedError(Reason.MALFORMED, f"an item of {issuer}: {where}: {first['msg']}") from error
    if station not in message.stations:
        raise RefusedError(Reason.FOREIGN_STATION, f"item {message.item} of {issuer} is for {message.stations[0]}")
    if message.issued_at > now + skew:
        raise RefusedError(
            Reason.MALFORMED, f"item {message.item} of {issuer} was issued in the future; check the clock"
        )
    return _item(message, hashlib.sha256(signed_bytes).hexdigest())


def _signed_bytes(body: Any) -> bytes:
    return canonical({"about": FORMAT, "item": body})


def _item(message: ItemMessage, fingerprint: str) -> ItemFromAbove:
    sound = message.sound
    return ItemFromAbove(
        issuer=message.issuer,
        item=message.item,
        fingerprint=fingerprint,
        item_class=message.item_class,
        title=" ".join(message.title.split()),
        issued_at=message.issued_at,
        expires_at=message.expires_at,
        text=message.text,
        sound=None if sound is None else OfferedSound(sound.path, sound.sha256, sound.size_bytes, sound.language),
        zones=message.zones,
        air_at=message.air_at,
        replaces=message.replaces,
        cancels=message.cancels,
    )
