"""A message held against what the standard says beyond its shape. Source: CAP 1.2, sections 3.2.1 to 3.3.2.

What would mislead is refused: a message without what its kind needs, from the future, over before it begins, without an
area that can be drawn. What is only unwise, or written another way, is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from smartradio.alerting.cap.findings import Finding, Gravity, refuse, warn
from smartradio.alerting.cap.info_rules import info_findings
from smartradio.alerting.cap.language_rules import language_findings
from smartradio.alerting.cap.message import CapAlert, MsgType, Scope, Status

AHEAD: Final = timedelta(minutes=5)
"""So far a sender's clock may be ahead of ours."""
_BREAKS_A_REFERENCE: Final = re.compile(r"[,<&]")
_SAYS_SOMETHING: Final = (MsgType.ALERT, MsgType.UPDATE)
_REFERS: Final = (MsgType.UPDATE, MsgType.CANCEL, MsgType.ACK, MsgType.ERROR)


def check(message: CapAlert, *, now: datetime) -> tuple[Finding, ...]:
    """Return all that is wrong with a message, what refuses it first, then by line; empty: nothing."""
    found = [
        *message.remarks,
        *_names(message),
        *_kind(message),
        *_whom(message),
        *_references(message),
        *_time(message, now),
        *(each for info in message.infos for each in info_findings(message, info, now)),
        *language_findings(message),
    ]
    return tuple(sorted(found, key=lambda each: (each.gravity is not Gravity.REFUSE, each.line)))


def refusals(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings for which a message is not used."""
    return tuple(each for each in found if each.gravity is Gravity.REFUSE)


def _names(message: CapAlert) -> Iterator[Finding]:
    for element, text in (("identifier", message.identifier), ("sender", message.sender)):
        line = message.lines.get(element, 0)
        if _BREAKS_A_REFERENCE.search(text):
            said = "<{name}> holds a comma, < or &: no other message can refer to it."
            yield refuse("name", said, element=element, line=line, name=element)
        elif re.search(r"\s", text):
            yield warn("name_spaces", "<{name}> holds spaces.", element=element, line=line, name=element)


def _kind(message: CapAlert) -> Iterator[Finding]:
    lines = message.lines
    if message.msg_type in _SAYS_SOMETHING and not message.infos and message.status is not Status.SYSTEM:
        yield refuse("no_info", "There is no <info>: the message says nothing.", line=lines.get("alert", 0))
    if message.msg_type in _REFERS and not message.references:
        said = "A message of type {type} must say in <references> which message it is about."
        yield refuse("no_references", said, line=lines.get("msgType", 0), type=message.msg_type)
    if message.msg_type is MsgType.ALERT and message.references:
        said = "A new alert refers to others; nothing is done to those."
        yield warn("references_of_alert", said, element="references", line=lines.get("references", 0))
    if message.note:
        return
    if message.status is Status.EXERCISE:
        yield warn("no_note", "An exercise should say in <note> which one it is.", line=lines.get("status", 0))
    if message.msg_type is MsgType.ERROR:
        yield warn("no_note", "An error should say in <note> what is wrong.", line=lines.get("msgType", 0))


def _whom(message: CapAlert) -> Iterator[Finding]:
    line = message.lines.get("scope", 0)
    if message.scope is Scope.RESTRICTED and not message.restriction:
        said = "A restricted message must say in <restriction> to whom it is restricted."
        yield refuse("no_restriction", said, element="scope", line=line)
    if message.scope is not Scope.RESTRICTED and message.restriction:
        said = "There is a <restriction>, but the message is not restricted."
        yield warn("restriction", said, element="restriction", line=message.lines.get("restriction", 0))
    if message.scope is Scope.PRIVATE and not message.addresses:
        said = "A private message must say in <addresses> for whom it is."
        yield refuse("no_addresses", said, element="scope", line=line)


def _references(message: CapAlert) -> Iterator[Finding]:
    line = message.lines.get("references", 0)
    if any(key == message.key for key in message.references):
        yield refuse("refers_to_itself", "The message refers to itself.", element="references", line=line)
    for key in message.references:
        if key.sent > message.key.sent:
            said = "It refers to a message that was sent after it: {text}"
            yield warn("refers_to_later", said, element="references", line=line, text=key.identifier)


def _time(message: CapAlert, now: datetime) -> Iterator[Finding]:
    line = message.lines.get("sent", 0)
    if message.sent > now + AHEAD:
        ahead_min = round((message.sent - now).total_seconds() / 60)
        said = "The message comes from the future: it says it was sent {minutes} minutes after now."
        yield refuse("from_the_future", said, element="sent", line=line, minutes=ahead_min)
    end = message.expires
    if end is not None and end <= now:
        said = "The message is over: it expired at {time}."
        yield warn("expired", said, element="expires", line=_line_of_end(message), time=end.isoformat())


def _line_of_end(message: CapAlert) -> int:
    return max((info.lines.get("expires", 0) for info in message.infos), default=0)
