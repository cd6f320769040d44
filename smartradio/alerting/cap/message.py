"""A message of the Common Alerting Protocol, element by element. Source: OASIS, CAP 1.2, 1 July 2010, section 3.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from smartradio.alerting.cap.findings import Finding

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
DEFAULT_LANGUAGE: Final = "en-US"
"""What an info without a language is in, as the standard has it."""


class Status(StrEnum):
    """How the message is meant to be handled."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    """What the message does."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    """Who may know of it."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    """What kind of event it is about."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    """What people are asked to do."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    """How soon something must be done."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How bad it is."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure it is."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class Key(NamedTuple):
    """What names a message for good, and what other messages refer to.

    `sent` keeps the offset it was written with; the same instant is the same key. As a string it is always the same:
    with the time in UTC.
    """

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{cap_time(self.sent.astimezone(UTC))}"


class Named(NamedTuple):
    """A value with the name of the system it belongs to: of eventCode, parameter and geocode."""

    name: str
    value: str


class Point(NamedTuple):
    """A place on WGS 84, in degrees, in CAP's order."""

    lat: float
    lon: float


class Circle(NamedTuple):
    """All that is no farther from a place than the radius."""

    centre: Point
    radius_km: float


Polygon = tuple[Point, ...]
"""A closed line: the last point is the first."""

Lines = Mapping[str, int]
"""Where elements of a block stand in the file: the line by the element's name, "polygon 2" for a second one."""


def _no_lines() -> Lines:
    return {}


@dataclass(frozen=True, slots=True)
class Area:
    """A place it is about; `altitude_ft` and `ceiling_ft` are feet above mean sea level."""

    description: str
    polygons: tuple[Polygon, ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Named, ...] = ()
    altitude_ft: float | None = None
    ceiling_ft: float | None = None
    lines: Lines = field(default_factory=_no_lines, compare=False)


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that goes with it; `deref_uri` holds its content in base64, `digest` is its SHA-1."""

    description: str
    mime_type: str = ""
    size_bytes: int | None = None
    uri: str = ""
    deref_uri: str = ""
    digest: str = ""
    lines: Lines = field(default_factory=_no_lines, compare=False)


@dataclass(frozen=True, slots=True)
class Info:
    """What is told, in one language; "" and None: the message does not say. Times keep the offset they came with."""

    categories: tuple[Category, ...]
    event: str
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    language: str = ""
    responses: tuple[ResponseType, ...] = ()
    audience: str = ""
    event_codes: tuple[Named, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[Named, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()
    lines: Lines = field(default_factory=_no_lines, compare=False)

    @property
    def tongue(self) -> str:
        """Return the language without its country, as in "vi"."""
        return (self.language or DEFAULT_LANGUAGE).partition("-")[0].lower()


@dataclass(frozen=True, slots=True)
class CapAlert:
    """A whole message.

    `signed` tells that a signature came with it, which nobody here checks; `remarks` are what the reader let pass
    although the standard does not. Neither belongs to what the message says: messages are equal without them.
    """

    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MsgType
    scope: Scope
    source: str = ""
    restriction: str = ""
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str = ""
    references: tuple[Key, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()
    lines: Lines = field(default_factory=_no_lines, compare=False)
    signed: bool = field(default=False, compare=False)
    remarks: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def key(self) -> Key:
        """Return what names the message for good."""
        return Key(self.sender, self.identifier, self.sent)

    @property
    def expires(self) -> datetime | None:
        """Return when the last of its infos ends; None if one of them has no end, or there is none."""
        ends = [info.expires for info in self.infos]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None


def cap_time(at: datetime) -> str:
    """Return an instant as CAP writes it: whole seconds, with its offset, which for UTC is -00:00."""
    written = at.replace(microsecond=0).isoformat()
    return written.removesuffix("+00:00") + "-00:00" if written.endswith("+00:00") else written
