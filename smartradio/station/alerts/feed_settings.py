"""What a commune sets for the feeds of warnings it follows, and what it lets one of them send by itself."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smartradio.alerting.cap.message import Severity
from smartradio.station.alerts.channels.settings import check_address
from smartradio.wire.messages import Name

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
ORDER = (Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR)


def as_grave(severity: Severity, least: Severity) -> bool:
    """Say whether a severity is as grave as another, or graver; an unknown one never is."""
    return severity in ORDER and ORDER.index(severity) <= ORDER.index(least)


class AutomaticSettings(BaseModel):
    """Whose warnings of a feed go on air by themselves; nothing else of it does."""

    model_config = _STRICT

    sender: Annotated[str, Field(min_length=1, max_length=200)]
    """The `sender` of the messages, exactly as it stands in them."""
    least: Severity
    """Only what is as grave as this: Extreme, Severe, Moderate or Minor."""

    @model_validator(mode="after")
    def _says_how_grave(self) -> Self:
        if self.least not in ORDER:
            raise ValueError("least: Extreme, Severe, Moderate or Minor")
        return self


class FeedSettings(BaseModel):
    """A feed of warnings: Atom or RSS with messages of the Common Alerting Protocol, or a single message."""

    model_config = _STRICT

    name: Name
    """Name in the records: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(max_length=100)] = ""
    """What operators read, as in "Đài Khí tượng Thủy văn tỉnh"; without one the name."""
    url: str
    """Its address, as https://host/path."""
    poll_s: Annotated[float, Field(ge=10, le=86_400, allow_inf_nan=False)] = 60.0
    """It is asked so often for what is new."""
    longest_wait_s: Annotated[float, Field(ge=10, le=86_400, allow_inf_nan=False)] = 900.0
    """While it cannot be reached it is asked less and less often, at least once in so many seconds."""
    timeout_s: Annotated[float, Field(gt=0, le=120, allow_inf_nan=False)] = 20.0
    """An answer must have come whole in so many seconds."""
    local_network: bool = False
    """Whether its address may lie in the station's own network, also by http."""
    senders: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    """Only messages of these senders are taken; without any, all of the feed's."""
    least: Severity | None = None
    """Only what is as grave as this becomes a draft; None: everything that reaches the commune."""
    automatic: Annotated[tuple[AutomaticSettings, ...], Field(max_length=20)] = ()
    """Whose warnings go on air by themselves, at once and without a person; without any, an officer sends them all."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        what = f"feed {self.name!r}"
        check_address(what, self.url, local_network=self.local_network)
        if self.automatic and urlsplit(self.url).scheme != "https":
            raise ValueError(f"{what}: what is sent by itself must come by https")
        unknown = [each.sender for each in self.automatic if self.senders and each.sender not in self.senders]
        if unknown:
            raise ValueError(f"{what}: {unknown[0][:80]!r} may send by itself, but is not among its senders")
        return self

    @property
    def shown(self) -> str:
        """What operators read."""
        return self.title or self.name

    def is_automatic(self, sender: str, severity: Severity) -> bool:
        """Say whether a warning goes on air by itself."""
        return any(each.sender == sender and as_grave(severity, each.least) for each in self.automatic)
