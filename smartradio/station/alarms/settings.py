"""What a commune sets for its alarms: when one is raised, and who is rung by which way at which hour."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from smartradio.domain.alarm import Severity
from smartradio.wire.messages import Name

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
_ADDRESS = re.compile(r"[^\s@<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}")
_MIN_SECRET = 16

Address = Annotated[str, Field(max_length=254)]


def _checked_address(value: str) -> str:
    if not value.isascii() or not _ADDRESS.fullmatch(value):
        raise ValueError(f"{value[:80]!r} is no e-mail address, as ky-thuat@example.vn")
    return value


class RingSettings(BaseModel):
    """Somebody who is rung, by a webhook or by e-mail."""

    model_config = _STRICT

    name: Name
    """Name in the records: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(max_length=100)] = ""
    """What operators read, as in "Anh Tư, kỹ thuật"; without one the name."""
    webhook: str | None = None
    """An address that is sent JSON by POST, as https://host/path."""
    secret: SecretStr | None = None
    """What the webhook's messages are signed with (HMAC-SHA-256), 16 characters or more."""
    mail: Annotated[tuple[Address, ...], Field(max_length=20)] = ()
    """E-mail addresses; they need `mail`, the server that takes letters."""
    least: Severity = Severity.WARNING
    """Only what is as grave as this is told: notice, warning or critical."""
    awake_from: time = time(0)
    """From this time on everything is told; before it only what is critical, the rest waits."""
    awake_until: time = time(0)
    """Until this time; the same as `awake_from` for the whole day."""
    unseen_minutes: Annotated[float, Field(ge=0, le=1_440, allow_inf_nan=False)] = 0.0
    """Told only if nobody has seen the alarm after so many minutes; 0 tells at once."""
    local_network: bool = False
    """Whether the webhook may lie in the station's own network."""

    @field_validator("mail")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_checked_address(each) for each in value)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook is None) == (not self.mail):
            raise ValueError(f"ring {self.name!r}: give a webhook or mail, one of the two")
        if self.awake_from.tzinfo is not None or self.awake_until.tzinfo is not None:
            raise ValueError("write times by the commune's wall clock, as 21:00")
        if self.webhook is not None:
            self._check_webhook(self.webhook)
        return self

    def _check_webhook(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            whole = bool(parts.hostname) and parts.port != 0 and not parts.username
        except ValueError as error:
            raise ValueError(f"ring {self.name!r}: the webhook is no address") from error
        plain = parts.scheme == "http" and self.local_network
        if not whole or not (parts.scheme == "https" or plain) or any(letter.isspace() for letter in address):
            raise ValueError(
                f"ring {self.name!r}: the webhook must be https://host/path (http only with local_network = true)"
            )
        if self.secret is None or len(self.secret.get_secret_value()) < _MIN_SECRET:
            raise ValueError(f"ring {self.name!r}: its webhook needs a secret of {_MIN_SECRET} characters or more")

    @property
    def shown(self) -> str:
        """What operators read of it."""
        return self.title or self.name


class MailSettings(BaseModel):
    """The server that takes the station's letters."""

    model_config = _STRICT

    host: Annotated[str, Field(min_length=1, max_length=253)]
    """Its name, as smtp.example.vn."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    """Its port: 587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way there is closed to others; none only for a server on this machine."""
    username: str | None = None
    """The station's user there."""
    password: SecretStr | None = None
    """Its password."""
    sender: Address
    """Whom letters come from."""
    timeout_s: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = 30.0
    """Every answer must have come in so many seconds."""

    @field_validator("sender")
    @classmethod
    def _sender(cls, value: str) -> str:
        return _checked_address(value)

    @model_validator(mode="after")
    def _closed_way(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("mail: username and password go together")
        if self.security == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("mail: security = none is for a server on this machine alone")
        return self


class AlarmSettings(BaseModel):
    """When an alarm is raised."""

    model_config = _STRICT

    emergency_again: bool = True
    """Whether an emergency that was badly heard is sent once more by itself to the nodes where it was."""
    disk_least_mb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1_000.0
    """Less room than this on the station's disk is an alarm."""
    node_disk_least_mb: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 100.0
    """Less room than this on a node's disk is an alarm."""
    backup_days: Annotated[int, Field(ge=0, le=365)] = 8
    """A last backup older than so many days is an alarm; 0 for a commune that makes its copies elsewhere."""
    gather_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] = 20.0
    """So long what is not critical is gathered before somebody is rung: ten nodes out at once are one message."""
    least_between_s: Annotated[float, Field(ge=0, le=3_600, allow_inf_nan=False)] = 60.0
    """Nobody gets messages in quicker succession, but of what is critical."""
    give_up_hours: Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)] = 72.0
    """So long a message is tried again that nobody takes."""
