"""What a commune sets for its link to the source-information system."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from smartradio.wire.messages import Name

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
_KEY = r"^[0-9a-f]{64}$"

Positive = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Issuer(BaseModel):
    """Somebody above whose items are taken, known by their key."""

    model_config = _STRICT

    name: Name
    """Name in the items: a-z, 0-9, hyphens."""
    title: Annotated[str, Field(min_length=1, max_length=100)]
    """What operators read and the evidence keeps, as in "Đài Khí tượng Thủy văn tỉnh"."""
    public_key: Annotated[str, Field(pattern=_KEY)]
    """The issuer's Ed25519 key in hex, got by another way than this link."""
    emergency_from_above: Literal["ask", "at_once"] = "ask"
    """What is done with this issuer's emergencies: "ask" puts them before an approver, "at_once" airs them."""


class SourceInformationSettings(BaseModel):
    """How to reach the source-information system."""

    model_config = _STRICT

    url: str
    """Its address, as https://host/path; plain http only at this machine."""
    public_key: Annotated[str, Field(pattern=_KEY)]
    """The system's own Ed25519 key in hex: answers it has not signed are not believed."""
    issuers: Annotated[tuple[Issuer, ...], Field(min_length=1)]
    """Whose items are taken."""
    poll_s: Positive = 60.0
    """It is asked so often for what is new."""
    longest_wait_s: Positive = 900.0
    """While it cannot be reached it is tried less and less often, at least once in so many seconds."""
    timeout_s: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = 30.0
    """An answer must have come in so many seconds."""
    clock_skew_s: Annotated[float, Field(ge=1, le=3_600, allow_inf_nan=False)] = 300.0
    """Answers whose time differs more than this from the station's clock are not believed."""
    max_sound_mb: Annotated[float, Field(gt=0, le=200, allow_inf_nan=False)] = 20.0
    """Sounds larger than this are not fetched: mobile data is paid."""
    reports: bool = True
    """Whether what was aired is told upward."""

    @model_validator(mode="after")
    def _address_and_issuers_make_sense(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("url: write it as https://host/path")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("url: plain http is taken at this machine only; use https")
        if parts.query or parts.fragment or parts.username:
            raise ValueError("url: no query, fragment or user in it")
        names = [issuer.name for issuer in self.issuers]
        keys = [issuer.public_key for issuer in self.issuers]
        if len(set(names)) < len(names) or len(set(keys)) < len(keys):
            raise ValueError("issuers: two have one name or one key")
        return self
