"""What a commune sets for the ways beside its horns: other systems by webhook, telephones by an SMS gateway."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from smartradio.wire.messages import Name

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}")
_MIN_SECRET: Final = 16


def check_address(what: str, address: str, *, local_network: bool) -> None:
    """Raise ValueError for what is no address of https, or of http in the station's own network."""
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0 and not parts.username and not parts.fragment
    except ValueError as error:
        raise ValueError(f"{what}: this is no address") from error
    if not whole or parts.scheme not in ("https", "http") or not address.isascii() or " " in address:
        raise ValueError(f"{what}: write it as https://host/path")
    if parts.scheme == "http" and not local_network:
        raise ValueError(f"{what}: plain http is for the station's own network alone (local_network = true)")


class ChannelBase(BaseModel):
    """What every way beside the horns has."""

    model_config = _STRICT

    name: Name
    """Name in the records: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(max_length=100)] = ""
    """What operators read, as in "Tin nhắn cho tổ trưởng"; without one the name."""
    local_network: bool = False
    """Whether the address may lie in the station's own network."""
    exercises: bool = False
    """Whether exercises are told, too; they say first of all that they are one. Tests are never told."""
    timeout_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 15.0
    """An answer must have come whole in so many seconds."""
    give_up_minutes: Annotated[float, Field(gt=0, le=1_440, allow_inf_nan=False)] = 60.0
    """So long a message is tried again that nobody takes."""

    @property
    def shown(self) -> str:
        """What operators read."""
        return self.title or self.name


class WebhookChannel(ChannelBase):
    """Another system that is sent JSON by POST, signed."""

    kind: Literal["webhook"]
    """Which way it is."""
    url: str
    """Its address, as https://host/path."""
    secret: SecretStr
    """What its messages are signed with (HMAC-SHA-256), 16 characters or more."""

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        check_address(f"channel {self.name!r}", self.url, local_network=self.local_network)
        if len(self.secret.get_secret_value()) < _MIN_SECRET:
            raise ValueError(f"channel {self.name!r}: the secret needs {_MIN_SECRET} characters or more")
        return self


class SmsChannel(ChannelBase):
    """Telephones by a gateway that takes SMS over HTTP. `{number}` and `{text}` in address and body are filled in."""

    kind: Literal["sms"]
    """Which way it is."""
    url: str
    """The gateway's address; `{number}` and `{text}` in its query are filled in, never in the host."""
    method: Literal["GET", "POST"] = "POST"
    """How it is asked."""
    headers: dict[str, SecretStr] = Field(default_factory=dict, max_length=20)
    """Headers of the question, such as Authorization."""
    body: Annotated[str, Field(max_length=2_000)] = ""
    """What is posted, with `{number}` and `{text}`; empty for nothing."""
    encoding: Literal["json", "form"] = "json"
    """How the body is written, and its fields with it: application/json or application/x-www-form-urlencoded."""
    numbers: Annotated[tuple[str, ...], Field(min_length=1, max_length=2_000)]
    """Telephone numbers, as 0912345678 or +84912345678; each is told one by one."""
    plain: bool = False
    """Whether marks are left out: "Muc nuoc" instead of "Mực nước", in less than half as many parts."""
    most_parts: Annotated[int, Field(ge=1, le=10)] = 3
    """A longer text is cut at a word."""
    per_minute: Annotated[float, Field(gt=0, le=6_000, allow_inf_nan=False)] = 60.0
    """So many messages a minute at most."""
    expect: Annotated[str, Field(max_length=200)] = ""
    """What an answer must hold to be a yes, for gateways that say no with status 200; empty: the status alone."""

    @field_validator("numbers")
    @classmethod
    def _numbers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(re.sub(r"[ .]", "", each) for each in value)
        for number in bare:
            if not _NUMBER.fullmatch(number):
                raise ValueError(f"{number[:40]!r} is no telephone number, as 0912345678 or +84912345678")
        twice = [number for place, number in enumerate(bare) if number in bare[:place]]
        if twice:
            raise ValueError(f"the number {twice[0]} stands there twice")
        return bare

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            text = secret.get_secret_value()
            if not _HEADER.fullmatch(name) or not text.isprintable() or not text.isascii():
                raise ValueError(f"the header {name[:40]!r} cannot be sent: ASCII in one line")
        return value

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        what = f"channel {self.name!r}"
        parts = urlsplit(self.url)
        bare = self.url.replace("{number}", "0").replace("{text}", "0")
        check_address(what, bare, local_network=self.local_network)
        if "{" in parts.scheme + parts.netloc:
            raise ValueError(f"{what}: nothing is filled in before the path")
        if self.method == "GET" and self.body:
            raise ValueError(f"{what}: a GET has no body")
        for field in ("{number}", "{text}"):
            if field not in self.url + self.body:
                raise ValueError(f"{what}: {field} stands neither in the url nor in the body")
        return self


ChannelSettings = Annotated[WebhookChannel | SmsChannel, Field(discriminator="kind")]
