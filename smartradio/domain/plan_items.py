"""What a plan says of each airing: what is decided, when it sounds, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from smartradio.domain.programme import Programme


class Decision(StrEnum):
    """What comes of a planned airing in a zone."""

    PLAYS = "plays"
    """It sounds whole, at its instant or in its turn."""
    DELAYED = "delayed"
    """It sounds whole, but later than planned."""
    RESUMED = "resumed"
    """It is broken off, and what was left of it is heard afterwards."""
    CUT = "cut"
    """It stops at a sentence before its end."""
    BROKEN_OFF = "broken_off"
    """It is broken off, and what is left is not heard."""
    SKIPPED = "skipped"
    """It does not sound: a rule forbids it."""
    DROPPED = "dropped"
    """It does not sound: when its turn came it was no longer valid."""


class NoteCode(StrEnum):
    """Why something was decided; stable."""

    IN_TURN = "in_turn"
    """It follows `by`, which begins at the same instant in the same slot."""
    STAGGERED = "staggered"
    """It starts `seconds` after its instant, so as not to sound over a neighbouring zone."""
    DELAYED = "delayed"
    """It waited for `by`."""
    PREEMPTED = "preempted"
    """`by` stopped it at `at`, in sentence `sentence` of `of`."""
    RESUMED = "resumed"
    """It goes on at `at` from the sentence `sentence`."""
    LITTLE_LEFT = "little_left"
    """With `seconds` left it is not gone on with; its next airing is `until`, if there is one."""
    ENDED = "ended"
    """Nothing of it is kept that could go on."""
    CUT_SLOT = "cut_slot"
    """Its slot is over at `at`; sentence `sentence` of `of` is the last one heard."""
    CUT_QUIET = "cut_quiet"
    """Quiet hours begin at `at`; sentence `sentence` of `of` is the last one heard."""
    QUIET_HOURS = "quiet_hours"
    """It would have begun inside quiet hours, or just before them; they last from `at` until `until`."""
    SLOT_FULL = "slot_full"
    """Its slot, over at `at`, had `limit_s` left for the `seconds` it needs."""
    AIRTIME = "airtime"
    """The zone's day has `limit_s`, of which `used_s` are used, and it needs `seconds`."""
    EXPIRED = "expired"
    """It was not to begin, or go on, after `at`."""
    HOLIDAY = "holiday"
    """It is not aired on the holiday `named`."""
    LEFT_OUT = "left_out"
    """Its schedule takes this day out by its date."""
    NOT_APPROVED = "not_approved"
    """Nobody answers for it."""
    NO_NODES = "no_nodes"
    """No node stands in the zone."""


@dataclass(frozen=True, slots=True)
class Note:
    """One reason with its figures; those a code does not speak of are None. Sentences count from 1.

    `by` names the programme that stands in the way and `by_at` is when that began to sound.
    """

    code: NoteCode
    at: datetime | None = None
    until: datetime | None = None
    by: Programme | None = None
    by_at: datetime | None = None
    sentence: int | None = None
    of: int | None = None
    seconds: float | None = None
    limit_s: float | None = None
    used_s: float | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of sound: `first` is its first sentence and `last` the last one heard whole, from 1.

    `last` is below `first` where it is stopped before its first sentence is over.
    """

    starts_at: datetime
    ends_at: datetime
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One instant of a programme in the zones where the same comes of it, with the nodes that stand there.

    `length_s` is how long it is when nothing is in its way; `estimated` if it has not been made audible.
    Instants are aware UTC.
    """

    programme: Programme
    planned_at: datetime
    zones: tuple[str, ...]
    nodes: tuple[str, ...]
    decision: Decision
    pieces: tuple[Piece, ...]
    notes: tuple[Note, ...]
    length_s: float
    estimated: bool

    @property
    def starts_at(self) -> datetime | None:
        """When it begins to sound, if it does."""
        return self.pieces[0].starts_at if self.pieces else None

    @property
    def ends_at(self) -> datetime | None:
        """When it is over, if it sounds."""
        return self.pieces[-1].ends_at if self.pieces else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is aired in [start, end), by planned instant, then by when it begins to sound, urgency, turn, name."""

    start: datetime
    end: datetime
    items: tuple[PlanItem, ...]

    def of(self, programme: str) -> Iterator[PlanItem]:
        """Yield the items of a programme, by its name."""
        return (item for item in self.items if item.programme.name == programme)
