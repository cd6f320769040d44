"""A CAP message as people read it at the command line, and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from smartradio.alerting.cap.message import Area, CapAlert, Circle, Info, Named, Point, cap_time

_NOT_SAID = ("lines", "remarks")


def lines_of(message: CapAlert) -> Iterator[str]:
    """Yield a message line by line, one block for each language."""
    yield f"{message.msg_type}, {message.status}, {message.scope}: {message.identifier}"
    yield from _row("from", message.sender)
    yield from _row("sent", cap_time(message.sent))
    yield from _row("source", message.source)
    yield from _row("only for", message.restriction)
    yield from _row("addressed to", ", ".join(message.addresses))
    yield from _row("codes", ", ".join(message.codes))
    yield from _row("note", message.note)
    for key in message.references:
        yield from _row("refers to", str(key))
    yield from _row("incidents", ", ".join(message.incidents))
    if message.signed:
        yield from _row("signature", "there is one; it is not checked")
    for info in message.infos:
        yield ""
        yield from _info(info)


def document_of(value: Any) -> Any:
    """Return a message as JSON has it: field by field, times with their offset, points as latitude and longitude."""
    if isinstance(value, datetime):
        return cap_time(value)
    if isinstance(value, Point):
        return [value.lat, value.lon]
    if isinstance(value, Named):
        return {"name": value.name, "value": value.value}
    if is_dataclass(value):
        names = (field.name for field in fields(value) if field.name not in _NOT_SAID)
        return {name: document_of(getattr(value, name)) for name in names}
    if isinstance(value, tuple):
        # Circles and keys have names for their parts, polygons have not.
        named = getattr(value, "_asdict", None)
        return {n: document_of(v) for n, v in named().items()} if named else [document_of(each) for each in value]
    return value


def _info(info: Info) -> Iterator[str]:
    yield f"[{info.language or 'no language given'}] {info.headline or info.event}"
    if info.headline:
        yield from _row("event", info.event)
    yield from _row("issuer", info.sender_name)
    yield from _row("kind", ", ".join(info.categories))
    yield from _row("urgency", f"{info.urgency}, severity {info.severity}, certainty {info.certainty}")
    yield from _row("do", ", ".join(info.responses))
    for name, at in (("effective", info.effective), ("onset", info.onset), ("expires", info.expires)):
        yield from _row(name, "" if at is None else cap_time(at))
    yield from _row("for whom", info.audience)
    yield from _row("says", info.description)
    yield from _row("advises", info.instruction)
    yield from _row("page", info.web)
    yield from _row("contact", info.contact)
    for each in (*info.event_codes, *info.parameters):
        yield from _row(each.name, each.value)
    for file in info.resources:
        yield from _row("file", f"{file.description} {file.mime_type} {file.uri}".rstrip())
    for area in info.areas:
        yield from _area(area)


def _area(area: Area) -> Iterator[str]:
    yield from _row("where", area.description)
    for polygon in area.polygons:
        yield from _row("", f"polygon of {len(polygon)} points from {_place(polygon[0])}")
    for circle in area.circles:
        yield from _row("", _circle(circle))
    for code in area.geocodes:
        yield from _row("", f"{code.name} {code.value}")
    if area.altitude_ft is not None:
        above = "and above" if area.ceiling_ft is None else f"to {area.ceiling_ft:g} ft"
        yield from _row("", f"{area.altitude_ft:g} ft {above}")


def _row(name: str, text: str) -> Iterator[str]:
    """Yield a name and its text, further lines of it below each other; nothing where there is no text."""
    if not text.strip():
        return
    first, *others = [line.strip() for line in text.splitlines() if line.strip()]
    yield f"  {name:<12} {_shown(first)}"
    yield from (f"  {'':<12} {_shown(other)}" for other in others)


def _shown(text: str) -> str:
    """Return a text without signs that a terminal would act on."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _circle(circle: Circle) -> str:
    return f"{circle.radius_km:g} km around {_place(circle.centre)}"


def _place(point: Point) -> str:
    return f"{point.lat:g},{point.lon:g}"
