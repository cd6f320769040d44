"""Typed messages of wire contract v1; every one is a pydantic model that refuses unknown shapes.

Times are aware UTC. A message travels as the body of a signed envelope (`smartradio.wire.signing`), except
`Want` and the time request, which carry no authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from smartradio.domain.bulletin import SegmentKind
from smartradio.domain.evidence import Reason, Step
from smartradio.wire.signing import RefusedError, SigningKey, canonical, open_envelope, read_json


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("time without a zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("time outside the calendar") from error


Utc = Annotated[datetime, AfterValidator(_utc)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$")]
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
PriorityNumber = Literal[100, 80, 60, 50, 30, 10]

MOST_REPLACED: Final = 100
"""So many airings end at once for one; what is left of them has orders to stop of its own."""


class Message(BaseModel):
    """Base of all messages: frozen, strict about unknown fields.

    `_later` names the fields that came after the first version: they travel only when they say something, so that
    a node which does not know them yet takes every message that does not use them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    _later: ClassVar[tuple[str, ...]] = ()

    @model_serializer(mode="wrap")
    def _without_defaults(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        body: dict[str, Any] = write(self)
        for name in self._later:
            if getattr(self, name) == type(self).model_fields[name].default:
                body.pop(name, None)
        return body


class SegmentRef(Message):
    """One object of a recording; `chunks` travel under `audio/<sha256>/<n>`."""

    sha256: Sha256
    size_bytes: Annotated[int, Field(gt=0, le=64 * 1024 * 1024)]
    duration_s: Seconds
    pause_after_s: Seconds = 0.0
    kind: SegmentKind = SegmentKind.SENTENCE


class LiveSource(Message):
    """An airing that grows while it is aired: its sound comes on `live/<zone>`, piece by piece, for `length_s`.

    `fallback` says that the airing's own recording is played where nothing comes; else there is silence.
    """

    length_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
    fallback: bool = True


class PlannedAiring(Message):
    """What a node must play and when; `expires_at` is the last instant at which it may start.

    `clip` asks for the microphone recording as soon as it is measured; without it the node keeps the recording for
    a while and the station may ask for it later by an order. Of several that begin at the same instant with the same
    priority the one with the lowest `rank` goes first. `gain_db` is against the node's own setting. Sound is over by
    `ends_by`: it stops behind the last sentence that ends by then. What something more urgent stopped may go on, from
    the sentence in which it was stopped, until `resume_until`; without it, it does not go on. With `live` the sound
    is a stream's.

    One that `grows` is not made to its end yet: more segments come under the same airing, in a newer order or plan
    whose segments begin with these. It `replaces` airings, which it ends at once though they are as urgent.
    """

    _later: ClassVar[tuple[str, ...]] = ("rank", "gain_db", "ends_by", "resume_until", "live", "grows", "replaces")

    airing: Token
    recording: Sha256
    priority: PriorityNumber
    starts_at: Utc
    expires_at: Utc
    segments: Annotated[tuple[SegmentRef, ...], Field(min_length=1, max_length=5_000)]
    clip: bool = True
    rank: Annotated[int, Field(ge=0, le=100_000)] = 0
    gain_db: Annotated[float, Field(ge=-60, le=0, allow_inf_nan=False)] = 0.0
    ends_by: Utc | None = None
    resume_until: Utc | None = None
    live: LiveSource | None = None
    grows: bool = False
    replaces: Annotated[tuple[Token, ...], Field(max_length=MOST_REPLACED)] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.expires_at < self.starts_at:
            raise ValueError("expires_at is before starts_at")
        if self.grows and (self.live is not None or self.ends_by is not None):
            raise ValueError("what grows is no stream and has no set end")
        if self.airing in self.replaces:
            raise ValueError("an airing does not replace itself")
        return self

    def continues(self, known: PlannedAiring) -> bool:
        """Say whether this is what a growing airing has become: longer, or told to be at its end."""
        if not known.grows or self.airing != known.airing or self.live is not None:
            return False
        count = len(known.segments)
        more = len(self.segments) > count or (len(self.segments) == count and not self.grows)
        return more and self.segments[:count] == known.segments


class LivePiece(Message):
    """A piece of a stream and its place: seconds from the airing's `starts_at`."""

    at_s: Seconds
    segment: SegmentRef


class LivePart(Message):
    """The newest pieces of an airing that grows, the oldest first; not retained.

    Each part holds those before again, so that a node which missed one has them in time. `ended` says that no more
    will come.
    """

    station: Name
    zone: Name
    airing: Token
    pieces: Annotated[tuple[LivePiece, ...], Field(max_length=200)] = ()
    ended: bool = False


class Action(StrEnum):
    """What an order asks for."""

    PLAY = "play"
    STOP = "stop"
    TEST_TONE = "test_tone"
    CLIP = "clip"
    RESTART = "restart"


class Order(Message):
    """A doorbell: do this now. Every order still valid also stands in the plan.

    (epoch, counter) grows with every order and plan of a station; what is not newer is a replay.
    `airing` is present for play; `stop_airing` names what to stop, None stops all. `clip_airing` names the airing
    whose kept microphone recording is asked for; an order for a clip without it plays a tone and listens to that.
    `even_while_playing` says that whoever asks for a restart knows of the programme it cuts; it cuts no emergency.
    """

    _later: ClassVar[tuple[str, ...]] = ("clip_airing", "even_while_playing")

    order: Token
    epoch: Annotated[int, Field(ge=0)]
    counter: Annotated[int, Field(ge=0)]
    station: Name
    issued_at: Utc
    not_before: Utc
    expires_at: Utc
    zone: Name | None = None
    node: Name | None = None
    action: Action
    priority: PriorityNumber
    airing: PlannedAiring | None = None
    stop_airing: Token | None = None
    clip_airing: Token | None = None
    even_while_playing: bool = False

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if (self.zone is None) == (self.node is None):
            raise ValueError("an order is for one zone or one node")
        if (self.action is Action.PLAY) != (self.airing is not None):
            raise ValueError("an order to play carries its airing, others carry none")
        if self.clip_airing is not None and self.action is not Action.CLIP:
            raise ValueError("only an order for a clip names the airing it was heard in")
        if self.action is Action.RESTART and self.node is None:
            raise ValueError("a restart is asked of one node, never of a zone")
        return self


class Plan(Message):
    """All that a node is to play in the next seven days, and the orders still valid. Retained: the truth."""

    station: Name
    node: Name
    epoch: Annotated[int, Field(ge=0)]
    counter: Annotated[int, Field(ge=0)]
    issued_at: Utc
    airings: tuple[PlannedAiring, ...] = ()
    orders: tuple[Order, ...] = ()


class StandingNotice(Message):
    """A recording that stays on the node and sounds in the place of a programme that is not there."""

    recording: Sha256
    segments: Annotated[tuple[SegmentRef, ...], Field(min_length=1, max_length=100)]


class NodeConfig(Message):
    """What the station sets at a node. Retained.

    `kept_clip_days` is how long the node keeps recordings that nobody has asked for; 0 keeps none. What is `kept`
    stays there whatever the plan says, so that an alert begins without waiting for it.
    """

    _later: ClassVar[tuple[str, ...]] = ("kept_clip_days", "standing", "kept")

    station: Name
    node: Name
    epoch: Annotated[int, Field(ge=0)]
    counter: Annotated[int, Field(ge=0)]
    issued_at: Utc
    zone: Name
    volume_db: Annotated[float, Field(ge=-60, le=0, allow_inf_nan=False)] = 0.0
    clip_bitrate: Annotated[int, Field(ge=6_000, le=64_000)] = 16_000
    kept_clip_days: Annotated[int, Field(ge=0, le=30)] = 7
    standing: StandingNotice | None = None
    kept: Annotated[tuple[SegmentRef, ...], Field(max_length=200)] = ()


class NodeState(Message):
    """Heartbeat. Retained; the last will is one with status offline, signed at connect.

    `rung` is the step of the fallback ladder on which the node stands: what it plays when an airing is due.
    """

    _later: ClassVar[tuple[str, ...]] = ("rung",)

    station: Name
    node: Name
    status: Literal["online", "offline"]
    boot: Token
    at: Utc
    clock_trusted: bool
    clock_offset_ms: float | None = Field(default=None, allow_inf_nan=False)
    playing: Token | None = None
    plan: tuple[int, int] | None = None
    cache_free_mb: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    version: Annotated[str, Field(max_length=40)]
    health: dict[str, float | str | bool | None] = Field(default_factory=dict)
    rung: Literal["programme", "standing", "silence"] = "programme"


class Report(Message):
    """One step of evidence from a node; kept there until the station's own ack.

    `seq` grows by one a report over the node's whole life. `facts` are figures with their unit in the name.
    For a refused message that named no airing, `airing` is None.
    """

    report: Token
    station: Name
    node: Name
    boot: Token
    seq: Annotated[int, Field(ge=0)]
    airing: Token | None = None
    step: Step
    at: Utc
    clock_offset_ms: float | None = Field(default=None, allow_inf_nan=False)
    reason: Reason | None = None
    facts: dict[str, Any] = Field(default_factory=dict)


class Ack(Message):
    """The station has committed these reports and clips (clips by their SHA-256)."""

    station: Name
    node: Name
    reports: tuple[Token, ...] = ()
    clips: tuple[Sha256, ...] = ()


class WantedObject(Message):
    """An object with missing chunks; no numbers means all of them."""

    sha256: Sha256
    chunks: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=4_096)] = ()


class Want(Message):
    """Chunks a node misses. Unsigned: the worst that a false one does is to send audio again."""

    node: Name
    objects: Annotated[tuple[WantedObject, ...], Field(max_length=5_000)]


class TimeRequest(Message):
    """A node's fresh nonce. Unsigned."""

    node: Name
    nonce: Token


class TimeAnswer(Message):
    """The station's time for that nonce."""

    station: Name
    node: Name
    nonce: Token
    at: Utc


M = TypeVar("M", bound=Message)


def _validate(kind: type[M], body: dict[str, Any]) -> M:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or kind.__name__
        raise RefusedError(Reason.MALFORMED, f"{kind.__name__}: {where}: {first['msg']}") from error


def seal(key: SigningKey, topic: str, message: Message) -> bytes:
    """Return a message signed for one topic."""
    return key.seal(topic, message.model_dump(mode="json"))


def written(message: Message) -> bytes:
    """Return a message, or a part of one, in canonical JSON."""
    return canonical(message.model_dump(mode="json"))


def sealed_plan(key: SigningKey, topic: str, plan: Plan, airings: Sequence[bytes]) -> bytes:
    """Return what `seal` does of a plan whose `airings` are `written` already: what many nodes have is written once."""
    without = written(plan.model_copy(update={"airings": ()}))
    begin = b'{"airings":['
    return key.seal_written(topic, begin + b",".join(airings) + without[len(begin) :])


def unseal(kind: type[M], topic: str, payload: bytes, public_hex: str) -> M:
    """Return the message of a signed envelope, else raise RefusedError with its reason."""
    return _validate(kind, open_envelope(topic, payload, public_hex))


def write_plain(message: Message) -> bytes:
    """Return an unsigned message."""
    return message.model_dump_json().encode()


def read_plain(kind: type[M], payload: bytes) -> M:
    """Return an unsigned message, else raise RefusedError."""
    return _validate(kind, read_json(payload))
