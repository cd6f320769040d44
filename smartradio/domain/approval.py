"""From draft to air: what may be done to an item in which state, what an approval binds, and who may give it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, StrEnum
from typing import Any, Final

from smartradio.domain.bulletin import Segment
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Programme


class ItemState(StrEnum):
    """Where an item stands on its way to the air."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    AIRED = "aired"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What is done to an item: by a person, by the planning (`plan`), by a node that begins it (`start`).

    `refuse` is the station's own: what it was to air is not what was approved.
    """

    CHANGE = "change"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    PLAN = "plan"
    START = "start"
    WITHDRAW = "withdraw"
    REFUSE = "refuse"


_S = ItemState
_ALL_BUT_WITHDRAWN: Final = tuple(state for state in _S if state is not _S.WITHDRAWN)
_RELEASED: Final = (_S.APPROVED, _S.SCHEDULED, _S.AIRED)

TABLE: Final[Mapping[tuple[ItemState, Act], ItemState]] = {
    # Whatever was said of it before was said of other words.
    **{(state, Act.CHANGE): _S.DRAFT for state in _S},
    (_S.DRAFT, Act.SUBMIT): _S.SUBMITTED,
    (_S.RETURNED, Act.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, Act.APPROVE): _S.APPROVED,
    (_S.SUBMITTED, Act.RETURN): _S.RETURNED,
    (_S.APPROVED, Act.PLAN): _S.SCHEDULED,
    (_S.SCHEDULED, Act.PLAN): _S.SCHEDULED,
    (_S.AIRED, Act.PLAN): _S.AIRED,
    (_S.APPROVED, Act.START): _S.AIRED,
    (_S.SCHEDULED, Act.START): _S.AIRED,
    (_S.AIRED, Act.START): _S.AIRED,
    **{(state, Act.WITHDRAW): _S.WITHDRAWN for state in _ALL_BUT_WITHDRAWN},
    **{(state, Act.REFUSE): _S.RETURNED for state in _RELEASED},
}
"""The state after an act; what does not stand here may not be done."""

RELEASED: Final = frozenset(_RELEASED)
"""States in which somebody answers for it by name: only these are ever planned."""


def after_act(state: ItemState, act: Act) -> ItemState | None:
    """Return the state after an act, None where it may not be done."""
    return TABLE.get((state, act))


def furthest(state: ItemState, *, planned: bool, started: bool) -> ItemState:
    """Return how far an item has come by what the plan holds and what nodes have reported, both of them seen."""
    for act, seen in ((Act.PLAN, planned), (Act.START, started)):
        if seen and state in RELEASED:
            state = TABLE[state, act]
    return state


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: the name that stands in evidence, the account and a session's fingerprint where one was used."""

    title: str
    account: str = ""
    session: str = ""

    def facts(self) -> dict[str, str]:
        """Return what the log says of them."""
        told = {"by": self.title, "account": self.account, "session": self.session}
        return {name: value for name, value in told.items() if value}

    def is_same(self, other: Person) -> bool:
        """Say whether both are one human being: by account where both have one, else by name."""
        if self.account and other.account:
            return self.account == other.account
        return _plain_name(self.title) == _plain_name(other.title)


def _plain_name(title: str) -> str:
    # Vietnamese letters are typed in two forms that look the same.
    return unicodedata.normalize("NFKC", " ".join(title.split()).casefold())


class SecondPersonError(BadInputError):
    """Two must answer for an item, and `by` alone did."""

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} handed it in; somebody else must approve it")
        self.by = by


def check_second_person(submitted_by: Person, approving: Person, *, four_eyes: bool) -> None:
    """Raise SecondPersonError where two must answer and only one does."""
    if four_eyes and submitted_by.is_same(approving):
        raise SecondPersonError(submitted_by.title)


# Whose name stands under it is not what is aired; a topic only sorts reports.
_NOT_BOUND: Final = frozenset({"approved_by", "topic"})


def bound_terms(programme: Programme, segments: Sequence[Segment], *, at_once: bool) -> dict[str, Any]:
    """Return, as plain JSON values, all that an approval binds: words, sounds, zones, times, priority, voice.

    Fields that are as by default are left out, so that a field a later version adds leaves what was approved
    before it approved. What goes on air at the moment of its approval has no time of its own.
    """
    terms: dict[str, Any] = {name: value for name, value in _plain_fields(programme).items() if name not in _NOT_BOUND}
    if at_once:
        terms["first_at"] = "at_once"
    terms["segments"] = [[segment.sha256, round(segment.pause_after_s * 1e6)] for segment in segments]
    return terms


def _plain_fields(value: Any) -> dict[str, Any]:
    told = {field: getattr(value, field.name) for field in fields(value)}
    return {field.name: _plain(each) for field, each in told.items() if each != field.default}


def _plain(value: object) -> Any:
    plain: Any = value
    if is_dataclass(value) and not isinstance(value, type):
        plain = _plain_fields(value)
    elif isinstance(value, tuple | list):
        plain = [_plain(item) for item in value]
    elif isinstance(value, Enum):
        plain = value.value
    elif isinstance(value, timedelta):
        plain = round(value.total_seconds() * 1e6)
    elif isinstance(value, datetime | date | time):
        plain = value.isoformat()
    return plain
