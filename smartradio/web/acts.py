"""What a person does with a verdict: confirm, dispute, have it aired once more at the node, ask for the clip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from smartradio.domain.approval import SecondPersonError
from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.station.at_once import AirtimeError, QuietHoursError
from smartradio.station.items import ChangedMeanwhileError, ItemRefusedError
from smartradio.station.scripts import MisreadError
from smartradio.web.console import Console, Visitor
from smartradio.web.formats import Reader
from smartradio.web.forms import typed, wrong_note


class Act(StrEnum):
    """The answers to a verdict; the last part of their forms' addresses."""

    CONFIRM = "confirm"
    DISPUTE = "dispute"
    REPLAY = "replay"
    CLIP = "clip"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An answer that was not taken, what was typed, and why, in the visitor's language."""

    act: Act
    node: str
    note: str
    error: str


async def answer(
    console: Console, request: Request, airing: str, node: str, act: Act
) -> tuple[Visitor, NotTaken | None]:
    """Do what a posted form asks, in the name of who sent it. Raises StaleFormError."""
    visitor, form = console.visitor_of(request), await console.form(request)
    own, by = console.reader(request), visitor.account.title
    note = typed(form, "note").strip() if act is Act.DISPUTE else ""
    wrong = wrong_note(note, own) if act is Act.DISPUTE else None
    seen = typed(form, "seen") or None
    if wrong is None:
        try:
            match act:
                case Act.CONFIRM:
                    await console.desk.confirm(airing, node, by=by, seen=seen)
                case Act.DISPUTE:
                    await console.desk.dispute(airing, node, by=by, note=note, seen=seen)
                case Act.REPLAY:
                    await console.desk.replay(airing, node, by=console.person(visitor))
                case Act.CLIP:
                    await console.desk.ask_clip(airing, node, by=by)
        except BadInputError as error:
            wrong = own._("This was not done: {line}", line=own._(str(error)))
    return visitor, NotTaken(act, node, note, wrong) if wrong else None


def refusal_line(own: Reader, error: SmartradioError) -> str:
    """Return the station's refusal as one line."""
    if isinstance(error, MisreadError):
        return own._(
            "Line {line}: “{written}” would be read as “{heard}”. Please write it in words.",
            line=error.line,
            written=error.written,
            heard=error.heard,
        )
    if isinstance(error, ChangedMeanwhileError):
        return own._(
            "{name} changed this at {time}, {day}, after you had opened it. Nothing of yours was kept.",
            name=error.by,
            time=own.clock(error.at, parts=3),
            day=own.day(error.at),
        )
    if isinstance(error, SecondPersonError):
        return own._("{name} handed this in; somebody else must approve it.", name=error.by)
    if isinstance(error, QuietHoursError):
        return own._(
            "Quiet hours in {zone} from {begin} to {end}: only an emergency is aired.",
            zone=error.zone,
            begin=f"{error.begin:%H:%M}",
            end=f"{error.end:%H:%M}",
        )
    if isinstance(error, AirtimeError):
        return own._(
            "{zone} has used up the airtime of this day: {used} of {limit} minutes. Only an emergency is aired.",
            zone=error.zone,
            used=own.number(error.used_min),
            limit=own.number(error.limit_min),
        )
    return own._("The station did not take this: {line}", line=_plain_line(own, error))


def _plain_line(own: Reader, error: SmartradioError) -> str:
    if not isinstance(error, ItemRefusedError):
        return own._(str(error))
    return own._(error.said, **error.values | {"state": own.code("item_state", error.values.get("state", ""))})
